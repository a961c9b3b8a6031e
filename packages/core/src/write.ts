import { sizeOf } from './bytes.ts'
import { nowMs } from './clock.ts'
import type { Codec } from './codec.ts'
import { resultError, throwIfAborted } from './errors.ts'
import { serializeValue } from './foreign.ts'
import { replayable, validatedItems } from './items.ts'
import type { ResultWriteOptions } from './outcome.ts'
import {
  applicableCodecs,
  encodePayload,
  encodePayloadStream,
  namesOf,
  type Pipeline,
  pinOf,
  serializerName,
  watchPin,
} from './pipeline.ts'
import { encodeHeader } from './record/header.ts'
import { type DecodedHeader, digestPayload, encodeRecord, encodeRecordStream, hashedStream } from './record/record.ts'
import { type RecordTrailer, TRAILER_BYTES } from './record/trailer.ts'
import type { ResultReference } from './reference.ts'
import type { StreamSerializer } from './serializer.ts'
import { contextOf, type Place, referenceTo } from './source.ts'
import type { ObjectStat, WriteOptions } from './storage.ts'
import { underSignal } from './under-signal.ts'
import { issuesOf, validationFailed } from './validator.ts'
import { checkWriteOptions } from './write-options.ts'

/** What was written: the reference, and the object as the storage sees it. */
export interface Written {
  readonly reference: ResultReference
  readonly stat: ObjectStat
}

/** Everything that one write knows before it has bytes. */
interface Job extends Place {
  readonly options: ResultWriteOptions
  readonly now: number
}

const RECORD_TYPE = 'application/vnd.resultkit.record'

/** Validates, encodes and publishes a value. The reference is made only after the storage has published. */
export async function writeValue(place: Place, value: unknown, options: ResultWriteOptions): Promise<Written> {
  throwIfAborted('write', options.signal)
  const { settings, storage, key } = place
  const job: Job = { settings, storage, key, options, now: nowMs(settings.clock) }
  checkWriteOptions(settings, options, job.now)
  const { serializer } = settings
  if (serializer.kind === 'stream') return writeItems(job, serializer, value)
  const isUnset = value === undefined && settings.format === 'record' && !settings.encrypted
  const parts = await validated(job, value, () => (isUnset ? [] : serializeValue(serializer, value)))
  return writeBuffered(job, parts, isUnset)
}

/** Serializes at once, so that what the caller changes later is not stored, then lets the validators speak first. */
async function validated<R>({ settings, options }: Job, value: unknown, serialize: () => R | Promise<R>): Promise<R> {
  const serialized = underSignal(options.signal, 'write', serialize)
  serialized.catch(() => {})
  const issues = await issuesOf('write', settings, value, options)
  if (issues.length > 0) throw validationFailed('write', issues)
  return serialized
}

async function writeBuffered(job: Job, parts: readonly Uint8Array[], isUnset: boolean): Promise<Written> {
  const { settings, storage, key, options } = job
  const { format, serializer } = settings
  const kept = format === 'plain' ? settings.codecs : applicableCodecs(settings.codecs, sizeOf(parts))
  const codecs = isUnset ? [] : kept
  const header = headerOf(job, codecs, isUnset)
  const encode = () => encodePayload(parts, codecs, contextOf(job, header, options))
  const payload = codecs.length === 0 ? parts : await underSignal(options.signal, 'write', encode)
  const pipeline = { serializer, codecs }
  if (isWorthOverlapping(job, payload)) {
    const size = sizeOf(payload) + (header ? header.line.byteLength + TRAILER_BYTES : 0)
    return publishStream(job, pipeline, header, () => steps(payload), size)
  }
  const pin = pinOf(codecs, payload[0] ?? new Uint8Array())
  const { parts: body, trailer } = header
    ? encodeRecord(header.line, payload)
    : { parts: payload, trailer: digestPayload(payload) }
  const stat = await storage.write(key, body, storageOptions(job, undefined))
  return { reference: referenceTo(job, pipeline, trailer.size, pin ?? trailer.sha256), stat }
}

/** From this many bytes on, a payload at hand is written while it is hashed, where the storage can do so. */
const OVERLAP_ABOVE = 4 * 1024 * 1024
const OVERLAP_STEP = 256 * 1024

function isWorthOverlapping({ storage, options }: Job, payload: readonly Uint8Array[]): boolean {
  const { ifAbsentStream, ifMatchStream } = storage.capabilities
  const allowed = (!options.ifAbsent || ifAbsentStream) && (options.ifMatch === undefined || ifMatchStream)
  return allowed && sizeOf(payload) >= OVERLAP_ABOVE
}

async function* steps(payload: readonly Uint8Array[]): AsyncGenerator<Uint8Array, void, undefined> {
  for (const part of payload) {
    for (let at = 0; at < part.byteLength; at += OVERLAP_STEP) yield part.subarray(at, at + OVERLAP_STEP)
  }
}

function writeItems(job: Job, serializer: StreamSerializer, value: unknown): Promise<Written> {
  const { settings, options } = job
  const { codecs } = settings
  const start = replayable(value, options.signal)
  const header = headerOf(job, codecs, false)
  const payload = (): AsyncIterable<Uint8Array> => {
    const valid = validatedItems('write', settings, start(), options)
    return encodePayloadStream(serializer.encode(valid), codecs, contextOf(job, header, options))
  }
  return publishStream(job, { serializer, codecs }, header, payload, undefined)
}

/** Writes what `payload` starts anew for each attempt; `size` is that of the whole object, where it is known. */
async function publishStream(
  job: Job,
  pipeline: Pipeline,
  header: WrittenHeader | undefined,
  payload: () => AsyncIterable<Uint8Array>,
  size: number | undefined,
): Promise<Written> {
  const passes: { readonly size: number; readonly sha256: string }[] = []
  const body = (): AsyncIterable<Uint8Array> => {
    const pass = passes.push({ size: 0, sha256: '' }) - 1
    const watched = watchPin(payload(), pipeline.codecs)
    const done = (trailer: RecordTrailer): void => {
      passes[pass] = { size: trailer.size, sha256: watched.pin() ?? trailer.sha256 }
    }
    return header ? encodeRecordStream(header.line, watched.payload, done) : hashedStream(watched.payload, done)
  }
  const options = storageOptions(job, size)
  const stat = await job.storage.write(job.key, body, options)
  const landed = passes[passOf(options.writeId, stat.writeId)] ?? passes.at(-1)
  if (landed?.sha256) return { reference: referenceTo(job, pipeline, landed.size, landed.sha256), stat }
  const message = 'write: the storage answered before it had read the whole stream. What it stored is not known.'
  throw resultError('CORRUPT', 'write', message)
}

/** Which pass over a stream landed: retry() appends the number of passes before its attempt, `.n`; stacked ones add up. */
function passOf(asked: string, landed: string | undefined): number {
  if (landed === asked) return 0
  if (landed === undefined || !landed.startsWith(`${asked}.`)) return -1
  const counts = landed.slice(asked.length + 1).split('.')
  return counts.reduce((sum, count) => sum + Number(count), 0)
}

function storageOptions({ settings, options }: Job, size: number | undefined): WriteOptions {
  const { ifAbsent = false, ifMatch, signal } = options
  const { serializer, format, codecs } = settings
  const plainType = codecs.length === 0 ? serializer.contentType : 'application/octet-stream'
  const contentType = format === 'record' ? RECORD_TYPE : plainType
  return { ifAbsent, ifMatch, contentType, size, writeId: crypto.randomUUID(), signal }
}

/** A header line as it is written; a plain result has none. */
type WrittenHeader = Pick<DecodedHeader, 'line'>

function headerOf(job: Job, codecs: readonly Codec[], isUnset: boolean): WrittenHeader | undefined {
  const { settings, options, now } = job
  const { serializer, format, writer } = settings
  if (format === 'plain') return undefined
  const { expiresAt, metadata } = options
  const line = encodeHeader({
    serializer: serializerName(serializer),
    codecs: namesOf(codecs),
    createdAt: new Date(now),
    expiresAt,
    metadata,
    writer,
    undefined: isUnset,
    supersedes: [],
  })
  return { line }
}
