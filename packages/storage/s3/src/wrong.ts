import { ResultError } from '@resultkit/core'

/** CONFIG: an option is wrong. */
export function wrong(operation: string, what: string): ResultError {
  return new ResultError({ code: 'CONFIG', operation, message: `${operation} was given ${what}.` })
}
