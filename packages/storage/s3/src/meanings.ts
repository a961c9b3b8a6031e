import type { ResultErrorCode } from '@resultkit/core'

/** What an answer means for the caller. */
export interface Meaning {
  readonly code: ResultErrorCode
  readonly retryable?: boolean
  /** Other credentials may help: retryable when there are some. */
  readonly renew?: boolean
  /** What is wrong and what to do; `{permission}` stands for those that the operation needs. */
  readonly says: string
}

const DENIED: Meaning = {
  code: 'ACCESS_DENIED',
  says: 'S3 does not permit it. The operation needs {permission}',
}
const CREDENTIALS: Meaning = {
  code: 'ACCESS_DENIED',
  says: 'the credentials are wrong. Check the access key, the secret, and the region and endpoint that they belong to',
}
const EXPIRED: Meaning = {
  code: 'ACCESS_DENIED',
  renew: true,
  says: 'the credentials have expired. Give credentials as a function that gets new ones',
}
const THROTTLED: Meaning = {
  code: 'UNAVAILABLE',
  retryable: true,
  says: 'the service asks for fewer requests. Try again later, or do fewer operations at the same time',
}
const BROKEN: Meaning = { code: 'UNAVAILABLE', retryable: true, says: 'the service failed. Try again' }
const SLOW: Meaning = { code: 'TIMEOUT', retryable: true, says: 'the service did not answer in time. Try again' }
const CUT: Meaning = { code: 'UNAVAILABLE', retryable: true, says: 'the connection was lost. Try again' }
const UNREACHABLE: Meaning = {
  code: 'UNAVAILABLE',
  retryable: true,
  says: 'the service cannot be reached. Check the endpoint and the network',
}
const CONFLICT: Meaning = {
  code: 'UNAVAILABLE',
  retryable: true,
  says: 'another request for the same key was under way. Try again',
}
const NO_BUCKET: Meaning = {
  code: 'CONFIG',
  says: 'the bucket does not exist. Create it, or check its name, region and endpoint',
}
const ELSEWHERE: Meaning = {
  code: 'CONFIG',
  says: 'the bucket is in another region{region}. Name that region',
}
const BAD_KEY: Meaning = { code: 'INVALID_KEY', says: 'the server does not take the key. Use another one' }
const DAMAGED: Meaning = {
  code: 'UNAVAILABLE',
  retryable: true,
  says: 'the body did not arrive as it was sent. Try again',
}
const LACKING: Meaning = {
  code: 'UNSUPPORTED',
  says: 'the server does not implement this request. State what it cannot do in the option capabilities',
}

/** By S3's error codes, and by names that the SDK gives to failures of its own. */
export const MEANINGS: Readonly<Record<string, Meaning>> = {
  AccessDenied: DENIED,
  AllAccessDisabled: DENIED,
  AccountProblem: DENIED,
  InvalidAccessKeyId: CREDENTIALS,
  SignatureDoesNotMatch: CREDENTIALS,
  InvalidToken: CREDENTIALS,
  CredentialsProviderError: {
    ...CREDENTIALS,
    says: 'no credentials were found. Give credentials, or set up one of the sources that the AWS SDK looks at',
  },
  ExpiredToken: EXPIRED,
  ExpiredTokenException: EXPIRED,
  TokenRefreshRequired: EXPIRED,
  RequestTimeTooSkewed: {
    code: 'ACCESS_DENIED',
    // The SDK corrects its clock by the answer.
    retryable: true,
    says: 'the clock of this machine is wrong. Set it',
  },
  SlowDown: THROTTLED,
  Throttling: THROTTLED,
  ThrottlingException: THROTTLED,
  TooManyRequests: THROTTLED,
  TooManyRequestsException: THROTTLED,
  RequestLimitExceeded: THROTTLED,
  BandwidthLimitExceeded: THROTTLED,
  SlowDownRead: THROTTLED,
  SlowDownWrite: THROTTLED,
  InternalError: BROKEN,
  ServiceUnavailable: BROKEN,
  XMinioServerNotInitialized: BROKEN,
  RequestTimeout: SLOW,
  RequestTimeoutException: SLOW,
  ConditionalRequestConflict: CONFLICT,
  OperationAborted: CONFLICT,
  NoSuchUpload: {
    code: 'UNAVAILABLE',
    retryable: true,
    says: 'the upload was ended by somebody else. Try again, and check what aborts incomplete uploads of this bucket',
  },
  NoSuchBucket: NO_BUCKET,
  PermanentRedirect: ELSEWHERE,
  AuthorizationHeaderMalformed: ELSEWHERE,
  IllegalLocationConstraintException: ELSEWHERE,
  KeyTooLongError: BAD_KEY,
  InvalidObjectName: BAD_KEY,
  XMinioInvalidObjectName: BAD_KEY,
  XMinioParentIsObject: {
    code: 'INVALID_KEY',
    says: 'the server cannot keep a key below another one. Use another key, and set capabilities.nestedKeys to false',
  },
  BadDigest: DAMAGED,
  XAmzContentSHA256Mismatch: DAMAGED,
  IncompleteBody: DAMAGED,
  EntityTooLarge: { code: 'TOO_LARGE', says: 'the object is larger than the server takes. Write less at once' },
  InvalidObjectState: {
    code: 'UNAVAILABLE',
    says: 'the object is archived. Restore it first',
  },
  NotImplemented: LACKING,
}

/** What is wrong when something else than S3 has answered. */
export const NOT_S3 = 'the answer is not one of S3. Check the endpoint, and what stands between it and this process'

/** When there was no answer. */
export const NETWORK_MEANINGS: Readonly<Record<string, Meaning>> = {
  ECONNREFUSED: UNREACHABLE,
  ENOTFOUND: UNREACHABLE,
  EAI_AGAIN: UNREACHABLE,
  EHOSTUNREACH: UNREACHABLE,
  ENETUNREACH: UNREACHABLE,
  EHOSTDOWN: UNREACHABLE,
  ECONNRESET: CUT,
  EPIPE: CUT,
  ECONNABORTED: CUT,
  ERR_STREAM_PREMATURE_CLOSE: CUT,
  UND_ERR_SOCKET: CUT,
  ETIMEDOUT: SLOW,
  TimeoutError: SLOW,
  NotS3: { code: 'CONFIG', says: NOT_S3 },
  ERR_INVALID_URL: { code: 'CONFIG', says: 'the endpoint is not a URL. Check it' },
}

/** By the status alone: HEAD has no code, and proxies have their own. */
export function meaningOfStatus(status: number): Meaning {
  if (status === 400)
    return {
      code: 'CONFIG',
      renew: true,
      says: 'the server does not take the request. Check region, endpoint and credentials',
    }
  if (status === 401) return CREDENTIALS
  if (status === 403) return DENIED
  if (status === 408) return SLOW
  if (status === 409) return CONFLICT
  if (status === 429 || status === 509) return THROTTLED
  if (status === 501) return LACKING
  if (status >= 500) return BROKEN
  if (status >= 300 && status < 400) return ELSEWHERE
  return { code: 'CONFIG', says: NOT_S3 }
}
