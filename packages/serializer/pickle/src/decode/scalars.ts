import { decodeError, malformed } from '../failure.ts'
import { platform } from '../platform.ts'
import { MAX_PARSED_REFERENCE } from '../tags.ts'
import { MAX_UNICODE_PROPERTIES, unicodeProperties } from '../unicode-properties.ts'
import { type Decoding, indexString, missingType, tooLarge } from './decoding.ts'
import { readPlain } from './plain.ts'
import { readArgument, readByte, readBytes, readCount, readHead } from './reader.ts'

/** A BigInt from its bytes. */
export function readBigInt(decoding: Decoding, isNegative: boolean): bigint {
  const { reader, settings } = decoding
  const length = readHead(reader, 0x40)
  if (length > settings.maxBigIntBytes) throw tooLarge(`a BigInt of ${length} bytes`, 'maxBigIntBytes')
  const bytes = readBytes(reader, length)
  indexString(decoding, length, undefined)
  if (bytes[0] === 0) throw malformed('a BigInt that begins with 0')
  const magnitude = length === 0 ? 0n : BigInt(`0x${hexOf(bytes)}`)
  return isNegative ? -1n - magnitude : magnitude
}

function hexOf(bytes: Uint8Array): string {
  const { hexSlice } = platform()
  if (hexSlice !== undefined) return hexSlice.call(bytes, 0, bytes.length)
  const parts: string[] = []
  for (const byte of bytes) parts.push(byte.toString(16).padStart(2, '0'))
  return parts.join('')
}

/** A Date from seconds since the epoch; NaN is an invalid one. */
export function readDate(decoding: Decoding): Date {
  const seconds = readPlain(decoding, readByte(decoding.reader))
  if (typeof seconds !== 'number') throw malformed('a Date without a time')
  const whole = Math.floor(seconds)
  const time = whole * 1000 + Math.round((seconds - whole) * 1000)
  const date = new Date(time)
  if (!Number.isNaN(seconds) && Number.isNaN(date.getTime())) throw malformed('a Date beyond the range of Dates')
  return date
}

/** A text that is kept as UTF-16 code units. */
export function readUtf16(decoding: Decoding): string {
  const { reader } = decoding
  const length = readHead(reader, 0x40)
  const bytes = readBytes(reader, length)
  indexString(decoding, length, undefined)
  if (length % 2 === 1) throw malformed('UTF-16 of an odd number of bytes')
  const parts: string[] = []
  for (let at = 0; at < length; at += 2 * UNITS) parts.push(unitsOf(bytes.subarray(at, at + 2 * UNITS)))
  return parts.join('')
}
/** As many arguments as a call surely takes. */
const UNITS = 4096

function unitsOf(bytes: Uint8Array): string {
  const units: number[] = []
  for (let at = 0; at < bytes.length; at += 2) units.push((bytes[at] as number) | ((bytes[at + 1] as number) << 8))
  return String.fromCharCode(...units)
}

/** The next item, which must be a text. */
export function expectText(decoding: Decoding): string {
  const { reader } = decoding
  const initial = readByte(reader)
  if (initial === 0xd9) return readTaggedText(decoding)
  const text = readPlain(decoding, initial)
  if (typeof text !== 'string') throw malformed('something else where a text belongs')
  return text
}

/**
 * A text that is parsed. A short reference to a long one could be repeated at no cost, and would be parsed, and copied, each
 * time.
 */
export function expectParsedText(decoding: Decoding): string {
  const { reader } = decoding
  const isReference = reader.bytes[reader.at] === 0xd8
  const text = expectText(decoding)
  if (isReference && text.length > MAX_PARSED_REFERENCE) throw malformed('a reference to a text that must stand there')
  return text
}

function readTaggedText(decoding: Decoding): string {
  if (readArgument(decoding.reader, 0xd9) !== UTF16) throw malformed('something else where a text belongs')
  return readUtf16(decoding)
}
const UTF16 = 56401

/** The next item, which must be an unsigned integer, or -1 where that is allowed. */
export function expectInteger(decoding: Decoding): number {
  const value = readPlain(decoding, readByte(decoding.reader))
  if (typeof value !== 'number' || !Number.isSafeInteger(value))
    throw malformed('something else where an integer belongs')
  return value
}

/** A symbol registered under a text, or one of the language. */
export function readSymbol(decoding: Decoding): symbol {
  const { reader } = decoding
  const isWellKnown = ((reader.bytes[reader.at] ?? 0) & 0xe0) === 0x80
  if (!isWellKnown) return Symbol.for(expectText(decoding))
  if (readCount(reader, 0x80) !== 1) throw malformed('a symbol of more than its name')
  const name = expectText(decoding)
  const symbol = Object.hasOwn(Symbol, name) ? (Symbol as unknown as Record<string, unknown>)[name] : undefined
  if (typeof symbol !== 'symbol') throw missingType(`symbol "${name.slice(0, 40)}"`)
  return symbol
}

/** A RegExp. Its source is compiled, not run. */
export function readRegExp(decoding: Decoding): RegExp {
  if (readCount(decoding.reader, 0x80) !== 3) throw malformed('a regular expression of the wrong size')
  const source = expectParsedText(decoding)
  const flags = expectText(decoding)
  const lastIndex = lastIndexOf(decoding)
  decoding.unicodeProperties += unicodeProperties(source, flags)
  if (decoding.unicodeProperties > MAX_UNICODE_PROPERTIES)
    throw decodeError('TOO_LARGE', 'The pickle holds regular expressions with too many Unicode properties to compile.')
  try {
    const regExp = new RegExp(source, flags)
    regExp.lastIndex = lastIndex as number
    return regExp
  } catch (error) {
    throw decodeError('UNSUPPORTED', 'The pickle holds a regular expression that this runtime cannot compile.', error)
  }
}

function lastIndexOf(decoding: Decoding): unknown {
  const value = readPlain(decoding, readByte(decoding.reader))
  if (typeof value !== 'number' && typeof value !== 'string') throw malformed('a lastIndex that is no number')
  return value
}

/** A URL. */
export function readUrl(decoding: Decoding): URL {
  try {
    return new URL(expectParsedText(decoding))
  } catch (error) {
    throw malformed('a URL that is none', error)
  }
}

/** URLSearchParams, in pieces: engines need a time for all names together that grows with the square of their number. */
export function readSearchParams(decoding: Decoding): URLSearchParams {
  const text = expectParsedText(decoding)
  let end = endOfPiece(text, 0)
  const parameters = new URLSearchParams(text.slice(0, end))
  for (let start = end + 1; start < text.length; start = end + 1) {
    end = endOfPiece(text, start)
    for (const [name, value] of new URLSearchParams(`&${text.slice(start, end)}`)) parameters.append(name, value)
  }
  return parameters
}
const PIECE = 64 * 1024

function endOfPiece(text: string, start: number): number {
  const end = text.indexOf('&', start + PIECE)
  return end < 0 ? text.length : end
}
