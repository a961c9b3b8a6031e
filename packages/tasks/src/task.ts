import { call } from './call.ts'
import { type Body, checkEach, type Definition, define } from './definition.ts'
import { type Explanation, explainRun } from './explain.ts'
import { taskError } from './failure.ts'
import type { RunContext, TaskOptions } from './task-options.ts'
import type { TaskPromise } from './task-promise.ts'

/** What a task takes for an input: the value, or TaskPromises for it, for properties of it, or for elements of arrays there. */
export type TaskInput<I> = I | TaskPromise<I> | InputProperties<I>

type InputProperties<I> = I extends Primitive | ((...parameters: never) => unknown)
  ? never
  : { readonly [K in keyof I]: InputProperty<I[K]> }

type InputProperty<P> = P | TaskPromise<P> | (P extends readonly (infer E)[] ? readonly (E | TaskPromise<E>)[] : never)

type Primitive = string | number | bigint | boolean | symbol | null | undefined

/** The arguments of a call: none are needed where the body takes no input. */
export type TaskArguments<I> = unknown extends I
  ? [input?: unknown]
  : undefined extends I
    ? [input?: TaskInput<I>]
    : [input: TaskInput<I>]

/** A function whose runs are known: with states, and with results that are kept as its options say. */
export interface Task<I = unknown, T = unknown> {
  /** Starts a run, at once. Errors of what it gives: the body's, and those of storing and looking up. */
  (...input: TaskArguments<I>): TaskPromise<T>
  readonly name: string
  /** The same with some options replaced. Errors: as the definition. */
  with(options: TaskOptions<I, T>): Task<I, T>
  /** Why a run with this input would be a hit or not, and would be persisted or not; nothing is run or written. */
  explain(...input: TaskArguments<I>): Promise<Explanation>
}

/** A task body. */
export type TaskFunction<I, T> = (input: I, run: RunContext) => T

const DEFINITION: unique symbol = Symbol('resultkit.definition') as never

/**
 * Defines a task: `fn(input, run)` with one input, usually an object whose property names are the input names. No I/O.
 *
 * Errors: CONFIG for an option that is wrong or contradicts another; with `strict`, MISSING_RESULT for one that needs a value
 * which `persistResult: false` never keeps.
 *
 * @example
 * const double = task('double', async ({ x }: { x: number }) => x * 2, { cacheFor: '1d' })
 * await double({ x: 21 })
 */
export function task<I = unknown, T = unknown>(
  name: string,
  fn: TaskFunction<I, T>,
  options: TaskOptions<NoInfer<I>, NoInfer<Awaited<T>>> = {},
): Task<I, Awaited<T>> {
  return callable(defineTask(name, fn as Body, options as unknown as TaskOptions<never, never>))
}

function defineTask(name: string, fn: Body, options: TaskOptions<never, never>, origin?: object): Definition {
  checkEach('task', name, options)
  return define('task', name, fn, options, undefined, origin)
}

function callable<I, T>(definition: Definition): Task<I, T> {
  const run = (...input: TaskArguments<I>): TaskPromise<T> => call(definition, input[0]) as TaskPromise<T>
  return Object.defineProperties(mark(run, definition), {
    with: { value: (options: TaskOptions<never, never>) => callable(overridden(definition, options)) },
    explain: { value: (input?: unknown) => explainRun(definition, input) },
  }) as unknown as Task<I, T>
}

function overridden({ name, fn, options, origin }: Definition, more: object): Definition {
  return defineTask(name, fn, { ...options, ...more }, origin)
}

/** Why a run of a task with this input would be a hit or not, and would be persisted or not; nothing is run or written. */
export function explain<I, T>(of: Task<I, T>, ...input: TaskArguments<I>): Promise<Explanation> {
  return explainRun(definitionOf(of), input[0])
}

/** The definition behind a task or flow; CONFIG for another function. */
export function definitionOf(of: object): Definition {
  const definition = (of as { readonly [DEFINITION]?: Definition } | undefined)?.[DEFINITION]
  if (definition !== undefined) return definition
  throw taskError('CONFIG', 'call', 'map(task, inputs) and explain(task, input) take what task() or flow() made.')
}

/** Marks a callable as standing for a definition. */
export function mark<C extends object>(callable: C, definition: Definition): C {
  return Object.defineProperties(callable, {
    name: { value: definition.name },
    [DEFINITION]: { value: definition },
  })
}
