import { type ByteRange, resolveRange } from '@resultkit/core'
import { CHUNK_BYTES, type ChunkedKeys, SEALED_CHUNK_BYTES } from './chunked.ts'
import { type ChunkLayout, plaintextBytes } from './chunked-layout.ts'
import { openRun } from './chunked-run.ts'
import { decryptError } from './decrypt-error.ts'
import { TAG_BYTES } from './engine.ts'
import { checkFiller, LENGTH_BYTES, lengthOfData } from './padding.ts'

/** Chunks in one read, at most: 1 MiB. */
const READ_CHUNKS = 64

/** The chunks of a message in storage. */
export interface StoredChunks {
  readonly keys: ChunkedKeys
  /** By the size that the storage says; not verified. */
  readonly layout: ChunkLayout
  readonly padded: boolean
  /** Reads stored bytes, counted from the first chunk. */
  read(start: number, end: number): Promise<Uint8Array>
}

/** The last chunks of a message, and what they prove. */
interface Tail {
  /** Bytes of the data. */
  readonly length: number
  /** The number of the first chunk in `plaintext`. */
  readonly first: number
  readonly plaintext: Uint8Array
}

/**
 * Decrypts a part of a message, reading no other chunks but the last one, and that only where the answer depends on the
 * length: the last chunk alone proves it. DECRYPT when a chunk, or the length, is not that of the write.
 */
export async function* openRange(chunks: StoredChunks, range: ByteRange): AsyncGenerator<Uint8Array, void, undefined> {
  const { layout, padded } = chunks
  const fullBytes = layout.full * CHUNK_BYTES
  // Full chunks are never the last, so that what lies inside them does not depend on where the message ends.
  const inside = !padded && range.start >= 0 && range.end !== undefined && range.end <= fullBytes
  const tail = inside ? undefined : await openTail(chunks)
  const length = tail?.length ?? fullBytes
  const { start, end } = resolveRange(range, length)
  const last = Math.ceil(end / CHUNK_BYTES)
  for (let first = Math.floor(start / CHUNK_BYTES); start < end && first < last; first += READ_CHUNKS) {
    const known = tail !== undefined && first >= tail.first ? tail : undefined
    const from = (known?.first ?? first) * CHUNK_BYTES
    const plaintext = known?.plaintext ?? (await openStored(chunks, first, Math.min(READ_CHUNKS, last - first)))
    if (padded)
      checkFiller(plaintext.subarray(Math.max(0, length - from), plaintextBytes(layout) - LENGTH_BYTES - from))
    yield plaintext.subarray(Math.max(0, start - from), end - from)
  }
}

/** The verified length of the data. */
export async function openLength(chunks: StoredChunks): Promise<number> {
  const { length } = await openTail(chunks)
  return length
}

async function openTail(chunks: StoredChunks): Promise<Tail> {
  const { layout, padded } = chunks
  const length = plaintextBytes(layout)
  // The eight bytes of the length may begin in the chunk before.
  const first = Math.max(0, padded && layout.last < LENGTH_BYTES ? layout.full - 1 : layout.full)
  const plaintext = await openStored(chunks, first, layout.full + 1 - first)
  return { first, plaintext, length: padded ? lengthOfData(plaintext.subarray(-LENGTH_BYTES), length) : length }
}

async function openStored({ keys, layout, read }: StoredChunks, first: number, count: number): Promise<Uint8Array> {
  const withLast = first + count > layout.full
  const size = (withLast ? plaintextBytes(layout) : (first + count) * CHUNK_BYTES) - first * CHUNK_BYTES
  const from = first * SEALED_CHUNK_BYTES
  const bytes = await read(from, from + size + count * TAG_BYTES)
  if (bytes.byteLength !== size + count * TAG_BYTES) throw decryptError()
  const target = new Uint8Array(size)
  openRun(keys, { first, count, bytes, target, at: 0 })
  return target
}
