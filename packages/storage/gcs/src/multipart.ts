import type { ObjectStat } from '@resultkit/core'
import { crc32c, encodeCrc32c } from './crc32c.ts'
import type { Chunk } from './pieces.ts'
import { receiptOf, uploadError, uploadQuery } from './receipt.ts'
import { askText } from './service.ts'
import type { Upload } from './upload.ts'

/** Up to this size everything is sent with one call. */
const JOIN_BYTES = 64 * 1024

const encoder = new TextEncoder()

/** Sends an object with one request: `multipart/related` (RFC 2387) of metadata and bytes. */
export async function uploadMultipart(upload: Upload, { pieces, size }: Chunk): Promise<ObjectStat> {
  const { service, call, metadata } = upload
  const crc = encodeCrc32c(pieces.reduce((before, piece) => crc32c(piece, before), 0))
  const boundary = crypto.randomUUID()
  const json = JSON.stringify({ ...metadata, crc32c: crc })
  const head = `--${boundary}\r\nContent-Type: application/json; charset=UTF-8\r\n\r\n${json}\r\n--${boundary}\r\nContent-Type: ${metadata.contentType}\r\n\r\n`
  const parts = [encoder.encode(head), ...pieces, encoder.encode(`\r\n--${boundary}--`)]
  const length = parts.reduce((sum, { byteLength }) => sum + byteLength, 0)
  const query = uploadQuery(upload, 'multipart')
  const answer = await askText(service, call, {
    method: 'POST',
    url: (connection) => connection.upload + query,
    headers: { 'content-type': `multipart/related; boundary=${boundary}`, 'content-length': String(length) },
    body: length <= JOIN_BYTES ? [Buffer.concat(parts, length)] : parts,
  })
  if (answer.status !== 200 && answer.status !== 201) throw uploadError(upload, answer)
  return receiptOf(upload, answer, size, crc)
}
