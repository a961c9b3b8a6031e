import { abortedCall, type Call, checkSignal } from './failure.ts'

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
  const { signal } = call
  let failed: { readonly error: unknown } | undefined
  let over = false
  let iterator: AsyncIterator<Uint8Array> | undefined
  const step = async (): Promise<Uint8Array | undefined> => {
    try {
      iterator ??= body()[Symbol.asyncIterator]()
      const { done, value } = await iterator.next()
      over ||= done === true
      return done ? undefined : value
    } catch (error) {
      over = true
      failed = { error }
      throw error
    }
  }
  return {
    async next() {
      checkSignal(call)
      return signal === undefined ? step() : await underSignal(call, signal, step())
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

async function underSignal<T>(call: Call, signal: AbortSignal, work: Promise<T>): Promise<T> {
  const { promise: aborted, reject } = Promise.withResolvers<never>()
  const abort = (): void => reject(abortedCall(call, signal))
  signal.addEventListener('abort', abort, { once: true })
  try {
    return await Promise.race([aborted, work])
  } finally {
    signal.removeEventListener('abort', abort)
  }
}
