import { type ResultError, type ResultErrorCode, resultError } from '../errors.ts'
import { isJsonObject, type JsonObject, type JsonValue } from '../json-value.ts'
import { isNameList, isSerializerName, isSha256, type SerializerName } from '../reference.ts'

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

const encoder = new TextEncoder()
const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })
const NEWLINE = 10

/** The header line: JSON, spaces, a newline. CONFIG when it would be longer than 8,192 bytes. */
export function encodeHeader(header: RecordHeader): Uint8Array {
  const { serializer, codecs, createdAt, expiresAt, metadata, writer, supersedes } = header
  const json = JSON.stringify({
    resultkit: 1,
    serializer,
    codecs: codecs.length > 0 ? codecs : undefined,
    createdAt: createdAt.toISOString(),
    expiresAt: expiresAt?.toISOString(),
    metadata,
    writer,
    undefined: header.undefined || undefined,
    supersedes: supersedes.length > 0 ? supersedes : undefined,
  })
  const ascii = json.padEnd(paddedLength(json.length) - 1)
  const line = encoder.encode(`${ascii}\n`)
  if (line.length <= MAX_HEADER_BYTES && line.length === ascii.length + 1) return line
  return padded(encoder.encode(json))
}

function paddedLength(length: number): number {
  return Math.ceil((length + 1) / PAYLOAD_ALIGNMENT) * PAYLOAD_ALIGNMENT
}

function padded(json: Uint8Array): Uint8Array {
  const length = paddedLength(json.length)
  if (length > MAX_HEADER_BYTES) {
    const message = `write: the record's header would have ${length} bytes; the limit is ${MAX_HEADER_BYTES}. Keep metadata small, or make it part of the value.`
    throw resultError('CONFIG', 'write', message)
  }
  const line = new Uint8Array(length).fill(32)
  line.set(json)
  line[length - 1] = NEWLINE
  return line
}

/** Where the payload starts, or `undefined` when these bytes hold no whole header line. CORRUPT when they never will. */
export function headerLength(bytes: Uint8Array): number | undefined {
  if (bytes.length > 0 && bytes[0] !== 123) throw notARecord('it does not start with a header line')
  const newline = bytes.indexOf(NEWLINE)
  if (newline >= 0 && newline < MAX_HEADER_BYTES) return newline + 1
  if (bytes.length >= MAX_HEADER_BYTES) throw notARecord(`it has no header line within ${MAX_HEADER_BYTES} bytes`)
  return undefined
}

/** Reads a header line. Errors: CORRUPT when it is none, UNSUPPORTED when its version is another. */
export function decodeHeader(line: Uint8Array): RecordHeader {
  const json = parseLine(line)
  const version = isJsonObject(json) ? json['resultkit'] : undefined
  if (!isJsonObject(json) || !Number.isSafeInteger(version)) throw notARecord('its first line is not a record header')
  if (version !== 1) {
    const message = `The record has version ${JSON.stringify(version)}; this release reads version 1. Update @resultkit/core.`
    throw headerError('UNSUPPORTED', message)
  }
  if (line.length % PAYLOAD_ALIGNMENT !== 0) throw notARecord('its header line is not padded to a multiple of 64 bytes')
  return headerFrom(json)
}

function parseLine(line: Uint8Array): unknown {
  try {
    return JSON.parse(decoder.decode(line))
  } catch (cause) {
    throw notARecord('its first line is not JSON', cause)
  }
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
  return notARecord(`the member "${name}" of its header is missing or malformed`)
}

function notARecord(problem: string, cause?: unknown): ResultError {
  const message = `The stored object is not an intact record: ${problem}. It was damaged, or written by something else; for files of other tools use format: 'plain'.`
  return headerError('CORRUPT', message, cause)
}

function headerError(code: ResultErrorCode, message: string, cause?: unknown): ResultError {
  return resultError(code, 'read', message, { cause })
}
