import { requireBytes } from '@resultkit/core'
import { type Call, checkSignal, failure, guard, orAborted } from './failure.ts'
import { allocate, writeAll } from './transfer.ts'

/** Chunks are gathered up to this many bytes before they are written. */
const STEP_BYTES = 256 * 1024
/** A chunk of at least this many bytes is written as it is, without a copy. */
const DIRECT_BYTES = 64 * 1024

/** The number of bytes of the stream, or what the stream threw. */
export type Pumped = { readonly size: number } | { readonly thrown: unknown }

/**
 * Writes a stream to a file in bounded memory. One write is under way while the stream makes the next chunk.
 *
 * What the stream throws is returned, to be passed on as it is; everything else is a `ResultError`. The stream's
 * iterator is closed in all cases.
 */
export async function pump(
  call: Call,
  fd: number,
  body: () => AsyncIterable<Uint8Array>,
  announced: number | undefined,
): Promise<Pumped> {
  const sink = openSink(call, fd)
  const pull: Pull = { iterator: undefined, waiting: true }
  try {
    pull.iterator = body()[Symbol.asyncIterator]()
    return { size: await drain(call, pull, sink, announced) }
  } catch (error) {
    await sink.settle()
    const aborted = call.signal?.aborted === true
    await close(pull, aborted)
    if (aborted) checkSignal(call)
    if (pull.waiting) return { thrown: error }
    throw error
  }
}

/** Where the stream is. */
interface Pull {
  iterator: AsyncIterator<Uint8Array> | undefined
  /** Whether it is the stream's turn, so that what is thrown is its own. */
  waiting: boolean
}

async function drain(call: Call, pull: Pull, sink: Sink, announced: number | undefined): Promise<number> {
  let size = 0
  while (pull.iterator !== undefined) {
    checkSignal(call)
    pull.waiting = true
    const { done, value } = await orAborted(call, Promise.resolve(pull.iterator.next()))
    pull.waiting = false
    if (done) {
      pull.iterator = undefined
      break
    }
    size += requireBytes(value, call.operation).byteLength
    if (announced !== undefined && size > announced) throw wrongSize(call, announced, 'more')
    await sink.put(value)
  }
  await sink.flush()
  if (announced !== undefined && size < announced) throw wrongSize(call, announced, 'fewer')
  return size
}

/** CONFIG: the body does not have the bytes that `size` announced. */
export function wrongSize(call: Call, announced: number, than: 'more' | 'fewer'): Error {
  const what = `the body has ${than} bytes than the size announced (${announced}). Nothing was stored`
  return failure(call, 'CONFIG', what)
}

async function close({ iterator, waiting }: Pull, aborted: boolean): Promise<void> {
  // An iterator that threw is over; one that is still at work closes in its own time, which may be never.
  if (waiting && !aborted) return
  try {
    const closed = iterator?.return?.()
    if (waiting) closed?.catch(() => {})
    else await closed
  } catch {
    // The failure that ended the stream is the one to report.
  }
}

interface Sink {
  put(chunk: Uint8Array): Promise<void>
  flush(): Promise<void>
  /** Waits for the write under way, whatever becomes of it. */
  settle(): Promise<void>
}

function openSink(call: Call, fd: number): Sink {
  const { disk, bulk } = call.root
  let writing: Promise<void> = Promise.resolve()
  let gathered: Uint8Array | undefined
  let spare: Uint8Array | undefined
  let fill = 0

  const start = async (bytes: Uint8Array): Promise<void> => {
    await writing
    writing = guard(call, () => writeAll(bytes.byteLength < DIRECT_BYTES ? disk : bulk, fd, bytes))
    // It is awaited before the next write; until then nobody looks at it.
    writing.catch(() => {})
  }
  const startGathered = async (): Promise<void> => {
    if (gathered === undefined || fill === 0) return
    const full = gathered
    await start(full.subarray(0, fill))
    gathered = spare
    spare = full
    fill = 0
  }
  return {
    async put(chunk) {
      if (chunk.byteLength >= DIRECT_BYTES) {
        await startGathered()
        await start(chunk)
        return
      }
      if (fill + chunk.byteLength > STEP_BYTES) await startGathered()
      gathered ??= allocate(STEP_BYTES)
      gathered.set(chunk, fill)
      fill += chunk.byteLength
    },
    async flush() {
      await startGathered()
      await writing
    },
    settle: () => writing.catch(() => {}),
  }
}
