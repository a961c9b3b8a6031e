const encoder = new TextEncoder()

/**
 * PASETO's pre-authentication encoding: the number of pieces, then each piece behind its length, as 64-bit
 * little-endian integers. No two lists of pieces give the same bytes. Text is UTF-8.
 */
export function pae(pieces: readonly (Uint8Array | string)[]): Uint8Array {
  let most = 8
  for (const piece of pieces) most += 8 + (typeof piece === 'string' ? piece.length * 3 : piece.byteLength)
  const all = new Uint8Array(most)
  putLength(all, 0, pieces.length)
  let at = 8
  for (const piece of pieces) {
    const size = put(all, at + 8, piece)
    putLength(all, at, size)
    at += 8 + size
  }
  return all.subarray(0, at)
}

function put(all: Uint8Array, at: number, piece: Uint8Array | string): number {
  // One UTF-16 unit is at most three bytes, so there is room.
  if (typeof piece === 'string') return encoder.encodeInto(piece, all.subarray(at)).written
  all.set(piece, at)
  return piece.byteLength
}

/** The upper half stays 0: no piece here is near 4 GiB. */
function putLength(all: Uint8Array, at: number, length: number): void {
  for (let byte = 0; byte < 4; byte++) all[at + byte] = length >>> (byte * 8)
}
