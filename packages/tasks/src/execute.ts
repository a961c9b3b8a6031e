import { abortedError } from '@resultkit/core'
import { givenSignal, isStopReason, orAborted, signalOf, throwIfCancelled, throwIfStopped } from './cancellation.ts'
import { compute, type Work } from './compute.ts'
import { hasKey, neverKept } from './definition.ts'
import { asFailure, type Failure, failure, saidOf, taskError } from './failure.ts'
import { resolveInput } from './inputs.ts'
import { type Keeper, keeperAt } from './keeper.ts'
import { type Lookup, lookUp } from './lookup.ts'
import { onceInStorage } from './once-in-storage.ts'
import { cacheLocation, type KeyOutcome, keyOf, renderLocation, runPlace } from './place.ts'
import type { Plan } from './plan.ts'
import { mayRemember, recall } from './recall.ts'
import { isResultAdapter } from './result-adapter.ts'
import { enterDone, enterFailed, enterPending, type Run } from './run.ts'
import { isWithin, mayShare, waitsForItself } from './sharing.ts'
import { lead } from './single-flight.ts'
import { isFinal, type LookupReason, type StateReason } from './state-types.ts'
import { keeperFor, passedOf, type Stored } from './store-value.ts'

/** A run from its first state to its last; gives the value, or rejects as the run failed. */
export async function execute(run: Run, plan: Plan): Promise<unknown> {
  try {
    enterPending(run)
    await resolveInput(run)
    throwIfCancelled(run)
    refuseConflicts(run, plan)
    const { value, reason } = await produce(run, plan)
    run.value = value
    if (!isFinal(run.type)) enterDone(run, 'Completed', reason)
  } catch (thrown) {
    const failed = cancelled(run, asFailure(thrown))
    enterFailed(run, failed)
    throw failed.error
  } finally {
    const { boundary } = run.outer.settings.runtime
    if (boundary !== undefined && isOutermost(run)) await boundary.flush()
  }
  if (!run.definition.readsDirectly) throw notRead(run)
  return run.value
}

/** Whether nobody further out flushes the sinks of a run. */
function isOutermost({ outer, definition }: Run): boolean {
  return outer.flow === undefined || definition.runtime?.sink !== undefined
}

/** Who passes on the reason for which something around it has ended is cancelled, and has not failed itself. */
export function cancelled(run: Run, failed: Failure): Failure {
  const { signal } = run.definition.options
  const isReason = isStopReason(run.outer, failed.error) || (signal?.aborted && signal.reason === failed.error)
  if (!isReason || failed.state === 'Cancelled') return failed
  return failure('aborted', abortedError('run', signal?.aborted ? signal : signalOf(run.outer)), 'Cancelled')
}

/** MISSING_RESULT before a run whose key or target needs a value that is never stored. */
export function refuseConflicts({ definition }: Run, { decision }: Plan): void {
  const conflict = decision.conflicts.find((feature) => ['cacheKey', 'cacheFor', 'target'].includes(feature))
  if (conflict !== undefined) throw failure('missing-result', neverKept(definition, conflict))
}

function notRead({ definition }: Run): Error {
  const { kind, name } = definition
  const message = `${kind} "${name}" has cacheInMemory: false and persistResult: false, so its value is kept nowhere. Remove one of them.`
  return taskError('MISSING_RESULT', 'run', message)
}

function produce(run: Run, plan: Plan): Promise<Stored> {
  if (plan.lookup === 'target') return produceTarget(run, plan)
  if (plan.lookup === 'cache') return produceCached(run, plan)
  if (plan.decision.persist && isResumed(run)) return produceResumed(run, plan)
  if (plan.decision.persist) return produceKept(run, plan)
  const { key, target } = run.definition
  return compute(run, plan, { reason: (key ?? target) === undefined ? 'no-lookup' : 'not-persisted' })
}

/** What is wrong with the storage or the location is told before the body runs. */
async function produceKept(run: Run, plan: Plan): Promise<Stored> {
  takePlace(run)
  const keeper = plan.opened ?? (await keeperFor(run))
  const at = keeper.location === undefined ? undefined : rendered(run, keeper.location, undefined)
  return compute(run, plan, { reason: 'no-lookup', at })
}

/** Takes the number of an unkeyed run as it starts: who ends first is another order when the flow is resumed. */
function takePlace(run: Run): void {
  const { result } = run.definition.options
  if (result !== undefined && (isResultAdapter(result) || result.location !== undefined)) return
  try {
    runPlace(run)
  } catch (error) {
    throw failure('configuration', error)
  }
}

export function isResumed({ outer, definition }: Run): boolean {
  return definition.options.runId !== undefined || outer.flow?.resumed === true
}

async function produceTarget(run: Run, plan: Plan): Promise<Stored> {
  const { keeper, at } = await targetOf(run, plan)
  claim(run, keeper, at)
  // Who seals references does not want keys to be told.
  const label = keeper.rules.seal === undefined ? `target ${at}` : 'target'
  return once(run, plan, keeper, { at, found: 'target-found', label, memory: undefined })
}

/** The key in the storage at which a target lies, and what keeps it there. Failures are `configuration`. */
export async function targetOf(run: Run, { opened }: Plan): Promise<{ readonly keeper: Keeper; readonly at: string }> {
  const keeper = opened ?? (await keeperFor(run))
  const at = rendered(run, run.definition.target?.location as never, undefined)
  run.keeper = keeperAt(run.definition, keeper, at)
  return { keeper: run.keeper, at }
}

async function produceCached(run: Run, plan: Plan): Promise<Stored> {
  run.key ??= keyOf(run)
  const key = run.key instanceof Promise ? await run.key : run.key
  if ('reason' in key) return compute(run, plan, { reason: key.reason, why: key.problem })
  const keeper = plan.opened ?? (await keeperFor(run))
  const at = placeOfKey(run, keeper, key)
  return once(run, plan, keeper, { at, found: 'cache-hit', label: 'cache', memory: memoryKey(keeper, key) })
}

/** With a key, a result's own location is used where it has the key in it; otherwise different keys would meet there. */
export function placeOfKey(run: Run, keeper: Keeper, key: Extract<KeyOutcome, { key: unknown }>): string {
  const { location } = keeper
  return hasKey(location) ? rendered(run, location, key) : cacheLocation(key)
}

/** Under which a key's value is remembered: tasks that share a storage and a key share it. */
export function memoryKey({ storageId }: Keeper, { text }: Extract<KeyOutcome, { key: unknown }>): string {
  return `${storageId}\n${text}`
}

async function produceResumed(run: Run, plan: Plan): Promise<Stored> {
  const keeper = await keeperFor(run)
  if (keeper.adapter !== undefined || keeper.location !== undefined) return produceKept(run, plan)
  const { at, unhashable } = runPlace(run)
  if (unhashable !== undefined) return compute(run, plan, { reason: 'unhashable-input', why: unhashable })
  if (plan.refresh) return compute(run, plan, REFRESH)
  const found = await lookUp(run, keeper, at, givenSignal(run))
  if (found.status === 'hit') return hit(run, found, 'resumed', 'stored by an earlier attempt at this flow run')
  return compute(run, plan, { reason: found.reason, why: found.why })
}

function rendered(run: Run, location: Parameters<typeof renderLocation>[1], key: KeyOutcome | undefined): string {
  try {
    return renderLocation(run, location, key !== undefined && 'key' in key ? key.key : undefined)
  } catch (error) {
    throw failure('configuration', saidOf(run.definition, error))
  }
}

/** Two children of one map at one target: the later is refused before it reads or writes anything. */
function claim({ batch, index = 0, definition }: Run, { storageId }: Keeper, at: string): void {
  const id = `${storageId}\n${at}`
  const other = batch?.targets.get(id)
  if (other === undefined) {
    batch?.targets.set(id, index)
    return
  }
  const message = `Children ${other} and ${index} of map("${definition.name}") have the same target. Put {index} or an input into it.`
  throw failure('target-clash', taskError('CONFIG', 'map', message, { key: at }))
}

/** A place that is looked up and filled. */
interface Place {
  readonly at: string
  readonly found: StateReason
  readonly label: string
  /** Under which it is remembered; targets never are. */
  readonly memory: string | undefined
}

/** Computes once among the callers in this process: whoever comes meanwhile waits, and takes what is found then. */
async function once(run: Run, plan: Plan, keeper: Keeper, place: Place): Promise<Stored> {
  const { flights } = plan.settings.runtime.store
  const id = `${keeper.storageId}\n${place.at}`
  for (;;) {
    const flying = flights.get(id)
    if (flying === undefined) return lead(flights, id, run, () => lookUpOrCompute(run, plan, keeper, place))
    if (isWithin(run.outer, flying)) throw failure('configuration', waitsForItself(run))
    const { run: leader, ok, thrown } = await orAborted(givenSignal(run), flying)
    throwIfStopped(run.outer)
    if (!mayShare(run, plan, leader)) continue
    if (ok) return join(run, leader)
    // What ended something around the leader has not ended this one.
    const failed = cancelled(leader, asFailure(thrown))
    if (failed.state !== 'Cancelled') throw failed
  }
}

function join(run: Run, leader: Run): Stored {
  run.result = leader.result
  run.storing = leader.storing
  // What was found for somebody else was found for this one as well.
  if (leader.type === 'Cached') enterDone(run, 'Cached', leader.reason, leader.message)
  else enterDone(run, 'Cached', 'joined', 'computed meanwhile for another caller of the same key')
  return { value: leader.value, reason: 'joined' }
}

async function lookUpOrCompute(run: Run, plan: Plan, keeper: Keeper, place: Place): Promise<Stored> {
  if (!plan.refresh && remembered(run, plan, keeper, place)) return { value: run.value, reason: 'memory-hit' }
  if (run.definition.options.once === 'storage') return onceAmongAll(run, plan, keeper, place)
  const looked = plan.refresh ? REFRESH : await lookUp(run, keeper, place.at, givenSignal(run))
  if (looked.status === 'hit') return take(run, plan, keeper, place, looked)
  return remembering(run, plan, keeper, place, await compute(run, plan, workOf(looked, place)))
}

function onceAmongAll(run: Run, plan: Plan, keeper: Keeper, place: Place): Promise<Stored> {
  let tried = false
  return onceInStorage(run, keeper, {
    at: place.at,
    leaseMs: plan.settings.runtime.leaseMs,
    // Whoever published while this one computed has refreshed it as well.
    look: async () => (plan.refresh && !tried ? REFRESH : lookUp(run, keeper, place.at, givenSignal(run))),
    hit: (looked) => take(run, plan, keeper, place, looked),
    compute: async (looked, condition) => {
      tried = true
      return remembering(run, plan, keeper, place, await compute(run, plan, { ...workOf(looked, place), condition }))
    },
  })
}

function take(run: Run, plan: Plan, keeper: Keeper, place: Place, looked: Extract<Lookup, { status: 'hit' }>): Stored {
  remember(run, plan, keeper, place, looked)
  return hit(run, looked, place.found, `${place.label}${age(run, looked)}`)
}

function remembering(run: Run, plan: Plan, keeper: Keeper, { memory }: Place, stored: Stored): Stored {
  if (memory !== undefined && stored.remembered !== undefined && mayRemember(run, keeper)) {
    plan.settings.runtime.store.memory.set(memory, stored.remembered)
  }
  return stored
}

const REFRESH = { status: 'run', reason: 'refresh', why: 'refresh was asked for' } as const

function workOf({ reason, why }: { readonly reason: LookupReason; readonly why: string }, { at }: Place): Work {
  return { reason, why, at }
}

function hit(run: Run, found: Extract<Lookup, { status: 'hit' }>, reason: StateReason, message: string): Stored {
  run.result = found.result
  run.value = found.value
  // What was found is stored, also where a stream has no reference yet.
  run.storing = Promise.resolve()
  // Whose body has run, and lost to somebody who published first, is not Cached.
  if (run.type === 'Pending' || run.type === 'Queued') enterDone(run, 'Cached', reason, message)
  else enterDone(run, 'Completed', 'persisted', 'published meanwhile by somebody else')
  return { value: found.value, reason }
}

function age({ outer }: Run, { record }: Extract<Lookup, { status: 'hit' }>): string {
  const { createdAt } = record
  if (createdAt === undefined) return ''
  return `, written ${Math.max(0, Math.round((outer.settings.runtime.now() - createdAt.getTime()) / 1000))} s ago`
}

/** Whether memory has it: the run is Cached then. */
function remembered(run: Run, plan: Plan, keeper: Keeper, { memory }: Place): boolean {
  const kept = memory === undefined ? undefined : recall(run, plan, keeper, memory)
  if (kept === undefined) return false
  run.value = kept.value
  run.result = kept.result
  enterDone(run, 'Cached', 'memory-hit', 'cache, from memory')
  return true
}

function remember(
  run: Run,
  plan: Plan,
  keeper: Keeper,
  { memory }: Place,
  { value, result, record }: Extract<Lookup, { status: 'hit' }>,
): void {
  if (memory === undefined || result === undefined || !mayRemember(run, keeper)) return
  const createdAt = record.createdAt?.getTime() ?? 0
  const expiresAt = record.expiresAt?.getTime()
  const passed = passedOf(run, keeper)
  const remembered = { value, result, createdAt, expiresAt, bytes: record.size ?? 0, passed }
  plan.settings.runtime.store.memory.set(memory, remembered)
}
