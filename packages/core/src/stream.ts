import { nowMs } from './clock.ts'
import type { Codec } from './codec.ts'
import { asDecrypt, asDecryptStream } from './decrypt.ts'
import { isResultError, type ResultError, resultError, throwIfAborted } from './errors.ts'
import { expiry } from './freshness.ts'
import { decodeOpened, openPlain, openRecord } from './open-payload.ts'
import type { RecordInfo, ResultStreamOptions } from './outcome.ts'
import { type Pipeline, pinOf } from './pipeline.ts'
import { type ByteRange, parseRange, resolveRange } from './range.ts'
import { checkFormat, contextOf, pipelineOf, plainPipeline } from './read.ts'
import { MAX_HEADER_BYTES } from './record/header.ts'
import { type DecodedHeader, openHeader } from './record/record.ts'
import { corrupt, TRAILER_BYTES } from './record/trailer.ts'
import { describePlain, describeRecord } from './record-info.ts'
import { checkReference } from './reference-check.ts'
import type { Source } from './source.ts'
import { type ObjectStat, type ReadOptions, releaseObject, type StoredObject } from './storage.ts'

const WHOLE = { range: undefined, ifMatch: undefined, ifNoneMatch: undefined, maxBytes: undefined } as const

/** The first bytes of a record: its header, and as much of the payload as came with it. */
interface Head {
  readonly opened: DecodedHeader
  readonly bytes: Uint8Array
  readonly stat: ObjectStat
}

/** What a record's header and its object say, in one small request; `undefined` when absent. */
export async function describeSource(source: Source, signal: AbortSignal | undefined): Promise<RecordInfo | undefined> {
  const { settings, storage, key, reference } = source
  checkFormat(source)
  if (settings.format === 'plain') {
    const stat = await storage.stat(key, { signal })
    const info = stat && describePlain(settings, stat)
    // The serializer of a reference need not be configured to be told.
    return info && reference ? { ...info, serializer: reference.serializer, codecs: reference.codecs ?? [] } : info
  }
  const head = await asDecrypt(settings, () => readHead(source, MAX_HEADER_BYTES, signal))
  return head && describeRecord(head.opened.header, head.stat)
}

async function readHead(
  { storage, key }: Source,
  end: number,
  signal: AbortSignal | undefined,
): Promise<Head | undefined> {
  const ranged = storage.capabilities.ranges
  const range = ranged ? { start: 0, end } : undefined
  const object = await storage.read(key, { ...WHOLE, range, signal })
  if (object === undefined) return undefined
  const bytes = ranged ? await object.bytes() : await firstBytes(object, end)
  return { opened: openHeader(bytes), bytes, stat: object.stat }
}

async function firstBytes(object: StoredObject, end: number): Promise<Uint8Array> {
  const head = new Uint8Array(Math.min(end, object.stat.size))
  let filled = 0
  for await (const piece of object.stream()) {
    head.set(piece.subarray(0, head.byteLength - filled), filled)
    filled = Math.min(head.byteLength, filled + piece.byteLength)
    if (filled === head.byteLength) break
  }
  return head.subarray(0, filled)
}

/** The serializer's bytes, after the codecs. Ends normally only when everything was verified. */
export async function* streamSource(
  source: Source,
  options: ResultStreamOptions,
): AsyncGenerator<Uint8Array, void, undefined> {
  const range = options.range && parseRange(options.range, 'stream')
  throwIfAborted('stream', options.signal)
  checkFormat(source)
  const pieces = range === undefined ? await openWhole(source, options) : await openRange(source, range, options)
  yield* asDecryptStream(source, pieces)
}

/** @param expected - the version that was looked at before; another one is REPLACED */
async function openWhole(
  source: Source,
  options: ResultStreamOptions,
  expected?: ObjectStat,
): Promise<AsyncIterable<Uint8Array>> {
  const { settings } = source
  const { signal, allowReplaced = false } = options
  const plain = settings.format === 'plain' ? plainPipeline(source) : undefined
  const object = await readVersion(source, { ...WHOLE, signal }, expected)
  if (object === undefined) throw notFound(source, 'stream')
  const opened = plain ? openPlain(object) : await asDecrypt(settings, () => openRecord(object))
  try {
    const { codecs } = plain ?? (await asDecrypt(settings, async () => freshPipeline(source, opened.header)))
    const context = contextOf(source, opened.header, { signal }, () => {})
    return decodeOpened(source, opened, codecs, context, { allowReplaced })
  } catch (error) {
    await opened.payload[Symbol.asyncIterator]().return?.()
    throw error
  }
}

/** Reads, holding the object against a version that was seen before. REPLACED when it is another, or gone. */
async function readVersion(
  { storage, key }: Source,
  options: ReadOptions,
  expected: ObjectStat | undefined,
): Promise<StoredObject | undefined> {
  if (expected === undefined) return storage.read(key, options)
  const ifMatch = storage.capabilities.readConditions ? expected.etag : undefined
  const object = await storage.read(key, { ...options, ifMatch }).catch((error: unknown) => {
    if (isResultError(error) && error.code === 'PRECONDITION_FAILED') return undefined
    throw error
  })
  if (object?.stat.etag === expected.etag) return object
  await releaseObject(object)
  throw goneMeanwhile()
}

/** The pipeline of a record that has not expired. */
function freshPipeline(source: Source, header: DecodedHeader | undefined): Pipeline {
  if (header === undefined) return source.settings
  checkFresh(source, header)
  return pipelineOf(source.settings, header.header)
}

function checkFresh({ settings }: Source, { header }: DecodedHeader): void {
  if (expiry(settings, header, undefined) !== undefined)
    throw expired('stream', header.expiresAt ?? new Date(nowMs(settings.clock)))
}

async function openRange(
  source: Source,
  range: ByteRange,
  options: ResultStreamOptions,
): Promise<AsyncIterable<Uint8Array>> {
  const { settings, storage, key } = source
  const { signal, verify = true } = options
  if (settings.format === 'plain') {
    if (verify) throw unverifiable()
    if (plainPipeline(source).codecs.length > 0) return slice(await openWhole(source, options), range)
    const object = await storage.read(key, { ...WHOLE, range, signal })
    if (object === undefined) throw notFound(source, 'stream')
    return object.stream()
  }
  // As much as a header, and the part of the payload that a pin may need.
  const head = await asDecrypt(settings, () => readHead(source, 2 * MAX_HEADER_BYTES, signal))
  if (head === undefined) throw notFound(source, 'stream')
  const { codecs } = await asDecrypt(settings, async () => freshPipeline(source, head.opened))
  const reader = codecs.at(-1)?.range
  if (verify && reader === undefined) throw unverifiable()
  const check = (): void => checkHead(source, head, codecs, options)
  if (codecs.length > 1 || (codecs.length === 1 && reader === undefined))
    return checkedFirst(slice(await openWhole(source, options, head.stat), range), check)
  const { size, open } = await asDecrypt(settings, async () => openPayload(source, head, signal))
  if (reader === undefined) return (await open(range)).stream()
  const read = async (part: ByteRange): Promise<Uint8Array> => (await open(part)).bytes()
  const context = contextOf(source, head.opened, { signal }, () => {})
  return checkedFirst(reader.decodeRange({ size, read }, range, context), check)
}

/** Checks between the decoder's first piece, by which it has verified its commitment, and giving it out. */
async function* checkedFirst(
  pieces: AsyncIterable<Uint8Array>,
  check: () => void,
): AsyncGenerator<Uint8Array, void, undefined> {
  let checked = false
  for await (const piece of pieces) {
    if (!checked) check()
    checked = true
    yield piece
  }
  if (!checked) check()
}

/** Whether this is the referenced result, as far as the head tells: encryption pins it there. */
function checkHead(
  { reference }: Source,
  head: Head,
  codecs: readonly Codec[],
  { allowReplaced = false }: ResultStreamOptions,
): void {
  const payload = head.bytes.subarray(head.opened.line.byteLength, Math.max(0, head.stat.size - TRAILER_BYTES))
  const pin = pinOf(codecs, payload)
  if (pin !== undefined) checkReference(reference, { pin, sha256: '' }, head.opened.header, { allowReplaced })
}

/** The payload of a record as an object of its own; every part is of the version that the head was read from. */
function openPayload(
  source: Source,
  { opened, stat }: Head,
  signal: AbortSignal | undefined,
): { readonly size: number; open(range: ByteRange): Promise<StoredObject> } {
  const from = opened.line.byteLength
  const size = stat.size - from - TRAILER_BYTES
  if (size < 0) throw corrupt('it ends before its trailer')
  const open = async (range: ByteRange): Promise<StoredObject> => {
    const { start, end } = resolveRange(range, size)
    const part = { start: from + start, end: from + end }
    const object = await readVersion(source, { ...WHOLE, range: part, signal }, stat)
    if (object === undefined) throw goneMeanwhile()
    return object
  }
  return { size, open }
}

/** A part of a stream that has to be read from its start. */
async function* slice(
  pieces: AsyncIterable<Uint8Array>,
  { start, end = Infinity }: ByteRange,
): AsyncGenerator<Uint8Array, void, undefined> {
  if (start < 0) {
    yield* lastBytes(pieces, -start)
    return
  }
  let at = 0
  for await (const piece of pieces) {
    const part = piece.subarray(Math.max(0, start - at), Math.max(0, end - at))
    at += piece.byteLength
    if (part.byteLength > 0) yield part
    if (at >= end) return
  }
}

async function* lastBytes(
  pieces: AsyncIterable<Uint8Array>,
  count: number,
): AsyncGenerator<Uint8Array, void, undefined> {
  const kept: Uint8Array[] = []
  let size = 0
  for await (const piece of pieces) {
    kept.push(piece)
    size += piece.byteLength
    for (let first = kept[0]; first !== undefined && size - first.byteLength >= count; first = kept[0]) {
      size -= first.byteLength
      kept.shift()
    }
  }
  for (const [index, piece] of kept.entries()) yield index === 0 ? piece.subarray(Math.max(0, size - count)) : piece
}

/** NOT_FOUND, naming the storage of the reference where it is another one. */
export function notFound({ settings, storage, reference }: Source, operation: string): ResultError {
  const here = settings.name ?? storage.uri
  const elsewhere = reference !== undefined && reference.storage !== here && reference.storage !== storage.uri
  const hint = elsewhere
    ? 'The reference names another storage than this Result has; read it through that one, or through a store.'
    : 'Write it first, or use find, which answers with a status.'
  return resultError('NOT_FOUND', operation, `${operation}: no result is stored there. ${hint}`)
}

/** EXPIRED. */
export function expired(operation: string, expiresAt: Date): ResultError {
  const message = `${operation}: the result expired at ${expiresAt.toISOString()}. Compute and write it again; describe() still shows its header.`
  return resultError('EXPIRED', operation, message)
}

function unverifiable(): ResultError {
  const message =
    'stream: a range of this result cannot be verified, because its digest covers the whole. Read it whole, encrypt it (encrypted chunks are verified one by one), or accept unverified bytes with verify: false.'
  return resultError('UNSUPPORTED', 'stream', message)
}

function goneMeanwhile(): ResultError {
  const message = 'stream: the result was replaced or deleted while a range of it was being read. Read it again.'
  return resultError('REPLACED', 'stream', message, { retryable: true })
}
