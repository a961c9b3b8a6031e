import { type Answer, type Work, xml } from './answer.ts'
import { s3Error } from './errors.ts'
import { xmlDocument } from './xml.ts'

/** `ListObjectsV2`: prefix, delimiter, start-after, pages of at most 1,000, encoding-type=url. */
export function listObjects({ request, bucket, need }: Work): Answer {
  need('s3:ListBucket')
  const { query } = request
  if (query.get('list-type') !== '2') throw s3Error('NotImplemented', 'This test server lists with list-type=2.')
  const prefix = query.get('prefix') ?? ''
  const delimiter = query.get('delimiter') ?? ''
  const page = pageOf(bucket.keys(), prefix, delimiter, after(query), maxKeys(query))
  const name = encoder(query.get('encoding-type'))
  const last = page.rows.at(-1)
  return xml(
    xmlDocument('ListBucketResult', {
      Name: request.bucket,
      Prefix: name(prefix),
      MaxKeys: maxKeys(query),
      KeyCount: page.rows.length,
      EncodingType: query.get('encoding-type'),
      IsTruncated: page.more,
      ContinuationToken: query.get('continuation-token'),
      NextContinuationToken: page.more && last !== undefined ? Buffer.from(last.upTo).toString('base64url') : undefined,
      Contents: page.rows.flatMap(({ key }) => {
        const object = key === undefined ? undefined : bucket.get(key)
        if (key === undefined || object === undefined) return []
        const { etag, bytes, lastModified, headers } = object
        const StorageClass = headers['x-amz-storage-class'] ?? 'STANDARD'
        return [
          { Key: name(key), LastModified: lastModified.toISOString(), ETag: etag, Size: bytes.length, StorageClass },
        ]
      }),
      CommonPrefixes: page.rows.flatMap(({ common }) => (common === undefined ? [] : [{ Prefix: name(common) }])),
    }),
  )
}

interface Row {
  readonly key?: string
  readonly common?: string
  /** Where the next page begins, this row excluded. */
  readonly upTo: string
}

function pageOf(
  keys: readonly string[],
  prefix: string,
  delimiter: string,
  start: string,
  limit: number,
): { rows: readonly Row[]; more: boolean } {
  const rows: Row[] = []
  for (const key of keys.slice(firstAfter(keys, start))) {
    if (!key.startsWith(prefix)) continue
    const cut = delimiter === '' ? -1 : key.indexOf(delimiter, prefix.length)
    const common = cut < 0 ? undefined : key.slice(0, cut + delimiter.length)
    const previous = rows.at(-1)
    if (common !== undefined && previous?.common === common) {
      rows[rows.length - 1] = { common, upTo: key }
      continue
    }
    if (rows.length === limit) return { rows, more: limit > 0 }
    rows.push(common === undefined ? { key, upTo: key } : { common, upTo: key })
  }
  return { rows, more: false }
}

function firstAfter(keys: readonly string[], start: string): number {
  if (start === '') return 0
  const bytes = Buffer.from(start)
  let low = 0
  let high = keys.length
  while (low < high) {
    const middle = (low + high) >> 1
    if (Buffer.compare(Buffer.from(keys[middle] ?? ''), bytes) <= 0) low = middle + 1
    else high = middle
  }
  return low
}

function after(query: ReadonlyMap<string, string>): string {
  const token = query.get('continuation-token')
  if (token === undefined) return query.get('start-after') ?? ''
  if (!/^[\w-]+$/.test(token)) throw s3Error('InvalidArgument', 'The continuation token provided is incorrect')
  return Buffer.from(token, 'base64url').toString()
}

function maxKeys(query: ReadonlyMap<string, string>): number {
  const given = query.get('max-keys')
  if (given === undefined) return 1000
  if (!/^\d+$/.test(given)) throw s3Error('InvalidArgument', 'Provided max-keys not an integer or within integer range')
  return Math.min(1000, Number(given))
}

function encoder(type: string | undefined): (text: string) => string {
  if (type === undefined) return (text) => text
  if (type !== 'url') throw s3Error('InvalidArgument', 'Invalid Encoding Method specified in Request')
  return (text) => encodeURIComponent(text).replaceAll('%2F', '/').replaceAll('%20', '+')
}
