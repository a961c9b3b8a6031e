import { Packr, Unpackr } from 'msgpackr/index-no-eval'
import type { Mode } from './options.ts'

type Allocate = (size: number) => Uint8Array

const LARGE = 1024 * 1024
const ORDINARY = 8192

/**
 * The bytes of a value that was checked, in memory of their own. Each call has a new encoder: an old one keeps what it
 * has seen of names, and would write other bytes for the same value.
 */
export function encode(value: unknown, mode: Mode): Uint8Array {
  const { useRecords, moreTypes, structuredClone, lossy } = mode
  const packr = new Packr({
    useRecords,
    moreTypes,
    structuredClone,
    variableMapSize: true,
    useToJSON: false,
    encodeUndefinedAsNil: lossy.has('undefined'),
  })
  const written = packr.pack(value)
  const bytes = new Uint8Array(written)
  if (written.buffer.byteLength > LARGE) packr.useBuffer(allocate(ORDINARY))
  return bytes
}

// msgpackr goes on writing into the memory it has, which would stay as large as its largest payload.
function allocate(size: number): Uint8Array {
  const { Buffer } = globalThis as { readonly Buffer?: { readonly allocUnsafeSlow: Allocate } }
  return Buffer === undefined ? new Uint8Array(size) : Buffer.allocUnsafeSlow(size)
}

/** The value of bytes that were scanned. */
export function decode(bytes: Uint8Array, { useRecords, structuredClone, int64, buffers }: Mode): unknown {
  const unpackr = new Unpackr({
    useRecords,
    structuredClone,
    mapsAsObjects: !useRecords,
    int64AsType: int64,
    copyBuffers: buffers === 'copy',
  })
  return unpackr.unpack(bytes)
}
