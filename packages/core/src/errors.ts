/** Where a value stands inside another value: property names, array indexes, or keys of a Map. */
export type IssuePath = readonly PropertyKey[]

/** One reason why a value was refused. `message` may quote the value when it comes from a validator. */
export interface ResultIssue {
  readonly message: string
  readonly path: IssuePath
}

/**
 * What went wrong, for programs to act on.
 *
 * - `NOT_FOUND` nothing is stored there; `MISSING_RESULT` what ended has no value: it was not kept
 * - `ALREADY_EXISTS` `ifAbsent` met an existing object; `PRECONDITION_FAILED` `ifMatch` met another one
 * - `NOT_MODIFIED` `ifNoneMatch` met the same object
 * - `ACCESS_DENIED`, `UNAVAILABLE`, `TIMEOUT`, `ABORTED` the storage's answer, or the lack of one
 * - `INVALID_KEY`, `INVALID_LOCATION` a name that cannot be stored under
 * - `SERIALIZE`, `DESERIALIZE`, `VALIDATION_FAILED` the value
 * - `CORRUPT` the stored bytes are not what was written; `REPLACED` they are intact, but another result
 * - `DECRYPT` anything wrong with an encrypted result
 * - `EXPIRED` `expiresAt` has passed
 * - `TOO_LARGE` more than `maxBytes`
 * - `UNSUPPORTED` a capability, version, serializer or format that is not there; `CONFIG` wrong options
 */
export type ResultErrorCode =
  | 'NOT_FOUND'
  | 'ALREADY_EXISTS'
  | 'PRECONDITION_FAILED'
  | 'NOT_MODIFIED'
  | 'ACCESS_DENIED'
  | 'UNAVAILABLE'
  | 'TIMEOUT'
  | 'ABORTED'
  | 'INVALID_KEY'
  | 'INVALID_LOCATION'
  | 'SERIALIZE'
  | 'DESERIALIZE'
  | 'CORRUPT'
  | 'REPLACED'
  | 'DECRYPT'
  | 'VALIDATION_FAILED'
  | 'EXPIRED'
  | 'MISSING_RESULT'
  | 'TOO_LARGE'
  | 'UNSUPPORTED'
  | 'CONFIG'

/** What a {@link ResultError} is made of. Only `code`, `operation`, `message` and `retryable` are ever printed. */
export interface ResultErrorOptions {
  readonly code: ResultErrorCode
  /** The operation that was attempted: `read`, `write`, `list`, ... */
  readonly operation: string
  /** What was attempted, what is wrong, what to do. Never a value, key, uri, credential or presigned URL. */
  readonly message: string
  /** The storage's name or uri; never printed. @default undefined */
  readonly storage?: string | undefined
  /** The key; never printed. @default undefined */
  readonly key?: string | undefined
  /** Whether the same call may succeed later. @default false */
  readonly retryable?: boolean | undefined
  /** How long the service asked to wait before another attempt, in milliseconds. @default undefined */
  readonly retryAfterMs?: number | undefined
  /** The error underneath; never printed, because SDK errors may hold presigned URLs. @default undefined */
  readonly cause?: unknown
  /** What was refused, place by place (`SERIALIZE`, `VALIDATION_FAILED`); never printed. @default [] */
  readonly issues?: readonly ResultIssue[] | undefined
}

// Identity that survives two copies of this package in one process.
const BRAND = Symbol.for('resultkit.ResultError')
const INSPECT = Symbol.for('nodejs.util.inspect.custom')

/**
 * The one error of every resultkit package. Test `code`, never the message.
 *
 * `key`, `storage`, `cause` and `issues` can be read on purpose, but neither `util.inspect`, `JSON.stringify`,
 * the message nor the stack shows them, so that an error can be logged where names and values must not go.
 */
export class ResultError extends Error {
  readonly code: ResultErrorCode
  readonly operation: string
  readonly retryable: boolean
  #sensitive: ResultErrorOptions

  constructor(options: ResultErrorOptions) {
    super(options.message)
    const inspect = (): string => `${this.stack ?? this.message} {code: '${this.code}', retryable: ${this.retryable}}`
    Object.defineProperties(this, {
      name: { value: 'ResultError', configurable: true, writable: true },
      [BRAND]: { value: true },
      [INSPECT]: { value: inspect },
    })
    this.code = options.code
    this.operation = options.operation
    this.retryable = options.retryable ?? false
    this.#sensitive = options
  }

  /** Fills in what is still missing of key and storage, on an error that was made where they were not known. */
  static locate(error: unknown, key: string | undefined, storage: string | undefined): unknown {
    if (typeof error === 'object' && error !== null && #sensitive in error) {
      const known = error.#sensitive
      error.#sensitive = { ...known, key: known.key ?? key, storage: known.storage ?? storage }
      return error
    }
    // Made by another copy of this package.
    const incomplete = isResultError(error) && (error.key === undefined || error.storage === undefined)
    if (!incomplete) return error
    return withDetails(error, { key: error.key ?? key, storage: error.storage ?? storage, cause: error.cause })
  }

  /** The key of the operation, if it had one. Sensitive. */
  get key(): string | undefined {
    return this.#sensitive.key
  }

  /** The name or uri of the storage, if one was involved. Sensitive. */
  get storage(): string | undefined {
    return this.#sensitive.storage
  }

  /** The error underneath, such as an SDK's. Sensitive: it may hold presigned URLs. */
  override get cause(): unknown {
    return this.#sensitive.cause
  }

  /** How long the service asked to wait before another attempt, in milliseconds; {@link retry} does so. */
  get retryAfterMs(): number | undefined {
    return this.#sensitive.retryAfterMs
  }

  /** What was refused, place by place. Sensitive: a validator's message may quote the value. */
  get issues(): readonly ResultIssue[] {
    return this.#sensitive.issues ?? []
  }

  /** The printable part. */
  toJSON(): { name: string; code: ResultErrorCode; operation: string; retryable: boolean; message: string } {
    const { name, code, operation, retryable, message } = this
    return { name, code, operation, retryable, message }
  }
}

/** A {@link ResultError} in one line. */
export function resultError(
  code: ResultErrorCode,
  operation: string,
  message: string,
  details?: Omit<ResultErrorOptions, 'code' | 'operation' | 'message'>,
): ResultError {
  return new ResultError({ ...details, code, operation, message })
}

/** Whether `error` is a {@link ResultError}, also one made by another copy of this package. */
export function isResultError(error: unknown): error is ResultError {
  return typeof error === 'object' && error !== null && (error as Record<symbol, unknown>)[BRAND] === true
}

/** The same error with some of its parts replaced; the original stays reachable as the cause. */
export function withDetails(error: ResultError, details: Partial<ResultErrorOptions>): ResultError {
  const { code, operation, message, storage, key, retryable, retryAfterMs, issues } = error
  return new ResultError({
    code,
    operation,
    message,
    storage,
    key,
    retryable,
    retryAfterMs,
    issues,
    cause: error,
    ...details,
  })
}

/** Where an operation was going; never printed. */
export type ErrorPlace = Pick<ResultErrorOptions, 'key' | 'storage'>

/** The ABORTED error for an {@link AbortSignal} that has fired; its reason is the cause. */
export function abortedError(operation: string, signal: AbortSignal, place?: ErrorPlace): ResultError {
  return resultError('ABORTED', operation, `${operation} was aborted by its signal.`, {
    ...place,
    cause: signal.reason,
  })
}

/** Throws ABORTED when the signal has fired. */
export function throwIfAborted(operation: string, signal: AbortSignal | undefined, place?: ErrorPlace): void {
  if (signal?.aborted) throw abortedError(operation, signal, place)
}
