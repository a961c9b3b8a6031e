const POLYNOMIAL = 0x82f63b78

const TABLE = Uint32Array.from({ length: 256 }, (_, byte) => {
  let crc = byte
  for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ POLYNOMIAL : crc >>> 1
  return crc >>> 0
})

/** CRC-32C (RFC 3720, appendix B.4) of more bytes behind those that gave `crc`; 0 is that of none. */
export function crc32c(bytes: Uint8Array, crc: number = 0): number {
  let state = ~crc
  for (const byte of bytes) state = (TABLE[(state ^ byte) & 0xff] as number) ^ (state >>> 8)
  return ~state >>> 0
}

/** As the service writes it: four bytes, big-endian, base64. */
export function encodeCrc32c(crc: number): string {
  const bytes = Buffer.alloc(4)
  bytes.writeUInt32BE(crc)
  return bytes.toString('base64')
}
