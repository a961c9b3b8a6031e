import type { JsonObject, JsonValue, ResultLiteral, ResultReference } from '@resultkit/core'

/** What a task or flow run can be in. The last five are final. */
export type StateType =
  | 'Pending'
  | 'Queued'
  | 'Running'
  | 'Retrying'
  | 'Completed'
  | 'Cached'
  | 'ValidationFailed'
  | 'Failed'
  | 'Cancelled'

/**
 * Why a run is in its state.
 *
 * - Pending: `created`; Queued: `concurrency-limit`; Retrying: `attempt-failed`; Cancelled: `aborted`
 * - Running, what the look-up said: `no-lookup` (no key, no target), `miss`, `expired`, `invalid` (a cache validator disagreed,
 *   or validators with `onInvalid: 'run'`), `unreadable` (with `onUnreadable: 'run'`), `refresh`, `no-key` (the key function
 *   gave none), `unhashable-input` (also of a resumed flow's task without key, and of cacheValidators such as `allInputs`), `not-persisted` (writing is off, so nothing is looked for)
 * - Completed: `persisted` (a reference), `literal` (true, false or null, in the state), `not-persisted`
 * - Cached: `target-found`, `cache-hit`, `memory-hit`, `resumed` (by `flow.with({ runId })`), `joined` (another caller of the same
 *   key or target computed it meanwhile)
 * - ValidationFailed: `output-invalid`, `stored-invalid`
 * - Failed: `error` (the body), `timeout`, `upstream-failed`, `write-failed`, `lookup-failed`, `unreadable`, `missing-result`,
 *   `target-clash`, `configuration` (options, location, storage)
 */
export type StateReason =
  | 'created'
  | 'concurrency-limit'
  | LookupReason
  | 'attempt-failed'
  | 'persisted'
  | 'literal'
  | 'target-found'
  | 'cache-hit'
  | 'memory-hit'
  | 'resumed'
  | 'joined'
  | 'output-invalid'
  | 'stored-invalid'
  | 'error'
  | 'timeout'
  | 'upstream-failed'
  | 'write-failed'
  | 'lookup-failed'
  | 'missing-result'
  | 'target-clash'
  | 'configuration'
  | 'aborted'

/** Why a body runs although results are kept: what the look-up found. */
export type LookupReason =
  | 'no-lookup'
  | 'miss'
  | 'expired'
  | 'invalid'
  | 'unreadable'
  | 'refresh'
  | 'no-key'
  | 'unhashable-input'
  | 'not-persisted'

/** What the `write` of a result without a storage of ours gave: it leaves as it is. */
export interface ResultLocation {
  readonly type: 'location'
  readonly location: JsonValue
}

/** What a state holds of a value: where it is, or a literal. Sealed references are texts. */
export type PublishedResult<T = unknown> = ResultReference<T> | ResultLiteral | ResultLocation | string

/** A run that has entered a state: what a {@link StateSink} is told. Plain JSON; never a value. */
export interface StateEvent {
  readonly kind: 'state'
  readonly runId: string
  /** The run of the flow around it; absent outside a flow. */
  readonly flowRunId?: string
  readonly run: 'task' | 'flow'
  readonly name: string
  /** The place among the inputs of `map`. */
  readonly index?: number
  /** 1 for the first. */
  readonly attempt: number
  readonly state: StateType
  readonly reason: StateReason
  /** For people; passed through `redact`. */
  readonly message?: string
  /** Of a failure; passed through `redact`. */
  readonly stack?: string
  /** Milliseconds since 1970 UTC. */
  readonly at: number
  /** Where the value is, or the literal that it is. Only after it is stored. */
  readonly result?: PublishedResult
  /** A flow's parameters, passed through `redact` as JSON text; `unrepresentable` names those that JSON cannot hold. */
  readonly parameters?: JsonObject | string
  readonly unrepresentable?: readonly string[]
  /** References that the body named with `run.track`. */
  readonly tracked?: readonly PublishedResult[]
}

/** A line that a body logged. */
export interface LogEvent {
  readonly kind: 'log'
  readonly runId: string
  readonly flowRunId?: string
  readonly run: 'task' | 'flow'
  readonly name: string
  /** Passed through `redact`. */
  readonly message: string
  /** Milliseconds since 1970 UTC. */
  readonly at: number
}

/** Everything that ever leaves: states and log lines. */
export type RunEvent = StateEvent | LogEvent

const OPEN: readonly StateType[] = ['Pending', 'Queued', 'Running', 'Retrying']
const FINAL: readonly StateType[] = ['Completed', 'Cached', 'ValidationFailed', 'Failed', 'Cancelled']

/** Whether a state is final. */
export function isFinal(state: StateType): boolean {
  return !OPEN.includes(state)
}

/** Whether something is the name of a state. */
export function isStateType(value: unknown): value is StateType {
  return [...OPEN, ...FINAL].includes(value as StateType)
}
