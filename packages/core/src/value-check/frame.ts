import { LONG_ARRAY } from './glance.ts'
import { type Kind, typeName } from './kinds.ts'

/** A container that is being walked through: its children, and which of them is next. */
export interface Frame {
  readonly value: object
  readonly kind: Kind
  /** The names of an object's members, or what a Map (key, value, key, value) or a Set holds; an array has itself. */
  readonly children: readonly unknown[]
  next: number
}

const { __lookupGetter__: lookupGetter, __lookupSetter__: lookupSetter } = Object.prototype as unknown as {
  readonly __lookupGetter__: (name: PropertyKey) => unknown
  readonly __lookupSetter__: (name: PropertyKey) => unknown
}

/** The frame of a container, or of nothing for a leaf. */
export function frameOf(value: object, kind: Kind): Frame {
  return { value, kind, children: childrenOf(value, kind), next: 0 }
}

function childrenOf(value: object, kind: Kind): readonly unknown[] {
  if (kind === 'array') return value as readonly unknown[]
  if (kind === 'object') return Object.keys(value)
  if (kind === 'map') return [...Map.prototype.entries.call(value as Map<unknown, unknown>)].flat()
  return kind === 'set' ? [...Set.prototype.values.call(value as Set<unknown>)] : []
}

/** Whether the container has something that its frame does not show; {@link strayProperties} tells what. */
export function hasStrayProperties({ value, kind, children }: Frame): boolean {
  if (Object.getOwnPropertySymbols(value).length > 0) return true
  // Holes, too, make the numbers differ. Listing all names of a long array takes several times as long.
  if (kind === 'array' && children.length > LONG_ARRAY) return Object.keys(value).length !== children.length
  const names = Object.getOwnPropertyNames(value).length
  if (kind === 'object') return names !== children.length
  return names !== (kind === 'array' ? children.length + 1 : 0)
}

/** Whether an array is mostly holes. */
export function isSparse({ value, kind, children }: Frame): boolean {
  return kind === 'array' && children.length > 2 * Object.keys(value).length + 1000
}

/** What makes {@link hasStrayProperties} say so, one by one. */
export function strayProperties({ value, kind, children }: Frame): [key: PropertyKey, problem: string][] {
  const names = Reflect.ownKeys(value)
  if (kind === 'object') {
    const shown = new Set<unknown>(children)
    const stray = names.filter((name) => !shown.has(name))
    return stray.map((name) => [name, typeof name === 'symbol' ? 'symbol key' : 'non-enumerable property'])
  }
  if (kind !== 'array') return names.map((name) => [name, `extra property of a ${typeName(value)}`])
  const extra = names.filter((name) => name !== 'length' && !isIndex(name))
  const found: [PropertyKey, string][] = extra.map((name) => [name, 'extra property of an array'])
  const holes = children.length - (names.length - extra.length - 1)
  if (holes > 0) found.push([firstHole(children), holes > 1 ? `hole, and ${holes - 1} more in this array` : 'hole'])
  return found
}

function isIndex(name: PropertyKey): boolean {
  return typeof name === 'string' && String(Number(name) >>> 0) === name
}

function firstHole(items: readonly unknown[]): number {
  let index = 0
  while (Object.hasOwn(items, index)) index += 1
  return index
}

/** Where the child stands in its container: a property name, an index, or the key of a Map if it is a text or number. */
export function keyAt({ kind, children }: Frame, at: number): PropertyKey {
  if (kind === 'object') return children[at] as string
  if (kind !== 'map') return at
  const key = children[at & ~1]
  return typeof key === 'string' || typeof key === 'number' ? key : at >> 1
}

/** Whether the child is an accessor, which is never run. */
export function isAccessor({ value, kind, children }: Frame, at: number): boolean {
  if (kind === 'array') return lookupGetter.call(value, at) !== undefined
  if (kind !== 'object') return false
  return lookupGetter.call(value, children[at] as string) !== undefined
}

/** Whether a member that reads as undefined is one that can be set alone. */
export function isSetter({ value, kind, children }: Frame, at: number): boolean {
  if (kind !== 'object' && kind !== 'array') return false
  return lookupSetter.call(value, kind === 'object' ? (children[at] as string) : at) !== undefined
}

/** The child itself. */
export function childAt({ value, kind, children }: Frame, at: number): unknown {
  return kind === 'object' ? (value as Readonly<Record<string, unknown>>)[children[at] as string] : children[at]
}
