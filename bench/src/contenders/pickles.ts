import v8 from 'node:v8'
import { Encoder as CborEncoder } from 'cbor-x'
import * as devalue from 'devalue'
import { Packr } from 'msgpackr'
import { fromJSON, toJSON } from 'seroval'
import superjson from 'superjson'
import { concatBytes } from '../../../packages/core/src/index.ts'
import { pickle } from '../../../packages/serializer/pickle/src/index.ts'

/** Turns values into bytes and back, as well as it can. */
export interface PickleContender {
  readonly name: string
  encode(value: unknown): Uint8Array | readonly Uint8Array[]
  decode(bytes: Uint8Array): unknown
}

const ours = pickle()
const views = pickle({ buffers: 'view', writeBuffers: 'borrow', verifyBuffers: false })
const msgpackr = new Packr({ structuredClone: true, moreTypes: true })
const cborX = new CborEncoder({ structuredClone: true })

const text = (name: string, write: (value: unknown) => string, read: (text: string) => unknown): PickleContender => ({
  name,
  encode: (value) => Buffer.from(write(value)),
  decode: (bytes) => read(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString()),
})

export const PICKLE: PickleContender = { name: 'pickle', encode: ours.serialize, decode: ours.deserialize }
/** Large buffers neither copied nor compared with their checksums. */
export const PICKLE_VIEWS: PickleContender = {
  name: 'pickle, views',
  encode: views.serialize,
  decode: views.deserialize,
}
export const JSON_TEXT: PickleContender = text('JSON', JSON.stringify, JSON.parse)
export const V8: PickleContender = {
  name: 'v8',
  encode: (value) => v8.serialize(value),
  decode: (bytes) => v8.deserialize(bytes),
}

/** Peers that are faster, and those that keep more. */
export const PEERS: readonly PickleContender[] = [
  { name: 'msgpackr', encode: (value) => msgpackr.pack(value), decode: (bytes) => msgpackr.unpack(bytes) },
  { name: 'cbor-x', encode: (value) => cborX.encode(value), decode: (bytes) => cborX.decode(bytes) },
  text(
    'superjson',
    (value) => superjson.stringify(value),
    (read) => superjson.parse(read),
  ),
  text(
    'devalue',
    (value) => devalue.stringify(value),
    (read) => devalue.parse(read),
  ),
  text(
    'seroval',
    (value) => JSON.stringify(toJSON(value)),
    (read) => fromJSON(JSON.parse(read)),
  ),
]

/** What a contender wrote, in one piece. */
export function onePiece(bytes: Uint8Array | readonly Uint8Array[]): Uint8Array {
  return bytes instanceof Uint8Array ? bytes : concatBytes(bytes)
}
