import type { ResultErrorCode } from '@resultkit/core'

/** What an answer of the service, or the lack of one, means. */
export interface Meaning {
  readonly code: ResultErrorCode
  readonly retryable?: boolean
  /** What is wrong and what to do, without its full stop. */
  readonly says: string
}

const LEASED: Meaning = {
  code: 'UNAVAILABLE',
  says: 'somebody holds a lease on the blob. Let the lease end, or break it',
}
const BUSY: Meaning = {
  code: 'UNAVAILABLE',
  retryable: true,
  says: 'Azure is busy or limits the rate of requests. Try again, or do fewer operations at the same time',
}
const SLOW: Meaning = { code: 'TIMEOUT', retryable: true, says: 'Azure took too long. Try again' }
const ARCHIVED: Meaning = {
  code: 'UNAVAILABLE',
  says: 'the blob is in the archive tier and cannot be read. Rehydrate it to an online tier first',
}
const DAMAGED: Meaning = {
  code: 'UNAVAILABLE',
  retryable: true,
  says: 'the bytes were damaged on their way to Azure, which refused them. Try again',
}
const NAME: Meaning = {
  code: 'INVALID_KEY',
  says: 'Azure does not take the name that the key makes. Use another key',
}
const KEYED: Meaning = {
  code: 'ACCESS_DENIED',
  says: 'the blob was encrypted with a key of its own. Give the storage the same customerProvidedKey or encryptionScope',
}

/** By the service's error code, where it says more than the status. */
const CODES: Readonly<Record<string, Meaning | 'condition'>> = {
  ConditionNotMet: 'condition',
  TargetConditionNotMet: 'condition',
  BlobAlreadyExists: 'condition',
  ContainerNotFound: {
    code: 'CONFIG',
    says: 'the container does not exist. Create it, or name another one',
  },
  ContainerBeingDeleted: {
    code: 'UNAVAILABLE',
    retryable: true,
    says: 'the container is being deleted. Wait until it is gone and create it again, or name another one',
  },
  InvalidBlockList: {
    code: 'UNAVAILABLE',
    retryable: true,
    says: 'another write of the same key removed the blocks of this one. Try again',
  },
  InvalidBlobOrBlock: {
    code: 'UNAVAILABLE',
    says: 'another program has left unfinished blocks of this blob, with ids of another length. Use another key, or wait until Azure removes them, a week after they were sent',
  },
  ServerBusy: BUSY,
  OperationTimedOut: SLOW,
  LeaseIdMissing: LEASED,
  LeaseIdMismatchWithBlobOperation: LEASED,
  BlobArchived: ARCHIVED,
  BlobBeingRehydrated: ARCHIVED,
  BlobImmutableDueToPolicy: {
    code: 'ACCESS_DENIED',
    says: 'an immutability policy protects the blob. Wait until it ends, or write another key',
  },
  BlobUsesCustomerSpecifiedEncryption: KEYED,
  BlobDoesNotUseCustomerSpecifiedEncryption: KEYED,
  Md5Mismatch: DAMAGED,
  Crc64Mismatch: DAMAGED,
  InvalidUri: NAME,
  InvalidResourceName: NAME,
  RequestUrlFailedToParse: NAME,
}

/** By the HTTP status, for codes that are not in the table. */
const STATUSES: Readonly<Record<number, Meaning | 'condition'>> = {
  304: 'condition',
  412: 'condition',
  408: SLOW,
  429: BUSY,
  503: BUSY,
  504: SLOW,
}

const NETWORK: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'nothing answers at the endpoint',
  ENOTFOUND: "the endpoint's host name is not known",
  EAI_AGAIN: "the endpoint's host name could not be looked up",
  ECONNRESET: 'the connection broke',
  EPIPE: 'the connection broke',
}
const TIMEOUTS = new Set(['ETIMEDOUT', 'ESOCKETTIMEDOUT', 'UND_ERR_CONNECT_TIMEOUT'])
const SIGN_IN = /^(?:CredentialUnavailable|Authentication|AggregateAuthentication|AuthenticationRequired)Error$/
const TLS = /^(?:ERR_TLS|ERR_SSL|CERT_|DEPTH_ZERO|SELF_SIGNED|UNABLE_TO_|EPROTO)/
/** Codes are the service's own words: letters and digits, never anything of the request. */
const PRINTABLE = /^[A-Za-z][\w-]{0,79}$/

/** The service's error code: in the body, and on answers without one in a header. */
export function serviceCode(error: unknown): string | undefined {
  const { code, details } = (error ?? {}) as { code?: unknown; details?: { errorCode?: unknown } }
  const found = details?.errorCode ?? code
  return typeof found === 'string' && PRINTABLE.test(found) ? found : undefined
}

/** The HTTP status of the answer, if there was one. */
export function statusOf(error: unknown): number | undefined {
  const { statusCode } = (error ?? {}) as { statusCode?: unknown }
  return typeof statusCode === 'number' ? statusCode : undefined
}

/** Whether the answer was that this very blob is not there; a missing container is something else. */
export function isAbsent(error: unknown): boolean {
  return statusOf(error) === 404 && serviceCode(error) === 'BlobNotFound'
}

/** What was thrown by the SDK. `'condition'`: what was asked for was not met. */
export function meaningOf(error: unknown): Meaning | 'condition' {
  const status = statusOf(error)
  const code = serviceCode(error)
  if (status === undefined) return networkMeaning(error, code)
  const known = (code === undefined ? undefined : CODES[code]) ?? STATUSES[status]
  if (known !== undefined) return known
  const named = `status ${status}${code === undefined ? '' : `, ${code}`}`
  if (status === 401 || status === 403) return denied(named)
  if (status >= 500) {
    return { code: 'UNAVAILABLE', retryable: status !== 501, says: `Azure failed (${named}). Try again` }
  }
  if (status === 409) return { code: 'UNAVAILABLE', says: `the blob's state does not allow it (${named})` }
  return {
    code: 'CONFIG',
    says: `the endpoint refused the request (${named}). See that it is a blob endpoint and that the storage's options fit the account`,
  }
}

function denied(named: string): Meaning {
  return {
    code: 'ACCESS_DENIED',
    says: `Azure refused the credentials (${named}). They must be valid and allow to read, write, delete and list blobs in the container (role Storage Blob Data Contributor, or a SAS with racwdl, and t for tags)`,
  }
}

function networkMeaning(error: unknown, code: string | undefined): Meaning {
  const name = (error as { name?: unknown } | null | undefined)?.name
  if (typeof name === 'string' && SIGN_IN.test(name)) {
    return {
      code: 'ACCESS_DENIED',
      says: 'no credential could sign in. Sign in (az login), or configure an identity for this process',
    }
  }
  if (name === 'TypeError' || name === 'RangeError') {
    return {
      code: 'CONFIG',
      says: 'the Azure SDK refused an option, or an answer that is not one of Azure. The cause says which; see that the endpoint is a blob endpoint and nothing stands between it and this process',
    }
  }
  if (code !== undefined && TLS.test(code)) {
    return { code: 'UNAVAILABLE', says: `the endpoint's TLS certificate or protocol is not accepted (${code})` }
  }
  if (code !== undefined && TIMEOUTS.has(code)) return SLOW
  const what = (code === undefined ? undefined : NETWORK[code]) ?? 'the connection failed'
  return {
    code: 'UNAVAILABLE',
    retryable: true,
    says: `${what}${code === undefined ? '' : ` (${code})`}. Try again`,
  }
}
