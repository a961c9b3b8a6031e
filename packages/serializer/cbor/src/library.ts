import { Decoder, Encoder } from 'cbor-x/index-no-eval'
import type { Mode } from './options.ts'

type Allocate = (size: number) => Uint8Array

// Not in its types.
interface BufferUser {
  useBuffer(buffer: Uint8Array): void
}

const LARGE = 1024 * 1024
const ORDINARY = 8192

/**
 * The bytes of a value that was checked, in memory of their own. Each call has a new encoder: an old one keeps what it
 * has seen of names.
 */
export function encode(value: unknown, { useRecords, structuredClone }: Mode): Uint8Array {
  const options = { useRecords, structuredClone, variableMapSize: true, tagUint8Array: false }
  const encoder = new Encoder(options) as Encoder & BufferUser
  const written = encoder.encode(value)
  const bytes = new Uint8Array(written)
  if (written.buffer.byteLength > LARGE) encoder.useBuffer(allocate(ORDINARY))
  return bytes
}

// cbor-x goes on writing into the memory it has, which would stay as large as its largest payload.
function allocate(size: number): Uint8Array {
  const { Buffer } = globalThis as { readonly Buffer?: { readonly allocUnsafeSlow: Allocate } }
  return Buffer === undefined ? new Uint8Array(size) : Buffer.allocUnsafeSlow(size)
}

/** The value of bytes that were scanned. */
export function decode(bytes: Uint8Array, { useRecords, structuredClone, int64, buffers }: Mode): unknown {
  const options = {
    useRecords,
    structuredClone,
    mapsAsObjects: !useRecords,
    int64AsNumber: int64 === 'number',
    copyBuffers: buffers === 'copy',
  }
  return new Decoder(options).decode(bytes)
}
