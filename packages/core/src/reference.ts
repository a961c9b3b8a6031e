import { type ResultError, resultError } from './errors.ts'
import { isJsonObject, type JsonObject, type JsonValue } from './json-value.ts'
import { parseKey } from './key.ts'

declare const valueType: unique symbol

/** How the stored bytes are laid out: `record` (docs/spec/record-v1.md), or `plain`, the payload alone. */
export type ResultFormat = 'record' | 'plain'

/** A serializer as records and references name it: a name, with the options that a reader must have alike. */
export type SerializerName = string | { readonly name: string; readonly options: JsonObject }

/**
 * Says where a result lies and which one it is. Plain JSON: send it through any queue, log or database.
 * `T` is the type of the value, known to the compiler only.
 */
export interface ResultReference<T = unknown> {
  readonly type: 'reference'
  readonly v: 1
  /** The slug of the storage in a store, the name given to the Result, else the storage's uri. */
  readonly storage: string
  /** Relative to the storage. */
  readonly key: string
  readonly format: ResultFormat
  readonly serializer: SerializerName
  /** Names of the codecs that were applied, in order. Absent when there were none. */
  readonly codecs?: readonly string[]
  /** Bytes of the payload as stored. */
  readonly size: number
  /** SHA-256 of the payload as stored, or what its encryption codec pins; 64 lower-case hex digits. */
  readonly sha256: string
  readonly [valueType]?: T
}

/** A value that is its own reference. */
export interface ResultLiteral<T extends boolean | null = boolean | null> {
  readonly type: 'literal'
  readonly value: T
}

/** Whether a value is kept as a literal: true, false and null are. */
export function isLiteralValue(value: unknown): value is boolean | null {
  return value === null || typeof value === 'boolean'
}

/** A literal; a TypeError names the type that cannot be one. */
export function literal<T extends boolean | null>(value: T): ResultLiteral<T> {
  if (isLiteralValue(value)) return { type: 'literal', value }
  throw new TypeError(
    `A literal is true, false or null, not ${typeof value}. Write other values and pass the reference.`,
  )
}

/** The members of a reference in their fixed order, so that equal references are equal JSON. */
export function makeReference<T>(parts: Omit<ResultReference, 'type' | 'v'>): ResultReference<T> {
  const { storage, key, format, serializer, codecs, size, sha256 } = parts
  return codecs?.length
    ? { type: 'reference', v: 1, storage, key, format, serializer, codecs: [...codecs], size, sha256 }
    : { type: 'reference', v: 1, storage, key, format, serializer, size, sha256 }
}

const REFERENCE_MEMBERS = new Set(['type', 'v', 'storage', 'key', 'format', 'serializer', 'codecs', 'size', 'sha256'])

/**
 * Checks a reference strictly: every member, and no others.
 *
 * Errors: CONFIG when it is not a reference, UNSUPPORTED when its version is newer, INVALID_KEY.
 */
export function parseReference<T = unknown>(input: unknown): ResultReference<T> {
  if (!isJsonObject(input) || input['type'] !== 'reference') throw wrongMember('type')
  if (input['v'] !== 1) throw unsupportedVersion('parseReference', 'result reference', input['v'])
  const unknown = Object.keys(input).find((member) => !REFERENCE_MEMBERS.has(member))
  if (unknown !== undefined) throw wrongMember(unknown, 'is not one that version 1 knows')
  const { storage, key, format, serializer, codecs = [], size, sha256 } = input
  if (typeof storage !== 'string' || storage === '') throw wrongMember('storage')
  if (typeof key !== 'string') throw wrongMember('key')
  if (format !== 'record' && format !== 'plain') throw wrongMember('format')
  if (!isSerializerName(serializer)) throw wrongMember('serializer')
  if (!isNameList(codecs)) throw wrongMember('codecs')
  if (typeof size !== 'number' || !Number.isSafeInteger(size) || size < 0) throw wrongMember('size')
  if (!isSha256(sha256)) throw wrongMember('sha256')
  return makeReference<T>({ storage, key: parseKey(key, 'parseReference'), format, serializer, codecs, size, sha256 })
}

/** Whether JSON from a record or reference names a serializer. */
export function isSerializerName(value: JsonValue | undefined): value is SerializerName & JsonValue {
  if (typeof value === 'string') return value !== ''
  if (!isJsonObject(value) || Object.keys(value).length !== 2) return false
  const { name, options } = value
  return typeof name === 'string' && name !== '' && isJsonObject(options) && isShallow(options, MAX_DEPTH)
}

// Comparing and printing them is recursive.
const MAX_DEPTH = 100

function isShallow(value: JsonValue, depth: number): boolean {
  return (
    Object(value) !== value ||
    (depth > 0 && Object.values(value as JsonObject).every((member) => isShallow(member, depth - 1)))
  )
}

/** Whether JSON from a record or reference is a list of names. */
export function isNameList(value: JsonValue): value is readonly string[] {
  return Array.isArray(value) && value.every((name) => typeof name === 'string' && name !== '')
}

/** Whether a text is a SHA-256 in lower-case hex. */
export function isSha256(value: unknown): value is string {
  return typeof value === 'string' && /^[0-9a-f]{64}$/.test(value)
}

function wrongMember(member: string, problem: string = 'is missing or malformed'): ResultError {
  const message = `This is not a valid result reference: its member "${member}" ${problem}. Pass the reference that write returned, unchanged.`
  return resultError('CONFIG', 'parseReference', message, { issues: [{ message: problem, path: [member] }] })
}

/** UNSUPPORTED, for a record or reference of another version. */
export function unsupportedVersion(operation: string, what: string, version: JsonValue | undefined): ResultError {
  const other = typeof version === 'number' ? `version ${version}` : 'no version'
  const message = `The ${what} has ${other}; this release reads version 1. Update @resultkit/core.`
  return resultError('UNSUPPORTED', operation, message)
}
