import { inspect } from 'node:util'

interface Pair {
  readonly actual: unknown
  readonly expected: unknown
  readonly path: string
}

/**
 * Where two values differ in anything that a program can tell, `undefined` when nowhere: prototypes, all own properties with their
 * attributes, holes, integrity, internal contents, and identity in both directions, buffers of views included.
 */
export function difference(actual: unknown, expected: unknown): string | undefined {
  const partners = new Map<object, object>()
  const reverse = new Map<object, object>()
  const todo: Pair[] = [{ actual, expected, path: 'value' }]
  for (let pair = todo.pop(); pair !== undefined; pair = todo.pop()) {
    const { actual: a, expected: b, path } = pair
    if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) {
      if (!Object.is(a, b)) return `${path.slice(0, 200)}: ${show(a)} instead of ${show(b)}`
      continue
    }
    const known = partners.get(b)
    if (known !== undefined || reverse.has(a)) {
      if (known !== a) return `${path.slice(0, 200)}: another identity`
      continue
    }
    partners.set(b, a)
    reverse.set(a, b)
    const found = compareObjects(a, b, path, todo)
    if (found !== undefined) return `${path.slice(0, 200)}: ${found}`
  }
  return undefined
}

function show(value: unknown): string {
  return typeof value === 'object' ? Object.prototype.toString.call(value) : inspect(value).slice(0, 80)
}

function compareObjects(a: object, b: object, path: string, todo: Pair[]): string | undefined {
  if (Object.getPrototypeOf(a) !== Object.getPrototypeOf(b)) return 'another prototype'
  const kinds = [a, b].map((one) => Object.prototype.toString.call(one))
  if (kinds[0] !== kinds[1] || Array.isArray(a) !== Array.isArray(b)) return `${kinds[0]} instead of ${kinds[1]}`
  if (integrity(a) !== integrity(b)) return `${integrity(a)} instead of ${integrity(b)}`
  return compareContents(a, b, path, todo) ?? compareProperties(a, b, path, todo)
}

function integrity(object: object): string {
  if (Object.isExtensible(object)) return 'extensible'
  return Object.isFrozen(object) ? 'frozen' : Object.isSealed(object) ? 'sealed' : 'not extensible'
}

function compareContents(a: object, b: object, path: string, todo: Pair[]): string | undefined {
  if (ArrayBuffer.isView(a) && ArrayBuffer.isView(b)) {
    if (a.byteOffset !== b.byteOffset) return `byteOffset ${a.byteOffset} instead of ${b.byteOffset}`
    if (a.byteLength !== b.byteLength) return `byteLength ${a.byteLength} instead of ${b.byteLength}`
    todo.push({ actual: a.buffer, expected: b.buffer, path: `${path}.buffer` })
    return undefined
  }
  if (b instanceof Map || b instanceof Set) {
    const [one, other] = [a, b].map((each) => [...(each as Map<unknown, unknown>)].flat(b instanceof Map ? 1 : 0))
    if (one?.length !== other?.length) return 'another size'
    for (const [index, expected] of (other ?? []).entries())
      todo.push({ actual: one?.[index], expected, path: `${path}<${index}>` })
    return undefined
  }
  const [one, other] = [a, b].map(textOf)
  return one === other ? undefined : `${one?.slice(0, 80)} instead of ${other?.slice(0, 80)}`
}

function textOf(value: object): string {
  if (value instanceof ArrayBuffer)
    return `${value.resizable} ${value.maxByteLength} ${Buffer.from(value).toString('base64')}`
  if (value instanceof SharedArrayBuffer)
    return `${value.growable} ${value.maxByteLength} ${Buffer.from(value).toString('base64')}`
  if (value instanceof Date) return `${value.getTime()}`
  if (value instanceof DOMException) return `${value.name} ${value.message} ${value.code}`
  if (value instanceof RegExp || value instanceof URL || value instanceof URLSearchParams) return String(value)
  if ([Number, String, Boolean, BigInt, Symbol].some((type) => value instanceof type))
    return `${Object.is(value.valueOf(), -0) ? '-0' : String(value.valueOf())}`
  return String(Object.getPrototypeOf(value)?.constructor?.name ?? '').startsWith('Temporal') || isTemporal(value)
    ? (value as { toString(): string }).toString()
    : ''
}

function isTemporal(value: object): boolean {
  return Object.prototype.toString.call(value).startsWith('[object Temporal')
}

function compareProperties(a: object, b: object, path: string, todo: Pair[]): string | undefined {
  const isLong = ArrayBuffer.isView(b) && b.byteLength > 4096
  const [one, other] = [a, b].map((each) => (isLong ? [] : Reflect.ownKeys(each)))
  if (one?.length !== other?.length || one?.some((key, index) => key !== other?.[index]))
    return `properties ${one?.map(String).slice(0, 20)} instead of ${other?.map(String).slice(0, 20)}`
  for (const key of other ?? []) {
    const [x, y] = [a, b].map((each) => Object.getOwnPropertyDescriptor(each, key))
    const isStack = key === 'stack' && (b instanceof Error || b instanceof DOMException)
    if (x?.enumerable !== y?.enumerable || x?.configurable !== y?.configurable) return `attributes of ${String(key)}`
    if (!isStack && (x?.writable !== y?.writable || x?.get !== y?.get)) return `attributes of ${String(key)}`
    const [actual, expected] = [a, b].map((each) => (each as Record<PropertyKey, unknown>)[key])
    todo.push({ actual, expected, path: `${path}.${String(key)}` })
  }
  return undefined
}
