import { type Call, checkSignal, guard, orAborted } from './failure.ts'
import { ONE_CALL_BYTES } from './root.ts'
import { allocate, readFully } from './transfer.ts'

/** How much is read at a time. */
const STEP_BYTES = 256 * 1024

const OVER = { done: true, value: undefined } as const

type Step = IteratorResult<Uint8Array, undefined>

/**
 * The bytes of an open file, with one chunk being read while the one before is used. The file is closed at the end, on
 * failure and on `return()`. Not a generator: one that has not started would not close it.
 */
export function readAhead(
  call: Call,
  fd: number,
  start: number,
  end: number,
): AsyncIterableIterator<Uint8Array, undefined> {
  const chunks = openChunks(call, fd, start, end)
  const inTurn = oneAtATime()
  let closing: Promise<void> | undefined
  const close = (): Promise<void> => {
    closing ??= guard(call, chunks.close)
    return closing
  }
  const leave = async (): Promise<Step> => {
    await close()
    return OVER
  }
  const step = async (): Promise<Step> => {
    if (closing !== undefined) return OVER
    try {
      checkSignal(call)
      const chunk = chunks.current()
      if (chunk === undefined) return await leave()
      const value = await orAborted(call, chunk)
      chunks.advance()
      return { done: false, value }
    } catch (error) {
      const closed = close()
      if (call.signal?.aborted) closed.catch(() => {})
      else await closed
      throw error
    }
  }
  return {
    next: () => inTurn(step),
    return: () => inTurn(leave),
    [Symbol.asyncIterator]() {
      return this
    },
  }
}

interface Chunks {
  /** The chunk that is being read; `undefined` at the end. */
  current(): Promise<Uint8Array> | undefined
  /** Begins to read the one after it. */
  advance(): void
  close(): Promise<void>
}

function openChunks(call: Call, fd: number, start: number, end: number): Chunks {
  const { disk, bulk } = call.root
  const whole = end - start <= ONE_CALL_BYTES
  let position = start
  let ahead: Promise<Uint8Array> | undefined

  const begin = (): void => {
    ahead = undefined
    if (position >= end) return
    const from = position
    const chunk = allocate(Math.min(whole ? ONE_CALL_BYTES : STEP_BYTES, end - from))
    position += chunk.byteLength
    ahead = guard(call, () => readFully(call, whole ? disk : bulk, fd, chunk, from)).then(() => chunk)
    // Its failure belongs to whoever asks for the chunk, which may be nobody.
    ahead.catch(() => {})
  }
  return {
    current() {
      if (ahead === undefined) begin()
      return ahead
    },
    advance: begin,
    async close() {
      // A number that is closed under a read on the thread pool may name another file a moment later.
      await ahead?.catch(() => {})
      await disk.close(fd)
    },
  }
}

/** Runs functions one after the other, whatever becomes of each. */
function oneAtATime(): <T>(work: () => Promise<T>) => Promise<T> {
  let last: Promise<unknown> = Promise.resolve()
  return (work) => {
    const mine = last.then(work, work)
    last = mine
    return mine
  }
}
