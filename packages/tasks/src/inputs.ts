import { isRecord } from './cache-policy.ts'
import { givenSignal, orAborted } from './cancellation.ts'
import { asFailure, failure } from './failure.ts'
import { hasPromises } from './promised.ts'
import type { Run } from './run.ts'
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
  const deep = (value: unknown): unknown => (Array.isArray(value) ? value.map(one) : one(value))
  if (Array.isArray(input) || !isRecord(input)) return deep(input)
  return Object.fromEntries(Object.entries(input).map(([name, value]) => [name, deep(value)]))
}

/** The runs whose values a run was given: by their promise, or by passing the very object that one returned. */
export function upstreamOf(run: Run): readonly Run[] {
  const found = new Set(run.upstream)
  const { flow } = run.outer
  const { input } = run
  const add = (value: unknown): void => {
    const from = typeof value === 'object' && value !== null ? flow?.produced.get(value) : undefined
    if (from !== undefined && from !== run) found.add(from)
  }
  add(input)
  for (const value of isRecord(input) ? Object.values(input) : Array.isArray(input) ? input : []) {
    add(value)
    if (Array.isArray(value)) value.forEach(add)
  }
  return [...found]
}
