import type { Answer, Work } from './answer.ts'
import { xml } from './answer.ts'
import type { Checksum } from './body.ts'
import { s3Error } from './errors.ts'
import type { S3Request } from './request.ts'
import { checkWriteConditions, etagOf, namesEtag, type StoredObject, writeNamesEtag } from './store.ts'
import { elementsOf, textOf, xmlDocument } from './xml.ts'

const KEPT = [
  'content-type',
  'content-encoding',
  'content-disposition',
  'cache-control',
  'x-amz-storage-class',
  'x-amz-server-side-encryption',
  'x-amz-server-side-encryption-aws-kms-key-id',
  'x-amz-server-side-encryption-bucket-key-enabled',
]

/** The headers of a new object that are kept with it. */
export function keptHeaders({ headers }: S3Request): Readonly<Record<string, string>> {
  const kept: Record<string, string> = {}
  let metadata = 0
  for (const [name, value] of Object.entries(headers)) {
    const mine = name.startsWith('x-amz-meta-')
    if (!mine && !KEPT.includes(name)) continue
    const text = String(value)
    if (mine) metadata += name.length - 'x-amz-meta-'.length + text.length
    const plain = name === 'content-encoding' ? text.replace(/^aws-chunked,? ?/, '') : text
    if (plain !== '') kept[name] = plain
  }
  if (metadata > 2048)
    throw s3Error('MetadataTooLarge', 'Your metadata headers exceed the maximum allowed metadata size')
  return kept
}

/** KeyTooLongError above 1,024 bytes of UTF-8. */
export function checkKey(key: string): void {
  if (Buffer.byteLength(key) > 1024) throw s3Error('KeyTooLongError', 'Your key is too long')
}

export function putObject({ request, bucket, body, need, now, etagForms }: Work): Answer {
  const { key, headers } = request
  need('s3:PutObject')
  checkKey(key)
  const etag = etagOf(body.bytes)
  const object: StoredObject = {
    bytes: body.bytes,
    etag,
    lastModified: now(),
    headers: keptHeaders(request),
    checksum: body.checksum,
    tags: headers['x-amz-tagging'] as string | undefined,
  }
  checkWriteConditions(bucket.get(key), headers, etagForms)
  bucket.put(key, object)
  return { status: 200, headers: { etag, ...encryptionOf(object), ...checksumHeaders(body.checksum) } }
}

export function getObject(work: Work): Answer {
  const { request, need } = work
  need('s3:GetObject')
  const object = existing(work)
  checkReadConditions(request, object)
  const size = object.bytes.length
  const headers = objectHeaders(object, request)
  const range = rangeOf(request.headers.range, size)
  if (range === undefined) return { status: 200, headers, body: object.bytes, length: size }
  const { start, end } = range
  const partial = { ...headers, 'content-range': `bytes ${start}-${end - 1}/${size}` }
  for (const name of Object.keys(partial))
    if (name.startsWith('x-amz-checksum-')) delete (partial as Record<string, string>)[name]
  return { status: 206, headers: partial, body: object.bytes.subarray(start, end), length: end - start }
}

export function deleteObject({ request, bucket, need, etagForms }: Work): Answer {
  const { key, headers } = request
  need('s3:DeleteObject')
  const condition = headers['if-match']
  if (condition !== undefined) {
    const current = bucket.get(key)
    if (current === undefined) throw s3Error('NoSuchKey', 'The specified key does not exist.')
    if (!writeNamesEtag(condition, current.etag, etagForms)) {
      throw s3Error('PreconditionFailed', 'At least one of the pre-conditions you specified did not hold')
    }
  }
  bucket.delete(key)
  return { status: 204 }
}

export function deleteObjects({ request, bucket, body, need }: Work): Answer {
  need('s3:DeleteObject')
  if (body.checksum === undefined && request.headers['content-md5'] === undefined) {
    throw s3Error('InvalidRequest', 'Missing required header for this request: Content-MD5')
  }
  const keys = elementsOf(body.bytes.toString(), 'Object').map((element) => textOf(element, 'Key') ?? '')
  if (keys.length === 0 || keys.length > 1000) throw s3Error('MalformedXML', 'The XML you provided was not well-formed')
  for (const key of keys) bucket.delete(key)
  return xml(xmlDocument('DeleteResult', { Deleted: keys.map((Key) => ({ Key })) }))
}

export function copyObject({ request, bucket, need, now }: Work): Answer {
  need('s3:PutObject')
  checkKey(request.key)
  const source = decodeURIComponent(String(request.headers['x-amz-copy-source'])).replace(/^\//, '')
  if (!source.startsWith(`${request.bucket}/`)) throw s3Error('NotImplemented', 'Copies stay within a bucket here.')
  const object = bucket.get(source.slice(request.bucket.length + 1))
  if (object === undefined) throw s3Error('NoSuchKey', 'The specified key does not exist.')
  const lastModified = now()
  bucket.put(request.key, { ...object, lastModified })
  return xml(xmlDocument('CopyObjectResult', { LastModified: lastModified.toISOString(), ETag: object.etag }))
}

export function getObjectTagging(work: Work): Answer {
  work.need('s3:GetObjectTagging')
  const pairs = [...new URLSearchParams(existing(work).tags ?? '')]
  return xml(xmlDocument('Tagging', { TagSet: { Tag: pairs.map(([Key, Value]) => ({ Key, Value })) } }))
}

/** Without the permission to list, S3 does not tell a missing key from a forbidden one. */
function existing({ request, bucket, may }: Work): StoredObject {
  const object = bucket.get(request.key)
  if (object !== undefined) return object
  if (!may('s3:ListBucket')) throw s3Error('AccessDenied', 'Access Denied')
  throw s3Error('NoSuchKey', 'The specified key does not exist.', { Key: request.key })
}

function checkReadConditions({ headers }: S3Request, { etag }: StoredObject): void {
  const { 'if-match': match, 'if-none-match': none } = headers
  if (match !== undefined && !namesEtag(match, etag)) {
    throw s3Error('PreconditionFailed', 'At least one of the pre-conditions you specified did not hold')
  }
  if (none !== undefined && namesEtag(none, etag)) throw s3Error('NotModified', 'Not Modified', { ETag: etag })
}

function objectHeaders(object: StoredObject, request: S3Request): Record<string, string> {
  const checked = request.headers['x-amz-checksum-mode'] === 'ENABLED'
  const { 'x-amz-storage-class': storageClass, ...headers } = object.headers
  const tags = object.tags === undefined ? 0 : [...new URLSearchParams(object.tags)].length
  return {
    'accept-ranges': 'bytes',
    etag: object.etag,
    'last-modified': object.lastModified.toUTCString(),
    'content-type': 'binary/octet-stream',
    ...headers,
    // The standard class goes without saying.
    ...(storageClass === undefined || storageClass === 'STANDARD' ? {} : { 'x-amz-storage-class': storageClass }),
    ...(tags > 0 ? { 'x-amz-tagging-count': `${tags}` } : {}),
    ...(checked ? checksumHeaders(object.checksum) : {}),
  }
}

/** The checksum as S3 states it. */
export function checksumHeaders(checksum: Checksum | undefined): Readonly<Record<string, string>> {
  if (checksum === undefined) return {}
  const kind = checksum.value.includes('-') ? 'COMPOSITE' : 'FULL_OBJECT'
  return { [`x-amz-checksum-${checksum.algorithm}`]: checksum.value, 'x-amz-checksum-type': kind }
}

/** The encryption headers, which a write repeats. */
export function encryptionOf({ headers }: Pick<StoredObject, 'headers'>): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(headers).filter(([name]) => name.startsWith('x-amz-server-side-encryption')))
}

/** One range, half-open; `undefined` for the whole and for what RFC 9110 ignores. */
function rangeOf(header: string | undefined, size: number): { start: number; end: number } | undefined {
  const match = /^bytes=(\d*)-(\d*)$/.exec(header ?? '')
  if (match === null || match[0] === 'bytes=-') return undefined
  const [, first = '', last = ''] = match
  const start = first === '' ? Math.max(0, size - Number(last)) : Number(first)
  const end = first === '' || last === '' ? size : Math.min(size, Number(last) + 1)
  const suffixOfNothing = first === '' && Number(last) === 0
  if (first !== '' && last !== '' && Number(last) < start) return undefined
  if (start >= size || suffixOfNothing) {
    const details = { RangeRequested: header ?? '', ActualObjectSize: `${size}` }
    throw s3Error('InvalidRange', 'The requested range is not satisfiable', details)
  }
  return { start, end }
}
