import { isResultError, parseDuration, withDetails } from '@resultkit/core'
import { type Asked, type Call, checkSignal, guard } from './failure.ts'

/** The longest that setTimeout can wait; beyond that it would fire at once. */
const LONGEST_MS = 2 ** 31 - 1

/** Whether an attempt before the one that decided had failed, so that it may have been carried out. */
export interface Tries {
  failed: boolean
}

/**
 * Runs one request of a longer write, again when it fails with a retryable error, as core's `retry()` does whole
 * operations; the last error is not retryable any more.
 */
export async function again<T>(call: Call, asked: Asked, work: () => Promise<T>, tries?: Tries): Promise<T> {
  const { retry } = call.site
  if (retry === undefined) return guard(call, asked, work)
  const {
    attempts = 3,
    minDelay = '100ms',
    maxDelay = '5s',
    maxRetryAfter = '1m',
    random = Math.random,
    sleep = wait,
    onRetry,
  } = retry
  for (let attempt = 1; ; attempt++) {
    try {
      return await guard(call, asked, work)
    } catch (error) {
      if (!isResultError(error) || !error.retryable) throw error
      if (tries !== undefined) tries.failed = true
      const { retryAfterMs = 0 } = error
      if (attempt >= attempts || retryAfterMs > parseDuration(maxRetryAfter))
        throw withDetails(error, { retryable: false })
      const backoff = Math.min(parseDuration(maxDelay), parseDuration(minDelay) * 2 ** (attempt - 1))
      const delayMs = Math.min(LONGEST_MS, retryAfterMs + Math.round(random() * backoff))
      try {
        onRetry?.({ operation: 'write', attempt, delayMs, code: error.code })
      } catch {
        // As in core: what an observer throws changes nothing.
      }
      await sleep(delayMs, call.signal)
      checkSignal(call)
    }
  }
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
