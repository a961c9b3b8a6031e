import { platform } from './platform.ts'

let table: Uint32Array | undefined

/** CRC-32 as in zlib and RFC 1952, continued from `initial`. */
export function crc32(bytes: Uint8Array, initial: number = 0): number {
  const native = bytes.byteLength < 64 ? undefined : platform().crc32
  return native === undefined ? crc32ByTable(bytes, initial) : native(bytes, initial)
}

/** The same in JavaScript: for few bytes, and where there is no zlib. */
export function crc32ByTable(bytes: Uint8Array, initial: number, from: number = 0, to: number = bytes.length): number {
  table ??= makeTable()
  let crc = ~initial
  for (let at = from; at < to; at++) {
    crc = (table[(crc ^ (bytes[at] as number)) & 0xff] as number) ^ (crc >>> 8)
  }
  return ~crc >>> 0
}

function makeTable(): Uint32Array {
  return Uint32Array.from({ length: 256 }, (_, byte) => {
    let crc = byte
    for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0xedb88320 : crc >>> 1
    return crc
  })
}
