import type { CacheCandidate, CacheValidator } from './outcome.ts'
import { callbackFailed } from './validator.ts'

/** Whether all agree that a stored value may still be used. One that throws is CONFIG, never a miss. */
export async function runCacheValidators(
  validators: readonly CacheValidator<never>[],
  candidate: CacheCandidate<never>,
  now: Date,
): Promise<boolean> {
  for (const [index, agrees] of validators.entries()) {
    try {
      if (!(await agrees(candidate, { now }))) return false
    } catch (error) {
      throw callbackFailed('find', `cacheValidators[${index}]`, error)
    }
  }
  return true
}
