import { type Answer, type Work, xml } from './answer.ts'
import { type Checksum, checksumOf } from './body.ts'
import { s3Error } from './errors.ts'
import { checkKey, checksumHeaders, encryptionOf, keptHeaders } from './objects.ts'
import { checkWriteConditions, etagOf, multipartEtag, type StoredPart, type Upload, uploadId } from './store.ts'
import { elementsOf, textOf, xmlDocument } from './xml.ts'

const MIN_PART = 5 * 1024 * 1024
const MAX_PARTS = 10_000

export function createMultipartUpload({ request, bucket, need, now }: Work): Answer {
  const { key, headers } = request
  need('s3:PutObject')
  checkKey(key)
  const algorithm = headers['x-amz-checksum-algorithm'] as string | undefined
  const id = uploadId()
  const upload: Upload = {
    id,
    key,
    initiated: now(),
    parts: new Map(),
    headers: keptHeaders(request),
    checksumAlgorithm: algorithm?.toLowerCase(),
    tags: headers['x-amz-tagging'] as string | undefined,
  }
  bucket.uploads.set(id, upload)
  const answer = xml(xmlDocument('InitiateMultipartUploadResult', { Bucket: request.bucket, Key: key, UploadId: id }))
  return { ...answer, headers: { ...answer.headers, ...encryptionOf(upload) } }
}

export function uploadPart(work: Work): Answer {
  const { request, body, need } = work
  need('s3:PutObject')
  const upload = openUpload(work)
  const number = Number(request.query.get('partNumber'))
  if (!Number.isInteger(number) || number < 1 || number > MAX_PARTS)
    throw s3Error('InvalidArgument', 'Part number must be an integer between 1 and 10000, inclusive')
  const { checksumAlgorithm } = upload
  if (checksumAlgorithm !== undefined && body.checksum?.algorithm !== checksumAlgorithm) {
    const message = `Checksum Type mismatch occurred, expected checksum Type: ${checksumAlgorithm}, actual: ${body.checksum?.algorithm}`
    throw s3Error('InvalidRequest', message)
  }
  const etag = etagOf(body.bytes)
  upload.parts.set(number, { bytes: body.bytes, etag, checksum: body.checksum })
  return { status: 200, headers: { etag, ...encryptionOf(upload), ...checksumHeaders(body.checksum) } }
}

export function completeMultipartUpload(work: Work): Answer {
  const { request, bucket, body, need, now, etagForms } = work
  need('s3:PutObject')
  const upload = openUpload(work)
  const parts = listedParts(upload, body.bytes.toString())
  const bytes = Buffer.concat(parts.map((part) => part.bytes))
  checkWriteConditions(bucket.get(upload.key), request.headers, etagForms)
  const etag = multipartEtag(parts)
  const checksum = compositeChecksum(upload, parts)
  const { headers, tags } = upload
  bucket.put(upload.key, { bytes, etag, lastModified: now(), headers, checksum, tags })
  bucket.uploads.delete(upload.id)
  const Location = `http://${request.headers.host}${request.rawPath}`
  const named = checksum && { [`Checksum${checksum.algorithm.toUpperCase()}`]: checksum.value }
  return xml(
    xmlDocument('CompleteMultipartUploadResult', {
      Location,
      Bucket: request.bucket,
      Key: upload.key,
      ETag: etag,
      ...named,
    }),
  )
}

export function abortMultipartUpload(work: Work): Answer {
  work.need('s3:AbortMultipartUpload')
  work.bucket.uploads.delete(openUpload(work).id)
  return { status: 204 }
}

export function listParts(work: Work): Answer {
  work.need('s3:ListMultipartUploadParts')
  const upload = openUpload(work)
  const rows = [...upload.parts].sort(([a], [b]) => a - b)
  return xml(
    xmlDocument('ListPartsResult', {
      UploadId: upload.id,
      IsTruncated: false,
      Part: rows.map(([PartNumber, { etag, bytes }]) => ({ PartNumber, ETag: etag, Size: bytes.length })),
    }),
  )
}

export function listMultipartUploads({ request, bucket, need }: Work): Answer {
  need('s3:ListBucketMultipartUploads')
  const prefix = request.query.get('prefix') ?? ''
  const uploads = [...bucket.uploads.values()].filter(({ key }) => key.startsWith(prefix))
  return xml(
    xmlDocument('ListMultipartUploadsResult', {
      Bucket: request.bucket,
      IsTruncated: false,
      Upload: uploads.map(({ key, id, initiated }) => ({ Key: key, UploadId: id, Initiated: initiated.toISOString() })),
    }),
  )
}

function openUpload({ request, bucket }: Work): Upload {
  const upload = bucket.uploads.get(request.query.get('uploadId') ?? '')
  if (upload !== undefined && upload.key === request.key) return upload
  throw s3Error('NoSuchUpload', 'The specified multipart upload does not exist.')
}

/** The parts that the completing request names, checked as S3 does. */
function listedParts(upload: Upload, document: string): readonly StoredPart[] {
  const listed = elementsOf(document, 'Part').map((element) => ({
    number: Number(textOf(element, 'PartNumber')),
    etag: textOf(element, 'ETag') ?? '',
    checksum: textOf(element, `Checksum${(upload.checksumAlgorithm ?? '').toUpperCase()}`),
  }))
  if (listed.length === 0) throw s3Error('MalformedXML', 'The XML you provided was not well-formed')
  const parts = listed.map(({ number, etag, checksum }, index) => {
    const part = upload.parts.get(number)
    if (number <= (listed[index - 1]?.number ?? 0))
      throw s3Error('InvalidPartOrder', 'The list of parts was not in ascending order.')
    if (part === undefined || part.etag.replaceAll('"', '') !== etag.replaceAll('"', ''))
      throw s3Error('InvalidPart', 'One or more of the specified parts could not be found.')
    if (upload.checksumAlgorithm !== undefined && checksum === undefined)
      throw s3Error('InvalidRequest', 'The complete request must include the checksum for each part.')
    if (checksum !== undefined && checksum !== part.checksum?.value)
      throw s3Error('InvalidPart', "The part's checksum did not match.")
    return part
  })
  if (parts.slice(0, -1).some(({ bytes }) => bytes.length < MIN_PART))
    throw s3Error('EntityTooSmall', 'Your proposed upload is smaller than the minimum allowed size')
  return parts
}

function compositeChecksum({ checksumAlgorithm }: Upload, parts: readonly StoredPart[]): Checksum | undefined {
  if (checksumAlgorithm === undefined) return undefined
  const all = Buffer.concat(parts.map(({ checksum }) => Buffer.from(checksum?.value ?? '', 'base64')))
  return { algorithm: checksumAlgorithm, value: `${checksumOf(checksumAlgorithm, all)}-${parts.length}` }
}
