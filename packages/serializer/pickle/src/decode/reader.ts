import { malformed } from '../failure.ts'
import { platform } from '../platform.ts'
import { isHalf } from '../writer.ts'

/** The graph while it is being read. */
export interface Reader {
  readonly bytes: Uint8Array
  readonly view: DataView
  readonly end: number
  at: number
  /** A stretch of the bytes as Latin-1, from which short ASCII texts are cut. */
  window: string
  windowStart: number
  windowEnd: number
}

/** Texts of at most so many bytes are cut from the window. A text that is kept keeps the window it was cut from. */
const SHORT = 256
const WINDOW = 4096

let decoder: TextDecoder | undefined

/** Reads `bytes` from their beginning. */
export function startReader(bytes: Uint8Array): Reader {
  const { buffer, byteOffset, length } = bytes
  return {
    bytes,
    view: new DataView(buffer, byteOffset, length),
    end: length,
    at: 0,
    window: '',
    windowStart: 0,
    windowEnd: 0,
  }
}

/** The argument of an item's head: its initial byte has just been read. */
export function readArgument(reader: Reader, initial: number): number {
  const information = initial & 0x1f
  if (information < 24) return information
  const size = information === 24 ? 1 : information === 25 ? 2 : information === 26 ? 4 : 8
  if (information > 27) throw malformed('an item of indefinite length')
  const { at, view } = reader
  if (at + size > reader.end) throw malformed('it ends within an item')
  reader.at = at + size
  if (size === 1) return atLeast(24, reader.bytes[at] as number)
  if (size === 2) return atLeast(0x100, view.getUint16(at))
  if (size === 4) return atLeast(0x10000, view.getUint32(at))
  const argument = view.getUint32(at) * 0x100000000 + view.getUint32(at + 4)
  if (argument > Number.MAX_SAFE_INTEGER) throw malformed('an integer beyond 53 bits')
  return atLeast(0x100000000, argument)
}

function atLeast(least: number, argument: number): number {
  if (argument < least) throw malformed('a number that is longer than it need be')
  return argument
}

/** The next byte. */
export function readByte(reader: Reader): number {
  if (reader.at >= reader.end) throw malformed('it ends within an item')
  return reader.bytes[reader.at++] as number
}

/** The argument of an item that must be of this major type. */
export function readHead(reader: Reader, major: number): number {
  const initial = readByte(reader)
  if ((initial & 0xe0) !== major) throw malformed('an item of another type than expected')
  return readArgument(reader, initial)
}

/** The number of items in a container, which have at least a byte each. */
export function readCount(reader: Reader, major: number): number {
  const count = readHead(reader, major)
  return justified(reader, major === 0xa0 ? 2 * count : count) && count
}

/** Whether there can be so many items; throws when not. */
export function justified(reader: Reader, items: number): true {
  if (items > reader.end - reader.at) throw malformed('a length that the bytes cannot hold')
  return true
}

/** The bytes of a byte string, not copied. */
export function readBytes(reader: Reader, length: number): Uint8Array {
  const { at, bytes } = reader
  if (length > reader.end - at) throw malformed('a length that the bytes cannot hold')
  reader.at = at + length
  return bytes.subarray(at, at + length)
}

/** A text of so many bytes. */
export function readText(reader: Reader, length: number): string {
  const { at } = reader
  if (length > reader.end - at) throw malformed('a length that the bytes cannot hold')
  reader.at = at + length
  if (length === 0) return ''
  const { latin1Slice, utf8Slice } = platform()
  if (length <= SHORT && latin1Slice !== undefined && isAscii(reader, at, at + length))
    return cut(reader, latin1Slice, at, at + length)
  if (utf8Slice !== undefined) {
    // It puts U+FFFD where there is no UTF-8; a text that has it anyway is looked at again.
    const text = utf8Slice.call(reader.bytes, at, at + length)
    if (!text.includes('\ufffd')) return text
  }
  return decodeUtf8(reader.bytes.subarray(at, at + length))
}

function isAscii({ bytes, view }: Reader, from: number, to: number): boolean {
  let at = from
  for (; at + 4 <= to; at += 4) if ((view.getUint32(at) & 0x80808080) !== 0) return false
  for (; at < to; at++) if ((bytes[at] as number) > 0x7f) return false
  return true
}

type Slice = (this: Uint8Array, start: number, end: number) => string

function cut(reader: Reader, slice: Slice, from: number, to: number): string {
  if (from < reader.windowStart || to > reader.windowEnd) {
    const end = Math.min(from + WINDOW, reader.end)
    reader.window = slice.call(reader.bytes, from, end)
    reader.windowStart = from
    reader.windowEnd = end
  }
  return reader.window.slice(from - reader.windowStart, to - reader.windowStart)
}

function decodeUtf8(bytes: Uint8Array): string {
  decoder ??= new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })
  try {
    return decoder.decode(bytes)
  } catch (error) {
    throw malformed('text that is no UTF-8', error)
  }
}

/** The float of 2, 4 or 8 bytes whose initial byte has just been read. */
export function readFloat(reader: Reader, initial: number): number {
  const { at, view } = reader
  const size = 1 << (initial & 3)
  if (at + size > reader.end) throw malformed('it ends within an item')
  reader.at = at + size
  if (initial === 0xf9 && view.getUint16(at) === NAN) return Number.NaN
  if (initial === 0xfb) {
    const number = view.getFloat64(at)
    if (Math.floor(number) !== number && Math.fround(number) !== number && !Number.isNaN(number)) return number
  }
  const value =
    initial === 0xfb ? view.getFloat64(at) : initial === 0xfa ? view.getFloat32(at) : halfToNumber(view.getUint16(at))
  if (isShortest(value, initial)) return value
  throw malformed('a number that is longer than it need be')
}

const NAN = 0x7e00

/** Whether no integer, and no shorter float, is the same number. */
function isShortest(value: number, initial: number): boolean {
  if (Number.isSafeInteger(value)) return Object.is(value, -0) && initial === 0xf9
  if (Number.isNaN(value)) return false
  if (initial === 0xf9) return true
  return initial === 0xfb ? Math.fround(value) !== value : !isHalf(value)
}

function halfToNumber(bits: number): number {
  const exponent = (bits >> 10) & 0x1f
  const fraction = bits & 0x3ff
  const sign = bits & 0x8000 ? -1 : 1
  if (exponent === 0) return sign * fraction * 2 ** -24
  if (exponent === 31) return fraction === 0 ? sign * Number.POSITIVE_INFINITY : Number.NaN
  return sign * (1 + fraction / 1024) * 2 ** (exponent - 15)
}
