import { parseDuration } from '@resultkit/core'
import {
  isGivenSignal,
  onAbort,
  releaseScope,
  signalOf,
  stopScope,
  throwIfCancelled,
  throwIfStopped,
} from './cancellation.ts'
import { asFailure, failure, taskError } from './failure.ts'
import { auditOf, idOf, type Run } from './run.ts'
import { contextFor } from './run-context.ts'
import { type FlowRun, inScope, makeScope, type Scope } from './scope.ts'
import { settingsBelow } from './surroundings.ts'
import type { RunContext } from './task-options.ts'
import { after } from './timer.ts'

/** Runs a body in a scope of its own and gives what it returns. Errors: the body's, TIMEOUT, ABORTED. */
export function runBody(run: Run): Promise<unknown> {
  return run.definition.kind === 'flow' ? runFlow(run) : runTask(run)
}

async function runTask(run: Run): Promise<unknown> {
  const { outer } = run
  const scope = makeScope(outer.settings, outer.flow, outer, signalFor(run))
  scope.flight = run.flight
  try {
    return await bounded(run, scope)
  } finally {
    releaseScope(scope)
  }
}

function signalFor({ definition, leased }: Run): AbortSignal | undefined {
  const { signal } = definition.options
  if (leased === undefined || signal === undefined) return leased ?? signal
  return AbortSignal.any([leased, signal])
}

/** The shortest way through a body: nothing bounds it and nothing is told. */
export function invoke(run: Run, scope: Scope): unknown {
  return inScope(
    scope,
    run.definition.fn as (input: unknown, context: RunContext) => unknown,
    run.input,
    contextFor(run, scope),
  )
}

/** A body under its timeout and under the signals that were given. What loses is left behind, its signal fired. */
async function bounded(run: Run, scope: Scope): Promise<unknown> {
  const { timeout, name, kind } = run.definition
  throwIfStopped(scope)
  if (timeout === undefined && !isGivenSignal(scope)) return invoke(run, scope)
  const signal = signalOf(scope)
  const { promise: ended, reject } = Promise.withResolvers<never>()
  const end = (): void => reject(signal.reason)
  let tooLate: Error | undefined
  const late = (): void => {
    const message = `${kind} "${name}" took longer than its timeout of ${timeout} ms; its signal has fired.`
    tooLate = taskError('TIMEOUT', 'run', message)
    stopScope(scope, tooLate)
  }
  const stopTimer = timeout === undefined ? undefined : after(timeout, late)
  const unlink = onAbort(signal, end)
  try {
    return await Promise.race([ended, (async () => invoke(run, scope))()])
  } catch (error) {
    if (tooLate !== undefined) throw failure('timeout', tooLate)
    throwIfStopped(scope)
    throw error
  } finally {
    stopTimer?.()
    unlink()
  }
}

async function runFlow(run: Run): Promise<unknown> {
  const { definition, outer } = run
  const flow = flowRunOf(run)
  const scope = makeScope(settingsBelow(definition, outer.settings), flow, outer, signalFor(run))
  scope.flight = run.flight
  try {
    const value = await bounded(run, scope)
    await settled(flow)
    return value
  } catch (error) {
    // What is still going on is of no use to anybody; its failures are told by its states.
    stopScope(scope, error)
    for (const { promise } of flow.active) promise?.catch(() => {})
    if (asFailure(error).reason !== 'timeout') await settled(flow)
    throw error
  } finally {
    releaseScope(scope)
  }
}

/** Waits for the runs in a flow without handling their failures: who does not await one is told by the process. */
async function settled(flow: FlowRun): Promise<void> {
  while (flow.active.size > 0) {
    const { promise, resolve } = Promise.withResolvers<void>()
    flow.idle = resolve
    await promise
  }
}

function flowRunOf(run: Run): FlowRun {
  const { definition, input, attempt } = run
  run.tasks ??= { count: 0 }
  return {
    runId: idOf(run),
    name: definition.name,
    parameters: input,
    resumed: definition.options.runId !== undefined || attempt > 1 || run.outer.flow?.resumed === true,
    produced: new WeakMap(),
    counters: new Map(),
    tasks: run.tasks,
    active: new Set(),
    idle: undefined,
    audit: auditOf(run),
  }
}

/** The delay before an attempt, in milliseconds. */
export async function delayBefore({ definition, attempt }: Run, error: unknown): Promise<number> {
  const { retryDelay = 0 } = definition.options
  if (typeof retryDelay === 'function') return parseDuration(await retryDelay(attempt, error))
  if (typeof retryDelay === 'string' || typeof retryDelay === 'number') return parseDuration(retryDelay)
  return parseDuration(retryDelay[Math.min(attempt - 1, retryDelay.length - 1)] ?? 0)
}

/** Waits, unless the scope ends first. */
export async function pause(run: Run, ms: number): Promise<void> {
  throwIfCancelled(run)
  if (ms === 0) return
  const scope = makeScope(run.outer.settings, run.outer.flow, run.outer, run.definition.options.signal)
  const signal = signalOf(scope)
  const { promise, resolve } = Promise.withResolvers<void>()
  const stopTimer = after(ms, resolve)
  signal.addEventListener('abort', () => resolve(), { once: true })
  try {
    await promise
    throwIfStopped(scope)
  } finally {
    stopTimer()
    releaseScope(scope)
  }
}
