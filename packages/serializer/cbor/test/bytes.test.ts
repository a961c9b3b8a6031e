import { decode, encode } from 'cborg/extended'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { bytesOf, mutations, readingOf, stopOf, times } from '../../msgpack/test/hostile.ts'
import { difference } from '../../msgpack/test/same.ts'
import { type CborOptions, cbor } from '../src/index.ts'

const ALL: CborOptions = { structuredClone: true, useRecords: true }
const GRAPH: CborOptions = { structuredClone: true }
const RECORD = bytesOf(0xd9, 0xdf, 0xff)

const HOSTILE: readonly (readonly [string, Uint8Array, RegExp, CborOptions?])[] = [
  ['nothing', bytesOf(), /too early/],
  ['a reserved byte', bytesOf(0x1c), /reserved/],
  ['two values', bytesOf(1, 1), /goes on after its end/],
  ['a short text', bytesOf(0x63, 'ab'), /too early/],
  ['a text of 4 GiB', bytesOf(0x7a, 255, 255, 255, 255, 'a'), /too early/],
  ['bytes of 16 EiB', bytesOf(0x5b, times(8, 255), 'a'), /too early/],
  ['a list of 4 billion', bytesOf(0x9a, 255, 255, 255, 255), /more than what follows/],
  ['a list of 2^64', bytesOf(0x9b, times(8, 255)), /more than what follows/],
  ['a map of 4 billion', bytesOf(0xba, 255, 255, 255, 255, 1), /more than what follows/],
  ['lists of a million in each other', times(200, 0x9a, 0, 15, 66, 64), /more than what follows/],
  ['a Set of 4 billion', bytesOf(0xd9, 1, 2, 0x9a, 255, 255, 255, 255), /more than what follows/],
  ['100,000 lists in each other', times(100_000, 0x81), /256 levels/],
  ['100,000 lists without a length in each other', times(100_000, 0x9f), /256 levels/],
  ['100,000 Sets in each other', times(100_000, 0xd9, 1, 2, 0x81), /256 levels/],
  ['100,000 tags in each other', times(100_000, 0xc1), /number is malformed/],
  ['a list without an end', bytesOf(0x9f, 1), /too early/],
  ['a break out of place', bytesOf(0x82, 1, 0xff), /simple value/],
  ['a break instead of a member', bytesOf(0xbf, 0x61, 'a', 0xff), /simple value/],
  ['a text in pieces', bytesOf(0x7f, 0x61, 'a', 0xff), /in pieces/],
  ['a name twice', bytesOf(0xa2, 0x61, 'a', 1, 0x61, 'a', 2), /twice/],
  ['a name twice, written differently', bytesOf(0xa2, 0x61, 'a', 1, 0x78, 1, 'a', 2), /twice/],
  ['a name twice, without a length', bytesOf(0xbf, 0x61, 'a', 1, 0x61, 'a', 2, 0xff), /twice/],
  ['__proto__', bytesOf(0xa1, 0x69, '__proto__', 0xa0), /__proto__/],
  ['a name that is a number', bytesOf(0xa1, 1, 1), /not a text/],
  ['a text that is not UTF-8', bytesOf(0x62, 0xc0, 0x80), /UTF-8/],
  ['a surrogate in UTF-8', bytesOf(0x63, 0xed, 0xa0, 0x80), /UTF-8/],
  ['a long text with a byte order mark', bytesOf(0x78, 65, '\ufeff', times(62, 65)), /byte order mark/],
  ['a simple value', bytesOf(0xe0), /simple value/],
  ['false in two bytes', bytesOf(0xf8, 0x14), /simple value/],
  ['an unknown tag', bytesOf(0xc5, 0x82, 1, 1), /tag 5/],
  ['a tag of 64 bits', bytesOf(0xdb, 0, 0, 0, 0, 0, 0, 0, 99, 0xa0), /tag 99/],
  ['a packed reference', bytesOf(0xc6, 0), /tag 6/],
  ['packed values', bytesOf(0xd8, 51, 0x84, 0x81, 1, 0x80, 0x80, 0xe0), /tag 51/],
  ['bundled texts', bytesOf(0xd9, 0xdf, 0xf9, 0x82, 0, 0), /tag 57337/, ALL],
  ['a legacy record', bytesOf(0xd8, 105, 0x83, 0x19, 0xe0, 0, 0x81, 0x61, 'a', 1), /tag 105/, ALL],
  ['self-described inside', bytesOf(0x81, 0xd9, 0xd9, 0xf7, 1), /tag 55799/],
  ['an object by name', bytesOf(0xd8, 27, 0x82, 0x68, 'Function', 0x62, 'aa'), /an object is none/],
  ['an error by name', bytesOf(0xd8, 27, 0x83, 0x65, 'Error', 0x61, 'a', 0x61, 'b'), /an object is none/],
  ['a RegExp that is none', bytesOf(0xd8, 27, 0x83, 0x66, 'RegExp', 0x61, '(', 0x60), /cbor-x cannot read/],
  ['a Set of a text', bytesOf(0xd9, 1, 2, 0x62, 'ab'), /set is no list/],
  ['a Set with an item twice', bytesOf(0xd9, 1, 2, 0x82, 5, 0x18, 5), /twice/],
  ['a Set with a half twice', bytesOf(0xd9, 1, 2, 0x82, 0xf9, 0x45, 0, 5), /twice/],
  ['a Map with a key twice', bytesOf(0xd9, 1, 3, 0xa2, 0xf9, 0, 0, 1, 0, 1), /twice/],
  ['a Map with a bigint twice', bytesOf(0xd9, 1, 3, 0xa2, 0xc2, 0x41, 5, 1, 0x1b, times(7, 0), 5, 1), /twice/],
  ['a Map of a list', bytesOf(0xd9, 1, 3, 0x80), /no map/],
  ['a date that is a text', bytesOf(0xc1, 0x61, '1'), /number is malformed/],
  ['a date of 64 bits', bytesOf(0xc1, 0x1b, times(8, 1)), /int64: 'number' reads/],
  ['a date beyond all dates', bytesOf(0xc1, 0xfb, 0x7f, 0xef, times(6, 0)), /out of range/],
  ['a date in words', bytesOf(0xc0, 0x67, '1 March'), /date is malformed/],
  ['a bigint of 4,097 bytes', bytesOf(0xc2, 0x59, 0x10, 1, times(4097, 1)), /4096 bytes/],
  ['a bigint of 1 MB', bytesOf(0xc2, 0x5a, 0, 0x0f, 0x42, 0x40, times(1_000_000, 1)), /4096 bytes/],
  ['a bigint of a text', bytesOf(0xc2, 0x61, 'a'), /bytes are missing/],
  ['half a number in a typed array', bytesOf(0xd8, 86, 0x43, 0, 0, 0), /typed array/],
  ['a record that is not defined', bytesOf(0xd9, 0xe0, 0, 0x80), /not defined/, ALL],
  ['a record without options', bytesOf(RECORD, 0x82, 0x19, 0xe0, 0, 0x80), /tag 57343/],
  ['a record with a name twice', bytesOf(RECORD, 0x84, 0x19, 0xe0, 0, 0x82, 0x61, 'a', 0x61, 'a', 1, 1), /twice/, ALL],
  ['a record with __proto__', bytesOf(RECORD, 0x83, 0x19, 0xe0, 0, 0x81, 0x69, '__proto__', 1), /__proto__/, ALL],
  ['a record of fewer names', bytesOf(RECORD, 0x84, 0x19, 0xe0, 0, 0x81, 0x61, 'a', 1, 1), /record is malformed/, ALL],
  ['a record with a wrong number', bytesOf(RECORD, 0x83, 5, 0x81, 0x61, 'a', 1), /record is malformed/, ALL],
  ['a record of 4 billion names', bytesOf(RECORD, 0x83, 0x19, 0xe0, 0, 0x9a, times(4, 255)), /more than/, ALL],
  ['a reference to nothing', bytesOf(0xd8, 29, 0), /points to nothing/, ALL],
  ['a reference without options', bytesOf(0xd8, 29, 0), /tag 29/],
  ['a shared number', bytesOf(0xd8, 28, 1), /shared object/, ALL],
  ['a shared object shared again', bytesOf(0xd8, 28, 0xd8, 28, 0x80), /shared object/, ALL],
  ['a Map in itself', bytesOf(0xd8, 28, 0xd9, 1, 3, 0xa1, 1, 0xd8, 29, 0), /contains itself/, GRAPH],
  ['a Set in itself', bytesOf(0xd8, 28, 0xd9, 1, 2, 0x81, 0x81, 0xd8, 29, 0), /contains itself/, GRAPH],
  ['an integer of 64 bits', bytesOf(0x1b, 0, 32, 0, 0, 0, 0, 0, 0), /2\^53/, { int64: 'number' }],
]

// 256 levels of four bytes.
const LATEST_STOP = 1100

test.each(HOSTILE.map(([name, ...rest]) => ({ name, rest })))('$name is DESERIALIZE', ({ rest }) => {
  const [bytes, says, options] = rest
  const reading = readingOf(cbor(options), bytes)
  expect(reading).toEqual({ message: expect.stringMatching(says) })
  // It ends where the fault is, before the library has seen anything.
  expect(stopOf(reading)).toBeLessThan(LATEST_STOP)
  expect(({} as Record<string, unknown>)['polluted']).toBeUndefined()
})

test('more than maxBytes is TOO_LARGE', () => {
  expect(() => cbor({ maxBytes: 3 }).deserialize(bytesOf(0x63, 'abc'))).toThrow(/maxBytes \(3\)/)
  expect(cbor({ maxBytes: 4 }).deserialize(bytesOf(0x63, 'abc'))).toBe('abc')
})

test('errors quote nothing of the bytes', () => {
  for (const bytes of [
    bytesOf(0x67, 'hunter2', 0x67, 'hunter2'),
    bytesOf(0xa2, 0x67, 'hunter2', 1, 0x67, 'hunter2', 1),
  ]) {
    const reading = readingOf(cbor(), bytes)
    expect(reading).toEqual({ message: expect.not.stringContaining('hunter2') })
  }
})

describe('memory', () => {
  const value = { bytes: Uint8Array.of(1, 2, 3), more: [Uint8Array.of(4)] }

  test('what is read is a copy, unless a view is asked for', () => {
    for (const buffers of ['copy', 'view'] as const) {
      const serializer = cbor({ buffers })
      const written = serializer.serialize(value) as Uint8Array
      const padded = Buffer.alloc(written.byteLength + 7, 0xc1)
      padded.set(written, 3)
      const back = serializer.deserialize(padded.subarray(3, 3 + written.byteLength)) as typeof value
      expect(difference(back, value)).toBeUndefined()
      padded.fill(0)
      expect(difference(back, value) === undefined).toBe(buffers === 'copy')
      expect(back.bytes.buffer === padded.buffer).toBe(buffers === 'view')
    }
  })

  test('what is written is memory of its own', () => {
    const [one, two] = [cbor().serialize('one'), cbor().serialize('two')] as [Uint8Array, Uint8Array]
    expect(one.buffer).not.toBe(two.buffer)
    expect(Object.getPrototypeOf(one)).toBe(Uint8Array.prototype)
    expect(one.buffer.byteLength).toBe(one.byteLength)
  })

  test('a large payload does not stay', () => {
    const large = cbor().serialize('x'.repeat(5_000_000)) as Uint8Array
    expect(large.byteLength).toBe(5_000_005)
    expect(cbor().deserialize(cbor().serialize(['y'.repeat(3_000_000), 1]) as Uint8Array)).toEqual([
      'y'.repeat(3_000_000),
      1,
    ])
  })
})

test('reads what another implementation writes', () => {
  const map = new Map<unknown, unknown>([
    [1, 'one'],
    ['1', [new Set([2])]],
  ])
  const value = {
    float: 1.5,
    half: 0.5,
    nested: [{ a: null }, Float64Array.of(1)],
    at: new Date(1_700_000_000_123),
    map,
  }
  expect(difference(cbor().deserialize(encode(value)), value)).toBeUndefined()
  expect(cbor().deserialize(encode(2 ** 40))).toBe(2n ** 40n)
  expect(cbor({ int64: 'number' }).deserialize(encode(-(2 ** 40)))).toBe(-(2 ** 40))
  expect(cbor().deserialize(encode(2n ** 70n))).toBe(2n ** 70n)
  const late = bytesOf(0xc1, 0x1b, 0, 0, 0, 1, 0, 0, 0, 0)
  expect(cbor({ int64: 'number' }).deserialize(late)).toEqual(new Date(2 ** 32 * 1000))
  expect(cbor({ useRecords: true }).deserialize(encode({ a: 1 }))).toEqual(new Map([['a', 1]]))
})

test.each<[string, Uint8Array, unknown]>([
  ['lists and maps without a length', bytesOf(0x9f, 1, 0xbf, 0x61, 'a', 0x9f, 0xff, 0xff, 0xff), [1, { a: [] }]],
  ['a Map without a length', bytesOf(0xd9, 1, 3, 0xbf, 1, 0xa0, 0xff), new Map([[1, {}]])],
  ['halves', bytesOf(0x84, 0xf9, 0x3c, 0, 0xf9, 0x80, 0, 0xf9, 0x7c, 0, 0xf9, 0, 1), [1, -0, 1 / 0, 2 ** -24]],
  ['a date as text', bytesOf(0xc0, 0x74, '2026-11-22T12:00:00Z'), new Date('2026-11-22T12:00:00Z')],
  ['numbers that begin with the largest byte', bytesOf(0xd8, 81, 0x44, 0x3f, 0x80, 0, 0), Float32Array.of(1)],
  ['self-described CBOR', bytesOf(0xd9, 0xd9, 0xf7, 0x81, 1), [1]],
])('reads %s', (_, bytes, value) => {
  expect(difference(cbor().deserialize(bytes), value)).toBeUndefined()
})

const SAMPLE = {
  text: 'caf\u00e9',
  list: [1, -5, 300, 70_000, 1.5, null, undefined, true, 2n ** 63n],
  nested: { at: new Date(1_700_000_000_123), bytes: Uint8Array.of(1, 2, 3) },
}
const KEPT = {
  ...SAMPLE,
  set: new Set([1, 'a']),
  map: new Map<unknown, unknown>([
    [1, { x: 1 }],
    ['1', [{ x: 2 }]],
  ]),
}

describe('any damage gives a value or DESERIALIZE', () => {
  test('and another implementation reads the same value', () => {
    const bytes = cbor().serialize(SAMPLE) as Uint8Array
    const read = (changed: Uint8Array): void => {
      const reading = readingOf(cbor(), changed)
      if (!('value' in reading)) return
      const tags = { 1: (read: () => unknown) => new Date(Math.round(Number(read()) * 1000)) }
      const other = decode(changed, { tags, rejectDuplicateMapKeys: true })
      expect(difference(asNumbers(other), asNumbers(reading.value))).toBeUndefined()
    }
    fc.assert(
      fc.property(mutations, (mutate) => read(mutate(bytes))),
      { numRuns: 3000, seed: 20_261_122 },
    )
  })

  test.each([ALL, GRAPH, { useRecords: true }])('%o', (options) => {
    const shared = [1]
    const serializer = cbor(options)
    const value = options.structuredClone ? { ...KEPT, shared, again: shared, records: [{ x: 3 }, { x: 4 }] } : KEPT
    const bytes = serializer.serialize(value) as Uint8Array
    const read = (changed: Uint8Array): void => {
      const reading = readingOf(serializer, changed)
      if ('value' in reading) {
        const again = serializer.serialize(reading.value) as Uint8Array
        expect(difference(serializer.deserialize(again), reading.value)).toBeUndefined()
      } else expect(reading.message).not.toMatch(/cbor-x cannot read/)
    }
    fc.assert(
      fc.property(mutations, (mutate) => read(mutate(bytes))),
      { numRuns: 2000, seed: 20_261_122 },
    )
    expect(Object.keys(Object.prototype)).toEqual([])
  })
})

// It reads integers of 64 bits as numbers where it can, and takes byte order marks away.
function asNumbers(value: unknown): unknown {
  if (typeof value === 'bigint' && Number.isSafeInteger(Number(value))) return Number(value)
  if (typeof value === 'string') return value.replace(/^\ufeff/, '')
  if (value instanceof Uint8Array) return value.slice()
  if (Array.isArray(value)) return value.map(asNumbers)
  if (typeof value !== 'object' || value === null || Object.getPrototypeOf(value) !== Object.prototype) return value
  return Object.fromEntries(Object.entries(value).map(([name, member]) => [asNumbers(name), asNumbers(member)]))
}
