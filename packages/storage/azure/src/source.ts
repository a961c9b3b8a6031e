import { underSignal } from '@resultkit/core'
import { type Call, failure } from './failure.ts'

/** The pieces of a body, taken one at a time. */
export interface Source {
  /** The next piece, `undefined` at the end; ABORTED as soon as the signal fires, also while the body stalls. */
  next(): Promise<Uint8Array | undefined>
  /** Lets the body go, if it has not ended. Does not wait for one that stalls. */
  close(): void
  /** Whether the body itself threw this. */
  threw(error: unknown): boolean
}

/** Takes a body that is a function; it is asked once, for the first piece. */
export function openSource(call: Call, body: () => AsyncIterable<Uint8Array>): Source {
  let failed: { readonly error: unknown } | undefined
  let over = false
  let iterator: AsyncIterator<Uint8Array> | undefined
  const step = async (): Promise<IteratorResult<Uint8Array, unknown>> => {
    try {
      iterator ??= body()[Symbol.asyncIterator]()
      const found = await iterator.next()
      over ||= found.done === true
      return found
    } catch (error) {
      over = true
      failed = { error }
      throw error
    }
  }
  return {
    async next() {
      const { done, value } = await underSignal(call.signal, call.operation, step)
      if (done) return undefined
      if (isBytes(value)) return value
      throw failure(
        call,
        'CONFIG',
        'the body gave something that is not a Uint8Array. Encode text before it is written',
      )
    },
    close() {
      if (over) return
      over = true
      try {
        iterator?.return?.()?.catch(() => {})
      } catch {
        // The write has failed already, and says why.
      }
    },
    threw: (error) => failed !== undefined && failed.error === error,
  }
}

/** What a body says is a piece need not be one, and a text without `byteLength` would pass for the end. */
function isBytes(piece: unknown): piece is Uint8Array {
  return (piece as Partial<Uint8Array> | null | undefined)?.BYTES_PER_ELEMENT === 1
}
