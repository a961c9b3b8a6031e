import { Decoder, Encoder } from 'cbor-x'
import { Packr, Unpackr } from 'msgpackr'
import { json, type ValueSerializer } from '../../../packages/core/src/index.ts'
import { cbor } from '../../../packages/serializer/cbor/src/index.ts'
import { msgpack } from '../../../packages/serializer/msgpack/src/index.ts'

/** Turns values into bytes and back; `base` is what it is compared with, undefined for a base itself. */
export interface SerializerContender {
  readonly name: string
  readonly base: string | undefined
  write(value: unknown): Uint8Array
  read(bytes: Uint8Array): unknown
}

/** The raw libraries keep one instance, and give bytes of memory that they share; ours copy. */
export const SERIALIZERS: readonly SerializerContender[] = [
  rawJson(),
  ours('json()', 'JSON', json()),
  rawMsgpack('msgpackr', false),
  ours('msgpack()', 'msgpackr', msgpack()),
  rawMsgpack('msgpackr records', true),
  ours('msgpack({ useRecords })', 'msgpackr records', msgpack({ useRecords: true })),
  rawCbor('cbor-x', false),
  ours('cbor()', 'cbor-x', cbor()),
  rawCbor('cbor-x records', true),
  ours('cbor({ useRecords })', 'cbor-x records', cbor({ useRecords: true })),
]

function ours(name: string, base: string, serializer: ValueSerializer): SerializerContender {
  return {
    name,
    base,
    write(value) {
      const bytes = serializer.serialize(value)
      if (bytes instanceof Uint8Array) return bytes
      throw new TypeError(`${name} gave no single array of bytes`)
    },
    read: (bytes) => serializer.deserialize(bytes),
  }
}

function rawJson(): SerializerContender {
  const encoder = new TextEncoder()
  const decoder = new TextDecoder()
  return {
    name: 'JSON',
    base: undefined,
    write: (value) => encoder.encode(JSON.stringify(value)),
    read: (bytes) => JSON.parse(decoder.decode(bytes)),
  }
}

function rawMsgpack(name: string, useRecords: boolean): SerializerContender {
  const packr = new Packr({ useRecords, variableMapSize: true })
  const unpackr = new Unpackr({ useRecords, mapsAsObjects: !useRecords })
  return { name, base: undefined, write: (value) => packr.pack(value), read: (bytes) => unpackr.unpack(bytes) }
}

function rawCbor(name: string, useRecords: boolean): SerializerContender {
  const encoder = new Encoder({ useRecords, variableMapSize: true, tagUint8Array: false })
  const decoder = new Decoder({ useRecords, mapsAsObjects: !useRecords })
  return { name, base: undefined, write: (value) => encoder.encode(value), read: (bytes) => decoder.decode(bytes) }
}
