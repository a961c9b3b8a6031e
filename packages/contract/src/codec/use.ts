import { type Codec, type CodecContext, collectBytes, type ResultErrorCode } from '@resultkit/core'
import { pattern, streamed, utf8 } from '../body.ts'
import { type ContractCase, contractCase } from '../contract-case.ts'

/** The case of one codec. */
export function codecCase(
  name: string,
  requires: readonly ('compression' | 'encryption' | 'range')[],
  check: (codec: Codec) => Promise<void>,
): ContractCase<Codec> {
  return contractCase(name, requires, check)
}

/** A record's context. */
export function context(options: Partial<CodecContext> = {}): CodecContext {
  return { key: 'contract/key', header: utf8('{"resultkit":1,"serializer":"bytes"}\n'), report: () => {}, ...options }
}

const MIB = 1024 * 1024

/** Sizes around what codecs buffer in. */
export const SIZES: readonly number[] = [0, 1, 2, 63, 64, 65, 1000, 4096, 16_383, 65_535, 65_536, 65_537, MIB + 7]

/** Values that compress well, and values that do not. */
export const VALUES: readonly Uint8Array[] = [
  ...SIZES.map((size) => pattern(size, size)),
  ...[64, 65_537, MIB + 7].map((size) => new Uint8Array(size).fill(97)),
]

/** A small value with structure. */
export const SAMPLE: Uint8Array = utf8('{"name":"sample","values":[1,2,3,1,2,3,1,2,3]}'.repeat(3))

/** What a codec calls broken input. */
export function brokenCode({ kind }: Codec): ResultErrorCode {
  return kind === 'encryption' ? 'DECRYPT' : 'CORRUPT'
}

/** The whole output of `encodeStream` for pieces. */
export function encodePieces(codec: Codec, pieces: readonly Uint8Array[]): Promise<Uint8Array> {
  return collectBytes(codec.encodeStream(streamed(pieces), context()))
}

/** The whole output of `decodeStream` for pieces. */
export function decodePieces(
  codec: Codec,
  pieces: readonly Uint8Array[],
  options: Partial<CodecContext> = {},
): Promise<Uint8Array> {
  return collectBytes(codec.decodeStream(streamed(pieces), context(options)))
}
