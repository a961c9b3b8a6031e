import { Decoder, Encoder } from 'cbor-x/index-no-eval'
import type { Mode } from './options.ts'

type Allocate = (size: number) => Uint8Array

// Not in its types.
interface BufferUser {
  useBuffer(buffer: Uint8Array): void
}

const LARGE = 1024 * 1024
const ORDINARY = 8192

/** A function that gives the bytes of a value that was checked, in memory of their own. */
export function encoderOf(mode: Mode): (value: unknown) => Uint8Array {
  // One that has written records keeps their names.
  let kept: (Encoder & BufferUser) | undefined
  return (value) => {
    const encoder = kept ?? newEncoder(mode)
    if (!mode.useRecords) kept = encoder
    const written = encoder.encode(value)
    const bytes = new Uint8Array(written)
    if (written.buffer.byteLength > LARGE) encoder.useBuffer(allocate(ORDINARY))
    return bytes
  }
}

function newEncoder({ useRecords, structuredClone }: Mode): Encoder & BufferUser {
  const options = { useRecords, structuredClone, variableMapSize: true, tagUint8Array: false }
  return new Encoder(options) as Encoder & BufferUser
}

// cbor-x goes on writing into the memory it has, which would stay as large as its largest payload.
function allocate(size: number): Uint8Array {
  const { Buffer } = globalThis as { readonly Buffer?: { readonly allocUnsafeSlow: Allocate } }
  return Buffer === undefined ? new Uint8Array(size) : Buffer.allocUnsafeSlow(size)
}

/** A function that gives the value of bytes that were scanned. */
export function decoderOf(mode: Mode): (bytes: Uint8Array) => unknown {
  let kept: Decoder | undefined
  return (bytes) => {
    const decoder = kept ?? newDecoder(mode)
    if (!mode.useRecords) kept = decoder
    return decoder.decode(bytes)
  }
}

function newDecoder({ useRecords, structuredClone, int64, buffers }: Mode): Decoder {
  const options = {
    useRecords,
    structuredClone,
    mapsAsObjects: !useRecords,
    int64AsNumber: int64 === 'number',
    copyBuffers: buffers === 'copy',
  }
  return new Decoder(options)
}
