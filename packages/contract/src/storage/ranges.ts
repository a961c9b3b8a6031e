import { type ByteRange, collectBytes, type ResultStorage } from '@resultkit/core'
import { pattern } from '../body.ts'
import type { ContractCase } from '../contract-case.ts'
import { expectBytes, expectRefusal, expectSame } from '../expectation.ts'
import { forEachOf } from '../timing.ts'
import { get, key, open, put, reading, storageCase } from './use.ts'

const SIZE = 200_003

const RANGES: Readonly<Record<string, ByteRange>> = {
  'the first byte': { start: 0, end: 1 },
  'the last byte': { start: SIZE - 1, end: SIZE },
  'the last byte, open-ended': { start: SIZE - 1 },
  'a middle part': { start: 65_535, end: 131_073 },
  'one byte in the middle': { start: 65_536, end: 65_537 },
  everything: { start: 0 },
  'everything, closed': { start: 0, end: SIZE },
  'all but the first byte': { start: 1 },
  'an end beyond the object': { start: SIZE - 10, end: SIZE + 1000 },
  'the last byte, as a suffix': { start: -1 },
  'a suffix': { start: -70_000 },
  'a suffix as long as the object': { start: -SIZE },
  'a suffix longer than the object': { start: -SIZE - 1000 },
  'nothing at the start': { start: 0, end: 0 },
  'nothing in the middle': { start: 5, end: 5 },
  'nothing at the end': { start: SIZE },
  'nothing beyond the end': { start: SIZE + 1 },
  'nothing far beyond the end': { start: SIZE + 1000, end: SIZE + 2000 },
}

async function checkRanges(storage: ResultStorage, streamed: boolean): Promise<void> {
  const bytes = pattern(SIZE)
  await put(storage, 'ranged', bytes)
  await forEachOf(Object.entries(RANGES), async ([what, range]) => {
    const object = await open(storage, 'ranged', { range })
    const actual = streamed ? await collectBytes(object.stream()) : await object.bytes()
    const promised = `a range reads ${what} (${JSON.stringify(range)})`
    expectBytes(promised, actual, bytes.slice(range.start, range.end))
    expectSame(`${promised}, and stat.size is that of the whole object`, object.stat.size, SIZE)
  })
}

async function checkSmall(storage: ResultStorage): Promise<void> {
  await put(storage, 'none', new Uint8Array(0))
  await put(storage, 'one', pattern(1))
  const ranges = [{ start: 0 }, { start: 0, end: 1 }, { start: 1 }, { start: -1 }, { start: 0, end: 0 }]
  await forEachOf(ranges, async (range) => {
    const promised = `the range ${JSON.stringify(range)} of a tiny object`
    expectBytes(promised, await get(storage, 'none', { range }), new Uint8Array(0))
    expectBytes(promised, await get(storage, 'one', { range }), pattern(1).slice(range.start, range.end))
    const absent = await storage.read(key('absent'), reading({ range }))
    expectSame('a range of an absent key is undefined', absent, undefined)
  })
}

async function checkMaxBytes(storage: ResultStorage): Promise<void> {
  const bytes = pattern(70_000)
  await put(storage, 'limited', bytes)
  await put(storage, 'empty', new Uint8Array(0))
  expectBytes('exactly maxBytes is read', await get(storage, 'limited', { maxBytes: 70_000 }), bytes)
  expectBytes('0 bytes are within maxBytes 0', await get(storage, 'empty', { maxBytes: 0 }), new Uint8Array(0))
  for (const maxBytes of [0, 1, 69_999]) {
    const promised = `70000 bytes with maxBytes ${maxBytes} are TOO_LARGE when read resolves`
    await expectRefusal(promised, 'TOO_LARGE', () => storage.read(key('limited'), reading({ maxBytes })))
  }
  const absent = await storage.read(key('absent'), reading({ maxBytes: 0 }))
  expectSame('an absent key is undefined, whatever maxBytes', absent, undefined)
}

async function checkMaxBytesOfRange(storage: ResultStorage): Promise<void> {
  const bytes = pattern(70_000)
  await put(storage, 'limited', bytes)
  for (const range of [{ start: 1000, end: 1100 }, { start: -100 }, { start: 69_900, end: 80_000 }]) {
    const promised = `maxBytes counts the bytes of the range ${JSON.stringify(range)}`
    expectBytes(promised, await get(storage, 'limited', { range, maxBytes: 100 }), bytes.slice(range.start, range.end))
    await expectRefusal(promised, 'TOO_LARGE', () => storage.read(key('limited'), reading({ range, maxBytes: 99 })))
  }
}

/** `range` and `maxBytes`. */
export const rangeCases: readonly ContractCase<ResultStorage>[] = [
  storageCase('ranges: first, middle, last, suffix and beyond the end, as bytes', ['ranges'], (s) =>
    checkRanges(s, false),
  ),
  storageCase('ranges: first, middle, last, suffix and beyond the end, as a stream', ['ranges'], (s) =>
    checkRanges(s, true),
  ),
  storageCase('ranges: of objects of 0 and 1 bytes, and of absent ones', ['ranges'], checkSmall),
  storageCase('maxBytes: one byte too many is TOO_LARGE', [], checkMaxBytes),
  storageCase('maxBytes: counts the bytes of the range', ['ranges'], checkMaxBytesOfRange),
]
