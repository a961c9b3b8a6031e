import type { ObjectStat, StoredObject } from '@resultkit/core'
import { type Call, checkSignal, failure, guard, orAborted } from './failure.ts'
import { allocate, readFully } from './transfer.ts'

/** How much a stream reads at a time. */
const STEP_BYTES = 256 * 1024

/** An object whose bytes are here. */
export function smallObject(call: Call, stat: ObjectStat, bytes: Uint8Array): StoredObject {
  return {
    stat,
    async bytes() {
      checkSignal(call)
      return bytes
    },
    stream: () => singleChunk(call, bytes),
  }
}

/** An object that keeps its file open until its bytes are taken, its stream ends, or that is returned. */
export function openObject(call: Call, stat: ObjectStat, fd: number, start: number, end: number): StoredObject {
  let taken = false
  const take = (): void => {
    if (taken) throw failure(call, 'CONFIG', 'bytes() or stream() was called twice. Read the object again')
    taken = true
  }
  return {
    stat,
    async bytes() {
      take()
      return guard(call, async () => {
        try {
          checkSignal(call)
          const bytes = allocate(end - start)
          await readFully(call, call.root.bulk, fd, bytes, start)
          return bytes
        } finally {
          await call.root.disk.close(fd)
        }
      })
    },
    stream: () => {
      take()
      return { [Symbol.asyncIterator]: () => readAhead(call, fd, start, end) }
    },
  }
}

async function* singleChunk(call: Call, bytes: Uint8Array): AsyncGenerator<Uint8Array, void, undefined> {
  checkSignal(call)
  if (bytes.byteLength > 0) yield bytes
  checkSignal(call)
}

/** Not a generator: one that has not started would not close the file on `return()`. */
function readAhead(call: Call, fd: number, start: number, end: number): AsyncIterableIterator<Uint8Array, undefined> {
  const { disk, bulk } = call.root
  const OVER = { done: true, value: undefined } as const
  let position = start
  let ahead: Promise<Uint8Array> | undefined
  let turn: Promise<unknown> = Promise.resolve()
  let closing: Promise<void> | undefined

  const begin = (): void => {
    if (position >= end) return
    const from = position
    const chunk = allocate(Math.min(STEP_BYTES, end - from))
    position += chunk.byteLength
    ahead = guard(call, () => readFully(call, bulk, fd, chunk, from)).then(() => chunk)
    ahead.catch(() => {})
  }
  const closeNow = async (): Promise<void> => {
    // A number that is closed under a read on the thread pool may name another file a moment later.
    await ahead?.catch(() => {})
    await disk.close(fd)
  }
  const close = (): Promise<void> => {
    closing ??= closeNow()
    return closing
  }
  const step = async (): Promise<IteratorResult<Uint8Array, undefined>> => {
    if (closing !== undefined) return OVER
    try {
      checkSignal(call)
      if (ahead === undefined) begin()
      if (ahead === undefined) {
        await guard(call, close)
        return OVER
      }
      const value = await orAborted(call, ahead)
      ahead = undefined
      begin()
      return { done: false, value }
    } catch (error) {
      const closed = close()
      if (call.signal?.aborted) closed.catch(() => {})
      else await closed
      throw error
    }
  }
  const inTurn = <T>(work: () => Promise<T>): Promise<T> => {
    const mine = turn.then(work, work)
    turn = mine
    return mine
  }
  return {
    next: () => inTurn(step),
    return: () =>
      inTurn(async () => {
        await guard(call, close)
        return OVER
      }),
    [Symbol.asyncIterator]() {
      return this
    },
  }
}
