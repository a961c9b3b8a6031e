import { ATTRIBUTE, TAG } from '../tags.ts'
import { writeHead, writeTag } from '../writer.ts'
import { type Encoding, FRAME, push, refuse } from './encoding.ts'
import { LOCAL_SYMBOL, symbolName } from './symbols.ts'

/** How far an object is closed: 0 not at all, 1 not extensible, 2 sealed, 3 frozen. */
export function integrityOf(object: object): number {
  if (Object.isExtensible(object)) return 0
  if (Object.isFrozen(object) && !(Array.isArray(object) && hasWritableLength(object))) return 3
  return Object.isSealed(object) ? 2 : 1
}

// V8 takes a sealed array without items to be frozen.
function hasWritableLength(array: readonly unknown[]): boolean {
  return Object.getOwnPropertyDescriptor(array, 'length')?.writable === true
}

/** The tag before an object that is closed, unless that may be lost. */
export function writeIntegrity(encoding: Encoding, level: number): void {
  if (level === 0 || encoding.settings.lossy.has('frozen')) return
  writeTag(encoding.writer, TAG.nonExtensible + level - 1)
}

/** Own properties as a flat list: attributes where they are unusual, key, value. Accessors are refused, or run. */
export interface Properties {
  readonly pairs: unknown[]
  /** Whether all keys are texts and all attributes usual. */
  regular: boolean
}

/** The properties of the given keys. `isHidden` tells those that are by their nature not enumerable. */
export function readProperties(
  encoding: Encoding,
  object: object,
  keys: readonly PropertyKey[],
  level: number,
  isHidden: (key: PropertyKey) => boolean = never,
): Properties {
  const properties: Properties = { pairs: [], regular: true }
  for (const key of keys) {
    const descriptor = Object.getOwnPropertyDescriptor(object, key)
    if (descriptor === undefined) continue
    if (typeof key === 'symbol') checkSymbol(encoding, key)
    const value = propertyValue(encoding, object, key, descriptor)
    const bits = attributesOf(descriptor, level)
    if (bits !== (isHidden(key) ? ATTRIBUTE.notEnumerable : 0)) properties.pairs.push(bits)
    if (bits !== 0 || typeof key === 'symbol') properties.regular = false
    properties.pairs.push(key, value)
  }
  return properties
}

// Elsewhere an unregistered symbol may become undefined; a key cannot.
function checkSymbol(encoding: Encoding, key: symbol): void {
  if (encoding.settings.lossy.has('functions') && symbolName(key) === undefined)
    refuse(encoding, `property named by a ${LOCAL_SYMBOL}`, key)
}

function never(): boolean {
  return false
}

function attributesOf({ enumerable, writable, get, set, configurable }: PropertyDescriptor, level: number): number {
  const isAccessor = get !== undefined || set !== undefined
  let bits = enumerable ? 0 : ATTRIBUTE.notEnumerable
  if (!writable && !isAccessor && level < 3) bits |= ATTRIBUTE.notWritable
  if (!configurable && level < 2) bits |= ATTRIBUTE.notConfigurable
  return bits
}

/** The value of a property; of an accessor only when getters may run. */
export function propertyValue(
  encoding: Encoding,
  object: object,
  key: PropertyKey,
  { value, get, set }: PropertyDescriptor,
): unknown {
  if (get === undefined && set === undefined) return value
  if (encoding.settings.runGetters && get !== undefined) return Reflect.apply(get, object, [])
  const kind = get === undefined ? 'setter' : 'getter'
  refuse(
    encoding,
    `${kind}: its code cannot be kept; replace it by a value, or keep what getters give with getters: 'run'`,
    key,
  )
  return undefined
}

/** Begins an object with own properties beside its nature: call it, then write the object itself, whose frame comes on top. */
export function writeProperties(encoding: Encoding, pairs: readonly unknown[]): void {
  const { writer } = encoding
  writeTag(writer, TAG.properties)
  writeHead(writer, 0x80, pairs.length + 1)
  push(encoding, FRAME.pairs, pairs)
}

/** Writes what a built-in object has beside its nature, except for the keys that belong to it. */
export function writeExtras(encoding: Encoding, object: object, isOwn: (key: PropertyKey) => boolean = never): void {
  const level = integrityOf(object)
  writeIntegrity(encoding, level)
  const keys = Reflect.ownKeys(object)
  if (keys.length === 0) return
  const extra = keys.filter((key) => !isOwn(key))
  if (extra.length === 0) return
  writeProperties(encoding, readProperties(encoding, object, extra, level).pairs)
}
