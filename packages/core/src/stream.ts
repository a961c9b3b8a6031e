import { collectBytes } from './bytes.ts'
import type { Codec } from './codec.ts'
import { asDecrypt, asDecryptStream } from './decrypt.ts'
import { type ResultError, resultError, throwIfAborted } from './errors.ts'
import { expiry } from './freshness.ts'
import { decodeOpened, openPlain, openRecord } from './open-payload.ts'
import type { RecordInfo, ResultStreamOptions } from './outcome.ts'
import { type Pipeline, pinOf } from './pipeline.ts'
import { type ByteRange, parseRange, resolveRange } from './range.ts'
import { checkFormat, pipelineOf, plainPipeline } from './read.ts'
import { readVersion } from './read-version.ts'
import { describeHeader, headerLine, MAX_HEADER_BYTES } from './record/header.ts'
import { type DecodedHeader, openHeader } from './record/record.ts'
import { corrupt, TRAILER_BYTES } from './record/trailer.ts'
import { describePlain, describeRecord } from './record-info.ts'
import { checkReference } from './reference-check.ts'
import { orLetGo } from './releasing.ts'
import { contextOf, type Source } from './source.ts'
import { type CallOptions, type ObjectStat, type ReadOptions, type StoredObject, WHOLE } from './storage.ts'

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
  return asDecrypt(settings, async () => {
    const start = await readStart(source, MAX_HEADER_BYTES, signal)
    if (start === undefined) return undefined
    const { version, header } = describeHeader(headerLine(start.bytes))
    return { ...describeRecord(header, start.stat), version }
  })
}

/** The first bytes of an object. */
async function readStart(
  { storage, key }: Source,
  length: number,
  signal: AbortSignal | undefined,
): Promise<Omit<Head, 'opened'> | undefined> {
  const range = storage.capabilities.ranges ? { start: 0, end: length } : undefined
  const object = await storage.read(key, { ...WHOLE, range, signal })
  if (object === undefined) return undefined
  const bytes = await collectBytes(slice(object.stream(), { start: 0, end: length }))
  return { bytes, stat: object.stat }
}

/** The serializer's bytes, after the codecs. Ends normally only when everything was verified. */
export async function openStream(source: Source, options: ResultStreamOptions): Promise<AsyncIterable<Uint8Array>> {
  const range = options.range && parseRange(options.range, 'stream')
  throwIfAborted('stream', options.signal)
  checkFormat(source)
  const pieces = await asDecrypt(source.settings, () =>
    range === undefined ? openWhole(source, options) : openRange(source, range, options),
  )
  return asDecryptStream(source, pieces, options.signal)
}

/** @param expected - the version that was looked at before; another one is REPLACED */
async function openWhole(
  source: Source,
  options: ResultStreamOptions,
  expected?: ObjectStat,
): Promise<AsyncIterable<Uint8Array>> {
  const { signal } = options
  const plain = source.settings.format === 'plain' ? plainPipeline(source) : undefined
  const object = await readObject(source, { signal }, expected)
  const opened = plain ? openPlain(object) : await openRecord(object)
  return orLetGo(opened.payload, () => {
    const { codecs } = opened.header ? freshPipeline(source, opened.header) : plainPipeline(source)
    const context = contextOf(source, opened.header, { signal })
    return decodeOpened(source, opened, codecs, context, options)
  })
}

/** NOT_FOUND when it is absent; REPLACED when it was seen before and is another one now, or gone. */
async function readObject(
  source: Source,
  options: Partial<ReadOptions> & CallOptions,
  expected?: ObjectStat,
): Promise<StoredObject> {
  const { storage, key } = source
  const given = { ...WHOLE, ...options }
  const object = expected ? await readVersion(storage, key, given, expected.etag) : await storage.read(key, given)
  if (object !== undefined) return object
  if (expected === undefined) throw notFound(source, 'stream')
  const message = 'stream: the result was replaced or deleted while a range of it was being read. Read it again.'
  throw resultError('REPLACED', 'stream', message, { retryable: true })
}

/** The pipeline of a record that has not expired. */
function freshPipeline({ settings }: Source, { header }: DecodedHeader): Pipeline {
  if (expiry(settings, header) !== undefined) throw expired('stream', header.expiresAt)
  return pipelineOf(settings, header)
}

async function openRange(
  source: Source,
  range: ByteRange,
  options: ResultStreamOptions,
): Promise<AsyncIterable<Uint8Array>> {
  const { signal, verify = true } = options
  if (source.settings.format === 'plain') {
    if (verify) throw unverifiable(source)
    if (plainPipeline(source).codecs.length > 0) return slice(await openWhole(source, options), range)
    return (await readObject(source, { range, signal })).stream()
  }
  // As much as a header, and the part of the payload that a pin may need.
  const start = await readStart(source, 2 * MAX_HEADER_BYTES, signal)
  if (start === undefined) throw notFound(source, 'stream')
  const head = { ...start, opened: openHeader(start.bytes) }
  const { codecs } = freshPipeline(source, head.opened)
  const reader = codecs.at(-1)?.range
  if (verify && reader === undefined) throw unverifiable(source)
  const check = (): void => checkHead(source, head, codecs, options)
  if (codecs.length > 1 || (codecs.length === 1 && reader === undefined))
    return checkedFirst(slice(await openWhole(source, options, head.stat), range), check)
  const { size, open } = openPayload(source, head, signal)
  if (reader === undefined) return (await open(range)).stream()
  const read = async (part: ByteRange): Promise<Uint8Array> => (await open(part)).bytes()
  const context = contextOf(source, head.opened, { signal })
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
  { opened, bytes, stat }: Head,
  codecs: readonly Codec[],
  options: ResultStreamOptions,
): void {
  const payload = bytes.subarray(opened.line.byteLength, Math.max(0, stat.size - TRAILER_BYTES))
  const pin = pinOf(codecs, payload)
  if (pin !== undefined) checkReference(reference, { pin, sha256: '' }, opened.header, options)
}

/** The payload of a record as an object of its own; every part is of the version that the head was read from. */
function openPayload(
  source: Source,
  { opened, stat }: Head,
  signal: AbortSignal | undefined,
): { readonly size: number; open(range: ByteRange): Promise<StoredObject> } {
  const from = opened.line.byteLength
  const size = stat.size - from - TRAILER_BYTES
  if (size < 0) throw corrupt('it does not end with a trailer')
  const open = (range: ByteRange): Promise<StoredObject> => {
    const { start, end } = resolveRange(range, size)
    return readObject(source, { range: { start: from + start, end: from + end }, signal }, stat)
  }
  return { size, open }
}

/** A part of a stream that has to be read from its start. */
async function* slice(
  pieces: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
  { start, end = Infinity }: ByteRange,
): AsyncGenerator<Uint8Array, void, undefined> {
  if (start < 0) return yield* lastBytes(pieces, -start)
  let at = 0
  for await (const piece of pieces) {
    const part = piece.subarray(Math.max(0, start - at), Math.max(0, end - at))
    at += piece.byteLength
    if (part.byteLength > 0) yield part
    if (at >= end) return
  }
}

async function* lastBytes(
  pieces: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
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
  yield* slice(kept, { start: Math.max(0, size - count) })
}

/** NOT_FOUND, naming the storage of the reference where it is another one. */
export function notFound({ settings, storage, reference }: Source, operation: string): ResultError {
  const here = settings.name ?? storage.uri
  const elsewhere = reference !== undefined && reference.storage !== here && reference.storage !== storage.uri
  const hint = elsewhere
    ? 'The reference names another storage; read it there, or through a store.'
    : 'Write it first, or use find, which answers with a status.'
  return resultError('NOT_FOUND', operation, `${operation}: no result is stored there. ${hint}`)
}

/** EXPIRED. */
export function expired(operation: string, expiresAt: Date | undefined): ResultError {
  const message = `${operation}: the result expired at ${expiresAt?.toISOString()}. Compute and write it again.`
  return resultError('EXPIRED', operation, message)
}

function unverifiable({ key, storage }: Source): ResultError {
  const message =
    'stream: a range of this result cannot be verified. Read it whole, or accept unverified bytes with verify: false.'
  return resultError('UNSUPPORTED', 'stream', message, { key, storage: storage.uri })
}
