import { concatBytes, requireBytes } from './bytes.ts'
import type { Codec, CodecContext } from './codec.ts'
import { resultError } from './errors.ts'
import { runCodec } from './foreign.ts'
import { canonicalJson, type JsonValue } from './json-value.ts'
import { MAX_HEADER_BYTES } from './record/header.ts'
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
  const message = `The result was written with ${describePipeline(serializer, codecs)}, and this Result reads ${configured.join(' or ')}. Give the same ones, or list them in accepts.`
  throw resultError('UNSUPPORTED', 'read', message)
}

/** The names of codecs, in order. */
export function namesOf(codecs: readonly Codec[]): readonly string[] {
  return codecs.map(({ name }) => name)
}

/** A serializer in words, with its options where it has some. */
export function describeSerializer(name: SerializerName): string {
  return typeof name === 'string' ? `"${name}"` : `"${name.name}" ${JSON.stringify(name.options)}`
}

function describePipeline(serializer: SerializerName, codecs: readonly string[]): string {
  return [describeSerializer(serializer), ...codecs].join(' + ')
}

function matchCodecs(configured: readonly Codec[], names: readonly string[]): readonly Codec[] | undefined {
  const used = configured.filter((codec) => names.includes(codec.name) || codec.kind === 'encryption')
  const same = used.length === names.length && used.every((codec, index) => codec.name === names[index])
  return same ? used : undefined
}

/** Runs bytes at hand through the codecs. */
export async function encodePayload(
  parts: readonly Uint8Array[],
  codecs: readonly Codec[],
  context: CodecContext,
): Promise<readonly Uint8Array[]> {
  let bytes = concatBytes(parts)
  for (const codec of codecs) bytes = await runCodec(codec, 'encode', bytes, context)
  return [bytes]
}

/** Runs a stored payload back through the codecs. */
export async function decodePayload(
  payload: Uint8Array,
  codecs: readonly Codec[],
  context: CodecContext,
): Promise<Uint8Array> {
  let bytes = payload
  for (const codec of codecs.toReversed()) bytes = await runCodec(codec, 'decode', bytes, context)
  return bytes
}

/** Runs a stream through the codecs. */
export function encodePayloadStream(
  bytes: AsyncIterable<Uint8Array>,
  codecs: readonly Codec[],
  context: CodecContext,
): AsyncIterable<Uint8Array> {
  return codecs.reduce(
    (stream, codec) => codec.encodeStream(stream, context),
    codecs.length > 0 ? checked(bytes) : bytes,
  )
}

async function* checked(bytes: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array, void, undefined> {
  for await (const piece of bytes) yield requireBytes(piece, 'write')
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
    const pin = codec.pin(payloadPrefix.subarray(0, MAX_HEADER_BYTES))
    if (pin !== undefined) return Array.from(pin, (byte) => byte.toString(16).padStart(2, '0')).join('')
  }
  return undefined
}

/** Passes a stored payload on, and tells what a reference pins of it once it has ended. */
export function watchPin(
  payload: AsyncIterable<Uint8Array>,
  codecs: readonly Codec[],
): { readonly payload: AsyncIterable<Uint8Array>; pin(): string | undefined } {
  let prefix: Uint8Array = new Uint8Array()
  async function* watched(): AsyncGenerator<Uint8Array, void, undefined> {
    for await (const piece of payload) {
      if (prefix.byteLength < MAX_HEADER_BYTES)
        prefix = concatBytes([prefix, requireBytes(piece, 'write').subarray(0, MAX_HEADER_BYTES)])
      yield piece
    }
  }
  return { payload: codecs.length === 0 ? payload : watched(), pin: () => pinOf(codecs, prefix) }
}
