import { s3Error } from './errors.ts'
import type { S3Request } from './request.ts'

/** The conditions that each operation keeps. */
const CONDITIONS: Readonly<Record<string, readonly string[]>> = {
  PutObject: ['if-match', 'if-none-match'],
  CompleteMultipartUpload: ['if-match', 'if-none-match'],
  GetObject: ['if-match', 'if-none-match'],
  HeadObject: ['if-match', 'if-none-match'],
  DeleteObject: ['if-match'],
}

/** The query parameters that each operation reads. */
const PARAMETERS: Readonly<Record<string, readonly string[]>> = {
  ListObjectsV2: ['list-type', 'prefix', 'delimiter', 'max-keys', 'continuation-token', 'start-after', 'encoding-type'],
  ListMultipartUploads: ['uploads', 'prefix'],
  CreateMultipartUpload: ['uploads'],
  UploadPart: ['partNumber', 'uploadId'],
  CompleteMultipartUpload: ['uploadId'],
  AbortMultipartUpload: ['uploadId'],
  ListParts: ['uploadId'],
  DeleteObjects: ['delete'],
  GetObjectTagging: ['tagging'],
  GetBucketLocation: ['location'],
}

const HEADERS = new Set(
  `user-agent content-sha256 date security-token decoded-content-length trailer sdk-checksum-algorithm copy-source storage-class
  tagging request-payer expected-bucket-owner server-side-encryption server-side-encryption-aws-kms-key-id
  server-side-encryption-bucket-key-enabled server-side-encryption-context`.split(/\s+/),
)

/** NotImplemented for what changes the meaning of a request and is not known here: it would be ignored otherwise. */
export function checkSpoken({ operation, headers, query }: S3Request): void {
  for (const name of Object.keys(headers)) {
    const known = name.startsWith('if-') ? CONDITIONS[operation]?.includes(name) : isKnownHeader(name)
    if (known !== true) refuse(name)
  }
  for (const name of query.keys()) {
    if (name !== 'x-id' && !name.startsWith('X-Amz-') && PARAMETERS[operation]?.includes(name) !== true) refuse(name)
  }
}

function isKnownHeader(name: string): boolean {
  if (!name.startsWith('x-amz-')) return true
  const rest = name.slice('x-amz-'.length)
  return HEADERS.has(rest) || rest.startsWith('meta-') || rest.startsWith('checksum-')
}

function refuse(name: string): never {
  throw s3Error('NotImplemented', `A header or parameter implies functionality that is not implemented: ${name}`)
}
