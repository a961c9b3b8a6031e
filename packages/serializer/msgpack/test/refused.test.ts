import { isResultError, type ResultError } from '@resultkit/core'
import { describe, expect, test } from 'vitest'
import { type MsgpackOptions, msgpack } from '../src/index.ts'
import { OFFENDERS, offendersInside } from './offenders.ts'
import { difference } from './same.ts'

const MODES: readonly MsgpackOptions[] = [{}, { useRecords: true }, { moreTypes: true }, { structuredClone: true }]

function refusalOf(options: MsgpackOptions, value: unknown): ResultError {
  try {
    msgpack(options).serialize(value)
  } catch (error) {
    if (isResultError(error)) return error
    throw error
  }
  throw new Error('it was not refused')
}

function roundTrip(options: MsgpackOptions, value: unknown): unknown {
  const serializer = msgpack(options)
  return serializer.deserialize(serializer.serialize(value) as Uint8Array)
}

describe.each(MODES)('msgpack(%o) refuses', (options) => {
  test.each(Object.entries(OFFENDERS))('%s', (_, { build, path = [], says }) => {
    const error = refusalOf(options, { list: [1, build()] })
    expect(error.code).toBe('SERIALIZE')
    expect(error.issues.map((issue) => issue.path)).toContainEqual(['list', 1, ...path])
    expect(error.message).toMatch(says)
  })

  test('all offenders of a value in one error', () => {
    const { value, places } = offendersInside()
    const error = refusalOf(options, value)
    expect(error.issues.map(({ path }) => path[0])).toEqual(places)
    expect(error.message).toContain(`and ${places.length - 10} more`)
    expect(`${error.message}${JSON.stringify(error)}${error.stack}`).not.toContain('hunter2')
  })
})

const cyclic: unknown[] = []
cyclic.push({ cyclic })
const shared = { x: 1 }
const selfish = new Map<string, unknown>()
selfish.set('self', selfish)

/** What is refused in some modes alone, and the option that keeps it. */
const BY_MODE: readonly (readonly [string, unknown, refused: MsgpackOptions, kept: MsgpackOptions])[] = [
  ['a Map', new Map([[{ a: 1 }, 1]]), { moreTypes: true }, { useRecords: true }],
  ['a Set', new Set([1, '1']), { useRecords: true }, { moreTypes: true }],
  ['a RegExp', /a\/b/giu, { useRecords: true }, { moreTypes: true }],
  ['a Float64Array', Float64Array.of(-0, Number.NaN), {}, { moreTypes: true }],
  ['an ArrayBuffer', Uint8Array.of(1, 2).buffer, {}, { moreTypes: true }],
  ['a DataView', new DataView(Uint8Array.of(1, 2, 3).buffer), {}, { moreTypes: true }],
  ['an invalid Date', new Date(Number.NaN), {}, { moreTypes: true }],
  ['a BigInt of 65 bits', 2n ** 64n, {}, { moreTypes: true }],
  ['a negative BigInt of 65 bits', -(2n ** 63n) - 1n, { useRecords: true }, { moreTypes: true }],
  ['a BigInt with int64: number', 5n, { int64: 'number' }, {}],
  ['a shared object', [shared, shared], { useRecords: true, moreTypes: true }, { structuredClone: true }],
  ['a cycle', cyclic, { lossy: ['shared'] }, { structuredClone: true }],
  ['a Map that holds itself', selfish, { useRecords: true }, { structuredClone: true }],
  ['a name that records use', { __keys__: 1 }, { useRecords: true }, {}],
  ['levels of nesting', [[[1]]], { maxDepth: 2 }, { maxDepth: 3 }],
]

test.each(BY_MODE)('%s', (_, value, refused, kept) => {
  expect(refusalOf(refused, value).code).toBe('SERIALIZE')
  expect(difference(roundTrip(kept, value), value)).toBeUndefined()
})

const LOSSES: readonly (readonly [MsgpackOptions, given: unknown, back: unknown])[] = [
  [{ lossy: ['negative-zero'] }, [-0], [0]],
  [{ lossy: ['shared'] }, { a: shared, b: shared }, { a: { x: 1 }, b: { x: 1 } }],
  [{ lossy: ['null-prototype'] }, Object.assign(Object.create(null), { a: 1 }), { a: 1 }],
  [{ lossy: ['buffer'] }, [Buffer.from('a'), Buffer.from('b')], [Uint8Array.of(97), Uint8Array.of(98)]],
  [{ lossy: ['buffer'], moreTypes: true }, Buffer.from('a'), Uint8Array.of(97)],
  [{ lossy: ['last-index'], moreTypes: true }, Object.assign(/a/g, { lastIndex: 3 }), /a/g],
]

test.each(LOSSES)('allows with %o what it names', (options, given, back) => {
  expect(refusalOf({ ...options, lossy: [] }, given).code).toBe('SERIALIZE')
  expect(difference(roundTrip(options, given), back)).toBeUndefined()
})

test.each<[string, Buffer, RegExp]>([
  ['an extra property', Object.assign(Buffer.from('a'), { x: 1 }), /Buffer: extra property/],
  ['a shared one', Buffer.from(new SharedArrayBuffer(2)), /Buffer: SharedArrayBuffer/],
  ['a resizable one', Buffer.from(new ArrayBuffer(2, { maxByteLength: 4 })), /Buffer: resizable/],
])('loses of a Buffer no more than its type: %s', (_, value, says) => {
  expect(refusalOf({ lossy: ['buffer'] }, [value]).message).toMatch(says)
})

test('says which option would keep a value', () => {
  expect(refusalOf({}, [-0, new Map(), shared, shared]).message).toMatch(
    /-0 \(written as 0 with .*\); .*Map \(kept with useRecords\); .* result\[2\] \(kept with structuredClone/,
  )
})

test('writes undefined as nil when that is allowed', () => {
  const value = { a: undefined, b: [undefined] }
  expect(difference(roundTrip({}, value), value)).toBeUndefined()
  expect(difference(roundTrip({ lossy: ['undefined'] }, value), { a: null, b: [null] })).toBeUndefined()
})

test('refuses undefined as a key or item where it would be the same as null', () => {
  const value = [
    new Map([
      [null, 1],
      [undefined, 2],
    ]),
    new Set([null, undefined]),
    new Map([[1, undefined]]),
  ]
  expect(difference(roundTrip({ structuredClone: true }, value), value)).toBeUndefined()
  const { issues, message } = refusalOf({ structuredClone: true, lossy: ['undefined'] }, value)
  expect(issues.map(({ path }) => path)).toEqual([
    [0, 1],
    [1, 1],
  ])
  expect(message).toMatch(/key of a Map: undefined \(as a key or item it would be null/)
})

test.each<[MsgpackOptions | object, RegExp]>([
  [{ useRecord: true }, /useRecord is not one/],
  [{ structuredClone: true, useRecords: false }, /useRecords cannot be false/],
  [{ structuredClone: true, lossy: ['shared'] }, /lossy/],
  [{ lossy: ['holes'] }, /lossy allows only/],
  [{ lossy: 'shared' }, /lossy allows only/],
  [{ int64: 'string' }, /int64/],
  [{ buffers: 'share' }, /buffers/],
  [{ maxBytes: 0 }, /maxBytes/],
  [{ maxDepth: -1 }, /maxDepth/],
  [{ maxDepth: '9' }, /maxDepth/],
  [{ moreTypes: 1 }, /moreTypes must be true or false/],
])('refuses the options %o', (options, message) => {
  expect(() => msgpack(options)).toThrow(message)
})

test('names in records what a reader has to have alike', () => {
  expect(msgpack().options).toBeUndefined()
  expect(msgpack({ maxBytes: 5, buffers: 'view', lossy: ['shared'] }).options).toBeUndefined()
  expect(msgpack({ structuredClone: true, int64: 'bigint' }).options).toEqual({
    useRecords: true,
    moreTypes: true,
    structuredClone: true,
  })
  expect(msgpack({ int64: 'number' }).options).toEqual({ int64: 'number' })
})

/** What happens where a program has given all objects an enumerable member. */
function whereInherited<R>(run: () => R): R {
  Object.defineProperty(Object.prototype, 'inherited', { enumerable: true, configurable: true, writable: true })
  try {
    return run()
  } finally {
    Reflect.deleteProperty(Object.prototype, 'inherited')
  }
}

test('refuses for records a hasOwnProperty that would let inherited names in', () => {
  const value = [{ hasOwnProperty: 1 }]
  expect(difference(roundTrip({ useRecords: true }, value), value)).toBeUndefined()
  expect(
    difference(
      whereInherited(() => roundTrip({}, value)),
      value,
    ),
  ).toBeUndefined()
  const { issues } = whereInherited(() => refusalOf({ useRecords: true }, value))
  expect(issues).toEqual([{ path: [0, 'hasOwnProperty'], message: 'name of a property: hasOwnProperty' }])
})

test('slices of a pool pass, unless they overlap', () => {
  const pool = new ArrayBuffer(Buffer.poolSize)
  const value = [new Uint8Array(pool, 8, 8), new Uint8Array(pool, 0, 8), new Uint8Array(pool, 16, 0)]
  expect(
    difference(
      roundTrip({}, value),
      value.map((each) => each.slice()),
    ),
  ).toBeUndefined()
  const error = refusalOf({}, [...value, new Uint8Array(pool, 4, 6)])
  expect(error.issues).toEqual([{ path: [3], message: expect.stringContaining('the same memory as result[0]') }])
})
