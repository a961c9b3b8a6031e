import { isResultError, type ResultError } from '@resultkit/core'
import { describe, expect, test } from 'vitest'
import { OFFENDERS, offendersInside } from '../../msgpack/test/offenders.ts'
import { difference } from '../../msgpack/test/same.ts'
import { type CborOptions, cbor } from '../src/index.ts'

const MODES: readonly CborOptions[] = [{}, { useRecords: true }, { structuredClone: true }]

function refusalOf(options: CborOptions, value: unknown): ResultError {
  try {
    cbor(options).serialize(value)
  } catch (error) {
    if (isResultError(error)) return error
    throw error
  }
  throw new Error('it was not refused')
}

function roundTrip(options: CborOptions, value: unknown): unknown {
  const serializer = cbor(options)
  return serializer.deserialize(serializer.serialize(value) as Uint8Array)
}

describe.each(MODES)('cbor(%o) refuses', (options) => {
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
const throughMap = { map: new Map<string, unknown>() }
throughMap.map.set('above', throughMap)
const selfish = new Map<string, unknown>()
selfish.set('self', [selfish])
const ownSet = new Set<unknown>()
ownSet.add({ ownSet })

/** What is refused in some modes alone, and the option that keeps it. */
const BY_MODE: readonly (readonly [string, unknown, refused: CborOptions, kept: CborOptions])[] = [
  ['a BigInt with int64: number', 5n, { int64: 'number' }, {}],
  ['a shared object', [shared, shared], { useRecords: true }, { structuredClone: true }],
  ['a cycle', cyclic, { lossy: ['shared'] }, { structuredClone: true }],
  ['a cycle through a Map', throughMap, {}, { structuredClone: true, useRecords: true }],
  ['a name that records use', { __keys__: 1 }, { useRecords: true }, {}],
  ['levels of nesting', [[[1]]], { maxDepth: 2 }, { maxDepth: 3 }],
]

test.each(BY_MODE)('%s', (_, value, refused, kept) => {
  expect(refusalOf(refused, value).code).toBe('SERIALIZE')
  expect(difference(roundTrip(kept, value), value)).toBeUndefined()
})

const LOSSES: readonly (readonly [CborOptions, given: unknown, back: unknown])[] = [
  [{ lossy: ['negative-zero'] }, [-0], [0]],
  [{ lossy: ['shared'] }, { a: shared, b: shared }, { a: { x: 1 }, b: { x: 1 } }],
  [{ lossy: ['null-prototype'] }, Object.assign(Object.create(null), { a: 1 }), { a: 1 }],
  [{ lossy: ['buffer'] }, [Buffer.from('a'), Buffer.from('b')], [Uint8Array.of(97), Uint8Array.of(98)]],
  [{ lossy: ['buffer'], useRecords: true }, Buffer.from('a'), Uint8Array.of(97)],
  [{ lossy: ['last-index'] }, Object.assign(/a/g, { lastIndex: 3 }), /a/g],
]

test.each(LOSSES)('allows with %o what it names', (options, given, back) => {
  expect(refusalOf({ ...options, lossy: [] }, given).code).toBe('SERIALIZE')
  expect(difference(roundTrip(options, given), back)).toBeUndefined()
})

test.each<[string, unknown, RegExp]>([
  ['an ArrayBuffer', new ArrayBuffer(2), /: ArrayBuffer \(make it a Uint8Array\)/],
  ['a DataView', new DataView(new ArrayBuffer(2)), /: DataView/],
  ['a Map that contains itself', selfish, /result\.self\[0\]: Map that contains itself/],
  ['a Set that contains itself', ownSet, /result\[0\]\.ownSet: Set that contains itself/],
  [
    '65,537 shared objects',
    Array.from({ length: 65_537 }, () => [1]).flatMap((each) => [each, each]),
    /more than 65536/,
  ],
  ['a Date whose milliseconds a double cannot hold', new Date(4_398_046_511_104_021), /double/],
  ['a BigInt of 4,097 bytes', 2n ** 32_768n, /more than 4096 bytes/],
])('refuses %s in all modes', (_, value, message) => {
  for (const useRecords of [false, true]) {
    expect(refusalOf({ structuredClone: true, useRecords }, value).message).toMatch(message)
  }
})

test('keeps as many shared objects as their numbers allow', () => {
  const value = Array.from({ length: 65_536 }, (_, index) => [index]).flatMap((each) => [each, each])
  expect(difference(roundTrip({ structuredClone: true }, value), value)).toBeUndefined()
})

test('counts the names of records among the shared objects', () => {
  const shapes = Array.from({ length: 257 }, (_, index) => ({ [`a${index}`]: 1 }))
  const shared = Array.from({ length: 65_530 }, (_, index) => [index]).flatMap((each) => [each, each])
  const value = [shapes, structuredClone(shapes), shared]
  const error = refusalOf({ structuredClone: true, useRecords: true }, value)
  expect(error.code).toBe('SERIALIZE')
  expect(difference(roundTrip({ structuredClone: true }, value), value)).toBeUndefined()
})

test.each<[CborOptions | object, RegExp]>([
  [{ useRecord: true }, /useRecord is not one/],
  [{ structuredClone: true, lossy: ['shared'] }, /lossy/],
  [{ lossy: ['holes'] }, /lossy allows only/],
  [{ lossy: 'shared' }, /lossy allows only/],
  [{ int64: 'string' }, /int64/],
  [{ buffers: 'share' }, /buffers/],
  [{ maxBytes: 0 }, /maxBytes/],
  [{ maxDepth: -1 }, /maxDepth/],
  [{ maxDepth: '9' }, /maxDepth/],
  [{ useRecords: 1 }, /useRecords must be true or false/],
])('refuses the options %o', (options, message) => {
  expect(() => cbor(options)).toThrow(message)
})

test('names in records what a reader has to have alike', () => {
  expect(cbor().options).toBeUndefined()
  expect(cbor({ maxBytes: 5, buffers: 'view', lossy: ['shared'] }).options).toBeUndefined()
  expect(cbor({ structuredClone: true, int64: 'bigint' }).options).toEqual({ structuredClone: true })
  expect(cbor({ useRecords: true }).options).toEqual({ useRecords: true })
  expect(cbor({ int64: 'number' }).options).toEqual({ int64: 'number' })
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
