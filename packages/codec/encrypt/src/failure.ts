import { ResultError, type ResultErrorCode } from '@resultkit/core'

/** A {@link ResultError} in one line. The cause can be read on purpose, and is never printed. */
export function failure(
  code: ResultErrorCode,
  operation: string,
  message: string,
  cause?: unknown,
  retryable: boolean = false,
): ResultError {
  return new ResultError({ code, operation, message, cause, retryable })
}

/** CONFIG: what a caller gave cannot work. */
export function configError(operation: string, message: string): ResultError {
  return failure('CONFIG', operation, message)
}
