import { isResultError, type ValueSerializer } from '@resultkit/core'
import { decode as decodeExtended } from 'cborg/extended'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { anything, graphs, type Kinds, keptValues } from '../../msgpack/test/arbitraries.ts'
import { difference } from '../../msgpack/test/same.ts'
import { type CborOptions, cbor } from '../src/index.ts'

const ANY_BIGINT = fc.oneof(
  fc.bigInt(),
  fc.constantFrom(
    0n,
    2n ** 63n,
    -(2n ** 63n),
    2n ** 64n,
    -(2n ** 64n),
    -(2n ** 64n) - 1n,
    255n ** 90n,
    -(2n ** 32_768n),
  ),
)

const KINDS: Kinds = {
  map: true,
  set: true,
  regExp: true,
  typedArrays: true,
  buffers: false,
  invalidDate: true,
  bigints: ANY_BIGINT,
}

const MODES: readonly (readonly [CborOptions, Kinds])[] = [
  [{}, KINDS],
  [{ useRecords: true, buffers: 'view' }, KINDS],
  [{ structuredClone: true }, KINDS],
  [{ structuredClone: true, useRecords: true }, KINDS],
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

describe.each(MODES)('cbor(%o)', (options, kinds) => {
  const serializer = cbor(options)

  test('keeps values of all its kinds exactly, in bytes of which there is one form', () => {
    fc.assert(
      fc.property(keptValues(kinds), (value) => {
        const bytes = serialized(serializer, value)
        const back = serializer.deserialize(bytes.slice())
        expect(difference(back, value)).toBeUndefined()
        expect(serialized(cbor(options), back)).toEqual(bytes)
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
        if (bytes !== undefined) expect(difference(serializer.deserialize(bytes), value)).toBeUndefined()
      }),
      { numRuns: RUNS, seed: SEED },
    )
  })
})

test('another implementation reads what is written without options', () => {
  const kinds: Kinds = {
    ...KINDS,
    // It has another tag for them.
    regExp: false,
    // Byte strings without bytes are one object to it.
    map: false,
    set: false,
    bigints: ANY_BIGINT.filter((value) => value > 2n ** 53n || value < -(2n ** 53n)),
  }
  fc.assert(
    fc.property(keptValues(kinds), (value) => {
      const other = decodeExtended(serialized(cbor(), value), { tags: { 1: readDate } })
      expect(difference(normalized(other), normalized(value))).toBeUndefined()
    }),
    { numRuns: RUNS, seed: SEED },
  )
})

test('another implementation reads Map and Set', () => {
  const value = {
    map: new Map<unknown, unknown>([
      [1, 'one'],
      ['1', new Map([[[2], null]])],
    ]),
    set: new Set([1, 'a', [2n ** 64n]]),
  }
  expect(difference(decodeExtended(serialized(cbor(), value)), value)).toBeUndefined()
})

// It takes byte order marks away, and does not round the milliseconds of a date.
function readDate(decode: () => unknown): Date {
  return new Date(Math.round(Number(decode()) * 1000))
}

function normalized(value: unknown): unknown {
  if (typeof value === 'string') return value.replace(/^\ufeff/, '')
  if (ArrayBuffer.isView(value) && !(value instanceof DataView)) {
    return new (value.constructor as Uint8ArrayConstructor)(value as Uint8Array)
  }
  if (Array.isArray(value)) return value.map(normalized)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([name, member]) => [normalized(name), normalized(member)]))
}

test('keeps records of more shapes than cbor-x has numbers for', () => {
  const shapes = Array.from({ length: 700 }, (_, index) => ({
    [`a${index}`]: index,
    [`b${index % 70}`]: { c: [index] },
  }))
  const value = {
    shapes,
    again: structuredClone(shapes),
    nested: structuredClone(shapes.slice(0, 300)).reduceRight<object>((inner, each) => ({ ...each, inner }), {}),
  }
  for (const options of [
    { useRecords: true, maxDepth: 310 },
    { structuredClone: true, maxDepth: 310 },
  ]) {
    const serializer = cbor(options)
    const bytes = serialized(serializer, value)
    expect(difference(serializer.deserialize(bytes), value)).toBeUndefined()
  }
})

test('writes one NaN, wherever it was computed', () => {
  const other = new Float64Array(BigUint64Array.of(0xfff8000000000123n).buffer)[0]
  for (const options of [{}, { structuredClone: true }]) {
    const serializer = cbor(options)
    expect(serialized(serializer, { a: [other, 'x'], b: 1 })).toEqual(
      serialized(serializer, { a: [Number.NaN, 'x'], b: 1 }),
    )
  }
})
