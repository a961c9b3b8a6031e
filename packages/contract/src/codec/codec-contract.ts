import {
  type ByteRange,
  type Codec,
  collectBytes,
  parseRange,
  type RangeReader,
  type RangeSource,
  resolveRange,
} from '@resultkit/core'
import { pattern } from '../body.ts'
import type { ContractCase } from '../contract-case.ts'
import { expectBytes, expectRefusal, expectSame, expectThat } from '../expectation.ts'
import { damageCases } from './damage.ts'
import { roundTripCases } from './round-trip.ts'
import { streamCases } from './streams.ts'
import { brokenCode, codecCase, context, encodePieces } from './use.ts'

async function checkMembers(codec: Codec): Promise<void> {
  expectThat(/^[!-~]+$/.test(codec.name), 'name is printable ASCII without spaces', codec.name)
  expectThat(['compression', 'encryption'].includes(codec.kind), 'kind is compression or encryption', codec.kind)
  expectThat(
    Number.isSafeInteger(codec.minBytes) && codec.minBytes >= 0,
    'minBytes is a number of bytes',
    `${codec.minBytes}`,
  )
}

async function checkMinBytes(codec: Codec): Promise<void> {
  expectSame('encryption leaves no payload out: minBytes is 0', codec.minBytes, 0)
}

async function checkPin(codec: Codec): Promise<void> {
  for (const size of [0, 100, 20_000]) {
    for (const encoded of [await codec.encode(pattern(size), context()), await encodePieces(codec, [pattern(size)])]) {
      const pin = codec.pin(encoded.slice(0, 8192))
      expectThat(
        pin === undefined || pin.byteLength === 32,
        'a pin has 32 bytes, or is undefined',
        () => `${pin?.byteLength}`,
      )
      const again = codec.pin(encoded)
      const promised = 'the same payload has the same pin, from its first 8,192 bytes or more'
      if (pin === undefined) expectSame(promised, again, undefined)
      else expectBytes(promised, again, pin)
    }
  }
}

function sourceOf(bytes: Uint8Array): RangeSource {
  return {
    size: bytes.byteLength,
    async read(range) {
      const { start, end } = resolveRange(parseRange(range, 'decodeRange'), bytes.byteLength)
      return bytes.slice(start, end)
    },
  }
}

function decodeRange({ decodeRange: read }: RangeReader, encoded: Uint8Array, range: ByteRange): Promise<Uint8Array> {
  return collectBytes(read(sourceOf(encoded), range, context()))
}

async function checkRange(codec: Codec): Promise<void> {
  const reader = codec.range as RangeReader
  for (const size of [0, 1, 16_384, 200_003]) {
    const value = pattern(size)
    const encoded = await encodePieces(codec, [value])
    const near = [0, 1, 16_383, 16_384, 16_385, 65_536, size - 1, size, size + 1].filter((at) => at >= 0)
    const ranges: ByteRange[] = [
      ...near.map((start) => ({ start })),
      ...near.map((start) => ({ start, end: start + 1 })),
      ...near.map((start) => ({ start: 0, end: start })),
      ...[1, 1000, 16_384, size, size + 5].filter((count) => count > 0).map((count) => ({ start: -count })),
      { start: 16_000, end: 70_000 },
    ]
    for (const range of ranges) {
      const promised = `the range ${JSON.stringify(range)} of ${size} decoded bytes is that slice`
      expectBytes(promised, await decodeRange(reader, encoded, range), value.slice(range.start, range.end))
    }
  }
}

async function checkRangeDamage(codec: Codec): Promise<void> {
  const reader = codec.range as RangeReader
  const encoded = await encodePieces(codec, [pattern(50_000)])
  const flipped = encoded.map((byte) => byte ^ 1)
  const code = brokenCode(codec)
  const promised = `a range of a damaged payload is ${code}`
  await expectRefusal(promised, code, () => decodeRange(reader, flipped, { start: 10, end: 20 }))
  await expectRefusal(promised, code, () => decodeRange(reader, encoded.subarray(0, 100), { start: 40_000 }))
}

/** What every codec promises. `open()` gives a codec; a case opens it once. */
export const codecContract: readonly ContractCase<Codec>[] = [
  codecCase('members: name, kind and minBytes', [], checkMembers),
  codecCase('members: encryption has minBytes 0', ['encryption'], checkMinBytes),
  ...roundTripCases,
  ...damageCases,
  ...streamCases,
  codecCase('pin: undefined or 32 bytes that stay the same', [], checkPin),
  codecCase('range: the slice that the whole would give', ['range'], checkRange),
  codecCase('range: damage is refused', ['range'], checkRangeDamage),
]
