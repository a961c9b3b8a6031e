import { isResultError, resultError } from './errors.ts'
import type { CacheCandidate, CacheValidator } from './outcome.ts'

/** Whether all agree that a stored value may still be used. One that throws is CONFIG, never a miss. */
export async function runCacheValidators(
  validators: readonly CacheValidator<never>[],
  candidate: CacheCandidate<never>,
  now: Date,
): Promise<boolean> {
  for (const [index, agrees] of validators.entries()) {
    try {
      if (!(await agrees(candidate, { now }))) return false
    } catch (cause) {
      if (isResultError(cause)) throw cause
      const message = `cacheValidators[${index}] threw instead of answering. Mend it, or catch inside it.`
      throw resultError('CONFIG', 'find', message, { cause })
    }
  }
  return true
}
