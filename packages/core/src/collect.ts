import type { ResultError } from './errors.ts'
import { corrupt } from './record/trailer.ts'

/** A stream of known size as one array; the very piece, where the storage gave it in one. */
export async function collectExactly(pieces: AsyncIterable<Uint8Array>, size: number): Promise<Uint8Array> {
  let bytes: Uint8Array | undefined
  let filled = 0
  for await (const piece of pieces) {
    if (filled + piece.byteLength > size) throw wrongLength()
    if (piece.byteLength === size) bytes = piece
    else {
      bytes ??= new Uint8Array(size)
      bytes.set(piece, filled)
    }
    filled += piece.byteLength
  }
  if (filled !== size) throw wrongLength()
  return bytes ?? new Uint8Array()
}

function wrongLength(): ResultError {
  return corrupt('it has another length than the storage says')
}
