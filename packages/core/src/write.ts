import { isBytes, sizeOf } from './bytes.ts'
import { nowMs } from './clock.ts'
import type { Codec, CodecContext } from './codec.ts'
import { type ResultError, resultError, throwIfAborted } from './errors.ts'
import { serializeValue } from './foreign.ts'
import { replayable, validatedItems } from './items.ts'
import type { Key } from './key.ts'
import type { Settings } from './options.ts'
import type { ResultWriteOptions } from './outcome.ts'
import { applicableCodecs, encodePayload, encodePayloadStream, namesOf, pinOf, serializerName } from './pipeline.ts'
import { encodeHeader, MAX_HEADER_BYTES } from './record/header.ts'
import { digestPayload, encodeRecord, encodeRecordStream, hashedStream } from './record/record.ts'
import { TRAILER_BYTES } from './record/trailer.ts'
import { makeReference, type ResultReference } from './reference.ts'
import type { StreamSerializer, ValueSerializer } from './serializer.ts'
import type { ObjectStat, ResultStorage, WriteOptions } from './storage.ts'
import { underSignal } from './under-signal.ts'
import { runValidators, validationFailed } from './validator.ts'
import { checkWriteOptions } from './write-options.ts'

/** What was written: the reference, and the object as the storage sees it. */
export interface Written {
  readonly reference: ResultReference
  readonly stat: ObjectStat
}

/** What identifies stored bytes in a reference. */
interface Identity {
  readonly size: number
  readonly sha256: string
}

/** Everything that one write knows before it has bytes. */
interface Job {
  readonly settings: Settings
  readonly storage: ResultStorage
  readonly key: Key
  readonly options: ResultWriteOptions
  readonly now: number
}

const RECORD_TYPE = 'application/vnd.resultkit.record'
const NOTHING = new Uint8Array()

/** Validates, encodes and publishes a value. The reference is made only after the storage has published. */
export async function writeValue(
  settings: Settings,
  storage: ResultStorage,
  key: Key,
  value: unknown,
  options: ResultWriteOptions,
): Promise<Written> {
  throwIfAborted('write', options.signal)
  const job: Job = { settings, storage, key, options, now: nowMs(settings.clock) }
  checkWriteOptions(settings, options, job.now)
  const { serializer } = settings
  return serializer.kind === 'stream'
    ? writeItems(job, serializer, value)
    : writeBuffered(job, await serializeValid(job, serializer, value), value === undefined)
}

/** Serializes at once, so that what the caller changes later is not stored, then lets the validators speak first. */
async function serializeValid(job: Job, serializer: ValueSerializer, value: unknown): Promise<readonly Uint8Array[]> {
  const { settings, options } = job
  const { signal } = options
  const validators = options.validate === false ? [] : settings.validators
  const absent = value === undefined && settings.format === 'record' && !settings.encrypted
  const serialized = underSignal(signal, 'write', () => (absent ? [] : serializeValue(serializer, value)))
  serialized.catch(() => {})
  if (validators.length > 0) {
    const { issues } = await underSignal(signal, 'write', () => runValidators(validators, value))
    if (issues.length > 0) throw validationFailed('write', issues, {})
  }
  return toParts(await serialized)
}

function toParts(serialized: Uint8Array | readonly Uint8Array[]): readonly Uint8Array[] {
  return isBytes(serialized) ? [serialized] : serialized
}

async function writeBuffered(job: Job, parts: readonly Uint8Array[], isUndefined: boolean): Promise<Written> {
  const { settings, storage, key, options } = job
  const plain = settings.format === 'plain'
  const unset = isUndefined && !plain && !settings.encrypted
  const codecs = plain ? settings.codecs : unset ? [] : applicableCodecs(settings.codecs, sizeOf(parts))
  const line = plain ? NOTHING : headerLine(job, codecs, unset)
  const encode = () => encodePayload(parts, codecs, contextOf(job, line))
  const payload = codecs.length === 0 ? parts : await underSignal(options.signal, 'write', encode)
  const pin = codecs.length > 0 ? pinOf(codecs, prefixOf(payload)) : undefined
  if (isWorthOverlapping(job, payload)) return writeOverlapping(job, codecs, line, payload, pin)
  const { parts: body, trailer } = plain ? digestPayload(payload) : encodeRecord(line, payload)
  const stat = await storage.write(key, body, storageOptions(job))
  return { reference: referenceOf(job, codecs, { size: trailer.size, sha256: pin ?? trailer.sha256 }), stat }
}

/** From this many bytes on, a payload at hand is written while it is hashed, where the storage can do so. */
const OVERLAP_ABOVE = 4 * 1024 * 1024
const OVERLAP_STEP = 256 * 1024

function isWorthOverlapping({ storage, options }: Job, payload: readonly Uint8Array[]): boolean {
  const { ifAbsentStream, ifMatchStream } = storage.capabilities
  const allowed = (!options.ifAbsent || ifAbsentStream) && (options.ifMatch === undefined || ifMatchStream)
  return allowed && sizeOf(payload) >= OVERLAP_ABOVE
}

async function writeOverlapping(
  job: Job,
  codecs: readonly Codec[],
  line: Uint8Array,
  payload: readonly Uint8Array[],
  pin: string | undefined,
): Promise<Written> {
  let identity: Identity = { size: 0, sha256: '' }
  const done = ({ size, sha256 }: Identity): void => {
    identity = { size, sha256: pin ?? sha256 }
  }
  const body = (): AsyncIterable<Uint8Array> =>
    line === NOTHING ? hashedStream(steps(payload), done) : encodeRecordStream(line, steps(payload), done)
  const size = sizeOf(payload) + (line === NOTHING ? 0 : line.byteLength + TRAILER_BYTES)
  const stat = await job.storage.write(job.key, body, { ...storageOptions(job), size })
  if (identity.sha256 === '') throw notReadWhole()
  return { reference: referenceOf(job, codecs, identity), stat }
}

async function* steps(payload: readonly Uint8Array[]): AsyncGenerator<Uint8Array, void, undefined> {
  for (const part of payload) {
    for (let at = 0; at < part.byteLength; at += OVERLAP_STEP) yield part.subarray(at, at + OVERLAP_STEP)
  }
}

function writeItems(job: Job, serializer: StreamSerializer, value: unknown): Promise<Written> {
  const { settings, options } = job
  const { codecs } = settings
  const start = replayable(value)
  const line = settings.format === 'plain' ? NOTHING : headerLine(job, codecs, false)
  const validators = options.validate === false ? [] : settings.validators
  const passes: Identity[] = []

  const body = (): AsyncIterable<Uint8Array> => {
    const pass = passes.push({ size: 0, sha256: '' }) - 1
    const items = start()
    const valid = validators.length === 0 ? items : validatedItems(items, validators, 'write')
    let pin: string | undefined
    const payload = encodePayloadStream(serializer.encode(valid), codecs, contextOf(job, line))
    const pinned =
      codecs.length === 0
        ? payload
        : watchPrefix(payload, (prefix) => {
            pin = pinOf(codecs, prefix)
          })
    const done = ({ size, sha256 }: Identity): void => {
      passes[pass] = { size, sha256: pin ?? sha256 }
    }
    return line === NOTHING ? hashedStream(pinned, done) : encodeRecordStream(line, pinned, done)
  }
  return publishItems(job, body, passes)
}

async function publishItems(
  job: Job,
  body: () => AsyncIterable<Uint8Array>,
  passes: readonly Identity[],
): Promise<Written> {
  const options = storageOptions(job)
  const stat = await job.storage.write(job.key, body, options)
  const identity = passes[passOf(options.writeId, stat.writeId)] ?? passes.at(-1)
  if (identity === undefined || identity.sha256 === '') throw notReadWhole()
  return { reference: referenceOf(job, job.settings.codecs, identity), stat }
}

function notReadWhole(): ResultError {
  const message =
    'write: the storage answered before it had read the whole stream. Nothing is known of what it stored; it breaks its contract.'
  return resultError('CORRUPT', 'write', message)
}

/** Which pass over a stream landed: retry() appends the number of passes before its attempt, `.n`; stacked ones add up. */
function passOf(asked: string, landed: string | undefined): number {
  if (landed === asked) return 0
  if (landed === undefined || !landed.startsWith(`${asked}.`)) return -1
  const counts = landed.slice(asked.length + 1).split('.')
  return counts.reduce((sum, count) => sum + Number(count), 0)
}

function storageOptions({ settings, options }: Job): WriteOptions {
  const { ifAbsent = false, ifMatch, signal } = options
  const { serializer, format, codecs } = settings
  const plainType = codecs.length === 0 ? serializer.contentType : 'application/octet-stream'
  const contentType = format === 'record' ? RECORD_TYPE : plainType
  return { ifAbsent, ifMatch, contentType, size: undefined, writeId: crypto.randomUUID(), signal }
}

function headerLine(job: Job, codecs: readonly Codec[], isUndefined: boolean): Uint8Array {
  const { settings, options, now } = job
  const { expiresAt, metadata } = options
  return encodeHeader({
    serializer: serializerName(settings.serializer),
    codecs: namesOf(codecs),
    createdAt: new Date(now),
    expiresAt,
    metadata,
    writer: settings.writer,
    undefined: isUndefined,
    supersedes: [],
  })
}

function contextOf({ key, options }: Job, header: Uint8Array): CodecContext {
  return { key, header, signal: options.signal, report: () => {} }
}

function referenceOf(
  { settings, storage, key }: Job,
  codecs: readonly Codec[],
  { size, sha256 }: Identity,
): ResultReference {
  const { name, format, serializer } = settings
  return makeReference({
    storage: name ?? storage.uri,
    key,
    format,
    serializer: serializerName(serializer),
    codecs: namesOf(codecs),
    size,
    sha256,
  })
}

/** The first bytes of a payload, as many as a pin may need. */
function prefixOf([first = NOTHING]: readonly Uint8Array[]): Uint8Array {
  return first.subarray(0, MAX_HEADER_BYTES)
}

async function* watchPrefix(
  payload: AsyncIterable<Uint8Array>,
  watch: (prefix: Uint8Array) => void,
): AsyncGenerator<Uint8Array, void, undefined> {
  const prefix = new Uint8Array(MAX_HEADER_BYTES)
  let filled = 0
  for await (const piece of payload) {
    const taken = piece.subarray(0, MAX_HEADER_BYTES - filled)
    prefix.set(taken, filled)
    filled += taken.byteLength
    yield piece
  }
  watch(prefix.subarray(0, filled))
}
