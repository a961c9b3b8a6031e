import { getter } from '../getter.ts'
import { platform } from '../platform.ts'

/** Whether a buffer is a SharedArrayBuffer, of whatever realm. */
export function isShared(buffer: ArrayBufferLike): boolean {
  if (buffer instanceof ArrayBuffer) return false
  const { types } = platform()
  if (types !== undefined) return types.isSharedArrayBuffer(buffer)
  return Object.prototype.toString.call(buffer) === '[object SharedArrayBuffer]'
}

/** What an accessor of the language gives, whatever the buffer has of its own, and whatever realm it is of. */
function read(buffer: ArrayBufferLike, name: string): unknown {
  return getter(isShared(buffer) ? SharedArrayBuffer.prototype : ArrayBuffer.prototype, name).call(buffer)
}

/** Its bytes; all that a view was given. */
export function bytesOf(buffer: ArrayBufferLike): Uint8Array {
  return new Uint8Array(buffer)
}

/** Its size in bytes. */
export function byteLengthOf(buffer: ArrayBufferLike): number {
  return read(buffer, 'byteLength') as number
}

/** Whether its size may change. */
export function isResizable(buffer: ArrayBufferLike): boolean {
  return read(buffer, isShared(buffer) ? 'growable' : 'resizable') === true
}

/** Its largest size in bytes. */
export function maxByteLength(buffer: ArrayBufferLike): number {
  return read(buffer, 'maxByteLength') as number
}

/** Whether its memory was handed to someone else. */
export function isDetached(buffer: ArrayBufferLike): boolean {
  return !isShared(buffer) && read(buffer, 'detached') === true
}

/** Whether it is an ArrayBuffer of one size. */
export function isOrdinary(buffer: ArrayBufferLike): boolean {
  return !isShared(buffer) && !isResizable(buffer)
}
