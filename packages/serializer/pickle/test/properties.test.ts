import { runInNewContext } from 'node:vm'
import { concatBytes } from '@resultkit/core'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { pickle } from '../src/index.ts'
import { difference } from './difference.ts'

const bytesOf = (value: unknown, options = {}): Uint8Array => {
  const bytes = pickle(options).serialize(value)
  return bytes instanceof Uint8Array ? bytes : concatBytes(bytes)
}

const primitive = fc.oneof(
  fc.double(),
  fc.float(),
  fc.integer(),
  fc.maxSafeInteger(),
  fc.bigInt(),
  fc.boolean(),
  fc.constantFrom(null, undefined, -0, Symbol.for('a')),
  fc.string({ unit: 'binary', maxLength: 80 }),
  fc.string({ unit: fc.integer({ min: 0, max: 0xffff }).map((unit) => String.fromCharCode(unit)) }),
  fc.constantFrom('Berlin', 'Paris', 'id', '__proto__'),
)
const key = fc.oneof(fc.constantFrom('id', 'name', 'value', '__proto__', '0', '10'), fc.string({ maxLength: 6 }))
const KINDS = ['array', 'object', 'null', 'map', 'set', 'error', 'date', 'bytes', 'holes', 'frozen'] as const

/** Objects of all kinds whose members are any of each other: shared, cyclic, deep. */
const graph = fc
  .array(
    fc.record({
      kind: fc.constantFrom(...KINDS),
      members: fc.array(fc.tuple(key, fc.oneof(primitive, fc.nat(40).map(link)))),
    }),
    {
      minLength: 1,
      maxLength: 40,
    },
  )
  .map(build)

interface Link {
  readonly to: number
}
const LINKS = new WeakSet<object>()
function link(to: number): Link {
  const made = { to }
  LINKS.add(made)
  return made
}

interface Plan {
  readonly kind: (typeof KINDS)[number]
  readonly members: readonly (readonly [string, unknown])[]
}

function build(plans: readonly Plan[]): unknown {
  const objects = plans.map(({ kind }) => empty(kind))
  const resolve = (value: unknown): unknown =>
    typeof value === 'object' && value !== null && LINKS.has(value)
      ? objects[(value as Link).to % objects.length]
      : value
  for (const [index, { members, kind }] of plans.entries()) {
    const object = objects[index] as object
    for (const [name, value] of members) add(object, name, resolve(value))
    if (kind === 'frozen') Object.freeze(object)
  }
  return objects
}

function empty(kind: Plan['kind']): object {
  if (kind === 'array') return []
  if (kind === 'holes') return new Array(3)
  if (kind === 'null') return Object.create(null) as object
  if (kind === 'map') return new Map()
  if (kind === 'set') return new Set()
  if (kind === 'error') return new RangeError('message')
  if (kind === 'date') return new Date(5)
  return kind === 'bytes' ? Uint8Array.of(1, 2, 3) : {}
}

function add(object: object, name: string, value: unknown): void {
  if (Array.isArray(object)) object.push(value)
  else if (object instanceof Map) object.set(value, name)
  else if (object instanceof Set) object.add(value)
  // Engines make the text of a stack out of the name.
  else if (object instanceof Error && name === 'name') return
  else if (!ArrayBuffer.isView(object) || Number.isNaN(Number(name)))
    Object.defineProperty(object, name, { value, enumerable: true, writable: true, configurable: true })
}

test('any graph comes back exactly, compact and not, and gives the same bytes again', () => {
  Error.stackTraceLimit = 0
  const property = fc.property(graph, fc.boolean(), (value, compact) => {
    const bytes = bytesOf(value, { compact })
    const back = pickle().deserialize(bytes)
    expect(difference(back, value)).toBeUndefined()
    expect(Buffer.compare(bytesOf(back, { compact }), bytes)).toBe(0)
  })
  fc.assert(property, { numRuns: 400 })
})

test('rows of any members', () => {
  const row = fc.dictionary(fc.constantFrom('a', 'b', 'c', '__proto__'), primitive, { noNullPrototype: true })
  fc.assert(
    fc.property(fc.array(fc.oneof(row, row, fc.array(row), primitive), { maxLength: 30 }), (value) => {
      expect(difference(pickle().deserialize(bytesOf(value)), value)).toBeUndefined()
    }),
    { numRuns: 400 },
  )
})

test('every number', () => {
  const bits = fc.oneof(
    fc.double(),
    fc.float(),
    fc.integer({ min: 0, max: 0xffff }).map(halfToNumber),
    fc.maxSafeInteger(),
  )
  fc.assert(
    fc.property(bits, (value) => {
      const bytes = bytesOf(value)
      expect(pickle().deserialize(bytes)).toBe(value)
    }),
    { numRuns: 3000 },
  )
  for (let half = 0; half < 0x10000; half += 7) {
    const value = halfToNumber(half)
    expect(bytesOf([value]).length).toBeLessThanOrEqual(40 + 3 + 1 + 5)
    expect(pickle().deserialize(bytesOf(value))).toBe(value)
  }
})

function halfToNumber(bits: number): number {
  const exponent = (bits >> 10) & 31
  const size = exponent === 0 ? (bits & 1023) * 2 ** -24 : (1 + (bits & 1023) / 1024) * 2 ** (exponent - 15)
  return (
    (bits & 0x8000 ? -1 : 1) * (exponent === 31 ? ((bits & 1023) === 0 ? Number.POSITIVE_INFINITY : Number.NaN) : size)
  )
}

test('objects of another realm come back as those of this one', () => {
  const value: unknown = runInNewContext(
    '({ list: [1, { a: 1 }], map: new Map([[1, new Set([2])]]), date: new Date(5), re: /a/g, error: new TypeError("m"), bytes: Float64Array.of(1.5), box: Object(1) })',
  )
  const back = pickle({ lossy: ['stack'] }).deserialize(bytesOf(value, { lossy: ['stack'] })) as Record<string, unknown>
  expect(back).toEqual({
    list: [1, { a: 1 }],
    map: new Map([[1, new Set([2])]]),
    date: new Date(5),
    re: /a/g,
    error: new TypeError('m'),
    bytes: Float64Array.of(1.5),
    box: Object(1) as object,
  })
  for (const type of [Object, Array, Map, Date, RegExp, TypeError, Float64Array, Number])
    expect([back, ...Object.values(back)].some((one) => Object.getPrototypeOf(one) === type.prototype)).toBe(true)
})

test('pooled Buffers and views of the pool carry no bytes of others', () => {
  const secret = Buffer.from('a secret of somebody else')
  const mine = Buffer.from('mine')
  const view = new Uint8Array(mine.buffer, mine.byteOffset, mine.byteLength)
  expect(secret.buffer).toBe(mine.buffer)
  const bytes = bytesOf([mine, view])
  expect(Buffer.from(bytes).includes('secret')).toBe(false)
  const [buffer, copy] = pickle().deserialize(bytes) as [Buffer, Uint8Array]
  expect([Buffer.isBuffer(buffer), buffer.toString(), Buffer.isBuffer(copy), copy.buffer.byteLength]).toEqual([
    true,
    'mine',
    false,
    4,
  ])
})

test("buffers: copies are the reader's own; views are the bytes that were read", () => {
  const bytes = bytesOf([new Float64Array(1000).fill(2), new Uint8Array(10)])
  const [copy] = pickle().deserialize(bytes) as [Float64Array]
  const [view, small] = pickle({ buffers: 'view' }).deserialize(bytes) as [Float64Array, Uint8Array]
  expect([view.buffer === bytes.buffer, small.buffer === bytes.buffer, view.byteOffset % 64]).toEqual([true, false, 0])
  bytes.fill(0, view.byteOffset)
  expect([copy[5], view[5]]).toEqual([2, 0])
  expect(() => pickle({ buffers: 'view' }).deserialize(bytes)).toThrow(expect.objectContaining({ code: 'DESERIALIZE' }))
  expect(pickle({ buffers: 'view', verifyBuffers: false }).deserialize(bytes)).toHaveLength(2)
})

test('writeBuffers: a copy, or the memory of the caller', () => {
  const big = new Uint8Array(100_000)
  const pieces = (writeBuffers: 'copy' | 'borrow') => pickle({ writeBuffers }).serialize(big) as readonly Uint8Array[]
  expect(pieces('copy').some(({ buffer }) => buffer === big.buffer)).toBe(false)
  expect(pieces('borrow').some(({ buffer }) => buffer === big.buffer)).toBe(true)
  expect(pickle().deserialize(concatBytes(pieces('borrow')))).toEqual(big)
})
