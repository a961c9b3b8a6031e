import { concatBytes } from './bytes.ts'
import type { Codec, CodecContext } from './codec.ts'
import { resultError } from './errors.ts'
import { runCodec } from './foreign.ts'
import { canonicalJson, type JsonValue } from './json-value.ts'
import type { SerializerName } from './reference.ts'
import type { Serializer } from './serializer.ts'

/** What turns a value into stored bytes: a serializer, then codecs in order; back in reverse. */
export interface Pipeline {
  readonly serializer: Serializer
  readonly codecs: readonly Codec[]
}

/** A serializer as records and references name it. */
export function serializerName({ name, options }: Serializer): SerializerName {
  return options === undefined || Object.keys(options).length === 0 ? name : { name, options }
}

/** The bare name of a serializer that a record or reference names. */
export function bareName(name: SerializerName): string {
  return typeof name === 'string' ? name : name.name
}

/** Whether a record's serializer is this one: same name, same options. */
export function isSameSerializer(name: SerializerName, serializer: Serializer): boolean {
  const configured = serializerName(serializer)
  return canonicalJson(name as JsonValue) === canonicalJson(configured as JsonValue)
}

/** Whether any of the codecs encrypts. */
export function isEncrypting(codecs: readonly Codec[]): boolean {
  return codecs.some(({ kind }) => kind === 'encryption')
}

/** The codecs that a payload of so many bytes goes through: compression steps aside below its `minBytes`. */
export function applicableCodecs(codecs: readonly Codec[], size: number): readonly Codec[] {
  return codecs.filter(({ kind, minBytes }) => kind !== 'compression' || size >= minBytes)
}

/**
 * The pipeline that reads a record: one that is configured, exactly, except that compression may be absent.
 * UNSUPPORTED names what the record was written with and what is configured.
 */
export function matchPipeline(
  accepted: readonly Pipeline[],
  serializer: SerializerName,
  codecs: readonly string[],
): Pipeline {
  for (const pipeline of accepted) {
    const matched = isSameSerializer(serializer, pipeline.serializer) ? matchCodecs(pipeline.codecs, codecs) : undefined
    if (matched !== undefined) return { serializer: pipeline.serializer, codecs: matched }
  }
  const configured = accepted.map((pipeline) =>
    describePipeline(serializerName(pipeline.serializer), namesOf(pipeline.codecs)),
  )
  const message = `The result was written with ${describePipeline(serializer, codecs)}, and this reader is configured for ${configured.join(' or ')}. Configure the same serializer and codecs, or list the older pipeline in accepts.`
  throw resultError('UNSUPPORTED', 'read', message)
}

/** The names of codecs, in order. */
export function namesOf(codecs: readonly Codec[]): readonly string[] {
  return codecs.map(({ name }) => name)
}

function describePipeline(serializer: SerializerName, codecs: readonly string[]): string {
  const options = typeof serializer === 'string' ? '' : ` ${JSON.stringify(serializer.options)}`
  return [`"${bareName(serializer)}"${options}`, ...codecs].join(' + ')
}

function matchCodecs(configured: readonly Codec[], names: readonly string[]): readonly Codec[] | undefined {
  const used = configured.filter((codec) => names.includes(codec.name) || codec.kind === 'encryption')
  const same = used.length === names.length && used.every((codec, index) => codec.name === names[index])
  return same ? used : undefined
}

function encodeOne(codec: Codec, bytes: Uint8Array, context: CodecContext): Uint8Array | Promise<Uint8Array> {
  return runCodec(codec, () => codec.encode(bytes, context))
}

function decodeOne(codec: Codec, bytes: Uint8Array, context: CodecContext): Uint8Array | Promise<Uint8Array> {
  return runCodec(codec, () => codec.decode(bytes, context))
}

/** Runs bytes at hand through the codecs. */
export async function encodePayload(
  parts: readonly Uint8Array[],
  codecs: readonly Codec[],
  context: CodecContext,
): Promise<readonly Uint8Array[]> {
  if (codecs.length === 0) return parts
  let bytes = concatBytes(parts)
  for (const codec of codecs) bytes = await encodeOne(codec, bytes, context)
  return [bytes]
}

/** Runs a stored payload back through the codecs. */
export async function decodePayload(
  payload: Uint8Array,
  codecs: readonly Codec[],
  context: CodecContext,
): Promise<Uint8Array> {
  let bytes = payload
  for (const codec of codecs.toReversed()) bytes = await decodeOne(codec, bytes, context)
  return bytes
}

/** Runs a stream through the codecs. */
export function encodePayloadStream(
  bytes: AsyncIterable<Uint8Array>,
  codecs: readonly Codec[],
  context: CodecContext,
): AsyncIterable<Uint8Array> {
  return codecs.reduce((stream, codec) => codec.encodeStream(stream, context), bytes)
}

/** Runs a stored payload that comes as a stream back through the codecs. */
export function decodePayloadStream(
  payload: AsyncIterable<Uint8Array>,
  codecs: readonly Codec[],
  context: CodecContext,
): AsyncIterable<Uint8Array> {
  return codecs.reduceRight((stream, codec) => codec.decodeStream(stream, context), payload)
}

/** What a reference pins: the encryption's own mark where it has one, else the digest of the payload. */
export function pinOf(codecs: readonly Codec[], payloadPrefix: Uint8Array): string | undefined {
  for (const codec of codecs) {
    const pin = codec.pin(payloadPrefix)
    if (pin !== undefined) return Array.from(pin, (byte) => byte.toString(16).padStart(2, '0')).join('')
  }
  return undefined
}
