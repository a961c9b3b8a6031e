import type { IncomingHttpHeaders } from 'node:http'
import { gunzipSync } from 'node:zlib'
import type { Answer } from './answer.ts'
import type { StoredObject } from './store.ts'

/** `alt=media`: the bytes, or a range of them. */
export function mediaAnswer(object: StoredObject, request: IncomingHttpHeaders): Answer {
  const { generation, metageneration, size, crc32c, md5Hash, settings, updated } = object
  const { contentType = 'application/octet-stream', contentEncoding, storageClass, metadata = {} } = settings
  const headers: Record<string, string> = {
    'content-type': contentType,
    etag: Buffer.from(`${generation}/${metageneration}`).toString('base64'),
    'last-modified': new Date(updated).toUTCString(),
    'x-goog-hash': `crc32c=${crc32c},md5=${md5Hash}`,
    'x-goog-generation': generation,
    'x-goog-metageneration': String(metageneration),
    'x-goog-storage-class': storageClass,
    'x-goog-stored-content-encoding': contentEncoding ?? 'identity',
    'x-goog-stored-content-length': String(size),
  }
  for (const [name, value] of Object.entries(metadata)) {
    if (/^[\x20-\x7e]*$/.test(name + value)) headers[`x-goog-meta-${name}`] = value
  }
  const accepts = String(request['accept-encoding'] ?? '')
  if (contentEncoding === 'gzip' && !/\bgzip\b/.test(accepts)) {
    // Decompressive transcoding: no length, no ranges.
    return { status: 200, headers, body: [gunzipSync(Buffer.concat(object.pieces))], chunked: true }
  }
  if (contentEncoding !== undefined) headers['content-encoding'] = contentEncoding
  headers['accept-ranges'] = 'bytes'
  const range = parseRangeHeader(request.range, size)
  if (range === 'unsatisfiable') {
    const body = [Buffer.from('Requested range not satisfiable')]
    return { status: 416, headers: { 'content-type': 'text/html', 'content-range': `bytes */${size}` }, body }
  }
  if (range === undefined) return { status: 200, headers, body: object.pieces }
  const { start, end } = range
  headers['content-range'] = `bytes ${start}-${end - 1}/${size}`
  return { status: 206, headers, body: slicePieces(object.pieces, start, end) }
}

function parseRangeHeader(
  header: string | undefined,
  size: number,
): { readonly start: number; readonly end: number } | 'unsatisfiable' | undefined {
  const match = /^bytes=(\d*)-(\d*)$/.exec(header ?? '')
  // RFC 9110: a Range that is not understood is ignored.
  if (match === null || (match[1] === '' && match[2] === '')) return undefined
  const [, first = '', last = ''] = match
  if (first === '') {
    const length = Number(last)
    return length === 0 || size === 0 ? 'unsatisfiable' : { start: Math.max(0, size - length), end: size }
  }
  const start = Number(first)
  const end = last === '' ? size : Math.min(Number(last) + 1, size)
  if (last !== '' && Number(last) < start) return undefined
  return start >= size ? 'unsatisfiable' : { start, end }
}

function slicePieces(pieces: readonly Uint8Array[], start: number, end: number): Uint8Array[] {
  const kept: Uint8Array[] = []
  let at = 0
  for (const piece of pieces) {
    const from = Math.max(0, start - at)
    const to = Math.min(piece.byteLength, end - at)
    if (from < to) kept.push(piece.subarray(from, to))
    at += piece.byteLength
  }
  return kept
}
