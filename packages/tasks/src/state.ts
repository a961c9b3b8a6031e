import {
  isLiteralValue,
  isResultError,
  literal,
  parseReference,
  type ResultStore,
  type Seal,
  withDetails,
} from '@resultkit/core'
import { taskError } from './failure.ts'
import { checkedLocation } from './result-adapter.ts'
import type { Run } from './run.ts'
import { isFinal, isStateType, type PublishedResult, type StateReason, type StateType } from './state-types.ts'

/** How `get` reads. */
export interface StateGetOptions {
  /** Reads a stored value; not needed in the process that ran it. @default undefined */
  readonly store?: Pick<ResultStore<Seal>, 'get'> | undefined
  /** How often a reference is tried whose value is not there yet. @default 1 */
  readonly attempts?: number | undefined
  /** Milliseconds between attempts. @default 250 */
  readonly delay?: number | undefined
}

/** A state as JSON: where the value is, never the value. */
export interface StateJson {
  readonly state: StateType
  readonly reason: StateReason
  readonly attempt: number
  readonly message?: string
  readonly result?: PublishedResult
}

/** What a run has come to. */
export interface TaskState<T = unknown> {
  readonly type: StateType
  readonly reason: StateReason
  readonly attempt: number
  /** For people; not passed through `redact`. */
  readonly message: string | undefined
  /** Where the value is stored, or the literal that it is. */
  readonly result: PublishedResult<T> | undefined
  /** What a failed run rejected with, in the process that ran it. */
  readonly error: unknown
  /**
   * The value. Errors: what the run failed with; MISSING_RESULT when the run has not finished, or has a value that was not stored,
   * is gone, or was not meant to be kept; the store's.
   */
  get(options?: StateGetOptions): Promise<T>
  toJSON(): StateJson
}

interface StateParts {
  readonly state: StateType
  readonly reason: StateReason
  readonly attempt: number
  readonly message?: string | undefined
  readonly result?: PublishedResult | undefined
  readonly error?: unknown
  readonly value?: { readonly value: unknown } | undefined
}

/** The state that a run is in. */
export function stateOfRun<T>(run: Run): TaskState<T> {
  const { type, reason, attempt, message, result, error } = run
  const done = type === 'Completed' || type === 'Cached'
  const kept = done && run.definition.readsDirectly ? { value: run.value } : undefined
  return makeState<T>({ state: type, reason, attempt, message, result, error, value: kept })
}

/** A state that was JSON: in another process, or later; its text is parsed. CONFIG when it is no state. */
export function reviveState<T = unknown>(json: StateJson | string): TaskState<T> {
  const from = typeof json === 'string' ? parsed(json) : json
  if (typeof from !== 'object' || from === null || !isStateType(from.state) || typeof from.reason !== 'string') {
    throw taskError('CONFIG', 'reviveState', 'This is not the JSON of a state.')
  }
  const { state, reason, attempt, message, result } = from
  const checked = result === undefined ? undefined : checkedResult(result)
  return makeState<T>({ state, reason, attempt, message, result: checked })
}

/** What says where a value is, and nothing else: values never leave. CONFIG for anything else. */
export function checkedResult(result: PublishedResult): PublishedResult {
  if (typeof result === 'string' && result.startsWith('sealed:')) return result
  if (typeof result === 'object' && result !== null) {
    if (result.type === 'reference') return parseReference(result)
    if (result.type === 'literal' && isLiteralValue(result.value)) return literal(result.value)
    if (result.type === 'location') return { type: 'location', location: checkedLocation(result.location) }
  }
  const message =
    'This is no reference, sealed reference, literal or location. Give what write or promise.reference() gave.'
  throw taskError('CONFIG', 'track', message)
}

function parsed(text: string): StateJson | undefined {
  try {
    return JSON.parse(text) as StateJson
  } catch {
    return undefined
  }
}

function makeState<T>({ state, reason, attempt, message, result, error, value }: StateParts): TaskState<T> {
  return {
    type: state,
    reason,
    attempt,
    message,
    result: result as PublishedResult<T> | undefined,
    error,
    async get(options = {}): Promise<T> {
      if (!isFinal(state)) throw missing(`the run has not finished: it is ${state}`)
      if (state !== 'Completed' && state !== 'Cached')
        throw error ?? missing(`the run is ${state}: ${message ?? reason}`)
      if (value !== undefined) return value.value as T
      if (result === undefined) throw missing('its value was not persisted. Give the task persistResult: true')
      return (await readResult(result, options)) as T
    },
    toJSON: () => ({
      state,
      reason,
      attempt,
      ...(message === undefined ? {} : { message }),
      ...(result === undefined ? {} : { result }),
    }),
  }
}

async function readResult(result: PublishedResult, options: StateGetOptions): Promise<unknown> {
  if (typeof result === 'object' && result.type === 'literal') return result.value
  if (typeof result === 'object' && result.type === 'location')
    throw missing('its result type has no store: read its location with it')
  if (options.store === undefined) throw missing('its value is in a storage. Give state.get({ store })')
  const { attempts = 1, delay = 250 } = options
  for (let attempt = 1; ; attempt++) {
    try {
      return await options.store.get(result)
    } catch (cause) {
      if (!isResultError(cause) || cause.code !== 'NOT_FOUND') throw cause
      if (attempt >= attempts) throw gone(cause)
    }
    await new Promise((resolve) => setTimeout(resolve, delay))
  }
}

function gone(cause: Parameters<typeof withDetails>[0]): Error {
  const message = 'get: the value is not in its storage. It was deleted, or this is another storage.'
  return withDetails(cause, { code: 'MISSING_RESULT', message, operation: 'get' })
}

function missing(why: string): Error {
  return taskError('MISSING_RESULT', 'get', `get: ${why}.`)
}
