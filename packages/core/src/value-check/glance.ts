import { kindOf } from './kinds.ts'
import type { ValueRules } from './rules.ts'
import { claimMemory, type Memory } from './shared-memory.ts'

/** One quick pass over a value: it keeps no paths, and ends at the first thing that it does not know to be sound. */
interface Glance {
  readonly rules: ValueRules
  readonly seen: Set<object>
  readonly memory: Memory
  readonly maxDepth: number
  readonly areCopied: boolean
  /** By depth, names that were found sound, where objects of the same shape have them again. */
  readonly shapes: string[][]
  depth: number
  hasNaN: boolean
}

const MAX_RECURSION = 200
/** Of longer arrays only the enumerable properties are listed: all of them take several times as long. */
export const LONG_ARRAY = 1000

const { __lookupGetter__: lookupGetter, __lookupSetter__: lookupSetter } = Object.prototype as unknown as {
  readonly __lookupGetter__: (name: PropertyKey) => unknown
  readonly __lookupSetter__: (name: PropertyKey) => unknown
}

/** Whether there is a NaN in a value that the rules keep; undefined for one that has to be looked at more closely. */
export function glanceAt(value: unknown, rules: ValueRules): { readonly hasNaN: boolean } | undefined {
  const glance: Glance = {
    rules,
    seen: new Set(),
    memory: new Map(),
    maxDepth: Math.min(rules.maxDepth, MAX_RECURSION),
    areCopied: rules.shared === 'copied',
    shapes: [],
    depth: 0,
    hasNaN: false,
  }
  try {
    return isSound(glance, value) ? { hasNaN: glance.hasNaN } : undefined
  } catch {
    return undefined
  }
}

function isSound(glance: Glance, value: unknown): boolean {
  if (typeof value === 'string') return isSoundText(glance.rules, value)
  if (typeof value === 'object') return value === null || isSoundObject(glance, value)
  if (typeof value === 'number') {
    if (value === 0) return glance.rules.negativeZero || !Object.is(value, -0)
    if (Number.isNaN(value)) glance.hasNaN = true
    return true
  }
  if (typeof value === 'boolean') return true
  if (value === undefined) return glance.rules.undefined !== false
  return typeof value === 'bigint' && glance.rules.bigint(value) === undefined
}

function isSoundText(rules: ValueRules, text: string): boolean {
  return text.isWellFormed() && rules.text(text) === undefined
}

function isSoundObject(glance: Glance, value: object): boolean {
  const { seen, maxDepth } = glance
  if (glance.depth >= maxDepth) return false
  const { size } = seen
  if (seen.add(value).size === size) return false
  glance.depth += 1
  const isKept = isSoundInside(glance, value)
  glance.depth -= 1
  if (glance.areCopied) seen.delete(value)
  return isKept
}

function isSoundInside(glance: Glance, value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value)
  if (Array.isArray(value)) {
    if (prototype === Array.prototype) return areSoundItems(glance, value)
  } else if (prototype === Object.prototype) return areSoundMembers(glance, value)
  const kind = kindOf(value, glance.rules)
  if (kind === 'object') return areSoundMembers(glance, value)
  if (kind === 'array') return areSoundItems(glance, value as readonly unknown[])
  if (kind === 'leaf') return glance.areCopied || claimMemory(glance.memory, value, glance.rules.isPool) === undefined
  if (kind !== 'map' && kind !== 'set') return false
  return Reflect.ownKeys(value).length === 0 && areSoundEntries(glance, value, kind)
}

function areSoundMembers(glance: Glance, value: object): boolean {
  if (Object.getOwnPropertySymbols(value).length > 0) return false
  const shape = shapeAt(glance)
  let count = 0
  // The quickest list of names. Inherited ones, too, make the numbers differ.
  for (const name in value) {
    if (lookupGetter.call(value, name) !== undefined) return false
    const member = (value as Readonly<Record<string, unknown>>)[name]
    if (member === undefined && lookupSetter.call(value, name) !== undefined) return false
    if (shape[count] !== name) {
      if (!isSoundName(glance.rules, name)) return false
      shape[count] = name
    }
    if (!isSound(glance, member)) return false
    count += 1
  }
  return count === Object.getOwnPropertyNames(value).length
}

function shapeAt({ shapes, depth }: Glance): string[] {
  const known = shapes[depth]
  if (known !== undefined) return known
  const shape: string[] = []
  shapes[depth] = shape
  return shape
}

function isSoundName(rules: ValueRules, name: string): boolean {
  return name !== '__proto__' && isSoundText(rules, name) && rules.key(name) === undefined
}

function areSoundItems(glance: Glance, value: readonly unknown[]): boolean {
  const { length } = value
  if (hasStrayNames(value, length)) return false
  for (let index = 0; index < length; index++) {
    if (lookupGetter.call(value, index) !== undefined) return false
    const item = value[index]
    if (item === undefined && isHoleOrSetter(value, index)) return false
    if (!isSound(glance, item)) return false
  }
  return true
}

function hasStrayNames(value: readonly unknown[], length: number): boolean {
  if (length <= LONG_ARRAY) return Reflect.ownKeys(value).length !== length + 1
  return Object.keys(value).length !== length || Object.getOwnPropertySymbols(value).length > 0
}

function isHoleOrSetter(value: readonly unknown[], index: number): boolean {
  return !Object.hasOwn(value, index) || lookupSetter.call(value, index) !== undefined
}

function areSoundEntries(glance: Glance, value: object, kind: 'map' | 'set'): boolean {
  if (kind === 'set') {
    for (const item of Set.prototype.values.call(value as Set<unknown>)) if (!isSoundKey(glance, item)) return false
    return true
  }
  for (const [key, item] of Map.prototype.entries.call(value as Map<unknown, unknown>)) {
    if (!isSoundKey(glance, key) || !isSound(glance, item)) return false
  }
  return true
}

function isSoundKey(glance: Glance, key: unknown): boolean {
  return key === undefined ? glance.rules.undefined === true : isSound(glance, key)
}
