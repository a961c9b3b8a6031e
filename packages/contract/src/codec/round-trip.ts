import { type Codec, equalBytes } from '@resultkit/core'
import { cut, ODD_SIZES, pattern } from '../body.ts'
import type { ContractCase } from '../contract-case.ts'
import { expectBytes, expectThat } from '../expectation.ts'
import { codecCase, context, decodePieces, encodePieces, SAMPLE, VALUES } from './use.ts'

async function checkWhole(codec: Codec): Promise<void> {
  for (const value of VALUES) {
    const encoded = await codec.encode(value, context())
    expectThat(encoded instanceof Uint8Array, 'encode gives a Uint8Array', typeof encoded)
    const promised = `${value.byteLength} bytes that are encoded decode to the same`
    expectBytes(promised, await codec.decode(encoded, context()), value)
  }
}

async function checkStreams(codec: Codec): Promise<void> {
  for (const value of VALUES) {
    const encoded = await encodePieces(codec, cut(value, ODD_SIZES))
    const promised = `${value.byteLength} bytes that are encoded as a stream decode to the same`
    expectBytes(promised, await decodePieces(codec, cut(encoded, ODD_SIZES)), value)
    expectBytes(`${promised} in one piece`, await decodePieces(codec, [encoded]), value)
  }
}

async function checkSingleBytes(codec: Codec): Promise<void> {
  const value = pattern(3000)
  const encoded = await encodePieces(codec, cut(value, [1]))
  const promised = 'a stream may be cut anywhere'
  expectBytes(promised, await decodePieces(codec, cut(encoded, [1])), value)
  expectBytes(promised, await decodePieces(codec, cut(encoded, [0, 1, 0, 0, 2, 3])), value)
}

async function checkCrossed(codec: Codec): Promise<void> {
  for (const value of VALUES) {
    const whole = await codec.encode(value, context())
    const promised = `${value.byteLength} bytes decode alike, whole or streamed`
    expectBytes(promised, await decodePieces(codec, cut(whole, [4097, 1])), value)
    const stream = await encodePieces(codec, cut(value, [4097, 1]))
    expectBytes(promised, await codec.decode(stream, context()), value)
  }
}

async function checkPlain(codec: Codec): Promise<void> {
  const plain = context({ header: new Uint8Array(0) })
  const encoded = await codec.encode(SAMPLE, plain)
  const promised = "compression works without a record's header, for format 'plain'"
  expectBytes(promised, await codec.decode(encoded, plain), SAMPLE)
}

async function checkInput(codec: Codec): Promise<void> {
  const around = pattern(5000)
  const value = around.subarray(100, 4100)
  const encoded = await codec.encode(value, context())
  expectBytes('encode leaves its input as it is', around, pattern(5000))
  const before = encoded.slice()
  expectBytes('decode takes a view', await codec.decode(encoded, context()), pattern(5000).subarray(100, 4100))
  expectBytes('decode leaves its input as it is', encoded, before)
  const pieces = cut(value, [999])
  const stream = await encodePieces(codec, pieces)
  const streamBefore = stream.slice()
  await decodePieces(codec, [stream])
  expectBytes('decodeStream leaves its input as it is', stream, streamBefore)
  for (const [index, piece] of pieces.entries())
    expectBytes('encodeStream leaves its input as it is', piece, value.subarray(index * 999, (index + 1) * 999))
}

async function checkParallel(codec: Codec): Promise<void> {
  const values = Array.from({ length: 12 }, (_, index) => pattern(10_000 + index, index))
  const decoded = await Promise.all(
    values.map(async (value, index) => {
      if (index % 2 === 0) return codec.decode(await codec.encode(value, context()), context())
      return decodePieces(codec, cut(await encodePieces(codec, cut(value, [777])), [555]))
    }),
  )
  for (const [index, value] of values.entries())
    expectBytes('a codec works on many payloads at the same time', decoded[index], value)
}

async function checkDeterministic(codec: Codec): Promise<void> {
  const first = await codec.encode(SAMPLE, context())
  const second = await codec.encode(SAMPLE, context())
  expectBytes('compressing the same bytes gives the same bytes', second, first)
}

async function checkFresh(codec: Codec): Promise<void> {
  const first = await codec.encode(SAMPLE, context())
  const second = await codec.encode(SAMPLE, context())
  expectThat(!equalBytes(first, second), 'encrypting the same bytes gives other bytes', 'they are the same')
}

/** Encoding and decoding are inverse. */
export const roundTripCases: readonly ContractCase<Codec>[] = [
  codecCase('round trip: whole', [], checkWhole),
  codecCase('round trip: as a stream', [], checkStreams),
  codecCase('round trip: as a stream of single bytes', [], checkSingleBytes),
  codecCase('round trip: encoded whole and decoded as a stream, and the other way', [], checkCrossed),
  codecCase('round trip: without a header', ['compression'], checkPlain),
  codecCase('input: stays as it is', [], checkInput),
  codecCase('parallel: many payloads at the same time', [], checkParallel),
  codecCase('output: compression gives equal bytes for equal bytes', ['compression'], checkDeterministic),
  codecCase('output: encryption gives other bytes each time', ['encryption'], checkFresh),
]
