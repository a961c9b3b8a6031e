import { nowMs } from './clock.ts'
import type { Settings } from './options.ts'
import type { RecordHeader } from './record/header.ts'

/** Why a record may no longer be used, if so. Expiry is exact: at the very moment it has expired. */
export function expiry(
  settings: Settings,
  header: RecordHeader,
  maxAge: number | undefined,
): 'expiresAt' | 'maxAge' | undefined {
  if (header.expiresAt !== undefined && nowMs(settings.clock) >= header.expiresAt.getTime()) return 'expiresAt'
  return maxAge !== undefined && isOld(settings, header.createdAt, maxAge) ? 'maxAge' : undefined
}

/** A value from the future, seen by a clock that was set back, has the age 0. */
export function isOld({ clock }: Settings, createdAt: Date | undefined, maxAge: number): boolean {
  return createdAt === undefined || Math.max(0, nowMs(clock) - createdAt.getTime()) >= maxAge
}
