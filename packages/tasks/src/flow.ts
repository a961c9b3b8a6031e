import { call } from './call.ts'
import { type Body, checkEach, type Definition, define } from './definition.ts'
import { type Explanation, explainRun } from './explain.ts'
import { makeRuntime } from './runtime.ts'
import { mark, type TaskArguments, type TaskFunction } from './task.ts'
import type { FlowOptions, RuntimeOptions } from './task-options.ts'
import type { TaskPromise } from './task-promise.ts'

/** A function whose tasks belong together: they inherit its storage, serializer and runtime, and end before it does. */
export interface Flow<I = unknown, T = unknown> {
  /** Starts a run, at once. Its input are the flow's parameters, which leave for the sinks as JSON. */
  (...input: TaskArguments<I>): TaskPromise<T>
  readonly name: string
  /** The same with some options replaced: `flow.with({ runId })` resumes a run. Errors: as the definition. */
  with(options: FlowOptions<I, T>): Flow<I, T>
  /** Why a run with this input would be a hit or not, and would be persisted or not; nothing is run or written. */
  explain(...input: TaskArguments<I>): Promise<Explanation>
}

/**
 * Defines a flow. Flows may call flows; the inner ones inherit from the outer. A flow ends after every run that was started in it;
 * when its body throws, the signals of those still going on fire. No I/O. Errors: CONFIG, MISSING_RESULT as for tasks.
 *
 * @example
 * const report = flow('report', async ({ day }: { day: string }) => aggregate({ rows: load({ day }) }), { sink: consoleSink() })
 * await report({ day: '2026-11-22' })
 */
export function flow<I = unknown, T = unknown>(
  name: string,
  fn: TaskFunction<I, T>,
  options: FlowOptions<NoInfer<I>, NoInfer<Awaited<T>>> = {},
): Flow<I, Awaited<T>> {
  return callable(defineFlow(name, fn as Body, options as unknown as FlowOptions<never, never>, {}))
}

function defineFlow(name: string, fn: Body, options: FlowOptions<never, never>, origin: object): Definition {
  checkEach('flow', name, options)
  const { store, sink, clock, redact, defaults, classes, cacheBytes, leaseFor, ...own } = options
  const runtime: RuntimeOptions = { store, sink, clock, redact, defaults, classes, cacheBytes, leaseFor }
  // What is wrong with it is told here, not at the first run.
  makeRuntime(runtime)
  return define('flow', name, fn, own, runtime, origin)
}

function callable<I, T>(definition: Definition): Flow<I, T> {
  const run = (...input: TaskArguments<I>): TaskPromise<T> => call(definition, input[0]) as TaskPromise<T>
  const { name, fn, options, runtime, origin } = definition
  return Object.defineProperties(mark(run, definition), {
    with: {
      value: (more: FlowOptions<never, never>) =>
        callable(defineFlow(name, fn, { ...runtime, ...options, ...more }, origin)),
    },
    explain: { value: (input?: unknown) => explainRun(definition, input) },
  }) as unknown as Flow<I, T>
}
