import { abortedError, isResultError, ResultError, type ResultErrorCode, withDetails } from '@resultkit/core'

/** One operation, for its errors and its signal. */
export interface Call {
  readonly uri: string
  readonly operation: string
  readonly key: string | undefined
  readonly signal: AbortSignal | undefined
}

/** An answer that is no success, as far as it is understood. */
export interface Refused {
  readonly status: number
  /** Such as `rateLimitExceeded`; `''` when there is none. */
  readonly reason: string
  /** May hold names: for causes only. */
  readonly message: string
  /** Whether it is an answer of the JSON API, and not some other server's page. */
  readonly known: boolean
  /** How long the service asks to wait, in milliseconds. */
  readonly retryAfterMs: number | undefined
}

/** An error of this operation. `what` says what is wrong and what to do, without its full stop. */
export function failure(
  call: Call,
  code: ResultErrorCode,
  what: string,
  more: { readonly retryable?: boolean; readonly retryAfterMs?: number | undefined; readonly cause?: unknown } = {},
): ResultError {
  const { operation, key, uri } = call
  return new ResultError({ code, operation, key, storage: uri, message: `${operation}: ${what}.`, ...more })
}

/** Throws ABORTED when the signal has fired. */
export function checkSignal(call: Call): void {
  if (call.signal?.aborted) throw aborted(call, call.signal)
}

/** The ABORTED error of this operation. */
export function aborted({ operation, key, uri }: Call, signal: AbortSignal): ResultError {
  return abortedError(operation, signal, { key, storage: uri })
}

/** The same error, with nothing left to try. */
export function final(error: unknown): unknown {
  return isResultError(error) && error.retryable ? withDetails(error, { retryable: false }) : error
}

interface Meaning {
  readonly code: ResultErrorCode
  readonly says: string
  readonly retryable?: boolean
}

const DENIED: Meaning = {
  code: 'ACCESS_DENIED',
  says: 'the credentials are not permitted to do it. Grant storage.objects.get, create, delete and list on the bucket (role Storage Object User), and look at its retention policy and holds',
}
const OVERLOADED: Meaning = {
  code: 'UNAVAILABLE',
  retryable: true,
  says: 'the service asks for fewer requests. Try again later; one object takes about one write per second',
}
const MEANINGS: Readonly<Record<number, Meaning>> = {
  400: { code: 'CONFIG', says: 'the service refused the request as wrong. Look at the options; the cause says more' },
  401: {
    code: 'ACCESS_DENIED',
    says: 'no credentials were sent, or they were not accepted. Renew them; to send the default ones to an apiEndpoint, give useAuthWithCustomEndpoint: true',
  },
  403: DENIED,
  408: { code: 'TIMEOUT', retryable: true, says: 'the service waited too long for the request. Try again' },
  409: { code: 'UNAVAILABLE', retryable: true, says: 'another operation is in the way. Try again' },
  429: OVERLOADED,
}

/** What an answer means that is no success, whatever was asked. */
export function refusedError(call: Call, refused: Refused): ResultError {
  const { status, reason } = refused
  const limited = /^(?:rateLimitExceeded|userRateLimitExceeded|quotaExceeded|dailyLimitExceeded)$/.test(reason)
  const { code, says, retryable = false } = (limited ? OVERLOADED : MEANINGS[status]) ?? others(refused)
  const retryAfterMs = retryable ? refused.retryAfterMs : undefined
  const printable = /^[A-Za-z]{1,40}$/.test(reason) ? ` ${reason}` : ''
  return failure(call, code, `${says} (HTTP ${status}${printable})`, {
    retryable,
    retryAfterMs,
    cause: refusedCause(refused),
  })
}

/** What the service said, as an error to be a cause. */
export function refusedCause({ status, reason, message }: Refused): Error {
  return Object.assign(new Error(`HTTP ${status}: ${message}`), { status, reason })
}

function others({ status }: Refused): Meaning {
  if (status >= 500 && status !== 501)
    return { code: 'UNAVAILABLE', retryable: true, says: 'the service failed. Try again' }
  return {
    code: 'UNAVAILABLE',
    says: 'the answer is none of Google Cloud Storage. Look at apiEndpoint, and at proxies on the way',
  }
}

/** The bucket is missing, which is not the object's absence. */
export function noBucket(call: Call, refused: Refused): ResultError {
  const what = 'the bucket does not exist. Create it, or name another one'
  return failure(call, 'CONFIG', what, { cause: refusedCause(refused) })
}

/** What a failed connection means. */
export function networkError(call: Call, cause: unknown): ResultError {
  if (isResultError(cause)) return cause
  const code = String((cause as { readonly code?: unknown } | undefined)?.code ?? '')
  const printable = /^[A-Z0-9_]{1,50}$/.test(code) ? ` (${code})` : ''
  if (/CERT|^ERR_TLS|SELF_SIGNED|UNABLE_TO_VERIFY/.test(code)) {
    return failure(call, 'CONFIG', `the service's certificate is not trusted${printable}`, { cause })
  }
  if (/^ERR_INVALID/.test(code)) {
    return failure(call, 'CONFIG', `the request cannot be made${printable}. Look at apiEndpoint`, { cause })
  }
  const what = `the connection failed${printable}. Try again; look at the network and at apiEndpoint`
  return failure(call, 'UNAVAILABLE', what, { retryable: true, cause })
}

/** The service was silent for too long. */
export function silentError(call: Call, ms: number): ResultError {
  const what = `the service was silent for ${ms} ms. Try again, or set a longer requestTimeout`
  return failure(call, 'TIMEOUT', what, { retryable: true, cause: new Error('no bytes moved') })
}

/** What a failure to get credentials means. */
export function credentialsError(call: Call, cause: unknown): ResultError {
  const { status, response } = (cause ?? {}) as { readonly status?: unknown; readonly response?: { status?: unknown } }
  const answered = Number(status ?? response?.status ?? 0)
  if (answered >= 400 && answered < 500 && answered !== 429) {
    const what = `the credentials were refused when they should be renewed (HTTP ${answered})`
    return failure(call, 'ACCESS_DENIED', what, { cause })
  }
  const { code, syscall } = (cause ?? {}) as { readonly code?: unknown; readonly syscall?: unknown }
  const ofFile = /^E(?:NOENT|ACCES|PERM|ISDIR|NOTDIR|LOOP|NAMETOOLONG)$/.test(String(code)) && syscall !== 'connect'
  // Other codes that start with ERR_ are of keys that cannot be read.
  const ofNetwork = /^(?:E(?!RR_)[A-Z0-9_]+|(?:ERR_(?:STREAM|SOCKET|HTTP2)|UND_ERR)_\w+)$/.test(String(code))
  if (answered >= 429 || (ofNetwork && !ofFile)) {
    const what = 'the credentials could not be renewed, because their service cannot be reached. Try again'
    return failure(call, 'UNAVAILABLE', what, { retryable: true, cause })
  }
  const what =
    'there are no usable credentials. Give credentials or keyFilename, or set up Application Default Credentials'
  return failure(call, 'CONFIG', what, { cause })
}
