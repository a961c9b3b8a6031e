import { createHash } from 'node:crypto'
import type { IncomingMessage } from 'node:http'
import { crc32c, encodeCrc32c } from './crc32c.ts'
import { invalid, refusal } from './refusal.ts'
import type { Content } from './store.ts'

/** Bytes that arrive piece by piece, with their checksums. */
export interface ContentBuilder {
  readonly size: number
  append(bytes: Uint8Array): void
  finish(): Content
}

/** Starts with no bytes. */
export function buildContent(): ContentBuilder {
  const pieces: Uint8Array[] = []
  const md5 = createHash('md5')
  let crc = 0
  let size = 0
  return {
    get size() {
      return size
    },
    append(bytes) {
      if (bytes.byteLength === 0) return
      pieces.push(bytes)
      md5.update(bytes)
      crc = crc32c(bytes, crc)
      size += bytes.byteLength
    },
    finish: () => ({ pieces, size, crc32c: encodeCrc32c(crc), md5Hash: md5.copy().digest('base64') }),
  }
}

/** 400 unless the bytes have the checksums that the client announced, in metadata or in `x-goog-hash`. */
export function checkHashes(content: Content, ...announced: readonly Readonly<Record<string, unknown>>[]): void {
  for (const { crc32c: crc, md5Hash: md5 } of announced) {
    if (crc !== undefined && crc !== content.crc32c)
      throw invalid(`Provided CRC32C "${crc}" doesn't match calculated CRC32C "${content.crc32c}".`)
    if (md5 !== undefined && md5 !== content.md5Hash)
      throw invalid(`Provided MD5 hash "${md5}" doesn't match calculated MD5 hash "${content.md5Hash}".`)
  }
}

/** The checksums in an `x-goog-hash` header; 400 when it is malformed. */
export function parseHashHeader(header: string | readonly string[] | undefined): Readonly<Record<string, string>> {
  const hashes: Record<string, string> = {}
  if (header === undefined) return hashes
  for (const part of String(header).split(',')) {
    const [, name, value] = /^\s*(crc32c|md5)=([A-Za-z0-9+/]+=*)\s*$/.exec(part) ?? []
    if (name === undefined || value === undefined) throw invalid('Invalid x-goog-hash header.')
    hashes[name === 'md5' ? 'md5Hash' : name] = value
  }
  return hashes
}

/** A whole body of a request that is known to be small. */
export async function readText(request: AsyncIterable<Uint8Array>): Promise<string> {
  const pieces: Uint8Array[] = []
  let size = 0
  for await (const piece of request) {
    pieces.push(piece)
    size += piece.byteLength
    if (size > 1024 * 1024) throw refusal(413, 'uploadTooLarge', 'The request is too large.')
  }
  return Buffer.concat(pieces).toString('utf8')
}

/** A multipart/related body: JSON, then bytes. */
export interface Related {
  readonly json: string
  readonly contentType: string
  readonly bytes: Uint8Array
}

const CRLF = '\r\n'

/** Reads multipart/related (RFC 2387): exactly two parts, the first of them JSON, and the closing delimiter; else 400. */
export async function readRelated(request: IncomingMessage, body: AsyncIterable<Uint8Array>): Promise<Related> {
  const type = request.headers['content-type'] ?? ''
  const boundary = /^multipart\/related;.*\bboundary=(?:"([^"]+)"|([^\s;"]+))/i.exec(type)
  const mark = boundary?.[1] ?? boundary?.[2]
  if (mark === undefined || mark.length > 70) throw refusal(400, 'badContent', 'Missing multipart/related boundary.')
  const pieces: Uint8Array[] = []
  for await (const piece of body) pieces.push(piece)
  const all = Buffer.concat(pieces)
  const delimiter = Buffer.from(`${CRLF}--${mark}`)
  const first = all.subarray(0, delimiter.byteLength - 2).equals(delimiter.subarray(2))
  const second = all.indexOf(delimiter)
  const last = all.lastIndexOf(delimiter)
  if (!first || second < 0 || last <= second) throw refusal(400, 'badContent', 'Malformed multipart body.')
  const end = all.subarray(last + delimiter.byteLength).toString('latin1')
  const between = all.indexOf(delimiter, second + 1)
  if (!/^--(?:\r\n)?$/.test(end) || between !== last) throw refusal(400, 'badContent', 'Malformed multipart body.')
  const metadata = parsePart(all.subarray(delimiter.byteLength - 2, second))
  const media = parsePart(all.subarray(second + delimiter.byteLength, last))
  if (!/^application\/json\b/i.test(metadata.contentType))
    throw refusal(400, 'badContent', 'Metadata part is not JSON.')
  return { json: metadata.bytes.toString('utf8'), contentType: media.contentType, bytes: media.bytes }
}

function parsePart(part: Buffer): { readonly contentType: string; readonly bytes: Buffer } {
  const end = part.indexOf(CRLF + CRLF)
  if (end < 0 || part.subarray(0, 2).toString('latin1') !== CRLF)
    throw refusal(400, 'badContent', 'Malformed part headers.')
  const headers = part.subarray(2, end).toString('latin1')
  const contentType = /^content-type:\s*(\S.*)$/im.exec(headers)?.[1]?.trim()
  if (contentType === undefined) throw refusal(400, 'badContent', 'A part has no content type.')
  return { contentType, bytes: part.subarray(end + 4) }
}
