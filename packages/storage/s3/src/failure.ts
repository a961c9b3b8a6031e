import { isResultError, ResultError, type ResultErrorCode, withDetails } from '@resultkit/core'
import { MEANINGS, type Meaning, meaningOfStatus, NETWORK_MEANINGS, NOT_S3 } from './meanings.ts'
import { retryAfterOf } from './retry-after.ts'
import type { Root } from './root.ts'

/** One operation, for its errors and its signal. */
export interface Call {
  readonly root: Root
  readonly operation: 'read' | 'write' | 'stat' | 'delete' | 'list'
  readonly key: string | undefined
  readonly signal: AbortSignal | undefined
}

/** What is known of an error of the SDK. */
export interface SdkFailure {
  /** S3's code, `''` where it gave none (HEAD never does). */
  readonly code: string
  /** `undefined` when no answer came. */
  readonly status: number | undefined
  /** How often the SDK sent the request. */
  readonly attempts: number
}

/** The permission that each operation needs. */
const PERMISSIONS: Readonly<Record<Call['operation'], string>> = {
  read: 's3:GetObject; without s3:ListBucket S3 also answers 403 for a key that does not exist',
  stat: 's3:GetObject; without s3:ListBucket S3 also answers 403 for a key that does not exist',
  write:
    's3:PutObject, s3:AbortMultipartUpload, with ifMatch s3:GetObject, with tags s3:PutObjectTagging, and with KMS kms:GenerateDataKey and kms:Decrypt',
  delete: 's3:DeleteObject, and with ifMatch s3:GetObject',
  list: 's3:ListBucket',
}

/** An error of this operation. `what` says what is wrong and what to do, without its full stop. */
export function failure(
  call: Call,
  code: ResultErrorCode,
  what: string,
  more: { readonly retryable?: boolean; readonly retryAfterMs?: number | undefined; readonly cause?: unknown } = {},
): ResultError {
  const { operation, key, root } = call
  return new ResultError({ code, operation, key, storage: root.uri, message: `${operation}: ${what}.`, ...more })
}

/** Runs an operation; whatever it throws becomes a `ResultError` with the key and the storage. */
export async function guard<T>(call: Call, work: () => Promise<T>): Promise<T> {
  checkSignal(call)
  try {
    const outcome = await work()
    return outcome
  } catch (error) {
    throw await toResultError(call, error)
  }
}

/** What an error of the SDK, of the network or of a stream means. Credentials that expired are asked for anew. */
export async function toResultError(call: Call, error: unknown): Promise<ResultError> {
  if (isResultError(error)) {
    if (error.storage !== undefined) return error
    return withDetails(error, { key: call.key, storage: call.root.uri, cause: error.cause })
  }
  if (call.signal?.aborted) return abortedCall(call, call.signal)
  const known = sdkFailure(error)
  const meaning = meaningOf(known)
  const { code, says } = meaning
  const retryable = meaning.renew === true ? await renewed(call) : meaning.retryable === true
  const needs = says.replace('{permission}', PERMISSIONS[call.operation]).replace('{region}', regionIn(error))
  const { 'retry-after': after, date } = headersOf(error)
  const retryAfterMs = retryable ? retryAfterOf(after, date) : undefined
  return failure(call, code, `${needs} (${label(known)})`, { retryable, retryAfterMs, cause: error })
}

/** The bucket's region, as far as the answer says it. */
function regionIn(error: unknown): string {
  const { Region } = (error ?? {}) as { Region?: unknown }
  const region = headersOf(error)['x-amz-bucket-region'] ?? Region
  return typeof region === 'string' && /^[a-z]{2,4}(?:-[a-z]+)+-\d{1,2}$/.test(region) ? `: ${region}` : ''
}

function headersOf(error: unknown): Readonly<Record<string, string | undefined>> {
  const { $response } = (error ?? {}) as { $response?: { headers?: Record<string, string> } }
  return $response?.headers ?? {}
}

async function renewed({ root }: Call): Promise<boolean> {
  try {
    return await (await root.service()).renewCredentials()
  } catch {
    return false
  }
}

/** Reads code, status and attempts of whatever was thrown. */
export function sdkFailure(error: unknown): SdkFailure {
  const { name, code, Code, $metadata, $response } = (error ?? {}) as Record<string, unknown>
  const metadata = ($metadata ?? {}) as { httpStatusCode?: number; attempts?: number }
  const status = metadata.httpStatusCode ?? ($response as { statusCode?: number } | undefined)?.statusCode
  const candidates = status === undefined ? [code, name] : [Code, name, code]
  const found = candidates.find((each) => typeof each === 'string' && isCode(each))
  return { code: (found as string | undefined) ?? '', status, attempts: metadata.attempts ?? 1 }
}

// Names that the SDK gives to errors without a code say nothing.
const NAMELESS = new Set(['Error', 'Unknown', 'UnknownError', 'TypeError', 'SyntaxError', 'S3ServiceException'])

function isCode(text: string): boolean {
  return /^[A-Za-z][\w.-]{2,63}$/.test(text) && !NAMELESS.has(text)
}

function meaningOf({ code, status }: SdkFailure): Meaning {
  if (status === undefined) return NETWORK_MEANINGS[code] ?? MEANINGS[code] ?? unknownNetwork(code)
  return MEANINGS[code] ?? meaningOfStatus(status)
}

function unknownNetwork(code: string): Meaning {
  const certificate = /CERT|TLS|SSL/.test(code)
  return certificate
    ? {
        code: 'UNAVAILABLE',
        says: "the server's certificate was not accepted. Check the endpoint and the trusted certificates",
      }
    : { code: 'UNAVAILABLE', says: 'the service could not be asked; the cause says more' }
}

function label({ code, status }: SdkFailure): string {
  if (status === undefined) return code === '' ? 'no answer' : code
  return code === '' || code === `${status}` ? `HTTP ${status}` : `HTTP ${status} ${code}`
}

/** CONFIG: something answered that is not S3, such as the page of a proxy. */
export function notS3(call: Call): ResultError {
  return failure(call, 'CONFIG', NOT_S3)
}

/** Throws ABORTED when the signal has fired. */
export function checkSignal(call: Call): void {
  if (call.signal?.aborted) throw abortedCall(call, call.signal)
}

/** The outcome of `work`, or ABORTED as soon as the signal fires; `work` then goes on unheeded. */
export async function orAborted<T>(call: Call, work: Promise<T>): Promise<T> {
  const { signal } = call
  if (signal === undefined) return work
  let stop = (): void => {}
  const aborted = new Promise<never>((_, reject) => {
    stop = () => reject(abortedCall(call, signal))
    if (signal.aborted) stop()
    else signal.addEventListener('abort', stop, { once: true })
  })
  try {
    return await Promise.race([aborted, work])
  } finally {
    signal.removeEventListener('abort', stop)
  }
}

function abortedCall(call: Call, signal: AbortSignal): ResultError {
  return failure(call, 'ABORTED', 'the signal fired', { cause: signal.reason })
}
