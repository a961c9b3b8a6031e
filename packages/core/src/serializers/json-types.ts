/**
 * Teaches `json()` and `ndjson()` one more type: a value is stored as `{"$type":"<name>","value":<what encode gave>}`.
 *
 * Hooks are asked in their order, and only about what plain JSON would refuse: NaN, undefined, bigint, Date,
 * instances of classes and so on; never about strings, ordinary numbers, booleans, null, plain objects and arrays.
 */
export interface JsonType<T = unknown> {
  /** Written into the stored text: unique among the hooks, not empty, not beginning with `$`. */
  readonly name: string
  /** Whether this hook stores the value. */
  test(value: unknown): boolean
  /** JSON, or values of any hook; new objects each time, because a shared one would be refused. */
  encode(value: T): unknown
  /** The value again, from what `encode` gave, with all hooks applied. Throws when it was given something else. */
  decode(json: unknown): T
}

/** A hook's definition; a type guard as `test` tells what `encode` is given. */
export type JsonTypeDefinition<T> = JsonType<T> & {
  readonly test: ((value: unknown) => value is T) | ((value: unknown) => boolean)
}

/** Defines a hook, inferring `T` from a type guard such as `(value) => value instanceof Point`. */
export function jsonType<T>(definition: JsonTypeDefinition<T>): JsonType<T> {
  return definition
}

const MAX_HEX_DIGITS = 83_000

// A subclass, or an own property, would be lost.
function isBare(value: unknown, prototype: object): boolean {
  return (
    typeof value === 'object' &&
    value !== null &&
    Object.getPrototypeOf(value) === prototype &&
    Reflect.ownKeys(value).length === 0
  )
}

function textOf(json: unknown, pattern: RegExp): string {
  if (typeof json === 'string' && pattern.test(json)) return json
  throw new TypeError('not the text that this hook writes')
}

function itemsOf<T>(json: unknown): readonly T[] {
  if (Array.isArray(json)) return json
  throw new TypeError('not the array that this hook writes')
}

function base64Of(bytes: Uint8Array): string {
  let binary = ''
  for (let at = 0; at < bytes.length; at += 8192) {
    binary += String.fromCharCode(...bytes.subarray(at, at + 8192))
  }
  return btoa(binary)
}

const date: JsonType<Date> = {
  name: 'Date',
  test: (value) => isBare(value, Date.prototype),
  encode: (value) => (Number.isNaN(value.getTime()) ? null : value.toISOString()),
  decode: (json) => {
    const value = new Date(json === null ? Number.NaN : textOf(json, /T.*Z$/))
    if (json !== null && Number.isNaN(value.getTime())) throw new RangeError('not a date')
    return value
  },
}

const bigint: JsonType<bigint> = {
  name: 'bigint',
  test: (value) => typeof value === 'bigint',
  encode: (value) => {
    // Reading decimals takes quadratic time, so that a few megabytes of them would stop a reader.
    if (value.toString(16).length > MAX_HEX_DIGITS) throw new RangeError('a bigint of more than 83,000 hex digits')
    return value.toString()
  },
  decode: (json) => BigInt(textOf(json, /^-?\d{1,100000}$/)),
}

const number: JsonType<number> = {
  name: 'number',
  test: (value) => typeof value === 'number',
  encode: (value) => (value === 0 ? '-0' : String(value)),
  decode: (json) => Number(textOf(json, /^(NaN|-?Infinity|-0)$/)),
}

const map: JsonType<Map<unknown, unknown>> = {
  name: 'Map',
  test: (value) => isBare(value, Map.prototype),
  encode: (value) => [...value],
  decode: (json) => new Map(itemsOf<[unknown, unknown]>(json)),
}

const set: JsonType<Set<unknown>> = {
  name: 'Set',
  test: (value) => isBare(value, Set.prototype),
  encode: (value) => [...value],
  decode: (json) => new Set(itemsOf(json)),
}

const bytes: JsonType<Uint8Array> = {
  name: 'Uint8Array',
  test: (value) => ArrayBuffer.isView(value) && Object.getPrototypeOf(value) === Uint8Array.prototype,
  encode: (value) => {
    const small = value.length <= 100_000
    if (small && Reflect.ownKeys(value).length > value.length) throw new TypeError('a Uint8Array with own properties')
    return base64Of(value)
  },
  decode: (json) => Uint8Array.from(atob(textOf(json, /^[\w+/]*=*$/)), (char) => char.charCodeAt(0)),
}

/**
 * Hooks for common types: `json({ types: [jsonTypes.date, jsonTypes.map] })`. None of them takes subclasses or
 * objects with properties of their own.
 *
 * - `date` also invalid ones; `map` and `set` with whatever the other hooks store
 * - `bigint` of up to 83,000 hexadecimal digits, as decimal text
 * - `number` for NaN, Infinity, -Infinity and -0
 * - `bytes` a Uint8Array (not a Buffer) as base64; own properties go unnoticed above 100,000 bytes
 */
export const jsonTypes: {
  readonly date: JsonType<Date>
  readonly bigint: JsonType<bigint>
  readonly number: JsonType<number>
  readonly map: JsonType<Map<unknown, unknown>>
  readonly set: JsonType<Set<unknown>>
  readonly bytes: JsonType<Uint8Array>
} = { date, bigint, number, map, set, bytes }
