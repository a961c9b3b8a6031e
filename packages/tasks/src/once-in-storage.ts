import { pause } from './body.ts'
import { asFailure, failure, isConflict } from './failure.ts'
import { type Keeper, storageOf } from './keeper.ts'
import { type Lease, leaseSeeker } from './lease.ts'
import type { Lookup } from './lookup.ts'
import type { Run } from './run.ts'
import type { Stored, StoreOptions } from './store-value.ts'

/** What computing once among all who use a storage is made of. */
export interface OnceWork {
  readonly at: string
  /** Milliseconds. */
  readonly leaseMs: number
  /** What is stored now; a run that has to replace it anyway says so. */
  look(): Promise<Lookup>
  hit(found: Extract<Lookup, { status: 'hit' }>): Stored
  compute(looked: Extract<Lookup, { status: 'run' }>, condition: StoreOptions['condition']): Promise<Stored>
}

// A storage that refuses what it says is not there is not asked for ever, since each time the body runs.
const MAX_CONFLICTS = 5

/**
 * Looks, gets the lease, looks again, computes, and publishes only if nobody else has meanwhile; whoever loses takes what the winner
 * stored. The body may run more than once when a holder dies or stalls; what is published is one value.
 */
export async function onceInStorage(run: Run, keeper: Keeper, work: OnceWork): Promise<Stored> {
  const storage = storageOf(keeper)
  let seeker: ReturnType<typeof leaseSeeker>
  try {
    seeker = leaseSeeker(storage, work.at, work.leaseMs)
  } catch (error) {
    throw failure('configuration', error)
  }
  let conflicts = 0
  for (let wait = 10; ; wait = Math.min(wait * 1.5, work.leaseMs / 4)) {
    const looked = await work.look()
    if (looked.status === 'hit') return work.hit(looked)
    const lease = await seeker.attempt()
    if (lease !== undefined) {
      const stored = await computeHolding(run, keeper, work, lease, conflicts < MAX_CONFLICTS)
      if (stored !== undefined) return stored
      if (!lease.lost.aborted) conflicts += 1
    }
    // Those who wait for one lease do not ask all at the same moment.
    await pause(run, wait * (0.5 + Math.random()))
  }
}

/** `undefined` when the lease was lost, or somebody else published first: then there is something to look at. */
async function computeHolding(
  run: Run,
  keeper: Keeper,
  work: OnceWork,
  lease: Lease,
  mayLose: boolean,
): Promise<Stored | undefined> {
  try {
    const looked = await work.look()
    if (looked.status === 'hit') return work.hit(looked)
    run.leased = lease.lost
    return await work.compute(looked, await conditionFor(keeper, work.at, looked))
  } catch (thrown) {
    const { reason, error } = asFailure(thrown)
    // A conflict that the body itself met is its own failure.
    if (lease.lost.aborted || (mayLose && reason === 'write-failed' && isConflict(error))) return undefined
    throw thrown
  } finally {
    run.leased = undefined
    await lease.release()
  }
}

async function conditionFor(
  keeper: Keeper,
  at: string,
  { reason, etag }: Extract<Lookup, { status: 'run' }>,
): Promise<StoreOptions['condition']> {
  if (etag !== undefined) return { ifMatch: etag }
  if (reason === 'miss') return { ifAbsent: true }
  const stat = await keeper.result.stat(at)
  return stat === undefined ? { ifAbsent: true } : { ifMatch: stat.etag }
}
