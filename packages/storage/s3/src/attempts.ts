import { isResultError, parseDuration, type ResultError, withDetails } from '@resultkit/core'
import { type Call, checkSignal, toResultError } from './failure.ts'

/**
 * Sends one request of a write of a stream, several times if need be: the bytes are here, and asking for the whole stream
 * again would be dearer. After the last attempt its error is no longer retryable, so that retries do not multiply.
 *
 * @param work - is told how many attempts came before
 */
export async function inAttempts<T>(call: Call, work: (before: number) => Promise<T>): Promise<T> {
  const { retry } = call.root
  const { attempts = 3, minDelay = '100ms', maxDelay = '5s', maxRetryAfter = '1m' } = retry || {}
  const { random = Math.random, sleep = wait } = retry || {}
  for (let before = 0; ; before++) {
    checkSignal(call)
    try {
      return await work(before)
    } catch (error) {
      const failed = await toResultError(call, error)
      if (!failed.retryable || retry === false) throw failed
      const { retryAfterMs = 0 } = failed
      if (before + 1 >= attempts || retryAfterMs > parseDuration(maxRetryAfter)) throw final(failed)
      const backoff = Math.min(parseDuration(maxDelay), parseDuration(minDelay) * 2 ** before)
      const delayMs = retryAfterMs + Math.round(random() * backoff)
      report(() => retry.onRetry?.({ operation: 'write', attempt: before + 1, delayMs, code: failed.code }))
      await sleep(delayMs, call.signal)
    }
  }
}

/** The same error, given up. */
export function final(error: ResultError): ResultError {
  return isResultError(error) && error.retryable ? withDetails(error, { retryable: false }) : error
}

function report(tell: () => void): void {
  try {
    tell()
  } catch {
    // A listener does not decide over a write.
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
