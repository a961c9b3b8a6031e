import { crc32 } from 'node:zlib'
import { concatBytes } from '@resultkit/core'
import { corrupt } from './errors.ts'
import type { Frame } from './through.ts'

const TRAILER = 8
const MAX_HEADER = 65_536
const NONE = new Uint8Array()
const FLAG = { headerCrc: 2, extra: 4, name: 8, comment: 16, reserved: 0xe0 } as const

/** One member of RFC 1952: header, raw DEFLATE, CRC-32 and length. node:zlib itself goes on to further members. */
export function gzipFrame(): Frame {
  let held: Uint8Array = NONE
  let inBody = false
  let checksum = 0
  let size = 0

  const body = (stored: Uint8Array): Uint8Array => {
    const bytes = held.byteLength === 0 ? stored : concatBytes([held, stored])
    const end = Math.max(0, bytes.byteLength - TRAILER)
    held = copyOf(bytes.subarray(end))
    return bytes.subarray(0, end)
  }

  return {
    findsEnd: false,
    feed(stored) {
      if (inBody) return body(stored)
      const bytes = concatBytes([held, stored])
      const header = headerLength(bytes)
      if (header === undefined && bytes.byteLength > MAX_HEADER) throw corrupt('gzip', 'its header has no end')
      held = header === undefined ? bytes : NONE
      inBody = header !== undefined
      return header === undefined ? NONE : body(bytes.subarray(header))
    },
    decoded(piece) {
      checksum = crc32(piece, checksum)
      size = (size + piece.byteLength) % 2 ** 32
    },
    finish() {
      if (!inBody || held.byteLength < TRAILER) throw corrupt('gzip', 'it is cut short')
      const view = new DataView(held.buffer, held.byteOffset, TRAILER)
      if (view.getUint32(0, true) !== checksum || view.getUint32(4, true) !== size)
        throw corrupt('gzip', 'its checksum differs')
    },
  }
}

// Node's Buffer gives a view where others copy, and a source may write its next piece into the same memory.
function copyOf(bytes: Uint8Array): Uint8Array {
  return new Uint8Array(bytes)
}

/** Bytes of the header, or `undefined` while more are needed. */
function headerLength(bytes: Uint8Array): number | undefined {
  const start = [0x1f, 0x8b, 8]
  if (start.some((byte, at) => at < bytes.byteLength && bytes[at] !== byte))
    throw corrupt('gzip', 'it does not start as gzip does')
  const flags = bytes[3]
  if (flags === undefined || bytes.byteLength < 10) return undefined
  if ((flags & FLAG.reserved) !== 0) throw corrupt('gzip', 'its header has flags that nobody defined')
  let at: number | undefined = 10
  if (flags & FLAG.extra) at = afterExtra(bytes, at)
  for (const flag of [FLAG.name, FLAG.comment]) if (flags & flag && at !== undefined) at = afterText(bytes, at)
  if (at !== undefined && flags & FLAG.headerCrc) at = afterChecksum(bytes, at)
  return at === undefined || at > bytes.byteLength ? undefined : at
}

function afterExtra(bytes: Uint8Array, at: number): number | undefined {
  const [low, high] = [bytes[at], bytes[at + 1]]
  return low === undefined || high === undefined ? undefined : at + 2 + low + high * 256
}

function afterText(bytes: Uint8Array, at: number): number | undefined {
  const end = bytes.indexOf(0, at)
  return end === -1 ? undefined : end + 1
}

function afterChecksum(bytes: Uint8Array, at: number): number | undefined {
  const [low, high] = [bytes[at], bytes[at + 1]]
  if (low === undefined || high === undefined) return undefined
  const expected = crc32(bytes.subarray(0, at)) & 0xffff
  if (low + high * 256 !== expected) throw corrupt('gzip', "its header's checksum differs")
  return at + 2
}
