import { crc32, crc32ByTable } from './crc32.ts'

/** The beginning of every pickle. The first byte is no text, the rest is. */
export const MAGIC: readonly number[] = [0x89, 0x52, 0x4b, 0x50]
/** The version that this package writes, and the lowest that can read it. */
export const FORMAT_VERSION = 1
/** Bytes of the fixed part of the header. */
export const FIXED_BYTES = 40
/** Bytes of one entry of the buffer table. */
export const ENTRY_BYTES = 24
/** Buffers begin at multiples of this. */
export const ALIGNMENT = 64

/** One large buffer: where it stands in the container, and its checksum. */
export interface Section {
  readonly offset: number
  readonly length: number
  readonly checksum: number
}

/** The parts of the header. */
export interface Header {
  readonly version: number
  readonly readerVersion: number
  readonly classTable: Uint8Array
  readonly sections: readonly Section[]
  readonly graphOffset: number
  readonly graphLength: number
  readonly graphChecksum: number
}

/** How long the header is. */
export function headerBytes(classTable: number, sections: number): number {
  return FIXED_BYTES + classTable + sections * ENTRY_BYTES
}

/** The next multiple of the alignment. */
export function align(offset: number): number {
  return Math.ceil(offset / ALIGNMENT) * ALIGNMENT
}

/** Writes the header into the beginning of `bytes`. */
export function writeHeader(
  bytes: Uint8Array,
  header: Omit<Header, 'version' | 'readerVersion' | 'graphOffset'>,
): void {
  const { classTable, sections, graphLength, graphChecksum } = header
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  bytes.set(MAGIC)
  bytes[4] = FORMAT_VERSION
  bytes[5] = FORMAT_VERSION
  view.setUint32(12, classTable.length, true)
  view.setUint32(16, sections.length, true)
  view.setUint32(20, graphChecksum, true)
  setUint53(view, 24, graphLength)
  bytes.set(classTable, FIXED_BYTES)
  let at = FIXED_BYTES + classTable.length
  for (const { offset, length, checksum } of sections) {
    setUint53(view, at, offset)
    setUint53(view, at + 8, length)
    view.setUint32(at + 16, checksum, true)
    at += ENTRY_BYTES
  }
  view.setUint32(8, headerChecksum(bytes, at), true)
}

/** Of all bytes of the header but the checksum itself. */
export function headerChecksum(bytes: Uint8Array, end: number): number {
  const first = crc32ByTable(bytes.subarray(0, 8), 0)
  return crc32(bytes.subarray(12, end), first)
}

function setUint53(view: DataView, at: number, value: number): void {
  view.setUint32(at, value % 0x100000000, true)
  view.setUint32(at + 4, Math.floor(value / 0x100000000), true)
}

/** An unsigned integer of 8 bytes; beyond 2^53 it is no longer exact, but no less. */
export function getUint53(view: DataView, at: number): number {
  return view.getUint32(at, true) + view.getUint32(at + 4, true) * 0x100000000
}
