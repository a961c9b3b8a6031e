import { show, showDifference } from '../show.ts'

interface Pair {
  readonly actual: unknown
  readonly expected: unknown
  readonly path: string
}

/** What two values have been found to correspond so far, in both directions: identity must survive. */
interface Partners {
  readonly ofExpected: Map<object, object>
  readonly ofActual: Map<object, object>
}

/**
 * Where two values differ in anything that a program can tell: -0 and NaN, holes, prototypes, the order of members, shared
 * references and cycles, contents of built-in types. `undefined` when they do not. An error's `stack` is left out.
 */
export function firstDifference(actual: unknown, expected: unknown): string | undefined {
  const partners: Partners = { ofExpected: new Map(), ofActual: new Map() }
  const todo: Pair[] = [{ actual, expected, path: 'value' }]
  for (let pair = todo.pop(); pair !== undefined; pair = todo.pop()) {
    const difference = compare(pair, partners, todo)
    if (difference !== undefined) return `${pair.path.slice(0, 200)}: ${difference}`
  }
  return undefined
}

function compare(pair: Pair, partners: Partners, todo: Pair[]): string | undefined {
  const { actual, expected } = pair
  if (typeof expected !== 'object' || expected === null || typeof actual !== 'object' || actual === null)
    return Object.is(actual, expected) ? undefined : `${describe(actual)} instead of ${describe(expected)}`
  const known = partners.ofExpected.get(expected)
  if (known !== undefined || partners.ofActual.has(actual)) {
    if (known === actual) return undefined
    return known === undefined ? 'two objects became one' : 'one object became two'
  }
  partners.ofExpected.set(expected, actual)
  partners.ofActual.set(actual, expected)
  if (Object.getPrototypeOf(actual) !== Object.getPrototypeOf(expected)) return 'another prototype'
  return contentDifference(actual, expected) ?? compareMembers(pair, actual, expected, todo)
}

function describe(value: unknown): string {
  return `${typeof value} ${show(value)}`
}

function compareMembers(pair: Pair, actual: object, expected: object, todo: Pair[]): string | undefined {
  if (ArrayBuffer.isView(expected)) return undefined
  const entries = entriesOf(expected)
  for (const [index, value] of entriesOf(actual).entries())
    todo.push({ actual: value, expected: entries[index], path: `${pair.path}<entry ${index >> 1}>` })
  const keys = membersOf(expected)
  const found = membersOf(actual)
  const wrong = keys.findIndex((key, index) => key !== found[index])
  if (wrong >= 0) return `member ${String(found[wrong])} instead of ${String(keys[wrong])}`
  if (found.length > keys.length) return `one more member, ${String(found[keys.length])}`
  for (const key of keys) {
    const a = Object.getOwnPropertyDescriptor(actual, key)
    const b = Object.getOwnPropertyDescriptor(expected, key)
    const path = `${pair.path}.${String(key)}`
    if (a?.enumerable !== b?.enumerable) return `member ${String(key)} is enumerable in one alone`
    if (a?.get !== b?.get || a?.set !== b?.set) return `member ${String(key)} is an accessor in one alone`
    todo.push({ actual: a?.value, expected: b?.value, path })
  }
  return undefined
}

function membersOf(value: object): readonly PropertyKey[] {
  const keys = Reflect.ownKeys(value)
  return value instanceof Error ? keys.filter((key) => key !== 'stack') : keys
}

function entriesOf(value: object): readonly unknown[] {
  if (value instanceof Map) return [...value].flat(1)
  return value instanceof Set ? [...value] : []
}

/** Differences inside what members do not show. */
function contentDifference(actual: object, expected: object): string | undefined {
  const kinds = [actual, expected].map((value) => Object.prototype.toString.call(value))
  if (kinds[0] !== kinds[1]) return `${kinds[0]} instead of ${kinds[1]}`
  if (isOpaque(expected)) return `another ${kinds[1]}`
  if (ArrayBuffer.isView(expected) || expected instanceof ArrayBuffer)
    return showDifference(bytesOf(actual as ArrayBuffer), bytesOf(expected))
  if (entriesOf(actual).length !== entriesOf(expected).length) return 'another number of entries'
  const [a, b] = [actual, expected].map(textOf)
  return a === b ? undefined : `${a} instead of ${b}`
}

function isOpaque(value: object): boolean {
  return [Promise, WeakMap, WeakSet, WeakRef].some((type) => value instanceof type)
}

function bytesOf(value: ArrayBuffer | ArrayBufferView): Uint8Array {
  if (!ArrayBuffer.isView(value)) return new Uint8Array(value)
  return new Uint8Array(value.buffer, value.byteOffset, value.byteLength)
}

/** The hidden content of built-in types as text. */
function textOf(value: object): string {
  if (value instanceof Date) return `${value.getTime()}`
  if (value instanceof RegExp || value instanceof URL) return String(value)
  const boxed = [Number, String, Boolean, BigInt, Symbol].some((type) => value instanceof type)
  return boxed ? show(value.valueOf()) : ''
}
