import { createHash, randomBytes } from 'node:crypto'
import type { Checksum } from './body.ts'
import { s3Error } from './errors.ts'

/** An object as it is kept. Its bytes are never changed, so that a reader keeps the version that it opened. */
export interface StoredObject {
  readonly bytes: Buffer
  /** With its quotes. */
  readonly etag: string
  readonly lastModified: Date
  /** Sent back as they are: content type, metadata, storage class, encryption. */
  readonly headers: Readonly<Record<string, string>>
  readonly checksum: Checksum | undefined
  readonly tags: string | undefined
}

/** One part of an upload. */
export interface StoredPart {
  readonly bytes: Buffer
  readonly etag: string
  readonly checksum: Checksum | undefined
}

/** An upload that was neither completed nor aborted. */
export interface Upload {
  readonly id: string
  readonly key: string
  readonly initiated: Date
  readonly parts: Map<number, StoredPart>
  readonly headers: Readonly<Record<string, string>>
  readonly checksumAlgorithm: string | undefined
  readonly tags: string | undefined
}

/** A bucket in memory. */
export interface Bucket {
  readonly uploads: Map<string, Upload>
  get(key: string): StoredObject | undefined
  put(key: string, object: StoredObject): void
  delete(key: string): void
  /** In the order of their UTF-8 bytes. */
  keys(): readonly string[]
  readonly size: number
}

/** An empty bucket. */
export function makeBucket(): Bucket {
  const objects = new Map<string, StoredObject>()
  let sorted: string[] | undefined
  return {
    uploads: new Map(),
    get: (key) => objects.get(key),
    put(key, object) {
      if (!objects.has(key)) sorted = undefined
      objects.set(key, object)
    },
    delete(key) {
      if (objects.delete(key)) sorted = undefined
    },
    keys() {
      sorted ??= [...objects.keys()].sort(byUtf8)
      return sorted
    },
    get size() {
      return objects.size
    },
  }
}

/** UTF-16 has another order where there are surrogates. */
const UNLIKE = /[\ud800-\uffff]/

function byUtf8(a: string, b: string): number {
  if (UNLIKE.test(a) || UNLIKE.test(b)) return Buffer.compare(Buffer.from(a), Buffer.from(b))
  return a < b ? -1 : 1
}

/** The ETag of a body that was put at once: its MD5, in quotes. */
export function etagOf(bytes: Uint8Array): string {
  return `"${createHash('md5').update(bytes).digest('hex')}"`
}

/** The ETag of a completed upload: the MD5 of the parts' MD5s, and their number. */
export function multipartEtag(parts: readonly StoredPart[]): string {
  const md5s = Buffer.concat(parts.map(({ etag }) => Buffer.from(etag.slice(1, -1), 'hex')))
  return `"${createHash('md5').update(md5s).digest('hex')}-${parts.length}"`
}

/** An id that nobody guesses. */
export function uploadId(): string {
  return randomBytes(24).toString('base64url')
}

/** Whether a condition names this ETag; S3 takes it with quotes and without. */
export function namesEtag(condition: string, etag: string): boolean {
  return (
    condition === '*' ||
    condition.split(',').some((each) => each.trim().replace(/^"(.*)"$/, '$1') === etag.slice(1, -1))
  )
}

/** Which ETags of conditional writes and deletes a server takes; the others name no object. */
export type EtagForms = 'both' | 'quoted' | 'bare'

/** Whether `If-Match` of a write or delete names this ETag, in a form that the server takes. */
export function writeNamesEtag(condition: string, etag: string, forms: EtagForms): boolean {
  const quoted = /^".*"$/.test(condition)
  if (forms !== 'both' && quoted !== (forms === 'quoted')) return false
  return namesEtag(condition, etag)
}

/** `If-None-Match: *` and `If-Match` of what publishes an object; to be called in the same turn as the publication. */
export function checkWriteConditions(
  current: StoredObject | undefined,
  headers: Readonly<Record<string, string | string[] | undefined>>,
  forms: EtagForms,
): void {
  const none = headers['if-none-match']
  const match = headers['if-match']
  if (none !== undefined && (none !== '*' || match !== undefined)) {
    throw s3Error('NotImplemented', 'A header you provided implies functionality that is not implemented')
  }
  const failed = 'At least one of the pre-conditions you specified did not hold'
  if (none === '*' && current !== undefined) throw s3Error('PreconditionFailed', failed, { Condition: 'If-None-Match' })
  if (match === undefined) return
  if (current === undefined) throw s3Error('NoSuchKey', 'The specified key does not exist.')
  if (!writeNamesEtag(String(match), current.etag, forms))
    throw s3Error('PreconditionFailed', failed, { Condition: 'If-Match' })
}
