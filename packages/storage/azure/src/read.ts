import type { Readable } from 'node:stream'
import type { BlobDownloadResponseParsed, BlobRequestConditions } from '@azure/storage-blob'
import {
  type ByteRange,
  type Key,
  type ObjectStat,
  type ReadOptions,
  resolveRange,
  type StoredObject,
} from '@resultkit/core'
import { emptyObject, openObject } from './body.ts'
import { type Call, failure, guard } from './failure.ts'
import { isAbsent, meaningOf, statusOf } from './meaning.ts'
import { nameOf, type Site, withBlob } from './site.ts'
import { headObject } from './stat.ts'
import { etagHeader, objectStat } from './version.ts'

/** How often a read that needs a look first is tried when the blob is replaced in between. */
const MAX_VERSIONS = 5

/** `ResultStorage.read`: one GET; a HEAD before it for a range that only the size decides, or that lies beyond the end. */
export function readObject(site: Site, key: Key, options: ReadOptions): Promise<StoredObject | undefined> {
  const call: Call = { site, operation: 'read', key, signal: options.signal }
  return guard(call, 'ifNoneMatch', async () => {
    const name = nameOf(call, key)
    const { range } = options
    // Azure has no ranges that count from the end, and none that are empty.
    if (range !== undefined && (range.start < 0 || range.end === range.start)) return readKnown(call, name, options)
    const answer = await get(call, name, range, conditionsOf(options))
    if (answer === 'refused') return readKnown(call, name, options)
    return answer && admit(call, answer, range, options)
  })
}

function conditionsOf({ ifMatch, ifNoneMatch }: ReadOptions): BlobRequestConditions {
  return {
    ...(ifMatch !== undefined && { ifMatch: etagHeader(ifMatch) }),
    ...(ifNoneMatch !== undefined && { ifNoneMatch: etagHeader(ifNoneMatch) }),
  }
}

/** Looks first, and then reads what it has seen. */
async function readKnown(call: Call, name: string, options: ReadOptions): Promise<StoredObject | undefined> {
  for (let version = 0; version < MAX_VERSIONS; version++) {
    const stat = await headObject(call, name)
    if (stat === undefined) return undefined
    admitVersion(call, stat, options)
    const range = resolveRange(options.range, stat.size)
    admitSize(call, range.end - range.start, options)
    if (range.end === range.start) return emptyObject(call, stat)
    const answer = await get(call, name, range, { ifMatch: stat.etag })
    if (answer === undefined) return undefined
    if (answer !== 'refused') return admit(call, answer, range, options)
  }
  const what = 'the blob is replaced again and again between the look at it and the read. Try again'
  throw failure(call, 'UNAVAILABLE', what, { retryable: true })
}

type Answer = BlobDownloadResponseParsed | undefined

/** `'refused'`: the range lies beyond the end, or `ifMatch` is not what is there, if there is anything. */
async function get(
  call: Call,
  name: string,
  range: ByteRange | undefined,
  conditions: BlobRequestConditions,
): Promise<Answer | 'refused'> {
  const { start = 0, end } = range ?? {}
  const { customerProvidedKey } = call.site.encryption
  try {
    const answer = await withBlob(call, name, (blob) =>
      blob.download(start, end === undefined ? undefined : end - start, {
        conditions,
        // A body that breaks off is an error here: core's retry() reads on, and knows what it has.
        maxRetryRequests: 0,
        ...(customerProvidedKey && { customerProvidedKey }),
        ...(call.signal && { abortSignal: call.signal }),
      }),
    )
    // Azurite answers so for a range of an empty blob; Azure says 416.
    return range !== undefined && answer.contentLength === 0 ? 'refused' : answer
  } catch (error) {
    if (isAbsent(error)) return undefined
    if (statusOf(error) === 416 || isUnmet(error)) return 'refused'
    throw error
  }
}

function isUnmet(error: unknown): boolean {
  return statusOf(error) === 412 && meaningOf(error) === 'condition'
}

function admitVersion(call: Call, { etag }: ObjectStat, { ifMatch, ifNoneMatch }: ReadOptions): void {
  if (ifMatch !== undefined && etagHeader(ifMatch) !== etag) {
    throw failure(call, 'PRECONDITION_FAILED', 'the stored object is not the version that ifMatch names')
  }
  if (ifNoneMatch !== undefined && etagHeader(ifNoneMatch) === etag) {
    throw failure(call, 'NOT_MODIFIED', 'the stored object is the version that ifNoneMatch names')
  }
}

function admit(
  call: Call,
  answer: BlobDownloadResponseParsed,
  range: ByteRange | undefined,
  options: ReadOptions,
): StoredObject {
  const body = answer.readableStreamBody
  const { contentLength: length = 0 } = answer
  try {
    admitEncoding(call, answer)
    const whole = sizeOf(answer, range)
    const stat: ObjectStat = objectStat(call, whole, answer)
    if (body === undefined) throw failure(call, 'UNAVAILABLE', 'the answer has no body')
    admitSize(call, length, options)
    return openObject(call, stat, body as Readable, length)
  } catch (error) {
    ;(body as Readable | undefined)?.destroy()
    throw error
  }
}

/** The size of the whole blob, and a look at whether the bytes are those that were asked for. */
function sizeOf(answer: BlobDownloadResponseParsed, range: ByteRange | undefined): number | undefined {
  const { contentRange, contentLength } = answer
  const found = /^bytes (\d+)-\d+\/(\d+)$/.exec(contentRange ?? '')
  if (found !== null) return Number(found[1]) === (range?.start ?? 0) ? Number(found[2]) : undefined
  return range === undefined || (range.start === 0 && range.end === undefined) ? contentLength : undefined
}

/** The SDK undoes these two, whoever has applied them; other encodings it gives as they are. */
function admitEncoding(call: Call, { contentEncoding = '' }: BlobDownloadResponseParsed): void {
  if (!/^(?:gzip|deflate)$/.test(contentEncoding)) return
  const what =
    'the answer is compressed, by something on the way or because the blob was stored with a content encoding, and the SDK decompresses it: these are not the stored bytes. Look at proxies, or read that blob with the SDK'
  throw failure(call, 'UNAVAILABLE', what, { cause: new Error(`content-encoding ${contentEncoding}`) })
}

function admitSize(call: Call, size: number, { maxBytes }: ReadOptions): void {
  if (maxBytes === undefined || size <= maxBytes) return
  throw failure(call, 'TOO_LARGE', `${size} bytes are more than maxBytes (${maxBytes})`)
}
