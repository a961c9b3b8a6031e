import { type Codec, collectBytes, isResultError } from '@resultkit/core'
import { cut, pattern, type SpiedBody, spiedBody } from '../body.ts'
import type { ContractCase } from '../contract-case.ts'
import { expectBytes, expectFailure, expectRefusal, expectThat, isCausedBy } from '../expectation.ts'
import { show } from '../show.ts'
import { codecCase, context, decodePieces, encodePieces } from './use.ts'

const MIB = 1024 * 1024
const PIECE = 64 * 1024

type Transform = (codec: Codec, source: AsyncIterable<Uint8Array>) => AsyncIterable<Uint8Array>

const encode: Transform = (codec, source) => codec.encodeStream(source, context())
const decode: Transform = (codec, source) => codec.decodeStream(source, context())

/** Takes one piece, leaves, and expects the source to be left too. */
async function checkLeft(codec: Codec, transform: Transform, source: SpiedBody): Promise<void> {
  for await (const piece of transform(codec, source.source())) if (piece.byteLength > 0) break
  const { seen } = source
  expectThat(!seen.ended, 'a stream is transformed as it comes, in bounded memory', 'the source was read to its end')
  expectThat(
    seen.returned > 0,
    'a consumer that leaves early makes the codec leave its source',
    'return() was not called',
  )
}

function endless(bytes: (index: number) => Uint8Array): SpiedBody {
  return spiedBody((index) => (index < 512 ? bytes(index) : undefined))
}

async function checkEncodeLeft(codec: Codec): Promise<void> {
  await checkLeft(
    codec,
    encode,
    endless((index) => pattern(PIECE, index)),
  )
}

async function checkDecodeLeft(codec: Codec): Promise<void> {
  const encoded = await encodePieces(codec, [pattern(24 * MIB)])
  await checkLeft(
    codec,
    decode,
    endless((index) => encoded.subarray(index * PIECE, (index + 1) * PIECE)),
  )
}

async function checkSourceFails(codec: Codec): Promise<void> {
  const encoded = await encodePieces(codec, [pattern(300_000)])
  for (const transform of [encode, decode]) {
    const mine = new Error('the source broke')
    const source = spiedBody((index) => {
      if (index < 3) return encoded.subarray(index * 50_000, (index + 1) * 50_000)
      throw mine
    })
    const promised = 'a source that fails makes the stream fail with that error'
    const error = await expectFailure(promised, () => collectBytes(transform(codec, source.source())))
    expectThat(isCausedBy(error, mine), promised, () => show(error))
  }
}

async function checkMaxBytes(codec: Codec): Promise<void> {
  for (const value of [pattern(70_000), new Uint8Array(70_000)]) {
    const encoded = await codec.encode(value, context())
    const exact = { maxBytes: value.byteLength }
    expectBytes('exactly maxBytes are decoded', await codec.decode(encoded, context(exact)), value)
    expectBytes(
      'exactly maxBytes are decoded as a stream',
      await decodePieces(codec, cut(encoded, [999]), exact),
      value,
    )
    for (const maxBytes of [0, 1, 1000, value.byteLength - 1]) {
      const promised = `70000 bytes with maxBytes ${maxBytes} are TOO_LARGE`
      await expectRefusal(promised, 'TOO_LARGE', () => codec.decode(encoded, context({ maxBytes })))
      await expectRefusal(promised, 'TOO_LARGE', () => decodePieces(codec, cut(encoded, [999]), { maxBytes }))
    }
  }
}

async function checkBomb(codec: Codec): Promise<void> {
  const encoded = await encodePieces(
    codec,
    Array.from({ length: 32 }, () => new Uint8Array(MIB)),
  )
  const maxBytes = 100_000
  let given = 0
  const promised = 'a stream gives no more than maxBytes before it says TOO_LARGE'
  const error = await expectFailure(promised, async () => {
    for await (const piece of codec.decodeStream(
      spiedBody((index) => (index === 0 ? encoded : undefined)).source(),
      context({ maxBytes }),
    ))
      given += piece.byteLength
  })
  expectThat(isResultError(error) && error.code === 'TOO_LARGE', promised, () => show(error))
  expectThat(given <= maxBytes, promised, () => `it gave ${given} for ${maxBytes}`)
}

/** Streams in bounded memory, with limits. */
export const streamCases: readonly ContractCase<Codec>[] = [
  codecCase('streams: a consumer that leaves encodeStream early makes it leave its source', [], checkEncodeLeft),
  codecCase('streams: a consumer that leaves decodeStream early makes it leave its source', [], checkDecodeLeft),
  codecCase('streams: a source that fails makes the stream fail', [], checkSourceFails),
  codecCase('maxBytes: one decoded byte too many is TOO_LARGE', [], checkMaxBytes),
  codecCase('maxBytes: a stream gives no more than that', [], checkBomb),
]
