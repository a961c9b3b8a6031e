import { randomBytes } from 'node:crypto'

/** Incompressible bytes; {@link stamp} them before each write. */
export function randomPayload(size: number): Uint8Array {
  return new Uint8Array(randomBytes(size))
}

let serial = 0

/** Gives bytes other first 8, so that no two writes store the same. */
export function stamp(bytes: Uint8Array): Uint8Array {
  serial += 1
  new DataView(bytes.buffer, bytes.byteOffset).setFloat64(0, serial)
  return bytes
}
