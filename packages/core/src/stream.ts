import { nowMs } from './clock.ts'
import type { Codec } from './codec.ts'
import { asDecrypt, asDecryptStream } from './decrypt.ts'
import { type ResultError, resultError, throwIfAborted } from './errors.ts'
import { expiry } from './freshness.ts'
import type { RecordInfo, ResultStreamOptions } from './outcome.ts'
import { decodePayloadStream, pinOf } from './pipeline.ts'
import { type ByteRange, parseRange, resolveRange } from './range.ts'
import { contextOf, openPlain, openRecord, pipelineOf, plainPipeline } from './read.ts'
import { MAX_HEADER_BYTES } from './record/header.ts'
import { type DecodedHeader, openHeader } from './record/record.ts'
import { TRAILER_BYTES } from './record/trailer.ts'
import { describePlain, describeRecord } from './record-info.ts'
import { checkedAtEnd, checkReference } from './reference-check.ts'
import type { Source } from './source.ts'
import { type ObjectStat, releaseObject, type StoredObject } from './storage.ts'

const WHOLE = { range: undefined, ifMatch: undefined, ifNoneMatch: undefined, maxBytes: undefined } as const

/** The first bytes of a record: its header, and as much of the payload as came with it. */
interface Head {
  readonly opened: DecodedHeader
  readonly bytes: Uint8Array
  readonly stat: ObjectStat
}

/** What a record's header and its object say, in one small request; `undefined` when absent. */
export async function describeSource(source: Source, signal: AbortSignal | undefined): Promise<RecordInfo | undefined> {
  const { settings, storage, key } = source
  if (settings.format === 'plain') {
    const stat = await storage.stat(key, { signal })
    return stat && describePlain(settings, stat)
  }
  const head = await readHead(source, signal)
  return head && describeRecord(head.opened.header, head.stat)
}

async function readHead({ storage, key }: Source, signal: AbortSignal | undefined): Promise<Head | undefined> {
  const ranged = storage.capabilities.ranges
  const range = ranged ? { start: 0, end: MAX_HEADER_BYTES } : undefined
  const object = await storage.read(key, { ...WHOLE, range, signal })
  if (object === undefined) return undefined
  const bytes = ranged ? await object.bytes() : await firstBytes(object)
  return { opened: openHeader(bytes), bytes, stat: object.stat }
}

async function firstBytes(object: StoredObject): Promise<Uint8Array> {
  const head = new Uint8Array(Math.min(MAX_HEADER_BYTES, object.stat.size))
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
  const { settings } = source
  const range = options.range && parseRange(options.range, 'stream')
  throwIfAborted('stream', options.signal)
  const pieces = await asDecrypt(settings, async () =>
    range === undefined ? openWhole(source, options) : openRange(source, range, options),
  )
  yield* asDecryptStream(source, pieces)
}

async function openWhole(source: Source, options: ResultStreamOptions): Promise<AsyncIterable<Uint8Array>> {
  const { settings, storage, key } = source
  const { signal } = options
  const replaced = { allowReplaced: options.allowReplaced ?? false }
  const plain = settings.format === 'plain' ? plainPipeline(source) : undefined
  const object = await storage.read(key, { ...WHOLE, signal })
  if (object === undefined) throw notFound(source, 'stream')
  if (plain !== undefined) {
    const { codecs } = plain
    const { payload, check } = openPlain(source, object, replaced)
    const context = contextOf(source, undefined, { signal }, () => {})
    return decodePayloadStream(checkedAtEnd(payload, codecs, check), codecs, context)
  }
  const opened = await openRecord(source, object, replaced)
  try {
    checkFresh(source, opened)
    const { codecs } = pipelineOf(settings, opened.header)
    const context = contextOf(source, opened, { signal }, () => {})
    return decodePayloadStream(checkedAtEnd(opened.payload, codecs, opened.check), codecs, context)
  } catch (error) {
    await opened.payload[Symbol.asyncIterator]().return?.()
    throw error
  }
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
    const { codecs } = settings
    if (codecs.length > 0) return slice(await openWhole(source, options), range)
    const object = await storage.read(key, { ...WHOLE, range, signal })
    if (object === undefined) throw notFound(source, 'stream')
    return object.stream()
  }
  const head = await readHead(source, signal)
  if (head === undefined) throw notFound(source, 'stream')
  checkFresh(source, head.opened)
  const { codecs } = pipelineOf(settings, head.opened.header)
  const reader = codecs.at(-1)?.range
  if (verify && reader === undefined) throw unverifiable()
  checkHead(source, head, codecs, options)
  if (codecs.length > 1 || (codecs.length === 1 && reader === undefined))
    return slice(await openWhole(source, options), range)
  const { size, open } = openPayload(source, head, signal)
  if (reader === undefined) return (await open(range)).stream()
  const read = async (part: ByteRange): Promise<Uint8Array> => (await open(part)).bytes()
  const context = contextOf(source, head.opened, { signal }, () => {})
  return reader.decodeRange({ size, read }, range, context)
}

/** Whether this is the referenced result, as far as the head tells: encryption pins it there. */
function checkHead(
  { reference }: Source,
  head: Head,
  codecs: readonly Codec[],
  { allowReplaced = false }: ResultStreamOptions,
): void {
  const pin = pinOf(codecs, head.bytes.subarray(head.opened.line.byteLength))
  if (pin !== undefined) checkReference(reference, pin, head.opened.header, { allowReplaced })
}

/** The payload of a record as an object of its own; every part is of the version that the head was read from. */
function openPayload(
  { storage, key }: Source,
  { opened, stat }: Head,
  signal: AbortSignal | undefined,
): { readonly size: number; open(range: ByteRange): Promise<StoredObject> } {
  const from = opened.line.byteLength
  const size = stat.size - from - TRAILER_BYTES
  const ifMatch = storage.capabilities.readConditions ? stat.etag : undefined
  const open = async (range: ByteRange): Promise<StoredObject> => {
    const { start, end } = resolveRange(range, size)
    const part = { start: from + start, end: from + end }
    const object = await storage.read(key, { ...WHOLE, range: part, ifMatch, signal })
    if (object?.stat.etag === stat.etag) return object
    await releaseObject(object)
    throw goneMeanwhile()
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
