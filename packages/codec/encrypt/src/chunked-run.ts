import { CHUNK_BYTES, type ChunkedKeys, SEALED_CHUNK_BYTES } from './chunked.ts'
import { decryptError } from './decrypt-error.ts'

/** Chunks that follow each other, and where they go. */
export interface ChunkRun {
  /** The number of the first one. */
  readonly first: number
  readonly count: number
  /** Starts with the first one; may go on behind the last. */
  readonly bytes: Uint8Array
  readonly target: Uint8Array
  readonly at: number
}

/** Encrypts chunks. */
export function sealRun(keys: ChunkedKeys, { first, count, bytes, target, at }: ChunkRun): void {
  for (let chunk = 0; chunk < count; chunk++) {
    const from = chunk * CHUNK_BYTES
    keys.seal(first + chunk, bytes.subarray(from, from + CHUNK_BYTES), target, at + chunk * SEALED_CHUNK_BYTES)
  }
}

/** Decrypts chunks; DECRYPT when one of them is not the chunk of this message that has its number. */
export function openRun(keys: ChunkedKeys, { first, count, bytes, target, at }: ChunkRun): void {
  for (let chunk = 0; chunk < count; chunk++) {
    const from = chunk * SEALED_CHUNK_BYTES
    const sealed = bytes.subarray(from, from + SEALED_CHUNK_BYTES)
    if (!keys.open(first + chunk, sealed, target, at + chunk * CHUNK_BYTES)) throw decryptError()
  }
}
