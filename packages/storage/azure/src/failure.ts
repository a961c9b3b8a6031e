import { isResultError, ResultError, type ResultErrorCode } from '@resultkit/core'
import { type Meaning, meaningOf } from './meaning.ts'
import { retryAfterIn } from './retry-after.ts'
import type { Site } from './site.ts'

/** One operation, for its errors and its signal. */
export interface Call {
  readonly site: Site
  readonly operation: string
  readonly key: string | undefined
  readonly signal: AbortSignal | undefined
}

/** What was asked of the service, which decides what "condition not met" means. */
export type Asked = 'ifAbsent' | 'ifMatch' | 'ifNoneMatch' | undefined

/** An error of this operation. `what` says what is wrong and what to do, without its full stop. */
export function failure(
  call: Call,
  code: ResultErrorCode,
  what: string,
  more: { readonly retryable?: boolean; readonly retryAfterMs?: number | undefined; readonly cause?: unknown } = {},
): ResultError {
  const { operation, key, site } = call
  return new ResultError({ code, operation, key, storage: site.uri, message: `${operation}: ${what}.`, ...more })
}

/** Runs a part of an operation; whatever it throws becomes a `ResultError` with the key and the storage. */
export async function guard<T>(call: Call, asked: Asked, work: () => Promise<T>): Promise<T> {
  checkSignal(call)
  try {
    return await work()
  } catch (error) {
    throw toResultError(call, error, asked)
  }
}

/** What an error of the SDK means. */
export function toResultError(call: Call, error: unknown, asked: Asked = undefined): unknown {
  if (isResultError(error)) return ResultError.locate(error, call.key, call.site.uri)
  if (call.signal?.aborted) return abortedCall(call, call.signal)
  const meaning = meaningOf(error)
  if (meaning === 'condition') return conditionError(call, error, asked)
  const { code, says, retryable = false }: Meaning = meaning
  const retryAfterMs = retryable ? retryAfterIn(error) : undefined
  return failure(call, code, says, { retryable, retryAfterMs, cause: error })
}

function conditionError(call: Call, cause: unknown, asked: Asked): ResultError {
  if (asked === 'ifAbsent') return failure(call, 'ALREADY_EXISTS', 'there is an object already', { cause })
  if (asked === 'ifNoneMatch') {
    return failure(call, 'NOT_MODIFIED', 'the stored object is the version that ifNoneMatch names', { cause })
  }
  return failure(call, 'PRECONDITION_FAILED', 'the stored object is not the version that ifMatch names', { cause })
}

/** Throws ABORTED when the signal has fired. */
export function checkSignal(call: Call): void {
  if (call.signal?.aborted) throw abortedCall(call, call.signal)
}

/** ABORTED, with the signal's reason as its cause. */
function abortedCall(call: Call, signal: AbortSignal): ResultError {
  return failure(call, 'ABORTED', 'the signal fired', { cause: signal.reason })
}
