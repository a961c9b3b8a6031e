import { memoryToFill } from './bytes.ts'
import { CHUNK_BYTES, type ChunkedKeys, SEALED_CHUNK_BYTES } from './chunked.ts'
import { layoutOfChunks, layoutOfPlaintext, plaintextBytes, sealedBytes } from './chunked-layout.ts'
import { openRun, sealRun } from './chunked-run.ts'

/** After so many chunks, 8 MiB, the event loop gets a turn, in which a signal may fire. */
const TURN_CHUNKS = 512

/**
 * Encrypts a message at hand, behind a head that comes first in the same memory.
 *
 * @param checkpoint - throws when the work is to be left
 */
export async function sealWhole(
  keys: ChunkedKeys,
  head: Uint8Array,
  plaintext: Uint8Array,
  checkpoint: () => void,
): Promise<Uint8Array> {
  const layout = layoutOfPlaintext(plaintext.byteLength)
  const target = memoryToFill(head.byteLength + sealedBytes(layout))
  target.set(head)
  for (let first = 0; first <= layout.full; first += TURN_CHUNKS) {
    if (first > 0) await turn(checkpoint)
    const count = Math.min(TURN_CHUNKS, layout.full + 1 - first)
    const bytes = plaintext.subarray(first * CHUNK_BYTES)
    sealRun(keys, { first, count, bytes, target, at: head.byteLength + first * SEALED_CHUNK_BYTES })
  }
  return target
}

/** Decrypts a message at hand. DECRYPT, and nothing is given out, unless all of it is verified. */
export async function openWhole(keys: ChunkedKeys, chunks: Uint8Array, checkpoint: () => void): Promise<Uint8Array> {
  const layout = layoutOfChunks(chunks.byteLength)
  const target = memoryToFill(plaintextBytes(layout))
  for (let first = 0; first <= layout.full; first += TURN_CHUNKS) {
    if (first > 0) await turn(checkpoint)
    const count = Math.min(TURN_CHUNKS, layout.full + 1 - first)
    const bytes = chunks.subarray(first * SEALED_CHUNK_BYTES)
    openRun(keys, { first, count, bytes, target, at: first * CHUNK_BYTES })
  }
  return target
}

async function turn(checkpoint: () => void): Promise<void> {
  await new Promise<void>((resolve) => void (globalThis.setImmediate ?? setTimeout)(resolve))
  checkpoint()
}
