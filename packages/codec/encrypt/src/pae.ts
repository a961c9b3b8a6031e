const encoder = new TextEncoder()

/**
 * PASETO's pre-authentication encoding: the number of pieces, then each piece behind its length, as 64-bit
 * little-endian integers. No two lists of pieces give the same bytes. Text is UTF-8.
 */
export function pae(pieces: readonly (Uint8Array | string)[]): Uint8Array {
  const parts = pieces.map((piece) => (typeof piece === 'string' ? encoder.encode(piece) : piece))
  const all = new Uint8Array(parts.reduce((size, part) => size + 8 + part.byteLength, 8))
  const view = new DataView(all.buffer)
  view.setUint32(0, parts.length, true)
  let at = 8
  for (const part of parts) {
    // The upper half stays 0: no piece here is near 4 GiB, and a BigInt costs more than the rest.
    view.setUint32(at, part.byteLength, true)
    all.set(part, at + 8)
    at += 8 + part.byteLength
  }
  return all
}
