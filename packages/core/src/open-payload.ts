import type { Codec, CodecContext } from './codec.ts'
import { resultError } from './errors.ts'
import { decodePayloadStream, pinOf } from './pipeline.ts'
import { MAX_HEADER_BYTES } from './record/header.ts'
import { type DecodedHeader, decodeRecordStream, hashedStream } from './record/record.ts'
import { checkReference, type ReplacedOption } from './reference-check.ts'
import { releasing } from './releasing.ts'
import type { Source } from './source.ts'
import type { StoredObject } from './storage.ts'

/** A stored payload as a stream that can be read once. */
export interface OpenPayload {
  /** `undefined` for a plain one. */
  readonly header: DecodedHeader | undefined
  readonly payload: AsyncIterable<Uint8Array>
  /** The payload's digest, once it was read to its end. */
  digest(): string
}

/** Opens a record, as far as its header. Errors: CORRUPT, UNSUPPORTED version. */
export async function openRecord(object: StoredObject): Promise<OpenPayload & { readonly header: DecodedHeader }> {
  let sha256 = ''
  const { line, header, payload } = await decodeRecordStream(object.stream(), (trailer) => {
    sha256 = trailer.sha256
  })
  return { header: { line, header }, payload: once(payload), digest: () => sha256 }
}

/** Opens a plain payload. */
export function openPlain(object: StoredObject): OpenPayload {
  let sha256 = ''
  const stream = once(object.stream())
  const hashed = hashedStream(stream, (trailer) => {
    sha256 = trailer.sha256
  })
  return { header: undefined, payload: once(releasing(hashed, stream)), digest: () => sha256 }
}

/** The same iterator for all who ask, so that whoever lets go lets go of what is being read. */
function once<R>(items: AsyncIterable<R>): AsyncIterable<R> {
  const iterator = items[Symbol.asyncIterator]()
  return { [Symbol.asyncIterator]: () => iterator }
}

/**
 * Runs a payload back through its codecs. The stream ends normally only when everything was verified and is what the
 * reference means; however it ends, the payload is let go.
 */
export function decodeOpened(
  { reference }: Source,
  { header, payload, digest }: OpenPayload,
  codecs: readonly Codec[],
  context: CodecContext,
  replaced: ReplacedOption,
): AsyncIterable<Uint8Array> {
  let prefix: Uint8Array = new Uint8Array()
  const watch = (piece: Uint8Array): void => {
    if (codecs.length > 0 && prefix.byteLength < MAX_HEADER_BYTES) prefix = joined(prefix, piece)
  }
  // The codecs speak first: what they refuse is damage, and only what they accept can be another result.
  const check = (): void =>
    checkReference(reference, { pin: pinOf(codecs, prefix), sha256: digest() }, header?.header, replaced)
  return releasing(decodeThenCheck(watched(payload, watch), codecs, context, check), payload)
}

async function* decodeThenCheck(
  payload: AsyncIterable<Uint8Array>,
  codecs: readonly Codec[],
  context: CodecContext,
  check: () => void,
): AsyncGenerator<Uint8Array, void, undefined> {
  const { maxBytes = Number.POSITIVE_INFINITY } = context
  let size = 0
  for await (const piece of decodePayloadStream(payload, codecs, context)) {
    size += piece.byteLength
    if (size > maxBytes) throw tooLarge(`more than ${maxBytes} bytes`, maxBytes)
    yield piece
  }
  check()
}

async function* watched(
  pieces: AsyncIterable<Uint8Array>,
  watch: (piece: Uint8Array) => void,
): AsyncGenerator<Uint8Array, void, undefined> {
  for await (const piece of pieces) {
    watch(piece)
    yield piece
  }
}

function joined(prefix: Uint8Array, piece: Uint8Array): Uint8Array {
  const both = new Uint8Array(Math.min(MAX_HEADER_BYTES, prefix.byteLength + piece.byteLength))
  both.set(prefix)
  both.set(piece.subarray(0, both.byteLength - prefix.byteLength), prefix.byteLength)
  return both
}

/** TOO_LARGE. */
export function tooLarge(what: string, maxBytes: number): Error {
  const message = `read: the result has ${what}; maxBytes is ${maxBytes}. Raise maxBytes, or read it as a stream.`
  return resultError('TOO_LARGE', 'read', message)
}
