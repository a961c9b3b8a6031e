import { getter } from '../getter.ts'
import { platform } from '../platform.ts'
import { TAG } from '../tags.ts'
import { MAX_UNICODE_PROPERTIES, unicodeProperties } from '../unicode-properties.ts'
import { writeBytes, writeFloat, writeHead, writeNumber, writeTag } from '../writer.ts'
import { type Encoding, FRAME, push, refuse } from './encoding.ts'
import { integrityOf, writeExtras } from './properties.ts'
import { countString, writeParsedText, writeString } from './strings.ts'
import { isLost, LOCAL_SYMBOL, symbolName } from './symbols.ts'

const getTime = Date.prototype.getTime
const mapForEach = Map.prototype.forEach
const setValues = Set.prototype.values

/** A Date: seconds since the epoch (tag 1); NaN for an invalid one. */
export function writeDate(encoding: Encoding, date: object): void {
  const time = getTime.call(date)
  writeExtras(encoding, date)
  const { writer } = encoding
  writeTag(writer, TAG.date)
  const seconds = time / 1000
  if (Number.isInteger(seconds)) writeNumber(writer, seconds + 0)
  else writeFloat(writer, seconds)
}

/** A Map: tag 259, entries in their order. */
export function writeMap(encoding: Encoding, map: object): void {
  const items: unknown[] = []
  mapForEach.call(map as Map<unknown, unknown>, (value, key) => {
    items.push(key, value)
  })
  if (encoding.settings.lossy.has('functions')) checkKeys(encoding, items)
  writeExtras(encoding, map)
  writeTag(encoding.writer, TAG.map)
  writeHead(encoding.writer, 0xa0, items.length / 2)
  if (items.length > 0) push(encoding, FRAME.entries, items)
}

/** A Set: tag 258, items in their order. */
export function writeSet(encoding: Encoding, set: object): void {
  let items: unknown[] = [...setValues.call(set as Set<unknown>)]
  if (encoding.settings.lossy.has('functions')) items = lessened(items)
  writeExtras(encoding, set)
  writeTag(encoding.writer, TAG.set)
  writeHead(encoding.writer, 0x80, items.length)
  if (items.length > 0) push(encoding, FRAME.list, items)
}

// The items of a Set that become undefined are one.
function lessened(items: readonly unknown[]): unknown[] {
  return [...new Set(items.map((item) => (isLost(item) ? undefined : item)))]
}

function checkKeys(encoding: Encoding, items: readonly unknown[]): void {
  const lost = items.filter((key, at) => at % 2 === 0 && (key === undefined || isLost(key)))
  if (lost.length > 1) refuse(encoding, 'Map with several keys that would become undefined, and so be one')
}

/** A RegExp: source, flags, lastIndex. Its flags are read without running what may shadow them. */
export function writeRegExp(encoding: Encoding, regExp: object): void {
  const { writer, strings, settings } = encoding
  const source = getter(RegExp.prototype, 'source').call(regExp) as string
  const flags = FLAGS.filter(([name]) => getter(RegExp.prototype, name).call(regExp) === true)
  const lastIndex = Object.getOwnPropertyDescriptor(regExp, 'lastIndex')
  if (typeof lastIndex?.value !== 'number' && typeof lastIndex?.value !== 'string') {
    refuse(encoding, 'regular expression with a lastIndex that is no number')
    return
  }
  const letters = flags.map(([, flag]) => flag).join('')
  encoding.unicodeProperties += unicodeProperties(source, letters)
  if (encoding.unicodeProperties > MAX_UNICODE_PROPERTIES)
    refuse(encoding, `regular expression; with it there are more than ${MAX_UNICODE_PROPERTIES} Unicode properties`)
  writeExtras(encoding, regExp, (key) => key === 'lastIndex')
  if (!lastIndex.writable && integrityOf(regExp) < 3)
    refuse(encoding, 'regular expression with a lastIndex that cannot be written, but which is not frozen')
  writeTag(writer, TAG.regExp)
  writeHead(writer, 0x80, 3)
  writeParsedText(strings, writer, source)
  writeString(strings, writer, letters)
  const position = settings.lossy.has('lastIndex') ? 0 : lastIndex.value
  if (typeof position === 'number') writeNumber(writer, position)
  else writeString(strings, writer, position)
}

const FLAGS = [
  ['hasIndices', 'd'],
  ['global', 'g'],
  ['ignoreCase', 'i'],
  ['multiline', 'm'],
  ['dotAll', 's'],
  ['unicode', 'u'],
  ['unicodeSets', 'v'],
  ['sticky', 'y'],
] as const

/** A boxed primitive: its primitive. */
export function writeBoxed(encoding: Encoding, box: object, primitive: unknown): void {
  if (typeof primitive === 'symbol' && symbolName(primitive) === undefined) {
    refuse(encoding, LOCAL_SYMBOL)
    return
  }
  const isText = typeof primitive === 'string'
  writeExtras(encoding, box, (key) => isText && (key === 'length' || isIndexOf(key, primitive.length)))
  writeTag(encoding.writer, TAG.boxed)
  push(encoding, FRAME.hidden, [primitive])
}

/** Whether a key is one of the first `length` indexes. */
function isIndexOf(key: PropertyKey, length: number): boolean {
  return typeof key === 'string' && String(Number(key)) === key && Number(key) < length && Number(key) >= 0
}

/** A BigInt: tag 2 or 3 and its bytes. */
export function writeBigInt(encoding: Encoding, value: bigint): void {
  const { writer, strings, settings } = encoding
  const magnitude = value < 0n ? -1n - value : value
  const hex = magnitude === 0n ? '' : magnitude.toString(16)
  const size = (hex.length + 1) >> 1
  if (size > settings.maxBigIntBytes) {
    refuse(encoding, `BigInt of ${size} bytes; raise maxBigIntBytes here and where it is read`)
    return
  }
  writeTag(writer, value < 0n ? TAG.negativeBigInt : TAG.positiveBigInt)
  writeBytes(writer, hexBytes(hex.length % 2 === 0 ? hex : `0${hex}`))
  countString(strings, size)
}

function hexBytes(hex: string): Uint8Array {
  const { Buffer } = platform()
  if (Buffer !== undefined) return Buffer.from(hex, 'hex')
  const bytes = new Uint8Array(hex.length / 2)
  for (let index = 0; index < bytes.length; index++)
    bytes[index] = Number.parseInt(hex.slice(2 * index, 2 * index + 2), 16)
  return bytes
}
