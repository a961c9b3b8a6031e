import { CHUNK_BYTES, SEALED_CHUNK_BYTES } from './chunked.ts'
import { decryptError } from './decrypt-error.ts'
import { TAG_BYTES } from './engine.ts'

/** The chunks of a message: `full` ones, then a last one that is shorter. */
export interface ChunkLayout {
  readonly full: number
  /** Bytes of plaintext in the last chunk, 0 to 16,383. */
  readonly last: number
}

/** How a message of so many bytes is cut. */
export function layoutOfPlaintext(bytes: number): ChunkLayout {
  return { full: Math.floor(bytes / CHUNK_BYTES), last: bytes % CHUNK_BYTES }
}

/** How chunks of so many bytes in all are cut; DECRYPT when no message has that length. */
export function layoutOfChunks(bytes: number): ChunkLayout {
  const rest = bytes % SEALED_CHUNK_BYTES
  if (bytes < 0 || rest < TAG_BYTES) throw decryptError()
  return { full: Math.floor(bytes / SEALED_CHUNK_BYTES), last: rest - TAG_BYTES }
}

/** Bytes of the message. */
export function plaintextBytes({ full, last }: ChunkLayout): number {
  return full * CHUNK_BYTES + last
}

/** Bytes of all its chunks as stored. */
export function sealedBytes({ full, last }: ChunkLayout): number {
  return full * SEALED_CHUNK_BYTES + last + TAG_BYTES
}
