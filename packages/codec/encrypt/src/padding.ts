import { concatBytes } from '@resultkit/core'
import { decryptError } from './decrypt-error.ts'
import type { Transform } from './transform.ts'

// A padded message: the data, zeros, and the length of the data as a 64-bit big-endian integer; Padme length in all.

/** Bytes of the length at the end of a padded message. */
export const LENGTH_BYTES = 8

const ZEROS_BYTES = 65_536

/** The Padme length for at least so many bytes: at most 12 % more, and few different lengths. */
export function padme(bytes: number): number {
  if (bytes < 2) return bytes
  // Not Math.log2, which rounds 2^48 - 1 up.
  const exponent = bytes.toString(2).length - 1
  const kept = exponent.toString(2).length
  const step = 2 ** (exponent - kept)
  return Math.ceil(bytes / step) * step
}

/** Bytes of a padded message that holds so many bytes of data. */
export function paddedBytes(bytes: number): number {
  return padme(bytes + LENGTH_BYTES)
}

/** Pads data at hand. */
export function pad(data: Uint8Array): Uint8Array {
  const padded = new Uint8Array(paddedBytes(data.byteLength))
  padded.set(data)
  padded.set(encodeLength(data.byteLength), padded.byteLength - LENGTH_BYTES)
  return padded
}

/** Pads a stream. */
export function padder(): Transform {
  let bytes = 0
  return {
    *push(piece) {
      bytes += piece.byteLength
      yield piece
    },
    *end() {
      yield* zeros(paddedBytes(bytes) - LENGTH_BYTES - bytes)
      yield encodeLength(bytes)
    },
  }
}

/** The data of a padded message, as a view; DECRYPT unless every byte of the padding is as it has to be. */
export function unpad(padded: Uint8Array): Uint8Array {
  const bytes = lengthOfData(padded.subarray(-LENGTH_BYTES), padded.byteLength)
  checkFiller(padded.subarray(bytes, padded.byteLength - LENGTH_BYTES))
  return padded.subarray(0, bytes)
}

/** The length of the data, out of the last bytes of a padded message of so many bytes; DECRYPT when they do not agree. */
export function lengthOfData(tail: Uint8Array, padded: number): number {
  if (tail.byteLength !== LENGTH_BYTES) throw decryptError()
  const bytes = Number(new DataView(tail.buffer, tail.byteOffset).getBigUint64(0))
  if (bytes > padded - LENGTH_BYTES || paddedBytes(bytes) !== padded) throw decryptError()
  return bytes
}

/**
 * Takes the padding off a stream, in constant memory: zeros that may be padding are counted, not kept. DECRYPT at the end
 * unless every byte of the padding is as it has to be.
 */
export function unpadder(): Transform {
  let tail: Uint8Array = new Uint8Array()
  let given = 0
  let held = 0
  return {
    *push(piece) {
      const all = concatBytes([tail, piece])
      const body = all.subarray(0, Math.max(0, all.byteLength - LENGTH_BYTES))
      tail = all.slice(body.byteLength)
      const end = endOfNonZeros(body)
      if (end > 0) {
        yield* zeros(held)
        yield body.subarray(0, end)
        given += held + end
        held = 0
      }
      held += body.byteLength - end
    },
    *end() {
      const bytes = lengthOfData(tail, given + held + tail.byteLength)
      if (bytes < given) throw decryptError()
      yield* zeros(bytes - given)
    },
  }
}

/** DECRYPT unless what stands between the data and its length is zeros. */
export function checkFiller(filler: Uint8Array): void {
  if (endOfNonZeros(filler) > 0) throw decryptError()
}

// Not findLastIndex, whose calls make it eight times as slow on long runs of zeros.
function endOfNonZeros(bytes: Uint8Array): number {
  let end = bytes.byteLength
  while (end > 0 && bytes[end - 1] === 0) end -= 1
  return end
}

function encodeLength(bytes: number): Uint8Array {
  const length = new Uint8Array(LENGTH_BYTES)
  new DataView(length.buffer).setBigUint64(0, BigInt(bytes))
  return length
}

function* zeros(count: number): Generator<Uint8Array, void, undefined> {
  for (let rest = count; rest > 0; rest -= ZEROS_BYTES) yield new Uint8Array(Math.min(rest, ZEROS_BYTES))
}
