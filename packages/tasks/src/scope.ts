import { AsyncLocalStorage } from 'node:async_hooks'
import type { ResultStorage, Serializer } from '@resultkit/core'
import type { ResultAdapter } from './result-adapter.ts'
import type { Run } from './run.ts'
import { makeRuntime, type Runtime } from './runtime.ts'
import type { Landing } from './single-flight.ts'
import type { RunEvent } from './state-types.ts'
import type { AnyResult } from './task-options.ts'

/** How results are kept, as far as one level says so and those above it. */
export interface Keeping {
  readonly result: AnyResult | ResultAdapter | undefined
  readonly storage: ResultStorage | string | undefined
  readonly serializer: Serializer | string | undefined
}

/** What runs inherit. One object per flow and surroundings, so that plans can be made once for it. */
export interface Settings {
  readonly runtime: Runtime
  readonly keeping: Keeping
  /** Whether the flow around keeps results, as far as it says. */
  readonly persists: boolean | undefined
}

/** A flow while it runs. */
export interface FlowRun {
  readonly runId: string
  readonly name: string
  readonly parameters: unknown
  /** Whether results of an earlier attempt at this run are looked for. */
  readonly resumed: boolean
  /** Which run returned an object: passing it on makes that run upstream. */
  readonly produced: WeakMap<object, Run>
  /** How often something was asked for: unkeyed places and inner flows are numbered. */
  readonly counters: Map<string, number>
  /** Numbers of the tasks in it: another attempt of the flow goes on counting, so that each run has its own. */
  readonly tasks: { count: number }
  readonly active: Set<Run>
  /** Called when the last active one has ended. */
  idle: (() => void) | undefined
  /** Everything that left, where somebody may ask for it. */
  readonly audit: RunEvent[] | undefined
}

/** Where a call is made: below `withRuntime`, a flow or a task body. */
export interface Scope {
  readonly settings: Settings
  readonly flow: FlowRun | undefined
  readonly parent: Scope | undefined
  readonly given: AbortSignal | undefined
  /** Set when the run of this scope ended early. */
  stopped: { readonly reason: unknown } | undefined
  /** Made when somebody asks for the signal. */
  controller: AbortController | undefined
  unlink: (() => void) | undefined
  /** What is computed here for everybody who wants the same: who waits for it from within would wait for ever. */
  flight: Promise<Landing> | undefined
}

const storage = new AsyncLocalStorage<Scope>()

const NOTHING: Keeping = { result: undefined, storage: undefined, serializer: undefined }
let outermost: Scope | undefined

/** The scope of the caller; outside everything, the default runtime's. */
export function currentScope(): Scope {
  const found = storage.getStore()
  if (found !== undefined) return found
  outermost ??= makeScope({ runtime: makeRuntime({}), keeping: NOTHING, persists: undefined }, undefined, undefined)
  return outermost
}

/** Calls a function inside a scope. */
export function inScope<A, B, R>(scope: Scope, fn: (a: A, b: B) => R, a: A, b: B): R {
  return storage.run(scope, fn, a, b)
}

/** Makes a scope below another. */
export function makeScope(
  settings: Settings,
  flow: FlowRun | undefined,
  parent: Scope | undefined,
  given?: AbortSignal | undefined,
): Scope {
  return {
    settings,
    flow,
    parent,
    given,
    stopped: undefined,
    controller: undefined,
    unlink: undefined,
    flight: undefined,
  }
}

/** The settings below `withRuntime`: a runtime of its own, nothing of a flow. */
export function outerSettings(runtime: Runtime): Settings {
  return { runtime, keeping: NOTHING, persists: undefined }
}

/** The next number for something in a flow, from 0. */
export function nextOf(flow: FlowRun, what: string): number {
  const count = flow.counters.get(what) ?? 0
  flow.counters.set(what, count + 1)
  return count
}

/** Notes that a run has started in the flow around it, which ends after it. */
export function joinFlow(run: Run): void {
  run.outer.flow?.active.add(run)
}

/** Notes that a run has ended, and what it gave. */
export function leaveFlow(run: Run): void {
  const { flow } = run.outer
  if (flow === undefined) return
  const { value, type } = run
  if (typeof value === 'object' && value !== null && (type === 'Completed' || type === 'Cached'))
    flow.produced.set(value, run)
  flow.active.delete(run)
  if (flow.active.size === 0) flow.idle?.()
}
