import { isResultError } from '@resultkit/core'

/** A value in a failure's message: short, on one line. */
export function show(value: unknown): string {
  if (value instanceof Uint8Array) return `${value.byteLength} bytes${value.byteLength > 0 ? ` ${hex(value)}` : ''}`
  if (isResultError(value)) return `${value.code} (${value.message})`
  if (value instanceof Error) return `${value.name} (${value.message})`
  if (typeof value === 'bigint') return `${value}n`
  if (Object.is(value, -0)) return '-0'
  if (value instanceof Date && Number.isNaN(value.getTime())) return String(value)
  if (typeof value === 'number' || typeof value === 'symbol' || typeof value === 'function')
    return shorten(String(value))
  return shorten(json(value))
}

/** Where two arrays differ first, or `undefined` when they do not. */
export function showDifference(actual: Uint8Array, expected: Uint8Array): string | undefined {
  const sizes = actual.byteLength === expected.byteLength ? '' : `${actual.byteLength} bytes for ${expected.byteLength}`
  const shared = Math.min(actual.byteLength, expected.byteLength)
  let at = 0
  while (at < shared && actual[at] === expected[at]) at++
  if (at === shared) return sizes === '' ? undefined : sizes
  const bytes = `byte ${at} is ${actual[at]} instead of ${expected[at]}`
  return sizes === '' ? bytes : `${sizes}, and ${bytes}`
}

function hex(bytes: Uint8Array): string {
  const first = [...bytes.subarray(0, 8)].map((byte) => byte.toString(16).padStart(2, '0')).join(' ')
  return bytes.byteLength > 8 ? `(${first} ...)` : `(${first})`
}

function json(value: unknown): string {
  try {
    return JSON.stringify(value) ?? String(value)
  } catch {
    return Object.prototype.toString.call(value)
  }
}

function shorten(text: string): string {
  return text.length <= 160 ? text : `${text.slice(0, 100)}...${text.slice(-20)} (${text.length} characters)`
}
