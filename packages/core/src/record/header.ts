import { type ResultError, resultError } from '../errors.ts'
import { isJsonObject, type JsonObject, type JsonValue } from '../json-value.ts'
import { isNameList, isSerializerName, isSha256, type SerializerName, unsupportedVersion } from '../reference.ts'
import { decodeUtf8, encodeUtf8 } from '../utf8.ts'
import { corrupt } from './trailer.ts'

/** The longest header line with its padding and newline, in bytes. */
export const MAX_HEADER_BYTES = 8192
/** Payloads start at a multiple of this many bytes, so that typed arrays can be views on them. */
export const PAYLOAD_ALIGNMENT = 64

/** What the first line of a record says (docs/spec/record-v1.md). */
export interface RecordHeader {
  readonly serializer: SerializerName
  /** Names of the codecs that were applied, in order. */
  readonly codecs: readonly string[]
  readonly createdAt: Date
  readonly expiresAt: Date | undefined
  /** Small, given by the user. */
  readonly metadata: JsonObject | undefined
  /** What wrote the record, such as `resultkit/1.2.3`. */
  readonly writer: string | undefined
  /** The result is `undefined`, and the payload is empty. */
  readonly undefined: boolean
  /** What earlier references to this value pin; 64 hex digits each, newest first, at most 32. */
  readonly supersedes: readonly string[]
}

const NEWLINE = 10

/** The header line: JSON, spaces, a newline. CONFIG when it would be longer than 8,192 bytes. */
export function encodeHeader(header: RecordHeader): Uint8Array {
  const { serializer, codecs, createdAt, expiresAt, metadata, writer, supersedes } = header
  const json = JSON.stringify({
    resultkit: 1,
    serializer,
    codecs: codecs.length > 0 ? codecs : undefined,
    createdAt: toIso(createdAt),
    expiresAt: expiresAt && toIso(expiresAt),
    metadata,
    writer,
    undefined: header.undefined || undefined,
    supersedes: supersedes.length > 0 ? supersedes : undefined,
  })
  const ascii = json.padEnd(paddedLength(json.length) - 1)
  const line = encodeUtf8(`${ascii}\n`)
  if (line.length <= MAX_HEADER_BYTES && line.length === ascii.length + 1) return line
  return padded(encodeUtf8(json))
}

/** In UTC, also of what extends Date and says it in another zone. */
function toIso(time: Date): string {
  return new Date(time.getTime()).toISOString()
}

function paddedLength(length: number): number {
  return Math.ceil((length + 1) / PAYLOAD_ALIGNMENT) * PAYLOAD_ALIGNMENT
}

function padded(json: Uint8Array): Uint8Array {
  const length = paddedLength(json.length)
  if (length > MAX_HEADER_BYTES) {
    const message = `write: the header has ${length} bytes; the limit is ${MAX_HEADER_BYTES}. Make metadata part of the value.`
    throw resultError('CONFIG', 'write', message)
  }
  const line = new Uint8Array(length).fill(32)
  line.set(json)
  line[length - 1] = NEWLINE
  return line
}

/** Where the payload starts, or `undefined` when these bytes hold no whole header line. CORRUPT when they never will. */
export function headerLength(bytes: Uint8Array): number | undefined {
  if (bytes.length > 0 && bytes[0] !== 123) throw corrupt('it does not start with a header line')
  const newline = bytes.indexOf(NEWLINE)
  if (newline >= 0 && newline < MAX_HEADER_BYTES) return newline + 1
  if (bytes.length >= MAX_HEADER_BYTES) throw corrupt('it does not start with a header line')
  return undefined
}

/** The header line that these bytes start with; CORRUPT when there is none. */
export function headerLine(bytes: Uint8Array): Uint8Array {
  const length = headerLength(bytes)
  if (length === undefined) throw corrupt('it does not start with a header line')
  return bytes.subarray(0, length)
}

/** Reads a header line. Errors: CORRUPT when it is none, UNSUPPORTED when its version is another. */
export function decodeHeader(line: Uint8Array): RecordHeader {
  const { version, json } = parseLine(line)
  if (version !== 1) throw unsupportedVersion('read', 'record', version)
  if (line.length % PAYLOAD_ALIGNMENT !== 0) throw corrupt('its header line is not padded to a multiple of 64 bytes')
  return headerFrom(json)
}

/** What a header line of any version says, as far as this one understands it. Errors: as {@link decodeHeader}. */
export function describeHeader(line: Uint8Array): { readonly version: number; readonly header: RecordHeader } {
  const { version, json } = parseLine(line)
  if (version === 1) return { version, header: decodeHeader(line) }
  try {
    return { version, header: headerFrom(json) }
  } catch {
    throw unsupportedVersion('describe', 'record', version)
  }
}

function parseLine(line: Uint8Array): { readonly version: number; readonly json: JsonObject } {
  let json: unknown
  try {
    json = JSON.parse(decodeUtf8(line))
  } catch (cause) {
    throw corrupt('it does not start with a header line', cause)
  }
  const version = isJsonObject(json) ? json['resultkit'] : undefined
  if (isJsonObject(json) && Number.isSafeInteger(version)) return { version: Number(version), json }
  throw corrupt('it does not start with a header line')
}

function headerFrom(json: JsonObject): RecordHeader {
  const { serializer, codecs = [], metadata, writer, supersedes = [] } = json
  const unset = json['undefined']
  const createdAt = decodeTime(json['createdAt'])
  const expiresAt = json['expiresAt'] === undefined ? undefined : decodeTime(json['expiresAt'])
  if (!isSerializerName(serializer)) throw wrongMember('serializer')
  if (!isNameList(codecs)) throw wrongMember('codecs')
  if (createdAt === undefined) throw wrongMember('createdAt')
  if (json['expiresAt'] !== undefined && expiresAt === undefined) throw wrongMember('expiresAt')
  if (metadata !== undefined && !isJsonObject(metadata)) throw wrongMember('metadata')
  if (writer !== undefined && typeof writer !== 'string') throw wrongMember('writer')
  if (unset !== undefined && unset !== true) throw wrongMember('undefined')
  if (!isNameList(supersedes) || !supersedes.every(isSha256) || supersedes.length > 32) throw wrongMember('supersedes')
  return { serializer, codecs, createdAt, expiresAt, metadata, writer, undefined: unset === true, supersedes }
}

function decodeTime(value: JsonValue | undefined): Date | undefined {
  if (typeof value !== 'string') return undefined
  const date = new Date(value)
  return Number.isNaN(date.getTime()) || date.toISOString() !== value ? undefined : date
}

function wrongMember(name: string): ResultError {
  return corrupt(`the member "${name}" of its header line is missing or malformed`)
}
