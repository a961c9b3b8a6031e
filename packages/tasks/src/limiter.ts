import { abortedError } from '@resultkit/core'
import { onAbort } from './cancellation.ts'

/** Lets so many in at once, the others in the order in which they came. */
export interface Limiter {
  readonly limit: number
  /** Whether somebody may enter now; it has entered then. */
  tryEnter(): boolean
  /** Enters when it is its turn. ABORTED when the signal fires first. */
  enter(signal: AbortSignal | undefined): Promise<void>
  leave(): void
}

/** Makes a limiter. */
export function limiter(limit: number): Limiter {
  let inside = 0
  const waiting = new Set<() => void>()
  return {
    limit,
    tryEnter() {
      if (inside >= limit) return false
      inside += 1
      return true
    },
    async enter(signal) {
      if (this.tryEnter()) return
      const { promise, resolve, reject } = Promise.withResolvers<void>()
      const abort = (): void => {
        if (waiting.delete(resolve)) reject(abortedError('queue', signal as AbortSignal))
      }
      waiting.add(resolve)
      if (signal?.aborted) abort()
      const unlink = signal && onAbort(signal, abort)
      try {
        await promise
      } finally {
        unlink?.()
      }
    },
    leave() {
      const [next] = waiting
      if (next === undefined) {
        inside -= 1
        return
      }
      // The place goes to the next one, so that nobody can slip in between.
      waiting.delete(next)
      next()
    },
  }
}
