import { isResultError, ResultError, type ResultErrorCode, withDetails } from '@resultkit/core'
import type { StateReason, StateType } from './state-types.ts'

/** How a run ended that did not succeed. */
export interface Failure {
  readonly state: StateType
  readonly reason: StateReason
  readonly error: unknown
}

// A wrapper, not a subclass: the error that users meet stays the one that was thrown.
const FAILURE = Symbol('resultkit.failure')

/** Marks an error with the state and reason that it leads to. */
export function failure(reason: StateReason, error: unknown, state: StateType = 'Failed'): Failure {
  const failed = { state, reason, error }
  Object.defineProperty(failed, FAILURE, { value: true })
  return failed
}

/** Whether something thrown is one of these. */
export function isFailure(thrown: unknown): thrown is Failure {
  return typeof thrown === 'object' && thrown !== null && FAILURE in thrown
}

/** The failure that anything thrown stands for. */
export function asFailure(thrown: unknown, reason: StateReason = 'error'): Failure {
  if (isFailure(thrown)) return thrown
  if (isResultError(thrown) && thrown.code === 'ABORTED') return failure('aborted', thrown, 'Cancelled')
  return failure(reason, thrown)
}

/** CONFIG, and other errors of this package. */
export function taskError(
  code: ResultErrorCode,
  operation: string,
  message: string,
  details: { readonly cause?: unknown; readonly key?: string } = {},
): ResultError {
  return new ResultError({ code, operation, message, ...details })
}

/** An error about options or a location, which says whose they are. */
export function saidOf({ kind, name }: { readonly kind: string; readonly name: string }, error: unknown): unknown {
  if (!isResultError(error) || (error.code !== 'CONFIG' && error.code !== 'INVALID_LOCATION')) return error
  return withDetails(error, { message: `${kind} "${name}": ${error.message}` })
}

/** What an error says for people: its name and message. */
export function messageOf(error: unknown): string {
  try {
    if (isResultError(error)) return `${error.name} ${error.code}: ${error.message}`
    return error instanceof Error ? `${error.name}: ${error.message}` : String(error)
  } catch {
    // Anything can be thrown, also what has no text.
    return `a ${typeof error} that cannot be shown as text`
  }
}

/** The stack of an error, where it has one. */
export function stackOf(error: unknown): string | undefined {
  try {
    const stack: unknown = error instanceof Error ? error.stack : undefined
    return typeof stack === 'string' ? stack : undefined
  } catch {
    return undefined
  }
}

/** Whether a condition of a write failed: somebody else has written. */
export function isConflict(error: unknown): boolean {
  return isResultError(error) && (error.code === 'ALREADY_EXISTS' || error.code === 'PRECONDITION_FAILED')
}
