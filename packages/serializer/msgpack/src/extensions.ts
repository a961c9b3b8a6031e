import { malformed, take, takeUint } from './cursor.ts'
import { MAX_BIGINT_BYTES } from './rules.ts'
import { bigintKey, openContainer, type Scan, takeName, takeString } from './scan-state.ts'

// Of the specification: a date. Of msgpackr: undefined; and with moreTypes, records or structuredClone the others.
const UNDEFINED = 0x00
const BIGINT = 0x42
/** Before an object that pointers point to. */
export const TARGET = 0x69
const POINTER = 0x70
const RECORD = 0x72
const SET = 0x73
const TYPED_ARRAY = 0x74
const REGEXP = 0x78
const TIMESTAMP = 0xff

const FIXED_1 = 0xd4
const FIXED_4 = 0xd6

const MAX_SECONDS = 8_640_000_000_000
const MAX_NANOSECONDS = 999_999_999

// Int8, Uint8, Uint8Clamped, Int16, Uint16, Int32, Uint32, Float32, Float64, BigInt64, BigUint64
const ELEMENT_BYTES: readonly number[] = [1, 1, 1, 2, 2, 4, 4, 4, 8, 8, 8]
const ARRAY_BUFFER = 16
const DATA_VIEW = 17

/** Passes over an extension whose data has `size` bytes, after its length. */
export function scanExtension(state: Scan, token: number, size: number): string | undefined {
  const { moreTypes, useRecords, structuredClone } = state.mode
  const type = takeUint(state, 1)
  if (type === TIMESTAMP) return scanTimestamp(state, token, size)
  if (type === UNDEFINED && token === FIXED_1) return skipAs(state, size, 'undefined')
  if (type === RECORD && token === FIXED_1 && useRecords) return scanRecord(state)
  if (type === POINTER && token === FIXED_4 && structuredClone) return scanPointer(state)
  if (!moreTypes) throw unknownExtension(state, type)
  if (type === BIGINT) return scanBigint(state, size)
  if (type === TYPED_ARRAY) return scanTypedArray(state, size)
  if (type === SET && token === FIXED_1) return scanSet(state)
  if (type === REGEXP && token === FIXED_1) return scanRegExp(state)
  throw unknownExtension(state, type)
}

function unknownExtension(state: Scan, type: number): Error {
  return malformed(`extension ${type > 127 ? type - 256 : type} is not known with these options`, state)
}

function skipAs<Identity extends string | undefined>(state: Scan, size: number, identity: Identity): Identity {
  take(state, size)
  return identity
}

function scanTimestamp(state: Scan, token: number, size: number): undefined {
  const { view } = state
  const at = take(state, size)
  if (size === 4 || (token === FIXED_1 && state.mode.moreTypes)) return
  const isNarrow = size === 8
  if (!isNarrow && size !== 12) throw malformed('a timestamp has a wrong length', state)
  const nanoseconds = isNarrow ? view.getUint32(at) >>> 2 : view.getUint32(at)
  const seconds = isNarrow ? 0 : Number(view.getBigInt64(at + 4))
  const isDate =
    nanoseconds <= MAX_NANOSECONDS && Math.abs(seconds + (seconds < 0 ? 0 : nanoseconds / 1e9)) <= MAX_SECONDS
  if (!isDate) throw malformed('a timestamp is no Date', state)
}

function scanBigint(state: Scan, size: number): string | undefined {
  if (size === 0 || size > MAX_BIGINT_BYTES) throw malformed('a bigint has a wrong length', state)
  const at = take(state, size)
  if (state.open.at(-1)?.keys === undefined) return undefined
  const digits = [...state.bytes.subarray(at, at + size)].map((byte) => byte.toString(16).padStart(2, '0'))
  return bigintKey(BigInt.asIntN(8 * size, BigInt(`0x${digits.join('')}`)))
}

function scanTypedArray(state: Scan, size: number): undefined {
  const kind = size > 0 ? takeUint(state, 1) : -1
  const element = kind === ARRAY_BUFFER || kind === DATA_VIEW ? 1 : ELEMENT_BYTES[kind]
  if (element === undefined || (size - 1) % element !== 0) throw malformed('a typed array is malformed', state)
  take(state, size - 1)
}

function scanSet(state: Scan): undefined {
  take(state, 1)
  return openContainer(state, takeListLength(state), 'set')
}

function scanRegExp(state: Scan): undefined {
  take(state, 1)
  if (takeListLength(state) !== 2) throw malformed('a RegExp is malformed', state)
  for (let part = 0; part < 2; part++) takeString(state, 'a RegExp is malformed')
}

function takeListLength(state: Scan): number {
  const token = takeUint(state, 1)
  if (token >= 0x90 && token <= 0x9f) return token & 0x0f
  if (token === 0xdc || token === 0xdd) return takeUint(state, token === 0xdc ? 2 : 4)
  throw malformed('a list is missing', state)
}

/** A record's number and names, and then its first values. */
function scanRecord(state: Scan): undefined {
  const id = takeUint(state, 1)
  if (id < 0x40 || id > 0x7f) throw malformed('a record has a wrong number', state)
  const names = takeNames(state)
  state.records.set(id, names)
  return openContainer(state, names.length, 'list')
}

// The list of names is an object to msgpackr, and is pointed to when it is written again.
function takeNames(state: Scan): readonly string[] {
  const { bytes, at, mode, targets, view } = state
  const isExtension = mode.structuredClone && bytes[at] === FIXED_4 && bytes.byteLength - at >= 6
  const id = isExtension ? view.getUint32(at + 2) : 0
  if (isExtension) {
    take(state, 6)
    const known = targets.get(id)
    if (bytes[at + 1] === POINTER && known !== undefined) return known
    if (bytes[at + 1] !== TARGET || targets.has(id)) throw malformed('a record is malformed', state)
  }
  const length = takeListLength(state)
  if (length > bytes.byteLength - state.at) throw malformed('a length is more than what follows', state)
  const names = Array.from({ length }, () => takeName(state))
  if (new Set(names).size < length) throw malformed('a key occurs twice', state)
  if (isExtension) targets.set(id, names)
  return names
}

function scanPointer(state: Scan): string {
  const id = takeUint(state, 4)
  if (!state.targets.has(id)) throw malformed('a pointer points to nothing', state)
  return `p${id}`
}
