import type { Codec, CodecContext } from './codec.ts'
import { collectExactly } from './collect.ts'
import { asDecrypt, asDecryptStream } from './decrypt.ts'
import { type ResultError, type ResultIssue, resultError } from './errors.ts'
import { expiry, isOld } from './freshness.ts'
import { validatedItems } from './items.ts'
import type { Settings } from './options.ts'
import type { RecordInfo } from './outcome.ts'
import {
  decodePayload,
  decodePayloadStream,
  matchPipeline,
  namesOf,
  type Pipeline,
  pinOf,
  serializerName,
} from './pipeline.ts'
import { MAX_HEADER_BYTES, type RecordHeader } from './record/header.ts'
import {
  type DecodedHeader,
  decodeRecord,
  decodeRecordStream,
  digestPayload,
  hashedStream,
  type RecordStream,
} from './record/record.ts'
import { corrupt, TRAILER_BYTES } from './record/trailer.ts'
import { describePlain, describeRecord } from './record-info.ts'
import { makeReference, type ResultReference } from './reference.ts'
import { checkedAtEnd, checkReference, type ReplacedOption } from './reference-check.ts'
import { releasing } from './releasing.ts'
import type { Source } from './source.ts'
import { releaseObject, type StoredObject } from './storage.ts'
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

/** A payload that has been opened, its freshness known, before codecs and serializer. */
interface Opened {
  readonly pipeline: Pipeline
  readonly header: DecodedHeader | undefined
}

/** Above this many bytes a record is read as a stream, so that its header can end the read and hashing overlaps. */
const STREAM_ABOVE = 256 * 1024
const NOTHING = new Uint8Array()

/** Reads a value: one request. Errors: CORRUPT, REPLACED, DECRYPT, DESERIALIZE, UNSUPPORTED, TOO_LARGE, the storage's. */
export async function load(source: Source, options: LoadOptions): Promise<Loaded> {
  const { settings, storage, key, reference } = source
  if (reference !== undefined) checkFormat(settings, reference)
  const { signal, maxBytes } = options
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

function checkFormat({ format }: Settings, reference: ResultReference): void {
  if (reference.format === format) return
  const message = `The reference is to a result with format: '${reference.format}', and this Result reads '${format}'. Use result.with({ format: '${reference.format}' }).`
  throw resultError('UNSUPPORTED', 'read', message)
}

async function loadRecord(source: Source, object: StoredObject, options: LoadOptions): Promise<Loaded> {
  const { settings } = source
  if (settings.serializer.kind === 'stream' || object.stat.size > STREAM_ABOVE)
    return loadRecordStream(source, object, options)
  const bytes = await object.bytes()
  const { line, header, payload, trailer } = decodeRecord(bytes)
  const expired = expiry(settings, header, options.maxAge)
  const info = { ...describeRecord(header, object.stat), size: trailer.size, sha256: trailer.sha256 }
  if (expired !== undefined) return { status: 'expired', record: info, reason: expired }
  return finish(source, { pipeline: pipelineOf(settings, header), header: { line, header } }, payload, info, options)
}

async function loadRecordStream(source: Source, object: StoredObject, options: LoadOptions): Promise<Loaded> {
  const { settings } = source
  const opened = await openRecord(source, object, options)
  const { line, header, payload } = opened
  const info = describeRecord(header, object.stat)
  const iterator = payload[Symbol.asyncIterator]()
  try {
    const expired = expiry(settings, header, options.maxAge)
    if (expired !== undefined) {
      await iterator.return?.()
      return { status: 'expired', record: info, reason: expired }
    }
    const decoded = { pipeline: pipelineOf(settings, header), header: { line, header } }
    const pieces = { [Symbol.asyncIterator]: () => iterator }
    if (decoded.pipeline.serializer.kind === 'stream')
      return items(source, decoded, pieces, opened.check, info, options)
    const bytes = await collectExactly(pieces, object.stat.size - line.byteLength - TRAILER_BYTES)
    return await finish(source, decoded, bytes, { ...info, size: bytes.byteLength, sha256: opened.digest() }, options)
  } catch (error) {
    await iterator.return?.()
    throw error
  }
}

/** A record as a stream, with its digest once it was read, and a check of it against the reference. */
interface OpenRecord extends RecordStream {
  digest(): string
  check(pin: string | undefined): void
}

/** Opens a record that comes as a stream. */
export async function openRecord(
  { reference }: Source,
  object: StoredObject,
  options: ReplacedOption,
): Promise<OpenRecord> {
  let sha256 = ''
  const opened = await decodeRecordStream(object.stream(), (trailer) => {
    sha256 = trailer.sha256
  })
  const check = (pin: string | undefined): void => checkReference(reference, pin ?? sha256, opened.header, options)
  return { ...opened, digest: () => sha256, check }
}

/** A plain payload as a stream, with the same check. */
export function openPlain(
  { reference }: Source,
  object: StoredObject,
  options: ReplacedOption,
): Pick<OpenRecord, 'payload' | 'check'> {
  if (reference === undefined) return { payload: object.stream(), check: () => {} }
  let sha256 = ''
  const stream = object.stream()
  const hashed = hashedStream(stream, (trailer) => {
    sha256 = trailer.sha256
  })
  return {
    payload: releasing(hashed, stream),
    check: (pin) => checkReference(reference, pin ?? sha256, undefined, options),
  }
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
  const { settings } = source
  const info = describePlain(settings, object.stat)
  if (options.maxAge !== undefined && isOld(settings, object.stat.lastModified, options.maxAge)) {
    await releaseObject(object)
    return { status: 'expired', record: info, reason: 'maxAge' }
  }
  const opened = { pipeline, header: undefined }
  if (pipeline.serializer.kind === 'stream') {
    const { payload, check } = openPlain(source, object, options)
    return items(source, opened, payload, check, info, options)
  }
  const payload = await object.bytes()
  const { sha256, size } = digestPayload([payload]).trailer
  return finish(source, opened, payload, { ...info, sha256, size }, options)
}

async function finish(
  source: Source,
  opened: Opened,
  payload: Uint8Array,
  record: RecordInfo & { readonly sha256: string },
  options: LoadOptions,
): Promise<Loaded> {
  const { settings, reference } = source
  const { pipeline, header } = opened
  const { serializer, codecs } = pipeline
  const { sha256 } = record
  checkSize(payload.byteLength, options.maxBytes)
  if (serializer.kind === 'stream') throw unexpectedStream()
  let stale = false
  const context = contextOf(source, header, options, (facts) => {
    stale ||= facts.stale
  })
  // Plain bytes that are not the referenced ones would only confuse a decoder, so they are compared first.
  const identity = identityOf(codecs, payload, sha256)
  if (header === undefined) checkReference(reference, identity, undefined, options)
  const bytes = codecs.length === 0 ? payload : await decodePayload(payload, codecs, context)
  if (header !== undefined) checkReference(reference, identity, header.header, options)
  checkSize(bytes.byteLength, options.maxBytes)
  const value = header?.header.undefined ? undefinedValue(settings, bytes) : await serializer.deserialize(bytes)
  const validators = options.validate ? settings.validators : []
  const { issues } = validators.length === 0 ? { issues: [] } : await runValidators(validators, value)
  const { key, storage } = source
  const { format } = settings
  const parts = {
    storage: settings.name ?? storage.uri,
    key,
    format,
    serializer: serializerName(serializer),
    codecs: namesOf(codecs),
  }
  const found = makeReference({ ...parts, size: payload.byteLength, sha256: identity })
  return { status: 'found', value, record, stale, reference: found, issues }
}

function items(
  source: Source,
  { pipeline, header }: Opened,
  payload: AsyncIterable<Uint8Array>,
  check: (pin: string | undefined) => void,
  record: RecordInfo,
  options: LoadOptions,
): Loaded {
  const { settings } = source
  const { serializer, codecs } = pipeline
  if (serializer.kind !== 'stream') throw unexpectedStream()
  const context = contextOf(source, header, options, () => {})
  const decoded = serializer.decode(decodePayloadStream(checkedAtEnd(payload, codecs, check), codecs, context))
  const { validators } = settings
  const valid = options.validate && validators.length > 0 ? validatedItems(decoded, validators, 'read') : decoded
  const value = releasing(asDecryptStream(source, valid), payload)
  return { status: 'found', value, record, stale: false, reference: undefined, issues: [] }
}

/** The pipeline that a record's header asks for, as far as it is configured. */
export function pipelineOf({ accepted }: Settings, header: RecordHeader): Pipeline {
  return matchPipeline(accepted, header.serializer, header.codecs)
}

function identityOf(codecs: readonly Codec[], payload: Uint8Array, sha256: string): string {
  return (codecs.length > 0 ? pinOf(codecs, payload.subarray(0, MAX_HEADER_BYTES)) : undefined) ?? sha256
}

function undefinedValue({ encrypted }: Settings, payload: Uint8Array): undefined {
  if (encrypted || payload.byteLength > 0) throw corrupt('its header says undefined, and it has a payload')
}

function checkSize(size: number, maxBytes: number | undefined): void {
  if (maxBytes === undefined || size <= maxBytes) return
  const message = `read: ${size} bytes are more than maxBytes (${maxBytes}). Raise maxBytes, or read it as a stream.`
  throw resultError('TOO_LARGE', 'read', message)
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
