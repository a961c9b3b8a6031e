import type { ResultError } from './errors.ts'
import { corrupt } from './record/trailer.ts'

/** A stream of known size as one array: the pieces' own memory, where they are views of it one behind the other. */
export async function collectExactly(pieces: AsyncIterable<Uint8Array>, size: number): Promise<Uint8Array> {
  let view: Uint8Array = new Uint8Array()
  let copy: Uint8Array | undefined
  let filled = 0
  for await (const piece of pieces) {
    if (filled + piece.byteLength > size) throw wrongLength()
    const { buffer, byteOffset } = filled === 0 ? piece : view
    if (copy === undefined && piece.buffer === buffer && piece.byteOffset === byteOffset + filled) {
      view = new Uint8Array(buffer, byteOffset, filled + piece.byteLength)
    } else {
      copy ??= grown(view, size)
      copy.set(piece, filled)
    }
    filled += piece.byteLength
  }
  if (filled !== size) throw wrongLength()
  return copy ?? view
}

function grown(bytes: Uint8Array, size: number): Uint8Array {
  const larger = new Uint8Array(size)
  larger.set(bytes)
  return larger
}

function wrongLength(): ResultError {
  return corrupt('it has another length than the storage says')
}
