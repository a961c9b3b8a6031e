import { createHash } from 'node:crypto'
import type { IncomingMessage } from 'node:http'
import { crc32 } from 'node:zlib'
import { s3Error } from './errors.ts'
import type { S3Request } from './request.ts'

/** A checksum that came with a body, or is kept with an object. */
export interface Checksum {
  /** `crc32`, `sha1` or `sha256`. */
  readonly algorithm: string
  /** Base64; `-n` behind it for one over the checksums of n parts. */
  readonly value: string
}

/** A body whose length and checksums are right. */
export interface CheckedBody {
  readonly bytes: Buffer
  readonly checksum: Checksum | undefined
}

const ALGORITHMS = ['crc32', 'sha1', 'sha256'] as const
const UNSPOKEN = ['crc32c', 'crc64nvme']
const TRAILER = 'STREAMING-UNSIGNED-PAYLOAD-TRAILER'

/** The checksum of bytes, in base64. */
export function checksumOf(algorithm: string, bytes: Uint8Array): string {
  if (algorithm !== 'crc32') return createHash(algorithm).update(bytes).digest('base64')
  const sum = Buffer.alloc(4)
  sum.writeUInt32BE(crc32(bytes))
  return sum.toString('base64')
}

/** All bytes of a request. A connection that ends before is the sender's failure: nobody is there to be answered. */
export async function collectBody(message: IncomingMessage): Promise<Buffer> {
  const pieces: Buffer[] = []
  for await (const piece of message) pieces.push(piece)
  return Buffer.concat(pieces)
}

/** Decodes what was sent and compares it with every length and digest that the request states. */
export function checkBody(request: S3Request, sent: Buffer, payloadHash: string): CheckedBody {
  const { headers } = request
  const unspoken = UNSPOKEN.find((name) => headers[`x-amz-checksum-${name}`] !== undefined)
  if (unspoken !== undefined) throw s3Error('NotImplemented', `This test server does not compute ${unspoken}.`)
  if (payloadHash === TRAILER) return checkTrailer(request, sent)
  if (payloadHash.startsWith('STREAMING-')) {
    throw s3Error('NotImplemented', `This test server does not speak ${payloadHash}.`)
  }
  if (payloadHash !== 'UNSIGNED-PAYLOAD' && payloadHash !== createHash('sha256').update(sent).digest('hex')) {
    throw s3Error(
      'XAmzContentSHA256Mismatch',
      "The provided 'x-amz-content-sha256' header does not match what was computed.",
    )
  }
  checkMd5(request, sent)
  return { bytes: sent, checksum: checkChecksum(request, sent) }
}

/** 411 for a body whose length nobody stated. */
export function requireLength({ headers }: S3Request): void {
  const chunked = headers['x-amz-decoded-content-length'] !== undefined
  if (headers['content-length'] === undefined && !chunked) {
    throw s3Error('MissingContentLength', 'You must provide the Content-Length HTTP header.')
  }
}

function checkTrailer(request: S3Request, sent: Buffer): CheckedBody {
  const { headers } = request
  const stated = headers['x-amz-decoded-content-length']
  if (!/^\d+$/.test(String(stated))) throw s3Error('MissingContentLength', 'x-amz-decoded-content-length is missing.')
  const { bytes, trailer } = decodeChunks(sent)
  if (bytes.length !== Number(stated)) {
    throw s3Error(
      'IncompleteBody',
      'You did not provide the number of bytes specified by the Content-Length HTTP header',
    )
  }
  const promised = headers['x-amz-trailer']
  const [name = '', value = ''] = trailer
  if (promised === undefined || name !== promised)
    throw s3Error('InvalidRequest', 'The trailer is not the one promised.')
  const algorithm = name.replace('x-amz-checksum-', '')
  if (!(ALGORITHMS as readonly string[]).includes(algorithm))
    throw s3Error('NotImplemented', `This test server does not compute ${algorithm}.`)
  checkMd5(request, bytes)
  return { bytes, checksum: compare(algorithm, value, bytes) }
}

/** `<hex length>\r\n<bytes>\r\n`, repeated; then `0\r\n`, one trailer line, and an empty line. */
function decodeChunks(sent: Buffer): { bytes: Buffer; trailer: readonly string[] } {
  const pieces: Buffer[] = []
  let at = 0
  const line = (): string => {
    const end = sent.indexOf('\r\n', at, 'latin1')
    if (end < 0) throw s3Error('IncompleteBody', 'The request body terminated unexpectedly')
    const text = sent.toString('latin1', at, end)
    at = end + 2
    return text
  }
  for (;;) {
    const head = line()
    if (!/^[0-9a-f]+$/i.test(head)) throw s3Error('InvalidRequest', 'A chunk has no length.')
    const length = Number.parseInt(head, 16)
    if (length === 0) break
    pieces.push(sent.subarray(at, at + length))
    at += length
    if (line() !== '') throw s3Error('IncompleteBody', 'A chunk is longer than it says.')
  }
  const trailer = line()
  if (trailer !== '' && (line() !== '' || at < sent.length))
    throw s3Error('IncompleteBody', 'The trailer does not end with an empty line.')
  const colon = trailer.indexOf(':')
  return { bytes: Buffer.concat(pieces), trailer: [trailer.slice(0, colon), trailer.slice(colon + 1).trim()] }
}

function checkMd5({ headers }: S3Request, bytes: Buffer): void {
  const md5 = headers['content-md5']
  if (md5 === undefined) return
  if (Buffer.from(String(md5), 'base64').length !== 16)
    throw s3Error('InvalidDigest', 'The Content-MD5 you specified is not valid.')
  if (createHash('md5').update(bytes).digest('base64') !== md5)
    throw s3Error('BadDigest', 'The Content-MD5 you specified did not match what we received.')
}

function checkChecksum({ headers }: S3Request, bytes: Buffer): Checksum | undefined {
  const [algorithm, ...more] = ALGORITHMS.filter((name) => headers[`x-amz-checksum-${name}`] !== undefined)
  if (more.length > 0) throw s3Error('InvalidRequest', 'Expecting a single x-amz-checksum- header.')
  if (algorithm === undefined && headers['x-amz-sdk-checksum-algorithm'] !== undefined)
    throw s3Error('InvalidRequest', 'x-amz-sdk-checksum-algorithm specified, but no corresponding checksum was found.')
  return algorithm && compare(algorithm, String(headers[`x-amz-checksum-${algorithm}`]), bytes)
}

function compare(algorithm: string, value: string, bytes: Buffer): Checksum {
  if (checksumOf(algorithm, bytes) === value) return { algorithm, value }
  const name = algorithm.toUpperCase()
  throw s3Error('BadDigest', `The ${name} you specified did not match the calculated checksum.`)
}
