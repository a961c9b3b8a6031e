import { isResumed, memoryKey, placeOfKey, refuseConflicts, targetOf } from './execute.ts'
import type { Keeper } from './keeper.ts'
import { lookUp } from './lookup.ts'
import { keyOf, runPlace } from './place.ts'
import type { Plan } from './plan.ts'
import { recall } from './recall.ts'
import type { Run } from './run.ts'
import { keeperFor } from './store-value.ts'

/** What a look-up would say. */
export interface LookupExplanation {
  readonly kind: 'target' | 'cache' | 'run' | 'none'
  /** `hit`, a reason to run, or `none` when the run would fail before that. */
  readonly outcome: string
  readonly why: string
  /** The key in the storage, where there is one. */
  readonly location?: string
}

/** Looks up what a run would look up, and changes nothing. Errors are those that the run would have. */
export async function explainLookup(run: Run, plan: Plan): Promise<LookupExplanation> {
  const { decision, lookup } = plan
  refuseConflicts(run, plan)
  if (decision.persist && lookup === 'none' && run.outer.flow === undefined && isResumed(run))
    return lookAtRun(run, plan)
  if (lookup === 'none') return { kind: 'none', ...whyNone(run) }
  if (lookup === 'target') {
    const { keeper, at } = await targetOf(run, plan)
    return look(run, plan, keeper, 'target', at)
  }
  const key = await keyOf(run)
  if ('reason' in key) return { kind: 'cache', outcome: key.reason, why: key.problem }
  const keeper = await keeperFor(run)
  const location = placeOfKey(run, keeper, key)
  if (!plan.refresh && recall(run, plan, keeper, memoryKey(keeper, key)) !== undefined)
    return { kind: 'cache', outcome: 'hit', why: 'it is in memory', location }
  return look(run, plan, keeper, 'cache', location)
}

/** A flow's run that is resumed. */
async function lookAtRun(run: Run, plan: Plan): Promise<LookupExplanation> {
  const keeper = await keeperFor(run)
  const { at, unhashable } = runPlace(run)
  if (keeper.adapter !== undefined || keeper.location !== undefined) return { kind: 'none', ...whyNone(run) }
  if (unhashable !== undefined) return { kind: 'run', outcome: 'unhashable-input', why: unhashable }
  return look(run, plan, keeper, 'run', at)
}

function whyNone({ definition }: Run): { readonly outcome: string; readonly why: string } {
  if (definition.key === undefined && definition.target === undefined)
    return { outcome: 'no-lookup', why: 'it has no cacheKey, cacheFor or target' }
  return { outcome: 'not-persisted', why: 'what is never stored is not looked for' }
}

async function look(
  run: Run,
  { refresh }: Plan,
  keeper: Keeper,
  kind: 'target' | 'cache' | 'run',
  location: string,
): Promise<LookupExplanation> {
  if (refresh) return { kind, outcome: 'refresh', why: 'refresh was asked for', location }
  const found = await lookUp(run, keeper, location, undefined)
  if (found.status === 'hit') return { kind, outcome: 'hit', why: 'it is stored, and may be used', location }
  return { kind, outcome: found.reason, why: found.why, location }
}
