import { sha256, sha256Hex } from '#hash'
import { concatBytes, requireBytes, sizeOf } from '../bytes.ts'
import { decodeHeader, headerLength, type RecordHeader } from './header.ts'
import { checkTrailer, corrupt, decodeTrailer, encodeTrailer, type RecordTrailer, TRAILER_BYTES } from './trailer.ts'

/** A header line as stored, with its length and what it says. */
export interface DecodedHeader {
  /** The padded line with its newline. */
  readonly line: Uint8Array
  readonly header: RecordHeader
}

/** A record at hand, its digests verified. */
export interface DecodedRecord extends DecodedHeader {
  readonly payload: Uint8Array
  readonly trailer: RecordTrailer
}

/** A whole record out of a header line and a payload at hand. */
export function encodeRecord(
  line: Uint8Array,
  payload: readonly Uint8Array[],
): { readonly parts: readonly Uint8Array[]; readonly trailer: RecordTrailer } {
  const trailer = { size: sizeOf(payload), sha256: digestOf(payload), header: sha256Hex(line) }
  return { parts: [line, ...payload, encodeTrailer(trailer)], trailer }
}

/** The header of a record of which the first bytes are at hand; CORRUPT when there is none. */
export function openHeader(bytes: Uint8Array): DecodedHeader {
  const length = headerLength(bytes)
  if (length === undefined) throw corrupt('it ends within its header line')
  const line = bytes.subarray(0, length)
  return { line, header: decodeHeader(line) }
}

/** Takes a whole record apart and verifies it. The payload is a view. Errors: CORRUPT, UNSUPPORTED. */
export function decodeRecord(bytes: Uint8Array, opened: DecodedHeader = openHeader(bytes)): DecodedRecord {
  const { line, header } = opened
  const end = bytes.byteLength - TRAILER_BYTES
  if (end < line.byteLength) throw corrupt('it ends before its trailer')
  const payload = bytes.subarray(line.byteLength, end)
  const trailer = decodeTrailer(bytes.subarray(end))
  checkTrailer(trailer, { size: payload.byteLength, sha256: sha256Hex(payload), header: sha256Hex(line) })
  return { line, header, payload, trailer }
}

function digestOf(parts: readonly Uint8Array[]): string {
  const [only] = parts
  if (parts.length === 1 && only !== undefined) return sha256Hex(only)
  const hash = sha256()
  for (const part of parts) hash.update(part)
  return hash.hex()
}

/** A whole record out of a stream, in one pass; `done` is told the trailer before its bytes are given out. */
export async function* encodeRecordStream(
  line: Uint8Array,
  payload: AsyncIterable<Uint8Array>,
  done: (trailer: RecordTrailer) => void,
): AsyncGenerator<Uint8Array, void, undefined> {
  const hash = sha256()
  let size = 0
  yield line
  for await (const piece of payload) {
    hash.update(requireBytes(piece, 'write'))
    size += piece.byteLength
    yield piece
  }
  const trailer = { size, sha256: hash.hex(), header: sha256Hex(line) }
  done(trailer)
  yield encodeTrailer(trailer)
}

/** A record as a stream: the header first, then the payload, which ends normally only when its digest matched. */
export interface RecordStream extends DecodedHeader {
  readonly payload: AsyncIterable<Uint8Array>
}

/**
 * Opens a record that comes as a stream, reading as far as its header.
 *
 * @param done - is told the trailer once everything was verified
 */
export async function decodeRecordStream(
  bytes: AsyncIterable<Uint8Array>,
  done: (trailer: RecordTrailer) => void = () => {},
): Promise<RecordStream> {
  const source = bytes[Symbol.asyncIterator]()
  try {
    let first = new Uint8Array()
    while (headerLength(first) === undefined) {
      const { done: ended, value } = await source.next()
      if (ended) throw corrupt('it ends within its header line')
      first = concatBytes(first.byteLength === 0 ? [value] : [first, value]) as Uint8Array<ArrayBuffer>
    }
    const opened = openHeader(first)
    const rest = first.subarray(opened.line.byteLength)
    return { ...opened, payload: verifiedPayload(opened.line, rest, source, done) }
  } catch (error) {
    await source.return?.()
    throw error
  }
}

function verifiedPayload(
  line: Uint8Array,
  rest: Uint8Array,
  source: AsyncIterator<Uint8Array>,
  done: (trailer: RecordTrailer) => void,
): AsyncIterable<Uint8Array> {
  const pieces = verifiedPieces(line, rest, source, done)
  let started = false
  return {
    [Symbol.asyncIterator]: () => ({
      next: () => {
        started = true
        return pieces.next()
      },
      return: async () => {
        // A generator that never started runs no finally, so the source is let go here.
        if (!started) await source.return?.()
        return pieces.return()
      },
    }),
  }
}

/** Gives out all but the last bytes, which are the trailer's, and holds those against what went through. */
async function* verifiedPieces(
  line: Uint8Array,
  rest: Uint8Array,
  source: AsyncIterator<Uint8Array>,
  done: (trailer: RecordTrailer) => void,
): AsyncGenerator<Uint8Array, void, undefined> {
  const hash = sha256()
  let size = 0
  let held: readonly Uint8Array[] = rest.byteLength > 0 ? [rest] : []
  let ended = false
  try {
    while (!ended) {
      const next = await source.next()
      ended = next.done === true
      if (!next.done && next.value.byteLength > 0) held = [...held, next.value]
      const release = splitTail(held)
      held = release.tail
      for (const piece of release.pieces) {
        hash.update(piece)
        size += piece.byteLength
        yield piece
      }
    }
  } finally {
    if (!ended) await source.return?.()
  }
  const trailer = decodeTrailer(concatBytes(held))
  checkTrailer(trailer, { size, sha256: hash.hex(), header: sha256Hex(line) })
  done(trailer)
}

/** Cuts the last {@link TRAILER_BYTES} off a list of pieces. */
function splitTail(pieces: readonly Uint8Array[]): {
  pieces: readonly Uint8Array[]
  tail: readonly Uint8Array[]
} {
  let spare = sizeOf(pieces) - TRAILER_BYTES
  const out: Uint8Array[] = []
  const tail: Uint8Array[] = []
  for (const piece of pieces) {
    const taken = Math.max(0, Math.min(piece.byteLength, spare))
    if (taken > 0) out.push(piece.subarray(0, taken))
    if (taken < piece.byteLength) tail.push(piece.subarray(taken))
    spare -= taken
  }
  return { pieces: out, tail }
}

/** A payload that is stored alone, with its digest; `header` is empty. */
export function digestPayload(payload: readonly Uint8Array[]): {
  readonly parts: readonly Uint8Array[]
  readonly trailer: RecordTrailer
} {
  return { parts: payload, trailer: { size: sizeOf(payload), sha256: digestOf(payload), header: '' } }
}

/** Passes a stream on and tells its size and digest once it has ended. */
export async function* hashedStream(
  payload: AsyncIterable<Uint8Array>,
  done: (trailer: RecordTrailer) => void,
): AsyncGenerator<Uint8Array, void, undefined> {
  const hash = sha256()
  let size = 0
  for await (const piece of payload) {
    hash.update(requireBytes(piece, 'write'))
    size += piece.byteLength
    yield piece
  }
  done({ size, sha256: hash.hex(), header: '' })
}
