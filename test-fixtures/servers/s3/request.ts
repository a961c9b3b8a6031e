import type { IncomingMessage } from 'node:http'
import { s3Error } from './errors.ts'

/** A request as it came, with its names decoded. */
export interface S3Request {
  readonly method: string
  /** The path exactly as it was sent. */
  readonly rawPath: string
  readonly bucket: string
  /** `''` for the bucket itself. */
  readonly key: string
  readonly query: ReadonlyMap<string, string>
  readonly headers: IncomingMessage['headers']
  readonly rawHeaders: readonly string[]
  /** `PutObject`, `ListObjectsV2`, ...; `Unknown` for what this server does not speak. */
  readonly operation: string
}

/** Reads method, path and query. Routed on the raw URL, so that every key survives. */
export function parseRequest(message: IncomingMessage): S3Request {
  const { method = '', url = '/', headers, rawHeaders } = message
  const mark = url.indexOf('?')
  const rawPath = mark < 0 ? url : url.slice(0, mark)
  const query = parseQuery(mark < 0 ? '' : url.slice(mark + 1))
  const slash = rawPath.indexOf('/', 1)
  const bucket = decode(slash < 0 ? rawPath.slice(1) : rawPath.slice(1, slash))
  const key = slash < 0 ? '' : decode(rawPath.slice(slash + 1))
  const operation = operationOf(method, bucket, key, query, headers)
  return { method, rawPath, bucket, key, query, headers, rawHeaders, operation }
}

function parseQuery(text: string): Map<string, string> {
  const pairs = text.split('&').filter((pair) => pair !== '')
  return new Map(
    pairs.map((pair) => {
      const at = pair.indexOf('=')
      return at < 0 ? [decode(pair), ''] : [decode(pair.slice(0, at)), decode(pair.slice(at + 1))]
    }),
  )
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    throw s3Error('InvalidURI', "Couldn't parse the specified URI.")
  }
}

function operationOf(
  method: string,
  bucket: string,
  key: string,
  query: ReadonlyMap<string, string>,
  headers: IncomingMessage['headers'],
): string {
  if (bucket === '') return method === 'GET' ? 'ListBuckets' : 'Unknown'
  const resource = ['uploads', 'uploadId', 'delete', 'tagging', 'location', 'list-type'].find((name) => query.has(name))
  const copies = headers['x-amz-copy-source'] !== undefined
  const name = `${method} ${key === '' ? 'bucket' : 'object'} ${resource ?? (copies ? 'copy' : '')}`.trim()
  return OPERATIONS[name] ?? 'Unknown'
}

const OPERATIONS: Readonly<Record<string, string>> = {
  'PUT bucket': 'CreateBucket',
  'HEAD bucket': 'HeadBucket',
  'DELETE bucket': 'DeleteBucket',
  'GET bucket location': 'GetBucketLocation',
  'GET bucket list-type': 'ListObjectsV2',
  'GET bucket uploads': 'ListMultipartUploads',
  'POST bucket delete': 'DeleteObjects',
  'PUT object': 'PutObject',
  'PUT object copy': 'CopyObject',
  'GET object': 'GetObject',
  'HEAD object': 'HeadObject',
  'DELETE object': 'DeleteObject',
  'GET object tagging': 'GetObjectTagging',
  'POST object uploads': 'CreateMultipartUpload',
  'PUT object uploadId': 'UploadPart',
  'GET object uploadId': 'ListParts',
  'POST object uploadId': 'CompleteMultipartUpload',
  'DELETE object uploadId': 'AbortMultipartUpload',
}
