import { type Cursor, malformed, take, takeArgument } from './cursor.ts'
import type { Scan } from './scan-state.ts'

const CANONICAL_NAN = 0x7ff8n << 48n

/** Passes over a number or simple value, and gives what tells it from others as a key. */
export function scanNumber(state: Scan, initial: number): string {
  if (initial >= 0xf4 && initial <= 0xf7) return `${initial}`
  const value = takeNumber(state, initial)
  return typeof value === 'bigint' ? bigintKey(value) : `n${value}`
}

/** What tells a bigint from other keys; hexadecimal, because decimal digits take more than linear time. */
export function bigintKey(value: bigint): string {
  return `b${value.toString(16)}`
}

/** The number whose initial byte this is. */
export function takeNumber(state: Scan, initial: number): number | bigint {
  const major = initial >> 5
  if (major === 7) return takeFloat(state, initial)
  if (major > 1 || (initial & 0x1f) === 31) throw malformed('a number is malformed', state)
  const argument = takeArgument(state, initial)
  if (typeof argument === 'number') return major === 0 ? argument : -1 - argument
  const value = major === 0 ? argument : -1n - argument
  if (state.mode.int64 === 'bigint') return value
  if (Number.isSafeInteger(Number(value))) return Number(value)
  throw malformed("an integer is beyond 2^53 - 1, which int64: 'bigint' reads", state)
}

function takeFloat(state: Scan, initial: number): number {
  const { view } = state
  if (initial === 0xf9) return takeHalf(state)
  if (initial === 0xfa) return view.getFloat32(take(state, 4))
  if (initial !== 0xfb) throw malformed('a simple value is not known', state)
  const at = take(state, 8)
  const value = view.getFloat64(at)
  if (state.isRewriting && Number.isNaN(value)) view.setBigUint64(at, CANONICAL_NAN)
  return value
}

// DataView reads halves in newer runtimes only. RFC 8949, appendix D.
function takeHalf(cursor: Cursor): number {
  const half = cursor.view.getUint16(take(cursor, 2))
  const exponent = (half >> 10) & 0x1f
  const fraction = half & 0x3ff
  const sign = half & 0x8000 ? -1 : 1
  if (exponent === 0) return sign * fraction * 2 ** -24
  if (exponent !== 31) return sign * (fraction + 1024) * 2 ** (exponent - 25)
  return fraction === 0 ? sign * Number.POSITIVE_INFINITY : Number.NaN
}
