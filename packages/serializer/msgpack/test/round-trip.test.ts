import { decode } from '@msgpack/msgpack'
import { isResultError, type ValueSerializer } from '@resultkit/core'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type MsgpackOptions, msgpack } from '../src/index.ts'
import { anything, graphs, type Kinds, keptValues } from './arbitraries.ts'
import { difference } from './same.ts'

const INT64 = fc.oneof(
  fc.bigInt({ min: -(2n ** 63n), max: 2n ** 64n - 1n }),
  fc.constantFrom(0n, 2n ** 63n, -(2n ** 63n)),
)
const ANY_BIGINT = fc.oneof(
  fc.bigInt(),
  fc.constantFrom(
    2n ** 64n,
    -(2n ** 63n) - 1n,
    2n ** 128n,
    -(2n ** 127n),
    255n ** 90n,
    -(2n ** 70_000n),
    2n ** 65_536n,
  ),
)

const PLAIN: Kinds = {
  map: false,
  set: false,
  regExp: false,
  typedArrays: false,
  buffers: false,
  invalidDate: false,
  bigints: INT64,
}
const MORE = { set: true, regExp: true, typedArrays: true, buffers: true, invalidDate: true, bigints: ANY_BIGINT }

const MODES: readonly (readonly [MsgpackOptions, Kinds])[] = [
  [{}, PLAIN],
  [{ useRecords: true }, { ...PLAIN, map: true }],
  [{ moreTypes: true }, { ...PLAIN, ...MORE }],
  [
    { useRecords: true, moreTypes: true, buffers: 'view' },
    { ...PLAIN, ...MORE, map: true },
  ],
  [{ structuredClone: true }, { ...PLAIN, ...MORE, map: true }],
]

const RUNS = 80
const SEED = 20_261_122

function serialized(serializer: ValueSerializer, value: unknown): Uint8Array {
  return serializer.serialize(value) as Uint8Array
}

/** Undefined when the value is refused, which it says with a place. */
function unlessRefused(serializer: ValueSerializer, value: unknown): Uint8Array | undefined {
  try {
    return serialized(serializer, value)
  } catch (error) {
    if (!isResultError(error) || error.code !== 'SERIALIZE') throw error
    expect(error.issues.length).toBeGreaterThan(0)
    return undefined
  }
}

describe.each(MODES)('msgpack(%o)', (options, kinds) => {
  const serializer = msgpack(options)

  test('keeps values of all its kinds exactly, in bytes of which there is one form', () => {
    fc.assert(
      fc.property(keptValues(kinds), (value) => {
        const bytes = serialized(serializer, value)
        const back = serializer.deserialize(bytes.slice())
        expect(difference(back, value)).toBeUndefined()
        expect(serialized(msgpack(options), back)).toEqual(bytes)
      }),
      { numRuns: RUNS, seed: SEED },
    )
  })

  test('keeps or refuses anything', () => {
    fc.assert(
      fc.property(anything, (value) => {
        const bytes = unlessRefused(serializer, value)
        if (bytes !== undefined) expect(difference(serializer.deserialize(bytes), value)).toBeUndefined()
      }),
      { numRuns: RUNS, seed: SEED },
    )
  })

  test('keeps or refuses graphs', () => {
    fc.assert(
      fc.property(graphs, (value) => {
        const bytes = unlessRefused(serializer, value)
        if (options.structuredClone) expect(bytes).toBeDefined()
        if (bytes !== undefined) expect(difference(serializer.deserialize(bytes), value)).toBeUndefined()
      }),
      { numRuns: RUNS, seed: SEED },
    )
  })
})

test('another implementation reads what is written without options', () => {
  const kinds: Kinds = { ...PLAIN, bigints: INT64.filter((value) => value > 2n ** 53n || value < -(2n ** 53n)) }
  fc.assert(
    fc.property(keptValues(kinds), (value) => {
      // It gives undefined, which is an extension, as an object.
      const withoutUndefined = replaceUndefined(value)
      const other = decode(serialized(msgpack(), withoutUndefined), { useBigInt64: true })
      expect(difference(normalized(other), normalized(withoutUndefined))).toBeUndefined()
    }),
    { numRuns: RUNS, seed: SEED },
  )
})

function replaceUndefined(value: unknown): unknown {
  if (value === undefined) return null
  if (Array.isArray(value)) return value.map(replaceUndefined)
  if (typeof value !== 'object' || value === null || Object.getPrototypeOf(value) !== Object.prototype) return value
  return Object.fromEntries(Object.entries(value).map(([name, member]) => [name, replaceUndefined(member)]))
}

// It reads 64-bit integers as BigInt and byte arrays as views.
function normalized(value: unknown): unknown {
  if (value instanceof Uint8Array) return value.slice()
  if (Array.isArray(value)) return value.map(normalized)
  if (typeof value !== 'object' || value === null || Object.getPrototypeOf(value) !== Object.prototype) return value
  return Object.fromEntries(Object.entries(value).map(([name, member]) => [name, normalized(member)]))
}

test('keeps records of more shapes than msgpackr has numbers for', () => {
  const shapes = Array.from({ length: 300 }, (_, index) => ({
    [`a${index}`]: index,
    [`b${index % 70}`]: { c: [index] },
  }))
  const value = {
    shapes,
    again: structuredClone(shapes),
    nested: structuredClone(shapes).reduceRight<object>((inner, each) => ({ ...each, inner }), {}),
  }
  for (const options of [
    { useRecords: true, maxDepth: 310 },
    { structuredClone: true, maxDepth: 310 },
  ]) {
    const serializer = msgpack(options)
    const bytes = serialized(serializer, value)
    expect(difference(serializer.deserialize(bytes), value)).toBeUndefined()
  }
})

test('writes one NaN, wherever it was computed', () => {
  const other = new Float64Array(BigUint64Array.of(0xfff8000000000123n).buffer)[0]
  for (const options of [{}, { structuredClone: true }]) {
    const serializer = msgpack(options)
    expect(serialized(serializer, { a: [other, 'x'], b: 1 })).toEqual(
      serialized(serializer, { a: [Number.NaN, 'x'], b: 1 }),
    )
  }
})
