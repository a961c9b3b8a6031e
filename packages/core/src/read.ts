import type { Codec } from './codec.ts'
import { collectExactly } from './collect.ts'
import { asDecrypt, asDecryptStream, undecryptable } from './decrypt.ts'
import { type ResultIssue, resultError, throwIfAborted } from './errors.ts'
import { deserializeBytes } from './foreign.ts'
import { expiry } from './freshness.ts'
import { validatedItems } from './items.ts'
import { checkMaxBytes, checkSize, decodeOpened, type OpenPayload, openPlain, openRecord } from './open-payload.ts'
import type { Settings } from './options.ts'
import type { RecordInfo, ResultReadOptions } from './outcome.ts'
import { decodePayload, isEncrypting, matchPipeline, type Pipeline, pinOf } from './pipeline.ts'
import { MAX_HEADER_BYTES, type RecordHeader } from './record/header.ts'
import { type DecodedHeader, decodeRecord, digestPayload } from './record/record.ts'
import { corrupt, TRAILER_BYTES } from './record/trailer.ts'
import { describePlain, describeRecord } from './record-info.ts'
import type { ResultReference } from './reference.ts'
import { checkReference } from './reference-check.ts'
import { letGo, orLetGo, releasing } from './releasing.ts'
import type { StreamSerializer, ValueSerializer } from './serializer.ts'
import { contextOf, referenceTo, type Source } from './source.ts'
import { type ObjectStat, releaseObject, type StoredObject } from './storage.ts'
import { underSignal } from './under-signal.ts'
import { issuesOf } from './validator.ts'

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

/**
 * Reads a value: one request. Errors: CORRUPT, REPLACED, DECRYPT, DESERIALIZE, UNSUPPORTED, TOO_LARGE, the storage's.
 *
 * @param maxAge - milliseconds; older values are expired
 */
export async function load(source: Source, options: ResultReadOptions, maxAge?: number): Promise<Loaded> {
  const { settings, storage, key } = source
  const { signal, maxBytes } = options
  throwIfAborted('read', signal)
  checkFormat(source)
  checkMaxBytes(maxBytes)
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
  return asDecrypt(settings, () =>
    plain ? loadPlain(source, plain, object, options, maxAge) : loadRecord(source, object, options, maxAge),
  )
}

/** UNSUPPORTED when the reference is to a result of the other format; DECRYPT where all are encrypted, which plain ones never are. */
export function checkFormat({ settings, storage, key, reference }: Source): void {
  const { format, encrypted } = settings
  if (reference === undefined || reference.format === format) return
  if (encrypted) throw undecryptable({ operation: 'read', key, storage: storage.uri })
  const message = `The result was written with format: '${reference.format}', and this Result reads '${format}'. Use result.with({ format: '${reference.format}' }).`
  throw resultError('UNSUPPORTED', 'read', message)
}

async function loadRecord(
  source: Source,
  object: StoredObject,
  options: ResultReadOptions,
  maxAge: number | undefined,
): Promise<Loaded> {
  const { settings } = source
  const { stat } = object
  if (settings.serializer.kind === 'stream' || stat.size > STREAM_ABOVE) {
    const opened = await openRecord(object)
    return orLetGo(opened.payload, () => loadOpened(source, opened, stat, options, maxAge))
  }
  const record = decodeRecord(await object.bytes())
  const { header, payload, trailer } = record
  const reason = expiry(settings, header, maxAge)
  if (reason === undefined) return finish(source, record, payload, trailer.sha256, stat, options)
  return { status: 'expired', record: describeRecord(header, stat, trailer.size, trailer.sha256), reason }
}

async function loadOpened(
  source: Source,
  opened: OpenPayload & { readonly header: DecodedHeader },
  stat: ObjectStat,
  options: ResultReadOptions,
  maxAge: number | undefined,
): Promise<Loaded> {
  const { settings } = source
  const { header, payload, digest } = opened
  const reason = expiry(settings, header.header, maxAge)
  if (reason !== undefined) {
    await letGo(payload)
    return { status: 'expired', record: describeRecord(header.header, stat), reason }
  }
  if (settings.serializer.kind === 'stream')
    return items(source, opened, pipelineOf(settings, header.header), describeRecord(header.header, stat), options)
  const bytes = await collectExactly(payload, stat.size - header.line.byteLength - TRAILER_BYTES)
  return finish(source, header, bytes, digest(), stat, options)
}

/** The pipeline of a plain result: the reference's, or what is configured. Known before anything is read. */
export function plainPipeline({ settings, reference }: Source): Pipeline {
  return reference ? matchPipeline(settings.accepted, reference.serializer, reference.codecs ?? []) : settings
}

async function loadPlain(
  source: Source,
  pipeline: Pipeline,
  object: StoredObject,
  options: ResultReadOptions,
  maxAge: number | undefined,
): Promise<Loaded> {
  const { stat } = object
  const record = describePlain(pipeline, stat)
  const reason = expiry(source.settings, record, maxAge)
  if (reason !== undefined) {
    await releaseObject(object)
    return { status: 'expired', record, reason }
  }
  if (pipeline.serializer.kind === 'stream') {
    const opened = openPlain(object)
    return orLetGo(opened.payload, () => items(source, opened, pipeline, record, options))
  }
  const payload = await object.bytes()
  return finish(source, undefined, payload, digestPayload([payload]).sha256, stat, options)
}

/** What a verified payload stands for; it has a header unless it is plain. */
async function finish(
  source: Source,
  header: DecodedHeader | undefined,
  payload: Uint8Array,
  sha256: string,
  stat: ObjectStat,
  options: ResultReadOptions,
): Promise<Loaded> {
  const { settings, reference } = source
  const { signal, maxBytes } = options
  const check = (pin: string | undefined): void => checkReference(reference, { pin, sha256 }, header?.header, options)
  // Where nothing encrypts, the digest tells at once that this is another result, whatever wrote it.
  if (header === undefined || !settings.accepted.some(({ codecs }) => isEncrypting(codecs))) check(undefined)
  const pipeline = header ? pipelineOf(settings, header.header) : plainPipeline(source)
  const { serializer, codecs } = pipeline
  checkSize(payload.byteLength, maxBytes)
  let stale = false
  const context = contextOf(source, header, options, (facts) => {
    stale ||= facts.stale
  })
  const bytes =
    codecs.length === 0 ? payload : await underSignal(signal, 'read', () => decodePayload(payload, codecs, context))
  const pin = pinOf(codecs, payload)
  check(pin)
  checkSize(bytes.byteLength, maxBytes)
  const value = header?.header.undefined
    ? undefinedValue(codecs, bytes)
    : await underSignal(signal, 'read', () => deserializeBytes(serializer as ValueSerializer, bytes))
  const issues = await issuesOf('read', source.settings, value, options)
  const found = referenceTo(source, pipeline, payload.byteLength, pin ?? sha256)
  const record = header
    ? describeRecord(header.header, stat, payload.byteLength, sha256)
    : describePlain(pipeline, stat, sha256)
  return { status: 'found', value, record, stale, reference: found, issues }
}

function items(
  source: Source,
  opened: OpenPayload,
  { serializer, codecs }: Pipeline,
  record: RecordInfo,
  options: ResultReadOptions,
): Loaded {
  const context = contextOf(source, opened.header, options)
  const bytes = decodeOpened(source, opened, codecs, context, options)
  const decoded = (serializer as StreamSerializer).decode(bytes)
  const valid = validatedItems('read', source.settings, decoded, options)
  const value = releasing(asDecryptStream(source, valid, options.signal), opened.payload)
  return { status: 'found', value, record, stale: false, reference: undefined, issues: [] }
}

/** The pipeline that a record's header asks for, as far as it is configured. */
export function pipelineOf({ accepted }: Settings, header: RecordHeader): Pipeline {
  return matchPipeline(accepted, header.serializer, header.codecs)
}

function undefinedValue(codecs: readonly Codec[], payload: Uint8Array): undefined {
  if (isEncrypting(codecs) || payload.byteLength > 0)
    throw corrupt('its header line says undefined, and it has a payload')
}
