import type { BuiltInType, ValueRules } from './rules.ts'

/** How the inside of an object is looked at; a leaf has none. */
export type Kind = 'array' | 'object' | 'map' | 'set' | 'leaf'

const TYPED_ARRAYS: readonly BuiltInType[] = [
  'Int8Array',
  'Uint8Array',
  'Uint8ClampedArray',
  'Int16Array',
  'Uint16Array',
  'Int32Array',
  'Uint32Array',
  'Float32Array',
  'Float64Array',
  'BigInt64Array',
  'BigUint64Array',
]
const OTHERS: readonly BuiltInType[] = ['Date', 'RegExp', 'Map', 'Set', 'ArrayBuffer', 'DataView']

// Listing the names of a typed array lists its indexes too.
const LONG_VIEW = 4096
const SHADOWS = ['constructor', 'buffer', 'byteLength', 'byteOffset', 'length', 'toJSON']

let prototypes: ReadonlyMap<object, BuiltInType> | undefined

function builtInType(prototype: object): BuiltInType | undefined {
  const scope = globalThis as unknown as Readonly<Record<string, { readonly prototype: object }>>
  prototypes ??= new Map([...OTHERS, ...TYPED_ARRAYS].map((name) => [(scope[name] ?? Object).prototype, name]))
  return prototypes.get(prototype)
}

/** The kind of an object that passes, or what to call one that does not. Plain objects and arrays may be of another realm. */
export function kindOf(value: object, rules: ValueRules): Kind | { readonly refused: string } {
  const prototype: object | null = Object.getPrototypeOf(value)
  if (Array.isArray(value)) {
    return prototype === Array.prototype || isForeign(prototype, 'array') ? 'array' : { refused: typeName(value) }
  }
  if (prototype === Object.prototype) return 'object'
  if (prototype === null) return rules.nullPrototype ? 'object' : { refused: typeName(value) }
  const type = builtInType(prototype)
  if (type !== undefined && rules.types.has(type)) return kindOfBuiltIn(value, type, rules)
  if (type === undefined && isForeign(prototype, 'object')) return 'object'
  if (type !== undefined || !rules.other(value)) return { refused: typeName(value) }
  const problem = ArrayBuffer.isView(value) ? viewProblem(value) : undefined
  return problem === undefined ? 'leaf' : { refused: `${typeName(value)}: ${problem}` }
}

function isForeign(prototype: object | null, kind: 'array' | 'object'): boolean {
  if (prototype === null) return false
  const parent: object | null = Object.getPrototypeOf(prototype)
  if (kind === 'array') return Array.isArray(prototype) && parent !== null && isForeign(parent, 'object')
  return parent === null && Object.hasOwn(prototype, 'isPrototypeOf') && constructorName(prototype) === 'Object'
}

function kindOfBuiltIn(value: object, type: BuiltInType, rules: ValueRules): Kind | { readonly refused: string } {
  const problem = isGenuine(value, type) ? problemOf(value, type, rules) : 'object that only looks like one'
  if (problem !== undefined) return { refused: `${type}: ${problem}` }
  if (type === 'Map') return 'map'
  return type === 'Set' ? 'set' : 'leaf'
}

// Whether there is a Date, Map, ... behind the prototype.
function isGenuine(value: object, type: BuiltInType): boolean {
  try {
    if (type === 'Date') Date.prototype.getTime.call(value)
    else if (type === 'Map') Map.prototype.has.call(value, undefined)
    else if (type === 'Set') Set.prototype.has.call(value, undefined)
    else if (type === 'ArrayBuffer') Reflect.get(ArrayBuffer.prototype, 'byteLength', value)
    else if (type === 'RegExp') return Object.hasOwn(value, 'lastIndex')
    else return ArrayBuffer.isView(value) && Object.prototype.toString.call(value) === `[object ${type}]`
    return true
  } catch {
    return false
  }
}

function problemOf(value: object, type: BuiltInType, rules: ValueRules): string | undefined {
  if (type === 'Date') {
    return extraProperty(Reflect.ownKeys(value)) ?? rules.date(Date.prototype.getTime.call(value))
  }
  if (type === 'RegExp') {
    return extraProperty(Reflect.ownKeys(value).slice(1)) ?? regExpProblem(value as RegExp, rules)
  }
  if (type === 'ArrayBuffer') return extraProperty(Reflect.ownKeys(value)) ?? bufferProblem(value as ArrayBuffer)
  return ArrayBuffer.isView(value) ? viewProblem(value) : extraProperty(Reflect.ownKeys(value))
}

function viewProblem(value: ArrayBufferView): string | undefined {
  return extraProperty(namesOf(value)) ?? bufferProblem(value.buffer)
}

function regExpProblem({ lastIndex, source }: RegExp, rules: ValueRules): string | undefined {
  if (lastIndex !== 0 && !rules.lastIndex) return 'lastIndex is not 0'
  return source.isWellFormed() ? rules.text(source) : 'text with a lone surrogate'
}

function extraProperty(names: readonly PropertyKey[]): string | undefined {
  return names.length > 0 ? 'extra property' : undefined
}

function namesOf(value: ArrayBufferView): readonly PropertyKey[] {
  const length = (value as Partial<Uint8Array>).length ?? 0
  if (length <= LONG_VIEW) return Reflect.ownKeys(value).slice(length)
  return SHADOWS.filter((name) => Object.hasOwn(value, name))
}

/** What of a buffer would be lost. */
export function bufferProblem(buffer: ArrayBufferLike): string | undefined {
  if (Object.prototype.toString.call(buffer) === '[object SharedArrayBuffer]') return 'SharedArrayBuffer'
  const { resizable, detached } = buffer as ArrayBuffer
  if (resizable) return 'resizable ArrayBuffer'
  return detached ? 'its ArrayBuffer was transferred away' : undefined
}

/** The type of a value that is refused, in words; a class by its name, without running its code. Never the value. */
export function typeName(value: unknown): string {
  if (typeof value === 'number') return Object.is(value, -0) ? '-0' : String(value)
  if (typeof value !== 'object' || value === null) return typeof value
  const prototype: object | null = Object.getPrototypeOf(value)
  if (prototype === null) return 'object with a null prototype'
  return constructorName(prototype) ?? 'object with another prototype'
}

function constructorName(prototype: object): string | undefined {
  const owner: unknown = Object.getOwnPropertyDescriptor(prototype, 'constructor')?.value
  const name: unknown = typeof owner === 'function' ? Object.getOwnPropertyDescriptor(owner, 'name')?.value : undefined
  return typeof name === 'string' && name !== '' ? name : undefined
}
