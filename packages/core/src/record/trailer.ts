import { type ResultError, resultError } from '../errors.ts'
import { encodeUtf8 } from '../utf8.ts'

/** What the last line of a record says: about the payload as stored, and the header line with its newline. */
export interface RecordTrailer {
  /** Bytes of the payload. */
  readonly size: number
  /** SHA-256 of the payload, lower-case hex. */
  readonly sha256: string
  /** SHA-256 of the header line, lower-case hex. */
  readonly header: string
}

/** Bytes of a trailer, always the same: newline, JSON with the size right-aligned in 16 columns, newline. */
export const TRAILER_BYTES = 179

const decoder = /* @__PURE__ */ new TextDecoder('latin1')
const TRAILER = /^\n\{"size": *(0|[1-9]\d*),"sha256":"([0-9a-f]{64})","header":"([0-9a-f]{64})"\}\n$/

/** A trailer as stored. */
export function encodeTrailer({ size, sha256, header }: RecordTrailer): Uint8Array {
  return encodeUtf8(`\n{"size":${String(size).padStart(16)},"sha256":"${sha256}","header":"${header}"}\n`)
}

/** Reads a trailer; CORRUPT unless it is exactly one. */
export function decodeTrailer(bytes: Uint8Array): RecordTrailer {
  const match = bytes.length === TRAILER_BYTES ? TRAILER.exec(decoder.decode(bytes)) : null
  if (match === null) throw corrupt('it does not end with a trailer')
  const [, size, sha256 = '', header = ''] = match
  return { size: Number(size), sha256, header }
}

/** Compares what a trailer says with what was read; CORRUPT unless all of it is equal, with both as the cause. */
export function checkTrailer(trailer: RecordTrailer, actual: RecordTrailer): void {
  const cause = { expected: trailer, actual }
  if (trailer.header !== actual.header) throw corrupt('its header line differs from its digest', cause)
  if (trailer.size !== actual.size || trailer.sha256 !== actual.sha256)
    throw corrupt('its payload differs from its digest', cause)
}

/** CORRUPT, for stored bytes that are not those that were written. */
export function corrupt(problem: string, cause?: unknown): ResultError {
  const message = `The stored result is not intact: ${problem}. Restore it, or delete it and compute it again; files of other tools are read with format: 'plain'.`
  return resultError('CORRUPT', 'read', message, { cause })
}
