import { sha256, sha256Hex } from '#hash'
import { concatBytes, requireBytes } from '../bytes.ts'
import { once, orLetGo, releasing } from '../releasing.ts'
import { decodeHeader, headerLength, headerLine, type RecordHeader } from './header.ts'
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
  const trailer = digestPayload(payload, sha256Hex(line))
  return { parts: [line, ...payload, encodeTrailer(trailer)], trailer }
}

/** The header of a record of which the first bytes are at hand; CORRUPT when there is none. */
export function openHeader(bytes: Uint8Array): DecodedHeader {
  const line = headerLine(bytes)
  return { line, header: decodeHeader(line) }
}

/** Takes a whole record apart and verifies it. The payload is a view. Errors: CORRUPT, UNSUPPORTED. */
export function decodeRecord(bytes: Uint8Array, opened: DecodedHeader = openHeader(bytes)): DecodedRecord {
  const { line, header } = opened
  const end = bytes.byteLength - TRAILER_BYTES
  if (end < line.byteLength) throw corrupt('it does not end with a trailer')
  const payload = bytes.subarray(line.byteLength, end)
  const trailer = decodeTrailer(bytes.subarray(end))
  checkTrailer(trailer, { size: payload.byteLength, sha256: sha256Hex(payload), header: sha256Hex(line) })
  return { line, header, payload, trailer }
}

/** The trailer of a payload at hand; one that is stored alone has no header. */
export function digestPayload(payload: readonly Uint8Array[], header: string = ''): RecordTrailer {
  const [only] = payload
  if (payload.length === 1 && only !== undefined) return { size: only.byteLength, sha256: sha256Hex(only), header }
  const digest = startDigest()
  for (const part of payload) digest.add(part)
  return digest.end(header)
}

/** Counts and hashes a payload piece by piece. */
function startDigest(): { add(piece: Uint8Array): void; end(header: string): RecordTrailer } {
  const hash = sha256()
  let size = 0
  return {
    add(piece) {
      hash.update(piece)
      size += piece.byteLength
    },
    end: (header) => ({ size, sha256: hash.hex(), header }),
  }
}

/** Passes a payload that is stored alone on, and tells its size and digest once it has ended. */
export async function* hashedStream(
  payload: AsyncIterable<Uint8Array>,
  done: (trailer: RecordTrailer) => void,
): AsyncGenerator<Uint8Array, void, undefined> {
  const digest = startDigest()
  for await (const piece of payload) {
    digest.add(requireBytes(piece, 'write'))
    yield piece
  }
  done(digest.end(''))
}

/** A whole record out of a stream, in one pass; `done` is told the trailer before its bytes are given out. */
export async function* encodeRecordStream(
  line: Uint8Array,
  payload: AsyncIterable<Uint8Array>,
  done: (trailer: RecordTrailer) => void,
): AsyncGenerator<Uint8Array, void, undefined> {
  const digest = startDigest()
  yield line
  for await (const piece of payload) {
    digest.add(requireBytes(piece, 'write'))
    yield piece
  }
  const trailer = digest.end(sha256Hex(line))
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
  const source = once(bytes)
  const iterator = source[Symbol.asyncIterator]()
  return orLetGo(source, async () => {
    let first: Uint8Array = new Uint8Array()
    while (headerLength(first) === undefined) {
      const { done: ended, value } = await iterator.next()
      if (ended) break
      first = first.byteLength === 0 ? value : concatBytes([first, value])
    }
    const opened = openHeader(new Uint8Array(headerLine(first)))
    const rest = first.subarray(opened.line.byteLength)
    return { ...opened, payload: releasing(verifiedPieces(opened.line, rest, iterator, done), source) }
  })
}

/**
 * Gives out all but the last bytes, which are the trailer's, and holds those against what went through. A piece is held back
 * until the next one has come, and shares no memory with what is needed later: whoever gets it may transfer it.
 */
async function* verifiedPieces(
  line: Uint8Array,
  rest: Uint8Array,
  source: AsyncIterator<Uint8Array>,
  done: (trailer: RecordTrailer) => void,
): AsyncGenerator<Uint8Array, void, undefined> {
  const digest = startDigest()
  let held = rest
  for (;;) {
    const next = await source.next()
    const last: Uint8Array = next.done ? new Uint8Array() : next.value
    // What is shorter than a trailer is joined to the end of what is held.
    const cut = Math.max(0, held.byteLength - Math.max(0, TRAILER_BYTES - last.byteLength))
    const piece = held.subarray(0, cut)
    held = cut === held.byteLength ? last : concatBytes([held.subarray(cut), last])
    if (piece.byteLength > 0) {
      digest.add(piece)
      yield piece
    }
    if (next.done) break
  }
  const trailer = decodeTrailer(held)
  checkTrailer(trailer, digest.end(sha256Hex(line)))
  done(trailer)
}
