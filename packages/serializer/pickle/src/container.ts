import { crc32, crc32ByTable } from './crc32.ts'

/** The beginning of every pickle. The first byte is no text, the rest is. */
export const MAGIC: readonly number[] = [0x89, 0x52, 0x4b, 0x50]
/** The version that this package writes, and the lowest that can read it. */
export const FORMAT_VERSION = 1
/** Bytes of the fixed part of the header. */
export const FIXED_BYTES = 40
/** Bytes of the outermost tags at most, 55799 and 256. */
const TAGS_BYTES = 6
/** What a writer leaves free at its beginning, so that the usual container is complete in place. */
export const HEADROOM: number = FIXED_BYTES + TAGS_BYTES
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

/** Writes the header at `start` in the memory that `bytes` and `view` both show from its beginning; its entries must be zeros. */
export function writeHeader(
  { bytes, view }: { readonly bytes: Uint8Array; readonly view: DataView },
  start: number,
  header: Omit<Header, 'version' | 'readerVersion' | 'graphOffset'>,
): void {
  const { classTable, sections, graphLength, graphChecksum } = header
  for (let index = 0; index < MAGIC.length; index++) bytes[start + index] = MAGIC[index] as number
  bytes[start + 4] = FORMAT_VERSION
  bytes[start + 5] = FORMAT_VERSION
  view.setUint16(start + 6, 0)
  view.setUint32(start + 12, classTable.length, true)
  view.setUint32(start + 16, sections.length, true)
  view.setUint32(start + 20, graphChecksum, true)
  setUint53(view, start + 24, graphLength)
  setUint53(view, start + 32, 0)
  let at = start + FIXED_BYTES
  if (classTable.length > 0) bytes.set(classTable, at)
  at += classTable.length
  for (const { offset, length, checksum } of sections) {
    setUint53(view, at, offset)
    setUint53(view, at + 8, length)
    view.setUint32(at + 16, checksum, true)
    at += ENTRY_BYTES
  }
  view.setUint32(start + 8, headerChecksum(bytes, start, at), true)
}

/** Of all bytes of the header from `start` to `end` but the checksum itself. */
export function headerChecksum(bytes: Uint8Array, start: number, end: number): number {
  const first = crc32ByTable(bytes, 0, start, start + 8)
  if (end - start === FIXED_BYTES) return crc32ByTable(bytes, first, start + 12, end)
  return crc32(bytes.subarray(start + 12, end), first)
}

function setUint53(view: DataView, at: number, value: number): void {
  view.setUint32(at, value % 0x100000000, true)
  view.setUint32(at + 4, Math.floor(value / 0x100000000), true)
}

/** An unsigned integer of 8 bytes; beyond 2^53 it is no longer exact, but no less. */
export function getUint53(view: DataView, at: number): number {
  return view.getUint32(at, true) + view.getUint32(at + 4, true) * 0x100000000
}
