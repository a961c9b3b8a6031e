import { nowMs } from '@resultkit/core'
import type { Keeper } from './keeper.ts'
import type { Plan } from './plan.ts'
import type { Run } from './run.ts'
import type { Remembered } from './value-memory.ts'

/** Whether copies in memory may serve a run: not where a cache validator wants to see the record. */
export function mayRemember({ definition }: Pick<Run, 'definition'>, { rules }: Keeper): boolean {
  const { cacheInMemory = true, cacheValidators = rules.cacheValidators ?? [] } = definition.options
  return cacheInMemory && cacheValidators.length === 0
}

/** What memory has for a run: young enough, and checked by what would check it had it been read. */
export function recall(run: Run, plan: Plan, keeper: Keeper, key: string): Remembered | undefined {
  if (!mayRemember(run, keeper)) return undefined
  const { store, clock } = plan.settings.runtime
  const now = () => nowMs(keeper.rules.clock ?? clock)
  const found = store.memory.get(key, now, run.definition.cacheFor ?? keeper.rules.cacheFor)
  return found !== undefined && hasPassed(found, run, keeper) ? found : undefined
}

function hasPassed({ passed: [own, result] }: Remembered, { definition }: Run, { rules }: Keeper): boolean {
  const { validators = [] } = definition.options
  const { validators: ofResult = [] } = rules
  return (validators.length === 0 || validators === own) && (ofResult.length === 0 || ofResult === result)
}
