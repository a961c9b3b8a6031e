import type { Codec, CodecContext } from './codec.ts'
import { collectExactly } from './collect.ts'
import { asDecrypt, asDecryptStream } from './decrypt.ts'
import { type ResultError, type ResultIssue, resultError, throwIfAborted } from './errors.ts'
import { deserializeBytes } from './foreign.ts'
import { expiry, isOld } from './freshness.ts'
import { validatedItems } from './items.ts'
import { decodeOpened, type OpenPayload, openPlain, openRecord, tooLarge } from './open-payload.ts'
import type { Settings } from './options.ts'
import type { RecordInfo } from './outcome.ts'
import {
  decodePayload,
  isEncrypting,
  matchPipeline,
  namesOf,
  type Pipeline,
  pinOf,
  serializerName,
} from './pipeline.ts'
import { MAX_HEADER_BYTES, type RecordHeader } from './record/header.ts'
import { type DecodedHeader, decodeRecord, digestPayload } from './record/record.ts'
import { corrupt, TRAILER_BYTES } from './record/trailer.ts'
import { describePlain, describeRecord } from './record-info.ts'
import { makeReference, type ResultReference } from './reference.ts'
import { checkReference } from './reference-check.ts'
import { releasing } from './releasing.ts'
import type { Source } from './source.ts'
import { releaseObject, type StoredObject } from './storage.ts'
import { underSignal } from './under-signal.ts'
import { runValidators } from './validator.ts'

/** How a value is to be read. */
export interface LoadOptions {
  readonly signal: AbortSignal | undefined
  readonly maxBytes: number | undefined
  readonly validate: boolean
  readonly allowReplaced: boolean
  /** Milliseconds; older values are expired. */
  readonly maxAge: number | undefined
}

/** The answer to one request, before `read` and `find` make their own of it. */
export type Loaded =
  | { readonly status: 'absent' }
  | { readonly status: 'expired'; readonly record: RecordInfo; readonly reason: 'expiresAt' | 'maxAge' }
  | {
      readonly status: 'found'
      readonly value: unknown
      readonly record: RecordInfo
      readonly stale: boolean
      /** `undefined` for a stream, whose digest is known only at its end. */
      readonly reference: ResultReference | undefined
      readonly issues: readonly ResultIssue[]
    }

/** Above this many bytes a record is read as a stream, so that its header can end the read and hashing overlaps. */
const STREAM_ABOVE = 256 * 1024
const NOTHING = new Uint8Array()

/** Reads a value: one request. Errors: CORRUPT, REPLACED, DECRYPT, DESERIALIZE, UNSUPPORTED, TOO_LARGE, the storage's. */
export async function load(source: Source, options: LoadOptions): Promise<Loaded> {
  const { settings, storage, key } = source
  const { signal, maxBytes } = options
  throwIfAborted('read', signal)
  checkFormat(source)
  const plain = settings.format === 'plain' ? plainPipeline(source) : undefined
  const limit = maxBytes === undefined ? undefined : maxBytes + (plain ? 0 : MAX_HEADER_BYTES + TRAILER_BYTES)
  const object = await storage.read(key, {
    range: undefined,
    ifMatch: undefined,
    ifNoneMatch: undefined,
    maxBytes: limit,
    signal,
  })
  if (object === undefined) return { status: 'absent' }
  return plain
    ? loadPlain(source, plain, object, options)
    : asDecrypt(settings, () => loadRecord(source, object, options))
}

/** UNSUPPORTED when the reference is to a result of the other format. */
export function checkFormat({ settings, reference }: Source): void {
  const { format } = settings
  if (reference === undefined || reference.format === format) return
  const message = `The reference is to a result with format: '${reference.format}', and this Result reads '${format}'. Use result.with({ format: '${reference.format}' }).`
  throw resultError('UNSUPPORTED', 'read', message)
}

async function loadRecord(source: Source, object: StoredObject, options: LoadOptions): Promise<Loaded> {
  const { settings } = source
  if (settings.serializer.kind === 'stream' || object.stat.size > STREAM_ABOVE)
    return loadRecordStream(source, object, options)
  const bytes = await object.bytes()
  const { line, header, payload, trailer } = decodeRecord(bytes)
  const reason = expiry(settings, header, options.maxAge)
  const info = { ...describeRecord(header, object.stat), size: trailer.size, sha256: trailer.sha256 }
  if (reason !== undefined) return { status: 'expired', record: info, reason }
  return finishRecord(source, { line, header }, payload, info, options)
}

async function loadRecordStream(source: Source, object: StoredObject, options: LoadOptions): Promise<Loaded> {
  const { settings } = source
  const opened = await openRecord(object)
  const { header, payload, digest } = opened
  const info = describeRecord(header.header, object.stat)
  try {
    const reason = expiry(settings, header.header, options.maxAge)
    if (reason !== undefined) {
      await release(opened)
      return { status: 'expired', record: info, reason }
    }
    if (settings.serializer.kind === 'stream')
      return items(source, opened, pipelineOf(settings, header.header), info, options)
    const bytes = await collectExactly(payload, object.stat.size - header.line.byteLength - TRAILER_BYTES)
    return await finishRecord(source, header, bytes, { ...info, size: bytes.byteLength, sha256: digest() }, options)
  } catch (error) {
    await release(opened)
    throw error
  }
}

async function release({ payload }: OpenPayload): Promise<void> {
  await payload[Symbol.asyncIterator]().return?.()
}

/** Where nothing encrypts, a digest that was verified tells at once that this is another result, whatever wrote it. */
function finishRecord(
  source: Source,
  header: DecodedHeader,
  payload: Uint8Array,
  record: VerifiedInfo,
  options: LoadOptions,
): Promise<Loaded> {
  const { settings, reference } = source
  if (!settings.accepted.some(({ codecs }) => isEncrypting(codecs))) {
    checkReference(reference, { pin: undefined, sha256: record.sha256 }, header.header, options)
  }
  return finish(source, pipelineOf(settings, header.header), header, payload, record, options)
}

/** The pipeline of a plain result: the reference's, or what is configured. Known before anything is read. */
export function plainPipeline({ settings, reference }: Source): Pipeline {
  return reference
    ? matchPipeline(settings.accepted, reference.serializer, reference.codecs ?? [])
    : { serializer: settings.serializer, codecs: settings.codecs }
}

async function loadPlain(
  source: Source,
  pipeline: Pipeline,
  object: StoredObject,
  options: LoadOptions,
): Promise<Loaded> {
  const { settings, reference } = source
  const info = describePlain(pipeline, object.stat)
  if (options.maxAge !== undefined && isOld(settings, object.stat.lastModified, options.maxAge)) {
    await releaseObject(object)
    return { status: 'expired', record: info, reason: 'maxAge' }
  }
  if (pipeline.serializer.kind === 'stream') return items(source, openPlain(object), pipeline, info, options)
  const payload = await object.bytes()
  const { sha256, size } = digestPayload([payload]).trailer
  // Bytes that are not the referenced ones would only confuse a decoder.
  checkReference(reference, { pin: undefined, sha256 }, undefined, options)
  return finish(source, pipeline, undefined, payload, { ...info, sha256, size }, options)
}

type VerifiedInfo = RecordInfo & { readonly sha256: string }

async function finish(
  source: Source,
  { serializer, codecs }: Pipeline,
  header: DecodedHeader | undefined,
  payload: Uint8Array,
  record: VerifiedInfo,
  options: LoadOptions,
): Promise<Loaded> {
  const { settings, reference } = source
  const { signal, maxBytes } = options
  checkSize(payload.byteLength, maxBytes)
  if (serializer.kind === 'stream') throw unexpectedStream()
  let stale = false
  const context = contextOf(source, header, options, (facts) => {
    stale ||= facts.stale
  })
  const bytes =
    codecs.length === 0 ? payload : await underSignal(signal, 'read', () => decodePayload(payload, codecs, context))
  const pin = codecs.length === 0 ? undefined : pinOf(codecs, payload.subarray(0, MAX_HEADER_BYTES))
  checkReference(reference, { pin, sha256: record.sha256 }, header?.header, options)
  checkSize(bytes.byteLength, maxBytes)
  const value = header?.header.undefined
    ? undefinedValue(codecs, bytes)
    : await underSignal(signal, 'read', () => deserializeBytes(serializer, bytes))
  const validators = options.validate ? settings.validators : []
  const issues =
    validators.length === 0 ? [] : (await underSignal(signal, 'read', () => runValidators(validators, value))).issues
  const found = foundReference(source, { serializer, codecs }, payload.byteLength, pin ?? record.sha256)
  return { status: 'found', value, record, stale, reference: found, issues }
}

function foundReference(
  { settings, storage, key }: Source,
  { serializer, codecs }: Pipeline,
  size: number,
  sha256: string,
): ResultReference {
  const { name, format } = settings
  const written = { serializer: serializerName(serializer), codecs: namesOf(codecs) }
  return makeReference({ storage: name ?? storage.uri, key, format, ...written, size, sha256 })
}

function items(
  source: Source,
  opened: OpenPayload,
  { serializer, codecs }: Pipeline,
  record: RecordInfo,
  options: LoadOptions,
): Loaded {
  const { settings } = source
  if (serializer.kind !== 'stream') throw unexpectedStream()
  const context = contextOf(source, opened.header, options, () => {})
  const decoded = serializer.decode(decodeOpened(source, opened, codecs, context, options))
  const { validators } = settings
  const valid = options.validate && validators.length > 0 ? validatedItems(decoded, validators, 'read') : decoded
  const value = releasing(asDecryptStream(source, valid), opened.payload)
  return { status: 'found', value, record, stale: false, reference: undefined, issues: [] }
}

/** The pipeline that a record's header asks for, as far as it is configured. */
export function pipelineOf({ accepted }: Settings, header: RecordHeader): Pipeline {
  return matchPipeline(accepted, header.serializer, header.codecs)
}

function undefinedValue(codecs: readonly Codec[], payload: Uint8Array): undefined {
  if (isEncrypting(codecs) || payload.byteLength > 0) throw corrupt('its header says undefined, and it has a payload')
}

function checkSize(size: number, maxBytes: number | undefined): void {
  if (maxBytes !== undefined && size > maxBytes) throw tooLarge(`${size} bytes`, maxBytes)
}

/** What codecs are told. */
export function contextOf(
  { key }: Source,
  header: DecodedHeader | undefined,
  { maxBytes, signal }: { readonly maxBytes?: number | undefined; readonly signal: AbortSignal | undefined },
  report: CodecContext['report'],
): CodecContext {
  return { key, header: header?.line ?? NOTHING, maxBytes, signal, report }
}

function unexpectedStream(): ResultError {
  const message = 'A Result reads either values or streams; accepts may not mix the two kinds of serializer.'
  return resultError('CONFIG', 'read', message)
}
