import {
  type ByteRange,
  type Key,
  type ObjectStat,
  type ReadOptions,
  resolveRange,
  type StoredObject,
} from '@resultkit/core'
import { emptyObject, openObject } from './body.ts'
import type { Reply } from './exchange.ts'
import { type Call, failure, type Refused, refusedCause, refusedError } from './failure.ts'
import { dateOf, generationOf, objectName, WRITE_ID } from './object.ts'
import { ask, queryText, readText, refusedOf, type Service } from './service.ts'
import { confirmAbsent, lookUp } from './stat.ts'

/** How often a range is tried on an object that others keep replacing. */
const RANGE_ATTEMPTS = 5

/** `ResultStorage.read`: one GET; a range beyond the end, or a condition that does not hold, takes a look at the metadata. */
export async function readObject(service: Service, key: Key, options: ReadOptions): Promise<StoredObject | undefined> {
  const call: Call = { uri: service.settings.uri, operation: 'read', key, signal: options.signal }
  const range = rangeHeader(options.range)
  if (range === 'nothing') return readNothing(service, call, key, options)
  const { ifMatch, ifNoneMatch } = options
  if (ifMatch !== undefined && generationOf(ifMatch) === undefined) return refuseOther(service, call, key)
  const name = encodeURIComponent(objectName(service, call, key))
  const query = queryText(service.settings, {
    alt: 'media',
    ifGenerationMatch: ifMatch,
    ifGenerationNotMatch: ifNoneMatch === undefined ? undefined : generationOf(ifNoneMatch),
  })
  // Without it, gzip objects would be decompressed on the way.
  const headers = { 'accept-encoding': 'gzip', ...(range !== undefined && { range }) }
  for (let attempt = 1; ; attempt++) {
    const reply = await ask(service, call, { method: 'GET', url: ({ api }) => `${api}/o/${name}${query}`, headers })
    if (reply.status === 200 || reply.status === 206) return opened(call, key, reply, options)
    const { status, headers: answered } = reply
    const refused = refusedOf({ status, headers: answered, text: await readText(reply) })
    if (refused.status !== 416) return refuse(service, call, key, refused)
    const object = await readNothing(service, call, key, options)
    // The object may have grown since the answer.
    const beyond = object === undefined || isBeyond(options.range, object.stat.size)
    if (beyond) return object
    if (attempt === RANGE_ATTEMPTS) throw refusedError(call, { ...refused, status: 503 })
  }
}

/** `undefined`: all of it. `'nothing'`: a range without bytes, which HTTP cannot ask for. */
function rangeHeader(range: ByteRange | undefined): string | undefined {
  if (range === undefined || (range.start === 0 && range.end === undefined)) return undefined
  const { start, end } = range
  if (start < 0) return `bytes=${start}`
  if (end === undefined) return `bytes=${start}-`
  return end === start ? 'nothing' : `bytes=${start}-${end - 1}`
}

function isBeyond(range: ByteRange | undefined, size: number): boolean {
  const { start, end } = resolveRange(range, size)
  return start === end
}

/** No bytes of an object, with its stat and the conditions. */
async function readNothing(
  service: Service,
  call: Call,
  key: Key,
  { ifMatch, ifNoneMatch }: ReadOptions,
): Promise<StoredObject | undefined> {
  const stat = await lookUp(service, call, key)
  if (stat === undefined) return undefined
  if (ifMatch !== undefined && stat.etag !== ifMatch) throw otherVersion(call)
  if (stat.etag === ifNoneMatch) throw sameVersion(call)
  return emptyObject(call, stat)
}

function opened(call: Call, key: Key, reply: Reply, options: ReadOptions): StoredObject {
  const { range, maxBytes, ifMatch, ifNoneMatch } = options
  try {
    const stat = statOfReply(call, key, reply)
    // A cache on the way, or a server that does not know these conditions, does not keep them.
    if (ifMatch !== undefined && stat.etag !== ifMatch) throw otherVersion(call)
    if (stat.etag === ifNoneMatch) throw sameVersion(call)
    const length = lengthOf(call, reply, range, stat.size)
    if (maxBytes !== undefined && length > maxBytes)
      throw failure(call, 'TOO_LARGE', `${length} bytes are more than maxBytes (${maxBytes})`)
    return openObject(call, stat, reply, length)
  } catch (error) {
    reply.release()
    throw error
  }
}

/** How many bytes will come; refuses an answer that is not the stored bytes, or another part of them than was asked for. */
function lengthOf(call: Call, { status, headers }: Reply, range: ByteRange | undefined, size: number): number {
  const stored = headers['x-goog-stored-content-encoding']
  if (stored !== undefined && stored !== (headers['content-encoding'] ?? 'identity')) {
    const what = 'something on the way has compressed or decompressed the bytes. Look at apiEndpoint, and at proxies'
    throw failure(call, 'UNAVAILABLE', what, { cause: new Error(`stored as ${stored}`) })
  }
  const { start, end } = resolveRange(range, size)
  const given = status === 206 ? headers['content-range'] : `bytes 0-${size - 1}/${size}`
  if (given !== `bytes ${start}-${end - 1}/${size}`) {
    const what = 'the service did not give the range. An object with content encoding that it decompresses has none'
    throw failure(call, 'UNSUPPORTED', what)
  }
  return wholeNumber(headers['content-length']) ?? end - start
}

function statOfReply(call: Call, key: Key, { headers }: Reply): ObjectStat {
  const total = /^bytes \d+-\d+\/(\d+)$/.exec(headers['content-range'] ?? '')?.[1]
  const length = headers['x-goog-stored-content-length'] ?? headers['content-length']
  const size = wholeNumber(total ?? length)
  const etag = headers['x-goog-generation']
  if (size === undefined || typeof etag !== 'string') {
    const what = 'the answer is no object of Google Cloud Storage. Look at apiEndpoint, and at proxies on the way'
    throw failure(call, 'UNAVAILABLE', what, { cause: new Error('no generation or no size') })
  }
  const writeId = headers[`x-goog-meta-${WRITE_ID}`]
  return {
    key,
    size,
    lastModified: dateOf(headers['last-modified']),
    etag,
    writeId: typeof writeId === 'string' ? writeId : undefined,
  }
}

function wholeNumber(text: string | readonly string[] | undefined): number | undefined {
  return typeof text === 'string' && /^\d{1,15}$/.test(text) ? Number(text) : undefined
}

async function refuse(service: Service, call: Call, key: Key, refused: Refused): Promise<undefined> {
  if (refused.status === 304) throw sameVersion(call, refusedCause(refused))
  if (refused.status === 412) return refuseOther(service, call, key, refusedCause(refused))
  if (refused.status !== 404) throw refusedError(call, refused)
  await confirmAbsent(service, call, key, refused)
  return undefined
}

/** Another version is PRECONDITION_FAILED, none at all is absent; a 412 does not say which. */
async function refuseOther(service: Service, call: Call, key: Key, cause?: unknown): Promise<undefined> {
  if ((await lookUp(service, call, key)) !== undefined) throw otherVersion(call, cause)
  return undefined
}

function otherVersion(call: Call, cause?: unknown): Error {
  return failure(call, 'PRECONDITION_FAILED', 'the stored object is not the version that ifMatch names', { cause })
}

function sameVersion(call: Call, cause?: unknown): Error {
  return failure(call, 'NOT_MODIFIED', 'the stored object is the version that ifNoneMatch names', { cause })
}
