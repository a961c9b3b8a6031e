import type { BuiltInType, ValueRules } from '@resultkit/core/value-check'
import type { Mode } from './options.ts'

/** The longest BigInt that is written or read, in bytes. */
export const MAX_BIGINT_BYTES = 65_536

const MORE_TYPES: readonly BuiltInType[] = [
  'RegExp',
  'Set',
  'ArrayBuffer',
  'DataView',
  'Int8Array',
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
  Map: 'kept with useRecords',
  Buffer: "make it a Uint8Array, or allow lossy: ['buffer']",
  shared: "kept with structuredClone, copied with lossy: ['shared']",
  undefined: "as a key or item it would be null, with lossy: ['undefined']",
  '-0': "written as 0 with lossy: ['negative-zero']",
  'object with a null prototype': "given one with lossy: ['null-prototype']",
  'RegExp: lastIndex is not 0': "set to 0 with lossy: ['last-index']",
  ...Object.fromEntries(MORE_TYPES.map((type) => [type, 'kept with moreTypes'])),
}

interface NodeBuffer {
  readonly prototype: object
  readonly poolSize: number
}

/** What msgpackr keeps exactly in a mode, and what may be lost. */
export function rulesOf(mode: Mode): ValueRules {
  const { Buffer } = globalThis as { readonly Buffer?: NodeBuffer }
  const { lossy } = mode
  const types = new Set<BuiltInType>(['Date', 'Uint8Array', ...(mode.moreTypes ? MORE_TYPES : [])])
  // As a map it would come back as an object.
  if (mode.useRecords) types.add('Map')
  const shared = lossy.has('shared') ? 'copied' : 'refused'
  return {
    types,
    negativeZero: lossy.has('negative-zero'),
    // As a key or item it would be the same as null.
    undefined: lossy.has('undefined') ? 'values' : true,
    nullPrototype: lossy.has('null-prototype'),
    lastIndex: lossy.has('last-index'),
    shared: mode.structuredClone ? 'kept' : shared,
    collectionCycles: true,
    maxShared: 2 ** 32 - 2,
    maxDepth: mode.maxDepth,
    text: (text) =>
      text.charCodeAt(0) === 0xfeff && text.length > MAX_MARKED_TEXT ? 'long text with a byte order mark' : undefined,
    key: (name) => (mode.useRecords && isTaken(name) ? name : undefined),
    bigint: (value) => bigintProblem(value, mode),
    date: (time) => (Number.isNaN(time) && !mode.moreTypes ? 'invalid (kept with moreTypes)' : undefined),
    // Node cuts small byte arrays out of pools; and views of a payload are all of one buffer.
    isPool: ({ byteLength }) => mode.buffers === 'view' || byteLength === Buffer?.poolSize,
    other: (value) => lossy.has('buffer') && Object.getPrototypeOf(value) === Buffer?.prototype,
    hint: (topic) => (Object.hasOwn(HINTS, topic) ? HINTS[topic] : undefined),
  }
}

// msgpackr keeps its table of records under the one, and by the other tells members from what is inherited.
function isTaken(name: string): boolean {
  return name === '__keys__' || (name === 'hasOwnProperty' && hasInheritedNames())
}

function hasInheritedNames(): boolean {
  for (const _ in {}) return true
  return false
}

function bigintProblem(value: bigint, { int64, moreTypes }: Mode): string | undefined {
  if (int64 === 'number') return "bigint, with int64: 'number'"
  if (BigInt.asIntN(64, value) === value || BigInt.asUintN(64, value) === value) return undefined
  if (!moreTypes) return 'bigint of more than 64 bits (kept with moreTypes)'
  const isShort = BigInt.asIntN(8 * MAX_BIGINT_BYTES, value) === value
  return isShort ? undefined : `bigint of more than ${MAX_BIGINT_BYTES} bytes`
}
