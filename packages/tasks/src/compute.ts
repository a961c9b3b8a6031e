import { delayBefore, pause, runBody } from './body.ts'
import { givenSignal, throwIfStopped } from './cancellation.ts'
import { type Definition, neverKept } from './definition.ts'
import { asFailure, type Failure, failure, isConflict, messageOf, taskError } from './failure.ts'
import type { Keeper } from './keeper.ts'
import { type Limiter, limiter } from './limiter.ts'
import type { Plan } from './plan.ts'
import { enter, enterRunning, type Run } from './run.ts'
import type { StateReason } from './state-types.ts'
import { keeperFor, type Stored, type StoreOptions, storeValue, validateOutput } from './store-value.ts'
import { storeUpstream } from './upstream.ts'

/** What a body that has to run is run for. */
export interface Work {
  /** What the look-up said. */
  readonly reason: StateReason
  /** For people: why the body runs. */
  readonly why?: string | undefined
  /** Where a key or target puts the value. */
  readonly at?: string | undefined
  readonly condition?: StoreOptions['condition']
}

/** Runs the body, again if it fails and may be retried; validates and stores what it gives. Errors are failures. */
export async function compute(run: Run, plan: Plan, work: Work): Promise<Stored> {
  for (run.attempt = 1; ; run.attempt++) {
    try {
      return await attempt(run, plan, work)
    } catch (thrown) {
      await retryOrFail(run, asFailure(thrown))
    }
  }
}

async function attempt(run: Run, plan: Plan, work: Work): Promise<Stored> {
  const limit = limiterOf(run.definition)
  if (limit !== undefined && !limit.tryEnter()) await queue(run, limit)
  try {
    enterRunning(run, work.reason, work.why)
    const value = await runBody(run)
    const keeper = plan.decision.persist ? await keeperFor(run) : undefined
    await validateOutput(run, value, keeper)
    run.value = value
    return keeper === undefined ? { value, reason: 'not-persisted' } : await keep(run, plan, work, keeper, value)
  } finally {
    limit?.leave()
  }
}

async function keep(run: Run, plan: Plan, { at, condition }: Work, keeper: Keeper, value: unknown): Promise<Stored> {
  const signal = givenSignal(run)
  throwIfStopped(run.outer)
  if (plan.lookup === 'cache') await storeUpstream(run, signal)
  return storeValue(run, value, { keeper, at, signal, condition })
}

async function queue(run: Run, limit: Limiter): Promise<void> {
  const signal = givenSignal(run)
  await storeUpstream(run, signal)
  enter(run, 'Queued', 'concurrency-limit', `${limit.limit} at once, and so many are running`)
  await limit.enter(signal)
}

async function retryOrFail(run: Run, failed: Failure): Promise<void> {
  const { definition } = run
  const delay = await delayOf(run, failed)
  if (delay === undefined) throw failed
  if (definition.options.persistResult !== false) await storeUpstream(run, givenSignal(run))
  enter(run, 'Retrying', 'attempt-failed', messageOf(failed.error))
  if (definition.options.persistResult === false) {
    throw failure('missing-result', neverKept(definition, 'retries', failed.error))
  }
  await pause(run, delay)
}

/** How long to wait before the next attempt, in milliseconds; `undefined` when there is none. */
async function delayOf(run: Run, { state, reason, error }: Failure): Promise<number | undefined> {
  const { definition, attempt } = run
  if (attempt > definition.retries || state === 'Cancelled') return undefined
  if (reason === 'missing-result' || reason === 'configuration' || (reason === 'write-failed' && isConflict(error)))
    return undefined
  try {
    const wanted = (await definition.options.retryIf?.(error, attempt)) ?? true
    return wanted ? await delayBefore(run, error) : undefined
  } catch (cause) {
    throw failure(
      'configuration',
      taskError('CONFIG', 'retry', 'retryIf or retryDelay threw, or gave no duration. Mend it.', { cause }),
    )
  }
}

const ownLimits = new WeakMap<object, Limiter[]>()
const namedLimits = new Map<string, Limiter>()

function limiterOf({ options, origin, name }: Definition): Limiter | undefined {
  const { concurrency } = options
  if (concurrency === undefined) return undefined
  if (typeof concurrency === 'number') {
    const limits = ownLimits.get(origin) ?? []
    ownLimits.set(origin, limits)
    limits[concurrency] ??= limiter(concurrency)
    return limits[concurrency]
  }
  const known = namedLimits.get(concurrency.name) ?? limiter(concurrency.limit)
  namedLimits.set(concurrency.name, known)
  if (known.limit === concurrency.limit) return known
  const message = `"${name}" gives the limit "${concurrency.name}" ${concurrency.limit} places, and it has ${known.limit} already. Give the same everywhere.`
  throw failure('configuration', taskError('CONFIG', 'concurrency', message))
}
