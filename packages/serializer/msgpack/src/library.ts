import { Packr, Unpackr } from 'msgpackr/index-no-eval'
import type { Mode } from './options.ts'

type Allocate = (size: number) => Uint8Array

const LARGE = 1024 * 1024
const ORDINARY = 8192

/** A function that gives the bytes of a value that was checked, in memory of their own. */
export function encoderOf(mode: Mode): (value: unknown) => Uint8Array {
  // One that has written records keeps their names, and would write other bytes for the same value.
  let kept: Packr | undefined
  return (value) => {
    const packr = kept ?? packrOf(mode)
    if (!mode.useRecords) kept = packr
    const written = packr.pack(value)
    const bytes = new Uint8Array(written)
    if (written.buffer.byteLength > LARGE) packr.useBuffer(allocate(ORDINARY))
    return bytes
  }
}

function packrOf({ useRecords, moreTypes, structuredClone, lossy }: Mode): Packr {
  return new Packr({
    useRecords,
    moreTypes,
    structuredClone,
    variableMapSize: true,
    useToJSON: false,
    encodeUndefinedAsNil: lossy.has('undefined'),
  })
}

// msgpackr goes on writing into the memory it has, which would stay as large as its largest payload.
function allocate(size: number): Uint8Array {
  const { Buffer } = globalThis as { readonly Buffer?: { readonly allocUnsafeSlow: Allocate } }
  return Buffer === undefined ? new Uint8Array(size) : Buffer.allocUnsafeSlow(size)
}

/** A function that gives the value of bytes that were scanned. */
export function decoderOf(mode: Mode): (bytes: Uint8Array) => unknown {
  let kept: Unpackr | undefined
  return (bytes) => {
    const unpackr = kept ?? unpackrOf(mode)
    if (!mode.useRecords) kept = unpackr
    return unpackr.unpack(bytes)
  }
}

function unpackrOf({ useRecords, structuredClone, int64, buffers }: Mode): Unpackr {
  return new Unpackr({
    useRecords,
    structuredClone,
    mapsAsObjects: !useRecords,
    int64AsType: int64,
    copyBuffers: buffers === 'copy',
  })
}
