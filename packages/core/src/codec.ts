import type { ByteRange } from './range.ts'

/** What a codec is told about the record that it works for. */
export interface CodecContext {
  /** The storage-relative key. */
  readonly key: string
  /** The padded header line with its newline, exactly as stored; empty for `format: 'plain'`. */
  readonly header: Uint8Array
  /** More decoded bytes than this are TOO_LARGE before they are allocated. @default undefined */
  readonly maxBytes?: number | undefined
  readonly signal?: AbortSignal | undefined
  /** A decoder says here that a record should be written again, such as one under an old key. */
  report(facts: { readonly stale: boolean }): void
}

/** Random access to the payload as stored. */
export interface RangeSource {
  /** Bytes of the stored payload. */
  readonly size: number
  read(range: ByteRange): Promise<Uint8Array>
}

/** Decodes and verifies a part of a payload without the rest. The range counts decoded bytes. */
export interface RangeReader {
  decodeRange(source: RangeSource, range: ByteRange, context: CodecContext): AsyncIterable<Uint8Array>
}

/**
 * Changes the bytes of a payload, and is named in the record. Total; encode and decode are inverse, whole or streamed,
 * however a stream is cut into pieces; pieces that were given out are not touched again. Errors: CORRUPT (compression),
 * DECRYPT (encryption), TOO_LARGE. Encryption verifies its commitment, and each piece, before it gives the piece out.
 */
export interface Codec {
  /** Written into records and references: `zstd`, `encrypt`. */
  readonly name: string
  readonly kind: 'compression' | 'encryption'
  /** Buffered payloads below this many bytes are stored without this codec; only compression may say more than 0. */
  readonly minBytes: number
  encode(bytes: Uint8Array, context: CodecContext): Uint8Array | Promise<Uint8Array>
  decode(bytes: Uint8Array, context: CodecContext): Uint8Array | Promise<Uint8Array>
  encodeStream(bytes: AsyncIterable<Uint8Array>, context: CodecContext): AsyncIterable<Uint8Array>
  /** Ends normally only when everything was complete and verified as far as the codec can. */
  decodeStream(bytes: AsyncIterable<Uint8Array>, context: CodecContext): AsyncIterable<Uint8Array>
  readonly range: RangeReader | undefined
  /**
   * What a reference pins instead of the payload's digest: 32 bytes that a re-wrapped payload keeps. `undefined` when
   * this codec pins nothing. Given the first bytes of the stored payload, up to 8,192: what
   * it needs has to stand at the very beginning.
   */
  pin(payloadPrefix: Uint8Array): Uint8Array | undefined
}

/** Seals references into strings that reveal nothing. `keyring()` of `@resultkit/encrypt` is one. */
export interface ReferenceSealer {
  /** A string that starts with `sealed:`. `context` must be given again to open it. */
  seal(json: string, context: string | undefined): Promise<string>
  /** The JSON that was sealed; DECRYPT when the token, the key or the context is another. */
  open(token: string, context: string | undefined): Promise<string>
}
