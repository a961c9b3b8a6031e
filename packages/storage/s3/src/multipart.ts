import { createHash } from 'node:crypto'
import type { CompletedPart } from '@aws-sdk/client-s3'
import type { ObjectStat } from '@resultkit/core'
import { inAttempts } from './attempts.ts'
import { type Call, failure, notS3, orAborted, sdkFailure, toResultError } from './failure.ts'
import { etagText } from './names.ts'
import type { Part, Parts } from './parts.ts'
import { newObject, ownObject, ownOrConflict, publish, type Writing, writtenStat } from './put.ts'
import { MAX_PARTS } from './root.ts'
import { headObject } from './stat.ts'

/** How long the end of a failed upload is waited for, in milliseconds. */
const ABORT_MS = 5_000

/** An upload that was begun. */
interface Upload {
  readonly writing: Writing
  readonly id: string
  /** Fires with the caller's, and when a part has failed. */
  readonly signal: AbortSignal
}

type Outcome = ObjectStat | { readonly thrown: unknown }

/** Uploads a stream that is longer than its first part. Whatever ends it before, nothing is left on the server. */
export async function uploadParts(writing: Writing, parts: Parts, first: Part): Promise<Outcome> {
  const { call } = writing
  const id = await inAttempts(call, () => create(writing))
  const stop = new AbortController()
  const signal = call.signal === undefined ? stop.signal : AbortSignal.any([call.signal, stop.signal])
  const upload = { writing, id, signal }
  const sent = openSender(upload)
  let finished = false
  try {
    const thrown = await sendAll(sent, parts, first, call)
    if (thrown !== undefined) return thrown
    const stat = await complete(upload, await sent.all(), sent.size())
    finished = true
    return stat
  } finally {
    if (!finished) {
      stop.abort()
      await sent.settle()
      await abort(upload)
    }
  }
}

/**
 * Begins an upload. The signal does not cut this request: an upload whose id did not arrive could not be ended. It is
 * ended behind the caller's back when it comes.
 */
async function create(writing: Writing): Promise<string> {
  const cut = new AbortController()
  const begun = begin(writing, cut.signal)
  try {
    return await orAborted(writing.call, begun)
  } catch (error) {
    const timer = setTimeout(() => cut.abort(), ABORT_MS)
    const end = begun.then((id) => abort({ writing, id })).catch(() => {})
    void end.finally(() => clearTimeout(timer))
    throw error
  }
}

async function begin(writing: Writing, signal: AbortSignal): Promise<string> {
  const { root } = writing.call
  const { sdk, client, send } = await root.service()
  const checks = (await client.config.requestChecksumCalculation()) === 'WHEN_SUPPORTED'
  const input = { ...newObject(writing), ...(checks && { ChecksumAlgorithm: 'CRC32' as const }) }
  const { UploadId } = await send(new sdk.CreateMultipartUploadCommand(input), signal)
  root.bucketSeen.value = true
  if (UploadId === undefined) throw notS3(writing.call)
  return UploadId
}

async function sendAll(
  sender: Sender,
  parts: Parts,
  first: Part,
  call: Call,
): Promise<{ readonly thrown: unknown } | undefined> {
  let part = first
  for (let number = 1; ; number++) {
    if (number > MAX_PARTS) {
      const what = `the stream has more than ${MAX_PARTS} parts. Announce its size, or set sizeHint or a larger partSize`
      throw failure(call, 'CONFIG', what)
    }
    sender.start(part, number)
    if (part.last) return undefined
    await sender.room()
    const pulled = await sender.orFailed(parts.next())
    if ('thrown' in pulled) return pulled
    part = pulled
  }
}

interface Sender {
  start(part: Part, number: number): void
  /** Waits until there is memory for another part. */
  room(): Promise<void>
  /** The outcome of `work`, or the failure of a part as soon as there is one. */
  orFailed<T>(work: Promise<T>): Promise<T>
  /** Waits for all parts. */
  all(): Promise<readonly CompletedPart[]>
  /** Waits until nothing is under way any more, whatever became of it. */
  settle(): Promise<void>
  size(): number
}

function openSender(upload: Upload): Sender {
  const { concurrency } = upload.writing.call.root
  const running = new Set<Promise<void>>()
  const done: CompletedPart[] = []
  const fuse = openFuse()
  let size = 0

  const send = async (part: Part, number: number): Promise<void> => {
    try {
      done[number - 1] = await sendPart(upload, part, number)
    } catch (error) {
      fuse.blow(error)
    }
  }
  return {
    start(part, number) {
      size += part.size
      const sending = send(part, number).finally(() => running.delete(sending))
      running.add(sending)
    },
    async room() {
      while (running.size > concurrency - 1) await fuse.guard(Promise.race(running))
    },
    orFailed: fuse.guard,
    async all() {
      await fuse.guard(Promise.all(running))
      return done
    },
    settle: async () => void (await Promise.all(running)),
    size: () => size,
  }
}

interface Fuse {
  /** From now on everything that is guarded fails. */
  blow(error: unknown): void
  guard<T>(work: Promise<T>): Promise<T>
}

/** `Promise.race` with one promise that stays would keep all that it ever raced with, parts included. */
function openFuse(): Fuse {
  const waiting = new Set<(error: unknown) => void>()
  let blown: { readonly error: unknown } | undefined
  return {
    blow(error) {
      blown ??= { error }
      for (const reject of waiting) reject(error)
    },
    guard: (work) =>
      new Promise((resolve, reject) => {
        waiting.add(reject)
        if (blown !== undefined) reject(blown.error)
        work.then(resolve, reject).finally(() => waiting.delete(reject))
      }),
  }
}

function sendPart({ writing, id, signal }: Upload, { pieces }: Part, number: number): Promise<CompletedPart> {
  const { root } = writing.call
  return inAttempts({ ...writing.call, signal }, async () => {
    const { sdk, send } = await root.service()
    const { Bucket, Key } = newObject(writing)
    const input = { Bucket, Key, ...root.every, UploadId: id, PartNumber: number }
    const { ETag, ChecksumCRC32 } = await send(new sdk.UploadPartCommand(input), signal, pieces)
    return { PartNumber: number, ETag, ...(ChecksumCRC32 !== undefined && { ChecksumCRC32 }) }
  })
}

/**
 * Publishes the object. An answer that was lost is asked for again; when the upload is gone by then, or the condition does
 * not hold any more, the writeId tells whether it was this one.
 */
async function complete(upload: Upload, parts: readonly CompletedPart[], size: number): Promise<ObjectStat> {
  const { writing, id } = upload
  const { call, key, options } = writing
  const { root, signal } = call
  const { Bucket, Key } = newObject(writing)
  const input = { Bucket, Key, ...root.every, UploadId: id, MultipartUpload: { Parts: [...parts] } }
  const outcome = await inAttempts(call, async (before) => {
    const { sdk, send } = await root.service()
    try {
      return await publish(writing, before > 0, async (conditions) => {
        const published = await send(new sdk.CompleteMultipartUploadCommand({ ...input, ...conditions }), signal)
        const { ETag, Key: name, Location } = published
        if (ETag === undefined && name === undefined && Location === undefined) throw notS3(call)
        const etag = etagText(ETag) || (await laterEtag(upload, parts))
        return writtenStat(root, key, size, etag, options)
      })
    } catch (error) {
      const { code, status, attempts } = sdkFailure(error)
      const repeated = before > 0 || attempts > 1
      const own = code === 'NoSuchUpload' && repeated ? await ownObject(writing) : undefined
      if (own !== undefined) return own
      // Such an upload cannot be completed any more: the whole write has to begin again.
      if (status === 409 || code === 'NoSuchUpload') return { failed: await toResultError(call, error) }
      return await ownOrConflict(writing, error, repeated)
    }
  })
  if ('failed' in outcome) throw outcome.failed
  return outcome
}

/** Ceph leaves the ETag out of its answer. One HEAD has it, unless another writer came in between. */
async function laterEtag({ writing }: Upload, parts: readonly CompletedPart[]): Promise<string> {
  const { call, key, options } = writing
  const stat = await headObject(call, key, undefined)
  const ours = !call.root.capabilities.writeId || stat?.writeId === options.writeId
  if (stat !== undefined && ours) return stat.etag
  const md5s = parts.map(({ ETag }) => Buffer.from(etagText(ETag), 'hex'))
  return `${createHash('md5').update(Buffer.concat(md5s)).digest('hex')}-${parts.length}`
}

async function abort({ writing, id }: Pick<Upload, 'writing' | 'id'>): Promise<void> {
  const { call } = writing
  const { root } = call
  // The caller's signal may have fired already; this request is to be sent all the same.
  const signal = AbortSignal.timeout(ABORT_MS)
  const { Bucket, Key } = newObject(writing)
  const input = { Bucket, Key, ...root.every, UploadId: id }
  try {
    await inAttempts({ ...call, signal }, async () => {
      const { sdk, send } = await root.service()
      await send(new sdk.AbortMultipartUploadCommand(input), signal)
    })
  } catch {
    // What ended the upload is the failure to report. A lifecycle rule takes what is left.
  }
}
