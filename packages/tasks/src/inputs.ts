import { isRecord } from './cache-policy.ts'
import { givenSignal, orAborted } from './cancellation.ts'
import { asFailure, failure } from './failure.ts'
import type { Plan } from './plan.ts'
import { hasPromises } from './promised.ts'
import type { Run } from './run.ts'
import type { Scope } from './scope.ts'
import { runOf } from './task-promise.ts'

/** Waits for the TaskPromises in a run's input and puts their values in; nothing to wait for when there are none. */
export function resolveInput(run: Run): Promise<void> | undefined {
  return hasPromises(run.input) ? settle(run, run.input) : undefined
}

async function settle(run: Run, input: object): Promise<void> {
  const upstream: Run[] = []
  const pending: Promise<unknown>[] = []
  visit(input, (promise, from) => {
    upstream.push(from)
    pending.push(promise)
  })
  run.upstream = upstream
  // All are waited for, so that each failure is handled; the first in order is the one that is told.
  const settled = await orAborted(givenSignal(run), Promise.allSettled(pending))
  for (const outcome of settled) {
    if (outcome.status === 'rejected') throw upstreamFailure(outcome.reason)
  }
  let next = 0
  const values = settled.map((outcome) => (outcome as PromiseFulfilledResult<unknown>).value)
  run.input = visit(input, () => values[next++])
}

function upstreamFailure(error: unknown): unknown {
  const { state } = asFailure(error)
  return state === 'Cancelled' ? error : failure('upstream-failed', error)
}

/** The input with every TaskPromise replaced: itself, a property, or an element of an array that is a property. */
function visit(input: object, replace: (promise: Promise<unknown>, run: Run) => unknown): unknown {
  const one = (value: unknown): unknown => {
    const run = runOf(value)
    return run === undefined ? value : replace(value as Promise<unknown>, run)
  }
  // An array without promises stays the very object that another task returned.
  const deep = (value: unknown): unknown =>
    Array.isArray(value) ? (value.some((item) => runOf(item) !== undefined) ? value.map(one) : value) : one(value)
  if (!isRecord(input)) return deep(input)
  const resolved: Record<string, unknown> = { ...input }
  for (const name of Object.keys(resolved)) resolved[name] = deep(resolved[name])
  return resolved
}

/** Which run in a flow, or in one around it, returned an object. */
function producerOf(value: object, scope: Scope | undefined): Run | undefined {
  return scope && (scope.flow?.produced.get(value) ?? producerOf(value, scope.parent))
}

/** The runs whose values a run was given: by their promise, or by passing the very object that one returned. */
export function upstreamOf(run: Run): readonly Run[] {
  const found = new Set(run.upstream)
  const { input } = run
  const add = (value: unknown): void => {
    if (typeof value !== 'object' || value === null) return
    const from = producerOf(value, run.outer)
    if (from !== undefined && from !== run) found.add(from)
  }
  add(input)
  for (const value of isRecord(input) ? Object.values(input) : Array.isArray(input) ? input : []) {
    add(value)
    if (Array.isArray(value)) value.forEach(add)
  }
  return [...found]
}

/**
 * Lets go of what a run that has ended was given: whoever has its value would hold what that was made of, and what that was made
 * of in turn. Inputs of primitives stay, since an unstored value may still be put where they say.
 */
export function forgetInputs(run: Run, { keeping }: Plan): void {
  if (run.upstream.length > 0) run.upstream = []
  if (run.result === undefined && (keeping.result !== undefined || run.definition.digests.length > 0)) return
  // A symbol has no hash: what is stored later lies where nobody else's does.
  if (holdsObjects(run.input)) run.input = Symbol('forgotten')
}

function holdsObjects(input: unknown): boolean {
  if (!isRecord(input)) return typeof input === 'object' && input !== null
  for (const name in input) {
    if (typeof input[name] === 'object' && input[name] !== null) return true
  }
  return false
}
