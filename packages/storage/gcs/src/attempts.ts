import { isResultError, parseDuration, type RetryOptions } from '@resultkit/core'
import { aborted, type Call, final } from './failure.ts'

/** Counts failures in a row within one upload, and waits between them, as core's `retry()` does between operations. */
export interface Attempts {
  /** Waits before the next attempt; throws the error when it is none to repeat, or, no longer retryable, after the last. */
  failed(error: unknown): Promise<void>
  progress(): void
}

/** None but the first when there are no options. */
export function attemptsOf(retry: RetryOptions | undefined, call: Call): Attempts {
  const {
    attempts = 3,
    minDelay = '100ms',
    maxDelay = '5s',
    maxRetryAfter = '1m',
    random = Math.random,
    sleep = wait,
  } = retry ?? { attempts: 1 }
  let failures = 0
  return {
    async failed(error) {
      if (!isResultError(error) || !error.retryable) throw error
      failures += 1
      const { retryAfterMs = 0 } = error
      if (failures >= attempts || retryAfterMs > parseDuration(maxRetryAfter))
        throw retry === undefined ? error : final(error)
      const longest = Math.min(parseDuration(maxDelay), parseDuration(minDelay) * 2 ** (failures - 1))
      const delayMs = retryAfterMs + Math.round(random() * longest)
      const { signal } = call
      quietly(() => retry?.onRetry?.({ operation: 'write', attempt: failures, delayMs, code: error.code }))
      await sleep(delayMs, signal).catch((interrupted: unknown) => {
        if (!signal?.aborted) throw interrupted
      })
      if (signal?.aborted) throw aborted(call, signal)
    },
    progress() {
      failures = 0
    },
  }
}

function quietly(run: () => unknown): void {
  const running = async (): Promise<unknown> => run()
  running().catch(() => {})
}

function wait(ms: number, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      clearTimeout(timer)
      signal?.removeEventListener('abort', done)
      resolve()
    }
    const timer = setTimeout(done, ms)
    signal?.addEventListener('abort', done)
  })
}
