import { corrupt } from './record/trailer.ts'

/** A stream of known size as one array, without a copy where its pieces lie side by side in memory. */
export async function collectExactly(pieces: AsyncIterable<Uint8Array>, size: number): Promise<Uint8Array> {
  let first: Uint8Array | undefined
  let copy: Uint8Array | undefined
  let filled = 0
  for await (const piece of pieces) {
    first ??= piece
    if (filled + piece.byteLength > size) throw corrupt('it is longer than the storage says')
    const adjoins = piece.buffer === first.buffer && piece.byteOffset === first.byteOffset + filled
    if (copy !== undefined || !adjoins) {
      copy ??= copied(first, filled, size)
      copy.set(piece, filled)
    }
    filled += piece.byteLength
  }
  if (filled !== size) throw corrupt('it is shorter than the storage says')
  return copy ?? (first ? new Uint8Array(first.buffer, first.byteOffset, size) : new Uint8Array())
}

function copied({ buffer, byteOffset }: Uint8Array, filled: number, size: number): Uint8Array {
  const bytes = new Uint8Array(size)
  bytes.set(new Uint8Array(buffer, byteOffset, filled))
  return bytes
}
