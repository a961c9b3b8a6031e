import { resultError } from './errors.ts'
import { callbackFailed } from './validator.ts'

/** Gives the time: milliseconds since 1970 UTC, or a Date. Inject one in tests. */
export type Clock = () => number | Date

/** The clock's time in whole milliseconds since 1970 UTC; CONFIG when it throws, or gives no time that a Date can hold. */
export function nowMs(clock: Clock): number {
  let now: number
  try {
    now = Math.floor(Number(clock()))
  } catch (cause) {
    throw callbackFailed('clock', 'clock', cause)
  }
  if (Math.abs(now) <= 8.64e15) return now
  const message = 'The clock gave no valid time. Return milliseconds since 1970, or a Date.'
  throw resultError('CONFIG', 'clock', message)
}
