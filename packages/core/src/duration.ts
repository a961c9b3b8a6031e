import { resultError } from './errors.ts'

const UNIT_MS = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000, w: 604_800_000 } as const

/** Milliseconds, or a number with a unit: `'250ms'`, `'30s'`, `'1.5h'`, `'1d'` (24 hours), `'2w'`. */
export type Duration = number | `${number}${keyof typeof UNIT_MS}`

/** Milliseconds of a duration; CONFIG unless it is finite, not negative and has a known unit. */
export function parseDuration(duration: Duration): number {
  const match = typeof duration === 'string' ? /^(\d+(?:\.\d+)?)(ms|[smhdw])$/.exec(duration) : undefined
  const ms = match ? Number(match[1]) * UNIT_MS[match[2] as keyof typeof UNIT_MS] : duration
  if (typeof ms === 'number' && ms >= 0 && Number.isFinite(ms)) return ms
  const message = `${JSON.stringify(duration)} is not a duration. Use milliseconds, or a number with ms, s, m, h, d or w.`
  throw resultError('CONFIG', 'parseDuration', message)
}
