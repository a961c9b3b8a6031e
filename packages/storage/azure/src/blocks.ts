import { randomBytes } from 'node:crypto'
import type { ObjectStat } from '@resultkit/core'
import { again, type Tries } from './again.ts'
import { type Block, type BlockReader, requestBody } from './block-reader.ts'
import { type Call, failure, toResultError } from './failure.ts'
import { serviceCode } from './meaning.ts'
import { checkSize, publishing, type Write } from './publishing.ts'
import { settled } from './settle.ts'
import { MAX_BLOCK_BYTES, MAX_BLOCKS, withBlob } from './site.ts'
import { objectStat } from './version.ts'

const MIB = 1024 * 1024

/**
 * The size of a block: the storage's, or more when an announced size, or without one `sizeHint`, would make too many. CONFIG
 * when that is too much.
 */
export function blockSizeFor(call: Call, announced: number | undefined): number {
  const { partSize, sizeHint = 0 } = call.site
  const needed = Math.ceil((announced ?? sizeHint) / MAX_BLOCKS)
  if (needed <= partSize) return partSize
  const raised = Math.ceil(needed / MIB) * MIB
  if (raised <= MAX_BLOCK_BYTES) return raised
  throw failure(call, 'CONFIG', `${announced} bytes are more than a blob can have (${MAX_BLOCKS} blocks of 4,000 MiB)`)
}

/** Stages the rest of a body block by block, several at a time, and publishes the list of them. */
export async function writeBlocks(write: Write, reader: BlockReader, first: Block): Promise<ObjectStat> {
  const ids = blockIds()
  const staged: string[] = []
  let size = 0
  const uploads = openUploads(write)
  try {
    for (let block: Block | undefined = first; block !== undefined; block = await uploads.orFailed(reader.next())) {
      const sent = block
      size += block.byteLength
      checkSize(write, size, false)
      if (staged.length === MAX_BLOCKS) throw tooManyBlocks(write)
      const id = ids(staged.length)
      staged.push(id)
      await uploads.add(id, sent, () => reader.release(sent))
    }
    checkSize(write, size, true)
    await uploads.finish()
  } catch (error) {
    uploads.cancel()
    throw error
  }
  return commit(write, staged, size)
}

async function commit(write: Write, ids: string[], size: number): Promise<ObjectStat> {
  const { call, name, asked, options } = write
  const tries: Tries = { failed: false }
  const publish = async (): Promise<ObjectStat> => {
    const outcome = await again(
      call,
      asked,
      () =>
        withBlob(call, name, (blob) => blob.commitBlockList(ids, publishing(write))).catch((error: unknown) => {
          // To send the list again would not bring the blocks back.
          if (serviceCode(error) === 'InvalidBlockList') return { lost: error }
          throw error
        }),
      tries,
    )
    if ('lost' in outcome) throw toResultError(call, outcome.lost)
    return objectStat(call, size, outcome, options.writeId)
  }
  return settled(write, publish, () => tries.failed || !call.site.connection.ours)
}

interface Uploads {
  /** Begins to send a block; resolves when there is room for another one. */
  add(id: string, block: Block, sent: () => void): Promise<void>
  /** What `work` gives, or the failure of a block as soon as there is one. */
  orFailed<T>(work: Promise<T>): Promise<T>
  /** Resolves when all blocks are there. */
  finish(): Promise<void>
  /** Stops what is under way. */
  cancel(): void
}

function openUploads({ call, name }: Write): Uploads {
  const { concurrency, encryption } = call.site
  const stop = new AbortController()
  const signal = call.signal === undefined ? stop.signal : AbortSignal.any([call.signal, stop.signal])
  const part: Call = { ...call, signal }
  const running = new Set<Promise<void>>()
  let broken: { readonly error: unknown } | undefined
  // One waits at a time. A promise raced with every wait would keep what each of them gave, blocks included.
  let giveUp: (error: unknown) => void = () => {}
  const fail = (error: unknown): void => {
    broken ??= { error }
    giveUp(error)
  }

  const stage = (id: string, block: Block): Promise<unknown> =>
    again(part, undefined, () =>
      withBlob(part, name, (blob) =>
        blob.stageBlock(id, requestBody(block.parts), block.byteLength, { ...encryption, abortSignal: signal }),
      ),
    )
  const orFailed = <T>(work: Promise<T>): Promise<T> => {
    const { promise, resolve, reject } = Promise.withResolvers<T>()
    if (broken !== undefined) reject(broken.error)
    giveUp = reject
    work.then(resolve, reject)
    return promise
  }
  return {
    orFailed,
    async add(id, block, sent) {
      const upload = stage(id, block)
        .then(sent, fail)
        .finally(() => running.delete(upload))
      running.add(upload)
      if (running.size >= concurrency) await orFailed(Promise.race(running))
    },
    async finish() {
      await orFailed(Promise.all(running))
      // A failure that came last has settled its upload as well.
      if (broken !== undefined) throw broken.error
    },
    cancel: () => stop.abort(),
  }
}

/** Names of blocks: of one length, and no other write's, so that writes of one key at the same time do not meet. */
function blockIds(): (index: number) => string {
  const id = randomBytes(20)
  return (index) => {
    id.writeUInt32BE(index, 16)
    return id.toString('base64')
  }
}

function tooManyBlocks({ call }: Write): Error {
  const what = `the body has more than ${MAX_BLOCKS} blocks of ${call.site.partSize} bytes. Announce its size, or set sizeHint or a larger partSize`
  return failure(call, 'CONFIG', what)
}
