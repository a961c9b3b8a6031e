import type { JsonValue } from './json-value.ts'

/** What both kinds of serializer have. */
export interface SerializerInfo {
  /** Written into records and references: `json`, `pickle`, `acme/avro`. */
  readonly name: string
  /** Media type of the serialized bytes (RFC 9110). */
  readonly contentType: string
  /** File extension without the dot. */
  readonly extension: string
  /** What a reader must have configured alike, as JSON of at most 100 levels; written beside the name. @default undefined */
  readonly options?: Readonly<Record<string, JsonValue>> | undefined
}

/** Turns one value into bytes and back. It round-trips a value exactly, or refuses it with SERIALIZE and the path. */
export interface ValueSerializer extends SerializerInfo {
  readonly kind: 'value'
  /** Must not keep a reference to, or return a view of, memory that the caller may change. */
  serialize(value: unknown): Uint8Array | readonly Uint8Array[] | Promise<Uint8Array | readonly Uint8Array[]>
  /** The bytes are the callee's to keep. Throws DESERIALIZE. May return a promise. */
  deserialize(bytes: Uint8Array): unknown
}

/** Turns a stream of items into a stream of bytes and back, in constant memory. What was given out is not touched again. */
export interface StreamSerializer extends SerializerInfo {
  readonly kind: 'stream'
  encode(items: AsyncIterable<unknown>): AsyncIterable<Uint8Array>
  decode(bytes: AsyncIterable<Uint8Array>): AsyncIterable<unknown>
}

/** Of values, or of streams of items; `kind` tells. */
export type Serializer = ValueSerializer | StreamSerializer
