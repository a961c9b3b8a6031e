import { nowMs } from './clock.ts'
import type { Settings } from './options.ts'
import type { RecordInfo } from './outcome.ts'

/**
 * Why a result may no longer be used, if so. Expiry is exact: at the very moment it has expired. A value from the future,
 * seen by a clock that was set back, has the age 0.
 *
 * @param maxAge - milliseconds
 */
export function expiry(
  { clock }: Settings,
  { createdAt, expiresAt }: Pick<RecordInfo, 'createdAt' | 'expiresAt'>,
  maxAge?: number,
): 'expiresAt' | 'maxAge' | undefined {
  if (expiresAt !== undefined && nowMs(clock) >= expiresAt.getTime()) return 'expiresAt'
  if (maxAge === undefined) return undefined
  return createdAt === undefined || Math.max(0, nowMs(clock) - createdAt.getTime()) >= maxAge ? 'maxAge' : undefined
}
