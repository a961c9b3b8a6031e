import { CHUNK_BYTES, type ChunkedKeys, SEALED_CHUNK_BYTES } from './chunked.ts'
import { openRun, sealRun } from './chunked-run.ts'
import { decryptError } from './decrypt-error.ts'
import { TAG_BYTES } from './engine.ts'
import type { Transform } from './transform.ts'

/** Chunks in a run, at most: 256 KiB. */
const RUN_CHUNKS = 16

/**
 * Encrypts a stream into its chunks. Each piece is fresh memory.
 *
 * @param checkpoint - throws between two runs when the work is to be left
 */
export function chunkSealer(keys: ChunkedKeys, checkpoint: () => void): Transform {
  let first = 0
  return inRuns(CHUNK_BYTES, (bytes) => {
    checkpoint()
    const count = Math.max(1, Math.ceil(bytes.byteLength / CHUNK_BYTES))
    const target = new Uint8Array(bytes.byteLength + count * TAG_BYTES)
    sealRun(keys, { first, count, bytes, target, at: 0 })
    first += count
    return target
  })
}

/** Decrypts a stream of chunks. Pieces are given out verified; it ends normally only behind a short chunk. */
export function chunkOpener(keys: ChunkedKeys, checkpoint: () => void): Transform {
  let first = 0
  return inRuns(SEALED_CHUNK_BYTES, (bytes) => {
    checkpoint()
    const count = Math.max(1, Math.ceil(bytes.byteLength / SEALED_CHUNK_BYTES))
    const size = bytes.byteLength - count * TAG_BYTES
    if (size < 0) throw decryptError()
    const target = new Uint8Array(size)
    openRun(keys, { first, count, bytes, target, at: 0 })
    first += count
    return target
  })
}

/** Works on runs of whole units, views where possible, and on one last run that is shorter than a unit. */
function inRuns(unit: number, work: (run: Uint8Array) => Uint8Array): Transform {
  let carry = new Uint8Array()
  let carried = 0
  const keep = (bytes: Uint8Array): void => {
    const size = carried + bytes.byteLength
    if (size > carry.byteLength) {
      const larger = new Uint8Array(Math.min(unit, Math.max(size, carry.byteLength * 4)))
      larger.set(carry.subarray(0, carried))
      carry = larger
    }
    carry.set(bytes, carried)
    carried = size
  }
  return {
    *push(piece) {
      let from = 0
      if (carried > 0) {
        from = Math.min(unit - carried, piece.byteLength)
        keep(piece.subarray(0, from))
        if (carried < unit) return
        carried = 0
        yield work(carry)
      }
      const end = piece.byteLength - ((piece.byteLength - from) % unit)
      for (; from < end; from += RUN_CHUNKS * unit)
        yield work(piece.subarray(from, Math.min(end, from + RUN_CHUNKS * unit)))
      keep(piece.subarray(end))
    },
    *end() {
      yield work(carry.subarray(0, carried))
    },
  }
}
