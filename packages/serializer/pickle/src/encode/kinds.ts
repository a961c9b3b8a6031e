import { errorKinds } from '../error-kinds.ts'
import { OPAQUE } from '../opaque.ts'
import { platform } from '../platform.ts'
import { TYPED_ARRAY_TAGS } from '../tags.ts'
import { TEMPORAL_TYPES, temporalType } from '../temporal.ts'
import { isHoleRun, writeArray, writeHoles } from './arrays.ts'
import { writeArrayBuffer, writeView } from './binary.ts'
import { writeBoxed, writeDate, writeMap, writeRegExp, writeSet } from './builtins.ts'
import type { Encoding } from './encoding.ts'
import { writeDomException, writeError } from './errors.ts'
import { writeInstance, writeOpaque } from './instances.ts'
import { writeNullPrototype, writeObject } from './objects.ts'
import { refuseObject } from './refusals.ts'
import { writeTemporal } from './temporal.ts'
import { writeSearchParams, writeUrl } from './urls.ts'

/** Writes an object of one kind. Throws a TypeError when it has the kind's prototype, but not its nature. */
export type WriteKind = (encoding: Encoding, object: object) => void

let kinds: Map<object, WriteKind> | undefined

/** Writes what is neither a plain object nor a plain array of this realm. */
export function writeSpecial(encoding: Encoding, object: object, prototype: object | null): void {
  if (prototype === null) {
    writeNullPrototype(encoding, object)
    return
  }
  const { byPrototype } = encoding.settings.classes
  const defined = byPrototype.size > 0 ? byPrototype.get(prototype) : undefined
  if (defined !== undefined) {
    writeInstance(encoding, object, defined)
    return
  }
  const write = kindOf(prototype)
  if (write !== undefined) write(encoding, object)
  else if (isHoleRun(object)) writeHoles(encoding, object)
  else writeForeign(encoding, object, prototype)
}

function writeForeign(encoding: Encoding, object: object, prototype: object): void {
  const write = foreignKind(prototype)
  if (write === undefined) refuseObject(encoding, object, prototype)
  else write(encoding, object)
}

function kindOf(prototype: object): WriteKind | undefined {
  kinds ??= listKinds()
  return kinds.get(prototype)
}

function listKinds(): Map<object, WriteKind> {
  const list: [object, WriteKind][] = [
    [Array.prototype, checkedArray],
    [Object.prototype, writeObject],
    [Date.prototype, writeDate],
    [RegExp.prototype, writeRegExp],
    [Map.prototype, writeMap],
    [Set.prototype, writeSet],
    [OPAQUE, writeOpaque],
    [ArrayBuffer.prototype, (encoding, object) => writeArrayBuffer(encoding, brandedBuffer(object))],
    [DataView.prototype, view('DataView')],
    [URL.prototype, writeUrl],
    [URLSearchParams.prototype, writeSearchParams],
    ...boxedKinds(),
    ...errorList(),
    ...temporalKinds(),
  ]
  const { SharedArrayBuffer: Shared } = globalThis as Partial<typeof globalThis>
  if (Shared !== undefined)
    list.push([Shared.prototype, (encoding, object) => writeArrayBuffer(encoding, brandedShared(object))])
  for (const type of ['Uint8Array', ...Object.keys(TYPED_ARRAY_TAGS)]) {
    const found = (globalThis as unknown as Record<string, { readonly prototype: object } | undefined>)[type]
    if (found !== undefined) list.push([found.prototype, view(type)])
  }
  const { Buffer } = platform()
  if (Buffer !== undefined) list.push([Buffer.prototype, view('Buffer')])
  return new Map(list)
}

function checkedArray(encoding: Encoding, object: object): void {
  if (!Array.isArray(object)) throw new TypeError('not an array')
  writeArray(encoding, object)
}

function view(type: string): WriteKind {
  return (encoding, object) => {
    if (!ArrayBuffer.isView(object)) throw new TypeError('not a view')
    writeView(encoding, object, type)
  }
}

function brandedBuffer(object: object): ArrayBuffer {
  const { get } = Object.getOwnPropertyDescriptor(ArrayBuffer.prototype, 'byteLength') ?? {}
  get?.call(object)
  return object as ArrayBuffer
}

function brandedShared(object: object): SharedArrayBuffer {
  const { get } = Object.getOwnPropertyDescriptor(SharedArrayBuffer.prototype, 'byteLength') ?? {}
  get?.call(object)
  return object as SharedArrayBuffer
}

function boxedKinds(): [object, WriteKind][] {
  const box = (unbox: (this: never) => unknown): WriteKind => {
    return (encoding, object) => writeBoxed(encoding, object, unbox.call(object as never))
  }
  return [Number, String, Boolean, BigInt, Symbol].map(({ prototype }) => [prototype, box(prototype.valueOf)])
}

function errorList(): [object, WriteKind][] {
  const list: [object, WriteKind][] = [...errorKinds().values()].map(({ name, prototype }) => [
    prototype,
    (encoding, error) => {
      if (!isError(error)) throw new TypeError('not an error')
      writeError(encoding, error, name, undefined)
    },
  ])
  return [...list, [DOMException.prototype, writeDomException]]
}

function isError(object: object): boolean {
  const { types } = platform()
  return types === undefined ? Object.prototype.toString.call(object) === '[object Error]' : types.isNativeError(object)
}

function temporalKinds(): [object, WriteKind][] {
  return TEMPORAL_TYPES.flatMap((type): [object, WriteKind][] => {
    const prototype = temporalType(type)?.prototype
    if (prototype === undefined) return []
    const { toString: print } = prototype
    return [[prototype, (encoding, value) => writeTemporal(encoding, value, type, print)]]
  })
}

/**
 * The kind of an object from another realm, such as a `node:vm` context: plain objects, arrays and the built-in types are the
 * same there under other prototypes.
 */
function foreignKind(prototype: object): WriteKind | undefined {
  const made: unknown = Object.getOwnPropertyDescriptor(prototype, 'constructor')?.value
  if (typeof made !== 'function' || made.prototype !== prototype) return undefined
  const name: unknown = Object.getOwnPropertyDescriptor(made, 'name')?.value
  if (typeof name !== 'string' || !FOREIGN.has(name)) return undefined
  const source = Function.prototype.toString.call(made)
  if (source !== `function ${name}() { [native code] }`) return undefined
  const own = (globalThis as unknown as Record<string, { readonly prototype: object } | undefined>)[name]
  if (own === undefined || own.prototype === prototype) return undefined
  return kindOf(own.prototype)
}
const FOREIGN = new Set([
  ...['Object', 'Array', 'Date', 'RegExp', 'Map', 'Set', 'Error', 'EvalError', 'RangeError', 'ReferenceError'],
  ...[
    'SyntaxError',
    'TypeError',
    'URIError',
    'AggregateError',
    'SuppressedError',
    'Number',
    'String',
    'Boolean',
    'BigInt',
  ],
  ...['Symbol', 'ArrayBuffer', 'SharedArrayBuffer', 'Uint8Array', 'DataView', ...Object.keys(TYPED_ARRAY_TAGS)],
])
