/** An answer of S3 that says what was wrong. */
export interface S3Failure {
  readonly status: number
  readonly code: string
  readonly message: string
  /** More elements of the error document. */
  readonly details?: Readonly<Record<string, string>> | undefined
}

const STATUS: Readonly<Record<string, number>> = {
  AccessDenied: 403,
  AuthorizationHeaderMalformed: 400,
  AuthorizationQueryParametersError: 400,
  BadDigest: 400,
  BucketAlreadyOwnedByYou: 409,
  BucketNotEmpty: 409,
  ConditionalRequestConflict: 409,
  EntityTooSmall: 400,
  ExpiredToken: 400,
  IncompleteBody: 400,
  InternalError: 500,
  InvalidAccessKeyId: 403,
  InvalidArgument: 400,
  InvalidBucketName: 400,
  InvalidDigest: 400,
  InvalidPart: 400,
  InvalidPartOrder: 400,
  InvalidRange: 416,
  InvalidRequest: 400,
  InvalidToken: 400,
  InvalidURI: 400,
  KeyTooLongError: 400,
  MalformedXML: 400,
  MetadataTooLarge: 400,
  MethodNotAllowed: 405,
  MissingContentLength: 411,
  NoSuchBucket: 404,
  NoSuchKey: 404,
  NoSuchUpload: 404,
  NotImplemented: 501,
  NotModified: 304,
  PermanentRedirect: 301,
  PreconditionFailed: 412,
  RequestTimeTooSkewed: 403,
  RequestTimeout: 400,
  ServiceUnavailable: 503,
  SignatureDoesNotMatch: 403,
  SlowDown: 503,
  XAmzContentSHA256Mismatch: 400,
}

const BRAND = Symbol('S3Failure')

/** An error to throw; the status follows from the code. */
export function s3Error(code: string, message: string, details?: S3Failure['details']): Error {
  const failure: S3Failure = { status: STATUS[code] ?? 400, code, message, details }
  return Object.assign(new Error(`${code}: ${message}`), { [BRAND]: failure })
}

/** What was thrown as an answer. A bug in the server is a 500 that says so. */
export function failureOf(error: unknown): S3Failure {
  const failure = (error as { [BRAND]?: S3Failure } | undefined)?.[BRAND]
  return failure ?? { status: 500, code: 'InternalError', message: `The test server failed: ${String(error)}` }
}
