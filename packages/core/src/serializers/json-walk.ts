import {
  containerKind,
  ESCAPE,
  hookFor,
  isAllowedLoss,
  isExactPrimitive,
  isHijacked,
  type JsonRules,
  TAG,
} from './json-rules.ts'
import type { JsonType } from './json-types.ts'

/** Thrown at the first offender; the places are looked for in a second pass. */
export const REFUSED: unique symbol = Symbol('refused')

/** One pass over a value. It must not cost much more than the JSON text, so that it keeps no paths. */
export interface JsonWalk {
  readonly rules: JsonRules
  /** The objects met so far; with shared references allowed, those around the present one. */
  readonly seen: Set<object>
  /** How deep the walk is, or was when it ended with an error. */
  depth: number
}

// Of a longer array, naming all properties would take many times the time and memory of its JSON text.
const LONG_ARRAY = 100_000

// Four times as fast for the items of an array as their property descriptors.
const { __lookupGetter__: lookupGetter } = Object.prototype as unknown as {
  __lookupGetter__(key: PropertyKey): unknown
}

/** The value, or a copy of it with every hook applied; throws {@link REFUSED}. Runs no getter. */
export function walkValue(walk: JsonWalk, value: unknown, isMember: boolean): unknown {
  if (isExactPrimitive(value)) return value
  if (isHijacked()) throw REFUSED
  if (typeof value !== 'object' || value === null) {
    const type = hookFor(value, walk.rules)
    if (type !== undefined) return walkHooked(walk, value, type)
    if (isAllowedLoss(value, isMember, walk.rules)) return value
    throw REFUSED
  }
  const { seen } = walk
  const { size } = seen
  if (seen.add(value).size === size) throw REFUSED
  walk.depth += 1
  const result = walkObject(walk, value)
  walk.depth -= 1
  if (walk.rules.lossy.has('shared')) seen.delete(value)
  return result
}

function walkObject(walk: JsonWalk, value: object): unknown {
  const kind = containerKind(value, walk.rules)
  if (kind === 'array') return walkItems(walk, value as readonly unknown[])
  if (kind === 'object') {
    const members = walkMembers(walk, value)
    const isTagged = walk.rules.types.length > 0 && Object.hasOwn(value, TAG)
    return isTagged ? { [TAG]: ESCAPE, value: members } : members
  }
  const type = hookFor(value, walk.rules)
  if (type === undefined || isShared(walk, value)) throw REFUSED
  return walkHooked(walk, value, type)
}

/** Whether this is a view of memory that another view in the value has too: apart, a write to one would miss the other. */
function isShared({ seen, rules }: JsonWalk, value: object): boolean {
  if (!ArrayBuffer.isView(value) || rules.lossy.has('shared')) return false
  const { size } = seen
  return seen.add(value.buffer).size === size
}

function walkHooked(walk: JsonWalk, value: unknown, type: JsonType): unknown {
  return { [TAG]: type.name, value: walkValue(walk, type.encode(value), false) }
}

type Changes = Map<PropertyKey, unknown> | undefined

function walkMembers(walk: JsonWalk, value: object): object {
  if (Object.getOwnPropertySymbols(value).length > 0) throw REFUSED
  let changes: Changes
  let count = 0
  // The quickest list of names; inherited ones are in it too.
  for (const name in value) {
    if (!Object.hasOwn(value, name)) continue
    count += 1
    changes = walkMember(walk, value, name, true, changes)
  }
  if (count !== Object.getOwnPropertyNames(value).length) throw REFUSED
  return changes ? changed({ ...value }, changes) : value
}

function walkItems(walk: JsonWalk, value: readonly unknown[]): readonly unknown[] {
  const { length } = value
  if (hasExtras(value)) throw REFUSED
  let changes: Changes
  for (let index = 0; index < length; index++) changes = walkMember(walk, value, index, false, changes)
  return changes ? changed([...value], changes) : value
}

function walkMember(walk: JsonWalk, value: object, name: PropertyKey, isMember: boolean, changes: Changes): Changes {
  if (lookupGetter.call(value, name) !== undefined) throw REFUSED
  const member = (value as Readonly<Record<PropertyKey, unknown>>)[name]
  if (typeof member === 'string') return changes
  // A hole reads as undefined too, and so does what can only be set.
  if (member === undefined && !('value' in (Object.getOwnPropertyDescriptor(value, name) ?? {}))) throw REFUSED
  const next = walkValue(walk, member, isMember)
  return next === member ? changes : (changes ?? new Map()).set(name, next)
}

// Only called when all of the value was checked: copying it earlier would run the getters that come later.
function changed<T extends object>(copy: T, changes: ReadonlyMap<PropertyKey, unknown>): T {
  // An assignment to __proto__ would change the prototype.
  for (const [name, value] of changes) Object.defineProperty(copy, name, { value })
  return copy
}

// Holes, too, make the numbers differ.
function hasExtras(value: readonly unknown[]): boolean {
  const { length } = value
  if (length <= LONG_ARRAY) return Reflect.ownKeys(value).length !== length + 1
  return Object.keys(value).length !== length || Object.getOwnPropertySymbols(value).length > 0
}
