import type { BuiltInType, ValueRules } from '@resultkit/core/value-check'
import type { Mode } from './options.ts'

/** The longest BigInt that is written or read, in bytes: cbor-x takes quadratic time. */
export const MAX_BIGINT_BYTES = 4096
/** The number of shared objects whose references cbor-x can write: they have 16 bits. */
export const MAX_SHARED = 65_536

const TYPES: readonly BuiltInType[] = [
  'Date',
  'RegExp',
  'Map',
  'Set',
  'Int8Array',
  'Uint8Array',
  'Uint8ClampedArray',
  'Int16Array',
  'Uint16Array',
  'Int32Array',
  'Uint32Array',
  'Float32Array',
  'Float64Array',
  'BigInt64Array',
  'BigUint64Array',
]

// Longer ones are decoded by a TextDecoder that takes the mark away: those of more than 64 bytes, 3 a character.
const MAX_MARKED_TEXT = 21

const HINTS: Readonly<Record<string, string>> = {
  ArrayBuffer: 'make it a Uint8Array',
  DataView: 'make it a Uint8Array',
  Buffer: "make it a Uint8Array, or allow lossy: ['buffer']",
  shared: "kept with structuredClone, copied with lossy: ['shared']",
  '-0': "written as 0 with lossy: ['negative-zero']",
  'object with a null prototype': "given one with lossy: ['null-prototype']",
  'RegExp: lastIndex is not 0': "set to 0 with lossy: ['last-index']",
}

interface NodeBuffer {
  readonly prototype: object
  readonly poolSize: number
}

/** What cbor-x keeps exactly in a mode, and what may be lost. */
export function rulesOf(mode: Mode): ValueRules {
  const { Buffer } = globalThis as { readonly Buffer?: NodeBuffer }
  const { lossy } = mode
  const shared = lossy.has('shared') ? 'copied' : 'refused'
  return {
    types: new Set(TYPES),
    negativeZero: lossy.has('negative-zero'),
    undefined: true,
    nullPrototype: lossy.has('null-prototype'),
    lastIndex: lossy.has('last-index'),
    shared: mode.structuredClone ? 'kept' : shared,
    collectionCycles: false,
    maxShared: MAX_SHARED,
    maxDepth: mode.maxDepth,
    text: (text) =>
      text.charCodeAt(0) === 0xfeff && text.length > MAX_MARKED_TEXT ? 'long text with a byte order mark' : undefined,
    key: (name) => (mode.useRecords && isTaken(name) ? name : undefined),
    bigint: (value) => bigintProblem(value, mode),
    date: dateProblem,
    // Node cuts small byte arrays out of pools; and views of a payload are all of one buffer.
    isPool: ({ byteLength }) => mode.buffers === 'view' || byteLength === Buffer?.poolSize,
    other: (value) => lossy.has('buffer') && Object.getPrototypeOf(value) === Buffer?.prototype,
    hint: (topic) => (Object.hasOwn(HINTS, topic) ? HINTS[topic] : undefined),
  }
}

// cbor-x keeps its table of records under the one, and by the other tells members from what is inherited.
function isTaken(name: string): boolean {
  return name === '__keys__' || (name === 'hasOwnProperty' && hasInheritedNames())
}

function hasInheritedNames(): boolean {
  for (const _ in {}) return true
  return false
}

function bigintProblem(value: bigint, { int64 }: Mode): string | undefined {
  if (int64 === 'number') return "bigint, with int64: 'number'"
  const isShort = BigInt.asUintN(8 * MAX_BIGINT_BYTES, value < 0n ? ~value : value) === (value < 0n ? ~value : value)
  return isShort ? undefined : `bigint of more than ${MAX_BIGINT_BYTES} bytes`
}

// A Date is written as seconds in a double, or in 32 bits.
function dateProblem(time: number): string | undefined {
  const isKept = Number.isNaN(time) || Math.round((time / 1000) * 1000) === time
  return isKept ? undefined : 'its milliseconds are beyond a double of seconds'
}
