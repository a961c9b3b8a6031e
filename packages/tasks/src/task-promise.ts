import { taskError } from './failure.ts'
import type { Run } from './run.ts'
import { stateOfRun, type TaskState } from './state.ts'
import type { PublishedResult, RunEvent } from './state-types.ts'

/** How a promise is known to be a run's. */
export const RUN: unique symbol = Symbol.for('resultkit.tasks.run') as never

/**
 * What calling a task or flow gives: a native promise of its value, of a run that has started already. Passed to another task, as
 * its input, a property of it or an element of an array there, it is resolved, and its run is upstream of that one.
 */
export interface TaskPromise<T> extends Promise<T> {
  /** The final state. Never rejects, and counts as handling a failure. */
  state(): Promise<TaskState<T>>
  /** Where the value was stored, or the literal that it is. MISSING_RESULT when it was not stored; rejects as the run does. */
  reference(): Promise<PublishedResult<T>>
  /** Everything that left for the sinks until now, in its order: of a flow with all that ran in it. */
  audit(): readonly RunEvent[]
}

interface Marked {
  readonly [RUN]: Run
}

/** The run behind a TaskPromise, if it is one. */
export function runOf(value: unknown): Run | undefined {
  return typeof value === 'object' && value !== null ? (value as Partial<Marked>)[RUN] : undefined
}

async function state(this: TaskPromise<unknown>): Promise<TaskState<unknown>> {
  await this.then(ignore, ignore)
  return stateOfRun((this as unknown as Marked)[RUN])
}

async function reference(this: TaskPromise<unknown>): Promise<PublishedResult> {
  // A value that may not be read directly may still be referred to.
  await this.then(ignore, ignore)
  const { type, error, result, definition } = (this as unknown as Marked)[RUN]
  if (type !== 'Completed' && type !== 'Cached') throw error
  if (result !== undefined) return result
  const why =
    type === 'Cached'
      ? 'was found as a stream, whose digest nobody knows before reading it'
      : 'was not persisted, so there is no reference. Give it persistResult: true'
  throw taskError('MISSING_RESULT', 'reference', `${definition.kind} "${definition.name}" ${why}.`)
}

function audit(this: TaskPromise<unknown>): readonly RunEvent[] {
  const run = (this as unknown as Marked)[RUN]
  const { flow } = run.outer
  if (flow === undefined || run.audit !== undefined) return run.audit ?? []
  const { id } = run
  const within = (other: string | undefined): boolean => other === id || other?.startsWith(`${id}.`) === true
  return (flow.audit ?? []).filter((event) => event.runId === id || within(event.flowRunId))
}

function ignore(): void {}

/** Makes the promise of a run a TaskPromise. Not a subclass, so that `await` takes its fast way. */
export function asTaskPromise<T>(promise: Promise<T>, run: Run): TaskPromise<T> {
  const given = promise as unknown as Record<PropertyKey, unknown>
  run.promise = promise
  given[RUN] = run
  given['state'] = state
  given['reference'] = reference
  given['audit'] = audit
  return promise as TaskPromise<T>
}
