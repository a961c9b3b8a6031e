import { logEvent } from './boundary.ts'
import type { Definition } from './definition.ts'
import { type Failure, messageOf, stackOf } from './failure.ts'
import type { Keeper } from './keeper.ts'
import { jsonParameters } from './parameters.ts'
import type { KeyOutcome, RunPlace } from './place.ts'
import { hasPromises } from './promised.ts'
import type { Scope } from './scope.ts'
import { nextOf } from './scope.ts'
import type { Landing } from './single-flight.ts'
import type { PublishedResult, RunEvent, StateEvent, StateReason, StateType } from './state-types.ts'

/** One run of a task or flow. Its members change as it goes on; what nobody asks for is never made. */
export interface Run {
  readonly definition: Definition
  /** Where it was called. */
  readonly outer: Scope
  readonly index: number | undefined
  /** The children of one `map` together. */
  readonly batch: Batch | undefined
  /** With promises in it resolved. */
  input: unknown
  /** Runs whose TaskPromise was passed as an input. */
  upstream: readonly Run[]
  id: string | undefined
  /** Made once, because a key function may not be called twice. */
  key: KeyOutcome | Promise<KeyOutcome> | undefined
  /** What keeps it, where that is not the same for all runs of its plan. */
  keeper: Keeper | undefined
  /** Where an unkeyed result lies: its number is taken as the run starts. */
  place: RunPlace | undefined
  date: Date | undefined
  type: StateType
  reason: StateReason
  attempt: number
  value: unknown
  error: unknown
  message: string | undefined
  /** What was stored, or the literal. */
  result: PublishedResult | undefined
  /** For when it has to be stored after the fact: as the input of a run that retries, queues or is cached. */
  storing: Promise<void> | undefined
  tracked: PublishedResult[] | undefined
  /** Fires when the lease under which the body runs is lost. */
  leased: AbortSignal | undefined
  /** What others who want the same wait for. */
  flight: Promise<Landing> | undefined
  /** Of a flow: how many tasks have asked for their id. */
  tasks: { count: number } | undefined
  /** What left, for runs outside of a flow; flows have their own list. */
  audit: RunEvent[] | undefined
  /** Identifies this call to the promise that it gives. */
  promise: Promise<unknown> | undefined
  /** What the console shows of a TaskPromise: not its input, nor its surroundings. */
  readonly [INSPECT]: (this: Run) => string
}

const INSPECT: unique symbol = Symbol.for('nodejs.util.inspect.custom') as never

function shown(this: Run): string {
  return `${this.definition.kind} "${this.definition.name}": ${this.type} (${this.reason})`
}

/** The children of one `map`: which of them has which target. */
export interface Batch {
  readonly targets: Map<string, number>
}

/** A run that was just called. */
export function makeRun(
  definition: Definition,
  outer: Scope,
  input: unknown,
  index?: number | undefined,
  batch?: Batch | undefined,
): Run {
  return {
    definition,
    outer,
    index,
    batch,
    input,
    upstream: NO_RUNS,
    id: undefined,
    key: undefined,
    keeper: undefined,
    place: undefined,
    date: undefined,
    type: 'Pending',
    reason: 'created',
    attempt: 1,
    value: undefined,
    error: undefined,
    message: undefined,
    result: undefined,
    storing: undefined,
    tracked: undefined,
    leased: undefined,
    flight: undefined,
    tasks: undefined,
    audit: undefined,
    promise: undefined,
    [INSPECT]: shown,
  }
}

const NO_RUNS: readonly Run[] = []

/** The id of a run: in a flow `{flow run}:{number}` for a task and `{flow run}.{number}` for a flow; else given, or a UUID. */
export function idOf(run: Run): string {
  run.id ??= newId(run)
  return run.id
}

function newId({ definition, outer }: Run): string {
  const { flow } = outer
  if (definition.options.runId !== undefined) return definition.options.runId
  if (flow === undefined) return crypto.randomUUID()
  return definition.kind === 'flow' ? `${flow.runId}.${nextOf(flow, '.')}` : `${flow.runId}:${flow.tasks.count++}`
}

/** The id that a task's body sees, and that places of results are made of: the flow's around it, else its own. */
export function contextId(run: Run): string {
  return run.definition.kind === 'task' ? (run.outer.flow?.runId ?? idOf(run)) : idOf(run)
}

/** When the run was called. */
export function dateOf(run: Run): Date {
  run.date ??= new Date(run.outer.settings.runtime.now())
  return run.date
}

/** What an event may have beside the state. */
type Details = Partial<Pick<StateEvent, 'stack' | 'parameters' | 'unrepresentable' | 'tracked'>>

/** Enters a state, and tells the sinks if there are any. */
export function enter(run: Run, type: StateType, reason: StateReason, message?: string, details?: Details): void {
  run.type = type
  run.reason = reason
  run.message = message
  if (run.outer.settings.runtime.boundary !== undefined) publish(run, details)
}

function publish(run: Run, details: Details = {}): void {
  const { runtime } = run.outer.settings
  const { boundary } = runtime
  if (boundary === undefined) return
  const { type, reason, message, result, attempt } = run
  const event: StateEvent = {
    kind: 'state',
    ...identity(run),
    attempt,
    state: type,
    reason,
    ...(message === undefined ? {} : { message: boundary.redact(message, 'message') }),
    at: runtime.now(),
    ...(result === undefined ? {} : { result }),
    ...details,
  }
  boundary.publish(event, auditOf(run))
}

function identity(run: Run): Pick<StateEvent, 'runId' | 'flowRunId' | 'run' | 'name' | 'index'> {
  const { definition, outer, index } = run
  return {
    runId: idOf(run),
    ...(outer.flow === undefined ? {} : { flowRunId: outer.flow.runId }),
    run: definition.kind,
    name: definition.name,
    ...(index === undefined ? {} : { index }),
  }
}

/** The list of what left that a run's events belong to: the outermost run's. */
export function auditOf(run: Run): RunEvent[] | undefined {
  if (run.outer.flow?.audit !== undefined) return run.outer.flow.audit
  if (run.outer.settings.runtime.boundary === undefined) return undefined
  run.audit ??= []
  return run.audit
}

/** The first state; of a flow with its parameters. */
export function enterPending(run: Run): void {
  const { boundary } = run.outer.settings.runtime
  if (boundary === undefined) return
  const known = run.definition.kind === 'flow' && !hasPromises(run.input)
  enter(run, 'Pending', 'created', undefined, known ? jsonParameters(run.input, boundary) : {})
}

/** The body starts; of a flow that was given promises, the parameters are known by now. */
export function enterRunning(run: Run, reason: StateReason, message: string | undefined): void {
  const { boundary } = run.outer.settings.runtime
  const late = boundary !== undefined && run.definition.kind === 'flow' && run.upstream.length > 0 && run.attempt === 1
  enter(run, 'Running', reason, message, late ? jsonParameters(run.input, boundary) : undefined)
}

/** A state that a failure leads to. */
export function enterFailed(run: Run, { state, reason, error }: Failure): void {
  run.error = error
  const { boundary } = run.outer.settings.runtime
  const stack = boundary && stackOf(error)
  const details = boundary && stack !== undefined ? { stack: boundary.redact(stack, 'stack') } : {}
  enter(run, state, reason, messageOf(error), details)
}

/** A state without failure that ends a run. */
export function enterDone(run: Run, type: 'Completed' | 'Cached', reason: StateReason, message?: string): void {
  const { tracked } = run
  enter(run, type, reason, message, tracked === undefined ? undefined : { tracked })
}

/** A line that the body logs. */
export function logLine(run: Run, message: string): void {
  const { runtime } = run.outer.settings
  const { boundary } = runtime
  if (boundary === undefined || !boundary.logs) return
  const { index: _, ...about } = identity(run)
  boundary.publish(logEvent(boundary, { ...about, at: runtime.now() }, message), auditOf(run))
}
