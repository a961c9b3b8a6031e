import { concatBytes, sizeOf } from '@resultkit/core'

/** A stream of which the first bytes are taken before the rest goes on as a stream. */
export interface PrefixReader {
  /** The next bytes; fewer only where the stream ends. */
  take(count: number): Promise<Uint8Array>
  /** The next piece of what was not taken; `undefined` at the end. */
  next(): Promise<Uint8Array | undefined>
  /** What was not taken, as a stream. */
  rest(): AsyncGenerator<Uint8Array, void, undefined>
  /** Lets the stream go, unless it has ended. */
  release(): Promise<void>
}

const NOTHING: Uint8Array = new Uint8Array()

/** Reads a stream that starts with something short. */
export function prefixReader(stream: AsyncIterable<Uint8Array>): PrefixReader {
  const source = stream[Symbol.asyncIterator]()
  let held: Uint8Array = NOTHING
  let ended = false
  const pull = async (): Promise<Uint8Array | undefined> => {
    try {
      const { done, value } = await source.next()
      ended = done === true
      return ended ? undefined : value
    } catch (error) {
      ended = true
      throw error
    }
  }
  const next = (): Promise<Uint8Array | undefined> => {
    if (held.byteLength === 0) return pull()
    const first = held
    held = NOTHING
    return Promise.resolve(first)
  }
  return {
    async take(count) {
      const parts = [held]
      while (sizeOf(parts) < count && !ended) {
        const piece = await pull()
        if (piece !== undefined) parts.push(piece)
      }
      const all = concatBytes(parts)
      held = all.subarray(count)
      return all.subarray(0, count)
    },
    next,
    async *rest() {
      for (let piece = await next(); piece !== undefined; piece = await next()) yield piece
    },
    async release() {
      if (!ended) await source.return?.()
      ended = true
    },
  }
}
