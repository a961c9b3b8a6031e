import { decode, encode } from '@msgpack/msgpack'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type MsgpackOptions, msgpack } from '../src/index.ts'
import { bytesOf, mutations, readingOf, stopOf, times } from './hostile.ts'
import { difference } from './same.ts'

const ALL: MsgpackOptions = { structuredClone: true }
const RECORD = bytesOf(0xd4, 0x72, 0x40)

const HOSTILE: readonly (readonly [string, Uint8Array, RegExp, MsgpackOptions?])[] = [
  ['nothing', bytesOf(), /too early/],
  ['a byte that is never used', bytesOf(0xc1), /never uses/],
  ['two values', bytesOf(1, 1), /goes on after its end/],
  ['a short text', bytesOf(0xa3, 'ab'), /too early/],
  ['a text of 4 GiB', bytesOf(0xdb, 255, 255, 255, 255, 'a'), /too early/],
  ['bytes of 4 GiB', bytesOf(0xc6, 255, 255, 255, 255, 'a'), /too early/],
  ['an extension of 4 GiB', bytesOf(0xc9, 255, 255, 255, 255, 0x74, 1), /too early/, ALL],
  ['a list of 4 billion', bytesOf(0xdd, 255, 255, 255, 255), /more than what follows/],
  ['a map of 4 billion', bytesOf(0xdf, 255, 255, 255, 255, 1), /more than what follows/],
  ['lists of a million in each other', times(200, 0xdd, 0, 15, 66, 64), /more than what follows/],
  ['a Set of 4 billion', bytesOf(0xd4, 0x73, 0, 0xdd, 255, 255, 255, 255), /more than what follows/, ALL],
  ['100,000 lists in each other', times(100_000, 0x91), /256 levels/],
  ['100,000 Sets in each other', times(100_000, 0xd4, 0x73, 0, 0x91), /256 levels/, ALL],
  ['a name twice', bytesOf(0x82, 0xa1, 'a', 1, 0xa1, 'a', 2), /twice/],
  ['a name twice, written differently', bytesOf(0x82, 0xa1, 'a', 1, 0xd9, 1, 'a', 2), /twice/],
  ['__proto__', bytesOf(0x81, 0xa9, '__proto__', 0x80), /__proto__/],
  ['a name that is a number', bytesOf(0x81, 1, 1), /not a text/],
  ['a name that is a list', bytesOf(0x81, 0x90, 1), /not a text/],
  ['a text that is not UTF-8', bytesOf(0xa2, 0xc0, 0x80), /UTF-8/],
  ['a surrogate in UTF-8', bytesOf(0xa3, 0xed, 0xa0, 0x80), /UTF-8/],
  ['a long text with a byte order mark', bytesOf(0xd9, 65, '\ufeff', times(62, 65)), /byte order mark/],
  ['an unknown extension', bytesOf(0xd4, 5, 0), /extension 5/],
  ['an unknown negative extension', bytesOf(0xd4, 0xfe, 0), /extension -2/],
  ['an error', bytesOf(0xd4, 0x65, 0, 0x92, 0xa1, 'a', 0xa1, 'b'), /extension 101/, ALL],
  ['bundled texts', bytesOf(0xd6, 0x62, 0, 0, 0, 1, 0xa0, 0xa0), /extension 98/, ALL],
  ['a Set without options', bytesOf(0xd4, 0x73, 0, 0x90), /extension 115/],
  ['a Set of a text', bytesOf(0xd4, 0x73, 0, 0xa2, 'ab'), /list is missing/, ALL],
  ['a Set with an item twice', bytesOf(0xd4, 0x73, 0, 0x92, 5, 0xcc, 5), /twice/, ALL],
  ['a Map with a key twice', bytesOf(0x82, 0xcb, times(8, 0), 1, 0, 1), /twice/, ALL],
  ['a timestamp of 5 bytes', bytesOf(0xc7, 5, 0xff, times(5, 0)), /wrong length/],
  ['a timestamp of 1 byte', bytesOf(0xd4, 0xff, 0xff), /wrong length/],
  ['a timestamp of too many nanoseconds', bytesOf(0xd7, 0xff, times(8, 255)), /no Date/],
  ['a timestamp beyond all dates', bytesOf(0xc7, 12, 0xff, 0, 0, 0, 0, 0x7f, times(7, 0)), /no Date/],
  ['a bigint without bytes', bytesOf(0xc7, 0, 0x42), /bigint/, ALL],
  ['a bigint of 64 KiB and a byte', bytesOf(0xc9, 0, 1, 0, 1, 0x42, times(65_537, 1)), /bigint/, ALL],
  ['a typed array of an unknown type', bytesOf(0xc7, 2, 0x74, 12, 0), /typed array/, ALL],
  ['half a number in a typed array', bytesOf(0xc7, 4, 0x74, 8, 0, 0, 0), /typed array/, ALL],
  ['a RegExp that is none', bytesOf(0xd4, 0x78, 0, 0x92, 0xa1, '(', 0xa0), /msgpackr cannot read/, ALL],
  ['a RegExp of numbers', bytesOf(0xd4, 0x78, 0, 0x92, 1, 2), /RegExp/, ALL],
  ['a record that is not defined', bytesOf(0x40), /not defined/, ALL],
  ['a record with a name twice', bytesOf(RECORD, 0x92, 0xa1, 'a', 0xa1, 'a', 1, 1), /twice/, ALL],
  ['a record with __proto__', bytesOf(RECORD, 0x91, 0xa9, '__proto__', 1), /__proto__/, ALL],
  ['a record with names that are numbers', bytesOf(RECORD, 0x91, 1, 1), /not a text/, ALL],
  ['a record of 4 billion names', bytesOf(RECORD, 0xdd, 255, 255, 255, 255), /more than what follows/, ALL],
  ['a pointer to nothing', bytesOf(0xd6, 0x70, 0, 0, 0, 1), /points to nothing/, ALL],
  ['a shared number', bytesOf(0xd6, 0x69, 0, 0, 0, 1, 1), /shared object/, ALL],
  ['a shared object shared again', bytesOf(0xd6, 0x69, 0, 0, 0, 1, 0xd6, 0x69, 0, 0, 0, 2, 0x90), /shared object/, ALL],
  ['a pointer without options', bytesOf(0xd6, 0x70, 0, 0, 0, 1), /extension 112/],
  ['an integer of 64 bits', bytesOf(0xcf, 0, 32, 0, 0, 0, 0, 0, 0), /2\^53/, { int64: 'number' }],
]

// 256 levels of four bytes.
const LATEST_STOP = 1100

test.each(HOSTILE.map(([name, ...rest]) => ({ name, rest })))('$name is DESERIALIZE', ({ rest }) => {
  const [bytes, says, options] = rest
  const reading = readingOf(msgpack(options), bytes)
  expect(reading).toEqual({ message: expect.stringMatching(says) })
  // It ends where the fault is, before the library has seen anything.
  expect(stopOf(reading)).toBeLessThan(LATEST_STOP)
  expect(({} as Record<string, unknown>)['polluted']).toBeUndefined()
})

test('more than maxBytes is TOO_LARGE', () => {
  expect(() => msgpack({ maxBytes: 3 }).deserialize(bytesOf(0xa3, 'abc'))).toThrow(/maxBytes \(3\)/)
  expect(msgpack({ maxBytes: 4 }).deserialize(bytesOf(0xa3, 'abc'))).toBe('abc')
})

test('errors quote nothing of the bytes', () => {
  for (const bytes of [
    bytesOf(0xa7, 'hunter2', 0xa7, 'hunter2'),
    bytesOf(0x82, 0xa7, 'hunter2', 1, 0xa7, 'hunter2', 1),
  ]) {
    const reading = readingOf(msgpack(), bytes)
    expect(reading).toEqual({ message: expect.not.stringContaining('hunter2') })
  }
})

describe('memory', () => {
  const value = { bytes: Uint8Array.of(1, 2, 3), more: [Uint8Array.of(4)] }

  test('what is read is a copy, unless a view is asked for', () => {
    for (const buffers of ['copy', 'view'] as const) {
      const serializer = msgpack({ buffers })
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
    const [one, two] = [msgpack().serialize('one'), msgpack().serialize('two')] as [Uint8Array, Uint8Array]
    expect(one.buffer).not.toBe(two.buffer)
    expect(Object.getPrototypeOf(one)).toBe(Uint8Array.prototype)
    expect(one.buffer.byteLength).toBe(one.byteLength)
  })

  test('a large payload does not stay', () => {
    const large = msgpack().serialize('x'.repeat(5_000_000)) as Uint8Array
    expect(large.byteLength).toBe(5_000_005)
    expect(msgpack().deserialize(msgpack().serialize(['y'.repeat(3_000_000), 1]) as Uint8Array)).toEqual([
      'y'.repeat(3_000_000),
      1,
    ])
  })
})

test('reads what another implementation writes', () => {
  const value = { int: 2 ** 40, float: 1.5, nested: [{ a: null }, Uint8Array.of(1)], at: new Date(1_700_000_000_123) }
  expect(difference(msgpack({ int64: 'number' }).deserialize(encode(value)), value)).toBeUndefined()
  expect(msgpack().deserialize(encode(2 ** 40))).toBe(2n ** 40n)
  expect(msgpack({ int64: 'number' }).deserialize(encode(-(2 ** 40)))).toBe(-(2 ** 40))
  expect(msgpack({ useRecords: true }).deserialize(encode({ a: 1 }))).toEqual(new Map([['a', 1]]))
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
    const bytes = msgpack().serialize(SAMPLE) as Uint8Array
    const read = (changed: Uint8Array): void => {
      const reading = readingOf(msgpack(), changed)
      if (!('value' in reading)) return
      const other = decode(changed, { useBigInt64: true })
      // It has no undefined, and its integers of 64 bits are as ours.
      expect(difference(withoutExtensions(reading.value), withoutExtensions(other))).toBeUndefined()
    }
    fc.assert(
      fc.property(mutations, (mutate) => read(mutate(bytes))),
      { numRuns: 3000, seed: 20_261_122 },
    )
  })

  test.each([ALL, { moreTypes: true }, { useRecords: true }])('%o', (options) => {
    const shared = [1]
    const serializer = msgpack(options)
    const value = options.structuredClone ? { ...KEPT, shared, again: shared, records: [{ x: 3 }, { x: 4 }] } : SAMPLE
    const bytes = serializer.serialize(value) as Uint8Array
    const read = (changed: Uint8Array): void => {
      const reading = readingOf(serializer, changed)
      if ('value' in reading) {
        const again = serializer.serialize(reading.value) as Uint8Array
        expect(difference(serializer.deserialize(again), reading.value)).toBeUndefined()
      } else expect(reading.message).not.toMatch(/msgpackr cannot read/)
    }
    fc.assert(
      fc.property(mutations, (mutate) => read(mutate(bytes))),
      { numRuns: 2000, seed: 20_261_122 },
    )
    expect(Object.keys(Object.prototype)).toEqual([])
  })
})

function withoutExtensions(value: unknown): unknown {
  if (value === undefined) return null
  if (typeof value !== 'object' || value === null || value instanceof Date) return value
  if (value instanceof Uint8Array) return value.slice()
  if (Array.isArray(value)) return value.map(withoutExtensions)
  if ('type' in value && 'data' in value && Object.getPrototypeOf(value) !== Object.prototype) return null
  return Object.fromEntries(Object.entries(value).map(([name, member]) => [name, withoutExtensions(member)]))
}
