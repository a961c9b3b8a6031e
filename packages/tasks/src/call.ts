import { invoke } from './body.ts'
import { isGivenSignal, releaseScope, throwIfStopped } from './cancellation.ts'
import type { Definition } from './definition.ts'
import { cancelled, execute, memoryKey } from './execute.ts'
import { asFailure } from './failure.ts'
import { forgetInputs, resolveInput } from './inputs.ts'
import { type KeyOutcome, keyOf } from './place.ts'
import { type Plan, planFor } from './plan.ts'
import { hasPromises } from './promised.ts'
import { recall } from './recall.ts'
import { type Batch, enterFailed, idOf, makeRun, type Run } from './run.ts'
import { joinFlow, leaveFlow, makeScope } from './scope.ts'
import { surroundingsOf } from './surroundings.ts'
import { asTaskPromise, type TaskPromise } from './task-promise.ts'

/** Starts a run and gives its promise. */
export function call(definition: Definition, input: unknown, index?: number, batch?: Batch): TaskPromise<unknown> {
  const outer = surroundingsOf(definition)
  const run = makeRun(definition, outer, input, index, batch)
  // By the order of calls, and not of whose inputs are there first: a resumed flow finds what lies below the id.
  if (definition.kind === 'flow' && outer.flow !== undefined) idOf(run)
  const plan = planFor(definition, outer.settings)
  return asTaskPromise(start(run, plan), run)
}

function start(run: Run, plan: Plan): Promise<unknown> {
  if (isGivenSignal(run.outer)) return tracked(run, plan)
  return plan.direct ? runDirect(run, plan) : (fromMemory(run, plan) ?? tracked(run, plan))
}

async function tracked(run: Run, plan: Plan): Promise<unknown> {
  joinFlow(run)
  try {
    return await execute(run, plan)
  } finally {
    leaveFlow(run)
    forgetInputs(run, plan)
  }
}

/** Only the body: what most tasks are. */
async function runDirect(run: Run, plan: Plan): Promise<unknown> {
  joinFlow(run)
  const scope = makeScope(run.outer.settings, run.outer.flow, run.outer)
  try {
    const waiting = resolveInput(run)
    if (waiting !== undefined) await waiting
    throwIfStopped(run.outer)
    run.type = 'Running'
    run.reason = 'no-lookup'
    run.value = await invoke(run, scope)
    run.type = 'Completed'
    run.reason = 'not-persisted'
    return run.value
  } catch (thrown) {
    const failed = cancelled(run, asFailure(thrown))
    enterFailed(run, failed)
    throw failed.error
  } finally {
    releaseScope(scope)
    leaveFlow(run)
    forgetInputs(run, plan)
  }
}

/** A keyed result that memory has, at once; everything else goes the long way. */
function fromMemory(run: Run, plan: Plan): Promise<unknown> | undefined {
  const { opened, settings } = plan
  const { runtime } = settings
  if (opened === undefined || plan.lookup !== 'cache' || plan.refresh || runtime.boundary !== undefined)
    return undefined
  const { cacheInMemory = true, signal } = run.definition.options
  if (!cacheInMemory || signal?.aborted || hasPromises(run.input)) return undefined
  const key = keyOnce(run)
  if (key instanceof Promise || 'reason' in key) return undefined
  const found = recall(run, plan, opened, memoryKey(opened, key))
  if (found === undefined) return undefined
  run.type = 'Cached'
  run.reason = 'memory-hit'
  run.value = found.value
  run.result = found.result
  leaveFlow(run)
  forgetInputs(run, plan)
  return Promise.resolve(found.value)
}

/** The key of a run; what a key function throws is told when the run waits for it. */
function keyOnce(run: Run): KeyOutcome | Promise<KeyOutcome> {
  try {
    run.key = keyOf(run)
  } catch (error) {
    run.key = Promise.reject(error)
  }
  // Who is cancelled first never waits for it.
  if (run.key instanceof Promise) run.key.catch(() => {})
  return run.key
}
