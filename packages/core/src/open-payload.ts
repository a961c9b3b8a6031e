import { requireBytes } from './bytes.ts'
import type { Codec, CodecContext } from './codec.ts'
import { resultError } from './errors.ts'
import { decodePayloadStream, watchPin } from './pipeline.ts'
import { type DecodedHeader, decodeRecordStream, hashedStream } from './record/record.ts'
import { checkReference, type ReplacedOption } from './reference-check.ts'
import { once, releasing } from './releasing.ts'
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
  let digest = ''
  const header = await decodeRecordStream(object.stream(), ({ sha256 }) => {
    digest = sha256
  })
  return { header, payload: header.payload, digest: () => digest }
}

/** Opens a plain payload. */
export function openPlain(object: StoredObject): OpenPayload {
  let digest = ''
  const stream = once(object.stream())
  const hashed = hashedStream(stream, ({ sha256 }) => {
    digest = sha256
  })
  return { header: undefined, payload: releasing(hashed, stream), digest: () => digest }
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
): AsyncGenerator<Uint8Array, void, undefined> {
  async function* decoded(): AsyncGenerator<Uint8Array, void, undefined> {
    const watched = watchPin(payload, codecs)
    let size = 0
    for await (const piece of decodePayloadStream(watched.payload, codecs, context)) {
      size += requireBytes(piece, 'read').byteLength
      checkSize(size, context.maxBytes)
      yield piece
    }
    // The codecs speak first: what they refuse is damage, and only what they accept can be another result.
    checkReference(reference, { pin: watched.pin(), sha256: digest() }, header?.header, replaced)
  }
  return releasing(decoded(), payload)
}

/** CONFIG for a limit that is none. */
export function checkMaxBytes(maxBytes: number = 0): void {
  if (!(maxBytes >= 0)) throw resultError('CONFIG', 'read', 'read: maxBytes is not a number of bytes.')
}

/** TOO_LARGE. */
export function checkSize(size: number, maxBytes: number = Number.POSITIVE_INFINITY): void {
  if (size <= maxBytes) return
  const message = `read: the result has at least ${size} bytes, and maxBytes is ${maxBytes}. Raise it, or read the result as a stream.`
  throw resultError('TOO_LARGE', 'read', message)
}
