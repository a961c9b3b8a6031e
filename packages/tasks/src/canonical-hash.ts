import { formatPath, type IssuePath, isResultError, ResultError } from '@resultkit/core'

/** A class whose instances may be part of a key, given as the class or its prototype; what pickle's `defineClass` returns fits. */
export type HashableClass = {
  /** Stands for the class in keys, so that renaming the class in the code changes no key. */
  readonly name: string
  /** Another version gives other keys. @default none */
  readonly version?: number | undefined
  /** What an instance is made of. */
  encode(instance: never): unknown
} & ({ readonly class: abstract new (...parameters: never) => object } | { readonly prototype: object })

/** Options of {@link canonicalHash}. */
export interface CanonicalHashOptions {
  /** Classes beside the built-in ones. @default [] */
  readonly classes?: readonly HashableClass[] | undefined
}

/**
 * SHA-256 (64 lower-case hex digits) over a canonical encoding of a value: the same in every process, whatever the order of
 * properties, of Map entries and of Set members. Takes primitives, arrays, plain objects, Map, Set, Date, RegExp, URL, Error,
 * ArrayBuffers, typed arrays, and instances of the classes given; cycles too. What is not looked at: properties of their own that
 * typed arrays and arrays of more than 10,000 items have, or that are not enumerable, the `lastIndex` of a RegExp, the stack of an
 * Error.
 *
 * Errors: SERIALIZE for anything else (functions, symbols, promises, other classes), with its place in `issues`.
 */
export function canonicalHash(value: unknown, { classes = [] }: CanonicalHashOptions = {}): string {
  return digestOf(encodeCanonical([value], classes))
}

/** A canonical encoding: its text as long as that is short, else its digest. */
export type CanonicalKey = { readonly text: string } | { readonly sha256: string }

/** SHA-256 of an encoding, in lower-case hex. */
export function digestOf(key: CanonicalKey): string {
  return 'text' in key ? crypto().hash('sha256', key.text, 'hex') : key.sha256
}

/** Encodes several values one after the other. SERIALIZE names what cannot be encoded. */
export function encodeCanonical(values: readonly unknown[], classes: readonly HashableClass[]): CanonicalKey {
  const encoder: Encoder = { text: '', hash: undefined, inline: false, open: [], path: [], classes }
  try {
    for (const value of values) encode(encoder, value)
  } catch (error) {
    if (isResultError(error)) throw error
    // The stack is full, or an accessor threw.
    const what = error instanceof RangeError ? 'nested too deeply' : 'something that throws when it is read'
    throw unhashable(encoder.path.slice(0, Math.min(encoder.open.length, 8)), what)
  }
  if (encoder.hash === undefined) return { text: encoder.text }
  flush(encoder)
  return { sha256: encoder.hash.digest('hex') }
}

type Hash = ReturnType<typeof import('node:crypto').createHash>

/** The state of one encoding. Every value starts with a tag and ends by itself, so no two values have one encoding. */
interface Encoder {
  text: string
  hash: Hash | undefined
  /** Keys of Maps and members of Sets are encoded to text, to be sorted. */
  inline: boolean
  /** The objects around the current one, for cycles. */
  readonly open: object[]
  path: PropertyKey[]
  readonly classes: readonly HashableClass[]
}

const FLUSH_ABOVE = 32 * 1024
/** Looking for properties of longer arrays takes longer than hashing them. */
const CHECKED_ITEMS = 10_000

let loaded: typeof import('node:crypto') | undefined
function crypto(): typeof import('node:crypto') {
  loaded ??= process.getBuiltinModule('node:crypto')
  return loaded
}

function flush(encoder: Encoder): void {
  if (encoder.inline) return
  encoder.hash ??= crypto().createHash('sha256')
  encoder.hash.update(encoder.text)
  encoder.text = ''
}

function encode(encoder: Encoder, value: unknown): void {
  if (typeof value === 'object' && value !== null) encodeObject(encoder, value)
  else encoder.text += primitive(encoder, value)
  if (encoder.text.length > FLUSH_ABOVE) flush(encoder)
}

function primitive(encoder: Encoder, value: unknown): string {
  switch (typeof value) {
    case 'string':
      return text(value)
    case 'number':
      return Object.is(value, -0) ? 'n-0;' : `n${value};`
    case 'boolean':
      return value ? 't' : 'f'
    case 'undefined':
      return 'u'
    case 'bigint':
      return `i${value};`
    case 'object':
      return 'z'
    default:
      throw unhashable(encoder.path.slice(0, encoder.open.length), `a ${typeof value}`)
  }
}

/** Lone surrogates would all become the same bytes in UTF-8; JSON escapes them. */
function text(value: string): string {
  return value.isWellFormed() ? `s${value.length}:${value}` : `S${JSON.stringify(value)}`
}

function encodeObject(encoder: Encoder, value: object): void {
  const depth = encoder.open.length
  const cycle = depth === 0 ? -1 : encoder.open.lastIndexOf(value)
  if (cycle >= 0) {
    encoder.text += `^${depth - cycle};`
    return
  }
  encoder.open.push(value)
  encodeOpen(encoder, value, depth)
  encoder.open.pop()
}

function encodeOpen(encoder: Encoder, value: object, depth: number): void {
  const prototype: unknown = Object.getPrototypeOf(value)
  const isPlain = prototype === Object.prototype || prototype === null
  const registered = isPlain ? undefined : encoder.classes.find((known) => prototype === prototypeOf(known))
  if (Array.isArray(value) && prototype === Array.prototype) encodeArray(encoder, value, depth)
  else if (isPlain) encodePlain(encoder, value, depth)
  else if (registered === undefined) encodeBuiltIn(encoder, value, depth)
  else {
    encoder.text += `C${registered.version ?? 0};${text(registered.name)}`
    encode(encoder, registered.encode(value as never))
  }
}

function prototypeOf(known: HashableClass): unknown {
  return 'prototype' in known ? known.prototype : known.class.prototype
}

/** What can be encoded beside plain objects and arrays: exactly these, since a subclass or a property of its own would be lost. */
function encodeBuiltIn(encoder: Encoder, value: object, depth: number): void {
  const prototype: unknown = Object.getPrototypeOf(value)
  const bare = value instanceof Error || ArrayBuffer.isView(value) || countKeys(value) === 0
  if (!bare) encodeForeign(encoder, value, depth)
  else if (prototype === Map.prototype) encodeMap(encoder, value as Map<unknown, unknown>, depth)
  else if (prototype === Set.prototype) encodeSet(encoder, value as Set<unknown>, depth)
  else if (prototype === Date.prototype) encoder.text += `d${(value as Date).getTime()};`
  else if (prototype === RegExp.prototype)
    encoder.text += `r${text((value as RegExp).source)}${text((value as RegExp).flags)}`
  else if (prototype === URL.prototype) encoder.text += `l${text((value as URL).href)}`
  else if (ArrayBuffer.isView(value)) encodeBytes(encoder, value.constructor.name, viewOf(value))
  else if (prototype === ArrayBuffer.prototype)
    encodeBytes(encoder, 'ArrayBuffer', new Uint8Array(value as ArrayBuffer))
  else if (value instanceof Error) encodeError(encoder, value, depth)
  else encodeForeign(encoder, value, depth)
}

function countKeys(value: object): number {
  return Object.keys(value).length + Object.getOwnPropertySymbols(value).length
}

function encodeError(encoder: Encoder, error: Error, depth: number): void {
  encoder.text += `e${text(error.constructor.name)}${text(error.name)}${text(error.message)}`
  encode(encoder, error.cause)
  encode(encoder, error instanceof AggregateError ? error.errors : undefined)
  encodePlain(encoder, { ...error }, depth)
}

function encodeForeign(encoder: Encoder, value: object, depth: number): void {
  if (isPlainOfAnotherRealm(value)) encodePlain(encoder, value, depth)
  else throw unhashable(encoder.path.slice(0, depth), `an instance of ${value.constructor?.name || 'a nameless class'}`)
}

function isPlainOfAnotherRealm(value: object): boolean {
  const prototype = Object.getPrototypeOf(value) as object
  return Object.getPrototypeOf(prototype) === null && Object.hasOwn(prototype, 'isPrototypeOf')
}

function viewOf({ buffer, byteOffset, byteLength }: ArrayBufferView): Uint8Array {
  return new Uint8Array(buffer, byteOffset, byteLength)
}

function encodeBytes(encoder: Encoder, kind: string, bytes: Uint8Array): void {
  encoder.text += `b${text(kind)}${bytes.byteLength}:`
  if (encoder.inline) {
    encoder.text += `${crypto().hash('sha256', bytes, 'hex')};`
    return
  }
  flush(encoder)
  encoder.hash?.update(bytes)
}

function encodeArray(encoder: Encoder, items: readonly unknown[], depth: number): void {
  if (items.length <= CHECKED_ITEMS && countKeys(items) > items.length)
    throw unhashable(encoder.path.slice(0, depth), 'an array with properties of its own')
  encoder.text += '['
  for (let index = 0; index < items.length; index++) {
    encoder.path[depth] = index
    if (items[index] === undefined && !(index in items)) encoder.text += 'h'
    else encode(encoder, items[index])
  }
  encoder.text += ']'
}

function encodePlain(encoder: Encoder, value: object, depth: number): void {
  if (Object.getOwnPropertySymbols(value).length > 0)
    throw unhashable(encoder.path.slice(0, depth), 'an object with symbol keys')
  const keys = sorted(Object.keys(value))
  encoder.text += '{'
  for (const key of keys) {
    encoder.path[depth] = key
    encoder.text += text(key)
    encode(encoder, (value as Readonly<Record<string, unknown>>)[key])
  }
  encoder.text += '}'
}

/** By code units, as everywhere; most objects come sorted, or short. */
function sorted(keys: string[]): string[] {
  for (let index = 1; index < keys.length; index++) {
    if ((keys[index - 1] as string) > (keys[index] as string)) return keys.sort()
  }
  return keys
}

function encodeMap(encoder: Encoder, map: ReadonlyMap<unknown, unknown>, depth: number): void {
  encoder.text += 'M'
  const keys = comparable([...map.keys()])
  if (keys === undefined) {
    // Keys of all kinds: pairs are sorted by what they are encoded to.
    const pairs = Array.from(map, ([key, value]) => inlined(encoder, key, depth) + inlined(encoder, value, depth))
    append(encoder, pairs.sort(), String)
    return
  }
  for (const key of keys) {
    encoder.path[depth] = '(entry)'
    encoder.text += primitive(encoder, key)
    encode(encoder, map.get(key))
  }
  encoder.text += '}'
}

function encodeSet(encoder: Encoder, set: ReadonlySet<unknown>, depth: number): void {
  const members = [...set]
  const ordered = comparable(members)
  encoder.text += 'T'
  const encoded = ordered ?? members.map((member) => inlined(encoder, member, depth)).sort()
  append(encoder, encoded, ordered === undefined ? String : (member) => primitive(encoder, member))
}

function append<V>(encoder: Encoder, values: Iterable<V>, encoded: (value: V) => string): void {
  for (const value of values) {
    encoder.text += encoded(value)
    if (encoder.text.length > FLUSH_ABOVE) flush(encoder)
  }
  encoder.text += '}'
}

/** Strings in the order of their code units, numbers in theirs; anything else has no order of its own. */
function comparable(values: unknown[]): Iterable<string | number> | undefined {
  if (values.every((value) => typeof value === 'string')) return sorted(values)
  return values.every((value) => typeof value === 'number') ? Float64Array.from(values).sort() : undefined
}

function inlined(encoder: Encoder, value: unknown, depth: number): string {
  if (typeof value !== 'object' || value === null) {
    // A key of a Map is data: it is not named.
    encoder.path[depth] = '(entry)'
    return primitive(encoder, value)
  }
  encoder.path[depth] = '(entry)'
  const { text: outer, inline } = encoder
  encoder.text = ''
  encoder.inline = true
  encode(encoder, value)
  const encoded = encoder.text
  encoder.text = outer
  encoder.inline = inline
  return encoded
}

function unhashable(path: IssuePath, what: string): ResultError {
  const message = `${formatPath(path, 'input')} is ${what}, which cannot be hashed. Leave it out with inputs({ exclude }), give its class in classes, or give a cacheKey function.`
  const issues = [{ message: `${what} cannot be hashed`, path }]
  return new ResultError({ code: 'SERIALIZE', operation: 'hash', message, issues })
}
