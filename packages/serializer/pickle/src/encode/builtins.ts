import { TAG } from '../tags.ts'
import { UNDEFINED, writeBytes, writeFloat, writeHead, writeNumber, writeSimple, writeTag } from '../writer.ts'
import { type Encoding, FRAME, push, refuse } from './encoding.ts'
import { writeExtras } from './properties.ts'
import { countString, writeString } from './strings.ts'

const getTime = Date.prototype.getTime
const mapForEach = Map.prototype.forEach
const setForEach = Set.prototype.forEach

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
  writeExtras(encoding, map)
  writeTag(encoding.writer, TAG.map)
  writeHead(encoding.writer, 0xa0, items.length / 2)
  if (items.length > 0) push(encoding, FRAME.entries, items)
}

/** A Set: tag 258, items in their order. */
export function writeSet(encoding: Encoding, set: object): void {
  const items: unknown[] = []
  setForEach.call(set as Set<unknown>, (item) => {
    items.push(item)
  })
  writeExtras(encoding, set)
  writeTag(encoding.writer, TAG.set)
  writeHead(encoding.writer, 0x80, items.length)
  if (items.length > 0) push(encoding, FRAME.list, items)
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
  writeExtras(encoding, regExp, (key) => key === 'lastIndex')
  if (!lastIndex.writable && Object.isExtensible(regExp))
    refuse(encoding, 'regular expression with a lastIndex that cannot be written, but which is not frozen')
  writeTag(writer, TAG.regExp)
  writeHead(writer, 0x80, 3)
  writeString(strings, writer, source)
  writeString(strings, writer, flags.map(([, flag]) => flag).join(''))
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

/** The function of an accessor that the language defines. */
export function getter(prototype: object, name: PropertyKey): (this: unknown) => unknown {
  const get = Object.getOwnPropertyDescriptor(prototype, name)?.get
  if (get === undefined) throw new TypeError(`There is no getter ${String(name)}.`)
  return get
}

/** A boxed primitive: its primitive. */
export function writeBoxed(encoding: Encoding, box: object, primitive: unknown): void {
  const isText = typeof primitive === 'string'
  writeExtras(encoding, box, (key) => isText && (key === 'length' || isIndexOf(key, primitive.length)))
  writeTag(encoding.writer, TAG.boxed)
  push(encoding, FRAME.hidden, [primitive])
}

/** Whether a key is one of the first `length` indexes. */
export function isIndexOf(key: PropertyKey, length: number): boolean {
  return typeof key === 'string' && String(Number(key)) === key && Number(key) < length && Number(key) >= 0
}

/** A URL (tag 32), or URLSearchParams: its text. */
export function writeUrl(encoding: Encoding, url: object, text: string, tag: number): void {
  writeExtras(encoding, url)
  writeTag(encoding.writer, tag)
  writeString(encoding.strings, encoding.writer, text)
}

/** A Temporal object: its type and what its `toString` gives in full precision. */
export function writeTemporal(encoding: Encoding, value: object, type: string, text: string): void {
  const { writer, strings } = encoding
  writeExtras(encoding, value)
  writeTag(writer, TAG.temporal)
  writeHead(writer, 0x80, 2)
  writeString(strings, writer, type)
  writeString(strings, writer, text)
}

/** A symbol that other processes have too: registered by `Symbol.for`, or one of the language. */
export function writeSymbol(encoding: Encoding, symbol: symbol): void {
  const { writer, strings } = encoding
  const key = Symbol.keyFor(symbol)
  const name = key ?? wellKnownName(symbol)
  if (name === undefined) {
    if (encoding.settings.lossy.has('functions')) writeSimple(writer, UNDEFINED)
    else refuse(encoding, 'symbol: only those of Symbol.for and of the language exist in other processes')
    return
  }
  writeTag(writer, TAG.symbol)
  if (key === undefined) writeHead(writer, 0x80, 1)
  writeString(strings, writer, name)
}

function wellKnownName(symbol: symbol): string | undefined {
  const symbols = Symbol as unknown as Readonly<Record<string, unknown>>
  return Object.getOwnPropertyNames(Symbol).find((name) => symbols[name] === symbol)
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
  const bytes = new Uint8Array(hex.length / 2)
  for (let index = 0; index < bytes.length; index++)
    bytes[index] = Number.parseInt(hex.slice(2 * index, 2 * index + 2), 16)
  return bytes
}
