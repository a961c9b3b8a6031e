import { malformed, take, takeByte, takeLength } from './cursor.ts'
import { bigintKey, takeNumber } from './numbers.ts'
import { MAX_BIGINT_BYTES } from './rules.ts'
import { addTarget, type ContainerKind, type Scan, takeListLength, takeName, takeString } from './scan-state.ts'

/** A container whose values follow. */
export interface Opened {
  readonly length: number
  readonly kind: ContainerKind
}

// IANA's registry of CBOR tags, https://www.iana.org/assignments/cbor-tags
const DATE_TEXT = 0
const DATE = 1
const BIGINT = 2
const NEGATIVE_BIGINT = 3
const OBJECT = 27
const SET = 258
const MAP = 259
/** Before an object that references point to. */
export const SHARED = 28
const REFERENCE = 29
/** May stand before a whole payload. */
export const SELF_DESCRIBED = 55_799

// Of cbor-x.
const RECORD = 0xdfff
const FIRST_RECORD = 0xe000
const LAST_RECORD = 0xe0ff

/** The size of an element, by tag (RFC 8746): big-endian from 65, little-endian from 69. */
const ELEMENT_BYTES: Readonly<Record<number, number>> = {
  ...{ 64: 1, 65: 2, 66: 4, 67: 8, 68: 1, 69: 2, 70: 4, 71: 8 },
  ...{ 72: 1, 73: 2, 74: 4, 75: 8, 77: 2, 78: 4, 79: 8 },
  ...{ 81: 4, 82: 8, 85: 4, 86: 8 },
}

const MAX_SECONDS = 8_640_000_000_000
const RFC_3339 = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:\d\d)$/

/** Passes over what a tag is for; gives its identity as a key, or a container whose values follow. */
export function scanTag(state: Scan, tag: number): string | undefined | Opened {
  const { useRecords, structuredClone } = state.mode
  if (tag === DATE) return scanDate(state)
  if (tag === DATE_TEXT) return scanDateText(state)
  if (tag === BIGINT || tag === NEGATIVE_BIGINT) return scanBigint(state, tag === NEGATIVE_BIGINT)
  if (tag === OBJECT) return scanRegExp(state)
  if (tag === SET) return { length: takeListLength(state, 'a set is no list'), kind: 'set' }
  if (tag === MAP) return scanMap(state)
  if (ELEMENT_BYTES[tag] !== undefined) return scanTypedArray(state, ELEMENT_BYTES[tag])
  if (tag === REFERENCE && structuredClone) return scanReference(state)
  if (useRecords && tag === RECORD) return scanRecord(state)
  if (useRecords && tag >= FIRST_RECORD && tag <= LAST_RECORD) return scanKnownRecord(state, tag)
  throw malformed(`tag ${tag} is not known with these options`, state)
}

function scanDate(state: Scan): undefined {
  const seconds = takeNumber(state, takeByte(state))
  const isDate = typeof seconds === 'number' && !(Math.abs(seconds) > MAX_SECONDS)
  if (!isDate) throw malformed("a date is out of range, or has 64 bits, which int64: 'number' reads", state)
}

function scanDateText(state: Scan): undefined {
  const text = takeString(state, 'a date is no text')
  if (!RFC_3339.test(text) || Number.isNaN(Date.parse(text))) throw malformed('a date is malformed', state)
}

function takeBytes(state: Scan, most = Number.POSITIVE_INFINITY): Uint8Array {
  const initial = takeByte(state)
  if (initial >> 5 !== 2) throw malformed('bytes are missing', state)
  const size = takeLength(state, initial)
  if (size > most && size < Number.POSITIVE_INFINITY) throw malformed(`a bigint has more than ${most} bytes`, state)
  const start = take(state, size)
  return state.bytes.subarray(start, state.at)
}

function scanBigint(state: Scan, isNegative: boolean): string | undefined {
  const bytes = takeBytes(state, MAX_BIGINT_BYTES)
  if (state.open.at(-1)?.keys === undefined) return undefined
  const digits = [...bytes].map((byte) => byte.toString(16).padStart(2, '0'))
  const value = BigInt(`0x0${digits.join('')}`)
  return bigintKey(isNegative ? -1n - value : value)
}

function scanRegExp(state: Scan): undefined {
  const problem = 'an object is none that this serializer writes'
  if (takeListLength(state, problem) !== 3) throw malformed(problem, state)
  if (takeString(state, problem) !== 'RegExp') throw malformed(problem, state)
  for (let part = 0; part < 2; part++) takeString(state, problem)
}

function scanMap(state: Scan): Opened {
  const initial = takeByte(state)
  if (initial >> 5 !== 5) throw malformed('a Map is no map', state)
  return { length: 2 * takeLength(state, initial), kind: 'map' }
}

function scanTypedArray(state: Scan, size: number): undefined {
  if (takeBytes(state).byteLength % size !== 0) throw malformed('a typed array has a wrong length', state)
}

function scanReference(state: Scan): string {
  const id = Number(takeNumber(state, takeByte(state)))
  const target = state.targets[id]
  if (target === undefined) throw malformed('a reference points to nothing', state)
  const { container } = target
  // cbor-x reads it as another object.
  const isBroken =
    container !== undefined && !container.isClosed && (container.kind === 'map' || container.kind === 'set')
  if (isBroken) throw malformed('a Map or Set contains itself', state)
  return `p${id}`
}

/** A record's number and names, and then its first values. */
function scanRecord(state: Scan): Opened {
  const length = takeListLength(state, 'a record is no list')
  const id = Number(takeNumber(state, takeByte(state)))
  const names = takeNames(state)
  const isRecord = id >= FIRST_RECORD && id <= LAST_RECORD && names.length === length - 2
  if (!isRecord) throw malformed('a record is malformed', state)
  state.records.set(id, names)
  return { length: names.length, kind: 'list' }
}

function scanKnownRecord(state: Scan, id: number): Opened {
  const names = state.records.get(id)
  if (names === undefined) throw malformed('a record is not defined', state)
  const length = takeListLength(state, 'a record is no list')
  if (length !== names.length) throw malformed('a record has a wrong length', state)
  return { length, kind: 'list' }
}

// The list of names is an object to cbor-x, and is referred to when it is written again.
function takeNames(state: Scan): readonly string[] {
  const { bytes, at, mode, targets } = state
  const tag = mode.structuredClone && bytes[at] === 0xd8 ? bytes[at + 1] : undefined
  if (tag !== undefined) take(state, 2)
  if (tag !== undefined && tag !== REFERENCE && tag !== SHARED) throw malformed('a record is malformed', state)
  if (tag === REFERENCE) {
    const known = targets[Number(takeNumber(state, takeByte(state)))]?.names
    if (known === undefined) throw malformed('a record is malformed', state)
    return known
  }
  const length = takeListLength(state, 'a record has no names')
  if (length > bytes.byteLength - state.at) throw malformed('a length is more than what follows', state)
  const names = Array.from({ length }, () => takeName(state))
  if (new Set(names).size < length) throw malformed('a key occurs twice', state)
  if (tag !== undefined) addTarget(state, { names, container: undefined })
  return names
}
