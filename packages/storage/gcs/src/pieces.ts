import { requireBytes } from '@resultkit/core'
import { aborted, type Call, checkSignal, failure } from './failure.ts'

/** A part of a body that is sent with one request. */
export interface Chunk {
  readonly pieces: readonly Uint8Array[]
  readonly size: number
  /** Whether the body ends here. */
  readonly last: boolean
}

/** A body, cut into chunks of one size; the last one may be shorter, or empty. */
export interface Chunks {
  next(): Promise<Chunk>
  /** Lets go of the body. */
  release(): void
}

/** Pieces up to this size are copied together: a million of them would be a million writes. */
const SMALL_BYTES = 4096
const BLOCK_BYTES = 64 * 1024

/** Pieces of memory that follow each other. */
interface Gathering {
  readonly pieces: Uint8Array[]
  size: number
  add(piece: Uint8Array): void
}

function gathering(): Gathering {
  const pieces: Uint8Array[] = []
  let block = new Uint8Array(0)
  let filled = 0
  // Where in the block the last piece starts; `undefined` when the last piece is not of the block.
  let from: number | undefined
  return {
    pieces,
    size: 0,
    add(piece) {
      this.size += piece.byteLength
      if (piece.byteLength > SMALL_BYTES) {
        from = undefined
        pieces.push(piece)
        return
      }
      if (filled + piece.byteLength > block.byteLength) {
        block = new Uint8Array(BLOCK_BYTES)
        filled = 0
        from = undefined
      }
      const start = from ?? filled
      if (from !== undefined) pieces.pop()
      block.set(piece, filled)
      filled += piece.byteLength
      from = start
      pieces.push(block.subarray(start, filled))
    },
  }
}

/** Bytes at hand, in chunks. */
export function chunksOf(parts: readonly Uint8Array[], chunkSize: number): Chunks {
  let next = 0
  return cutUp(async () => parts[next++], chunkSize)
}

/**
 * A stream, in chunks. It is asked for one piece at a time, and for one piece more than a chunk has, to know which is
 * the last. What it throws passes through unchanged; a signal that fires ends the waiting. CONFIG when it has another
 * size than announced.
 */
export function chunksOfStream(
  call: Call,
  body: () => AsyncIterable<Uint8Array>,
  chunkSize: number,
  size: number | undefined,
): Chunks {
  let iterator: AsyncIterator<Uint8Array> | undefined
  let ended = false
  let total = 0
  const release = (): void => {
    if (ended || iterator === undefined) return
    ended = true
    // Not awaited: a stalled generator settles return() only after its next().
    const letGo = async (): Promise<unknown> => iterator?.return?.()
    letGo().catch(() => {})
  }
  const pull = async (): Promise<Uint8Array | undefined> => {
    checkSignal(call)
    iterator ??= body()[Symbol.asyncIterator]()
    const step = await orAborted(call, iterator.next())
    if (step.done) {
      ended = true
      if (size !== undefined && total !== size) throw wrongSize(call, total, size)
      return undefined
    }
    total += requireBytes(step.value, call.operation).byteLength
    if (size !== undefined && total > size) throw wrongSize(call, total, size)
    return step.value
  }
  const guarded = async (): Promise<Uint8Array | undefined> => {
    try {
      return await pull()
    } catch (error) {
      release()
      throw error
    }
  }
  return { ...cutUp(guarded, chunkSize), release }
}

function cutUp(pull: () => Promise<Uint8Array | undefined>, chunkSize: number): Chunks {
  let ahead: Uint8Array | undefined
  const nextPiece = async (): Promise<Uint8Array | undefined> => {
    if (ahead !== undefined) return ahead
    let piece = await pull()
    while (piece?.byteLength === 0) piece = await pull()
    return piece
  }
  return {
    async next() {
      const chunk = gathering()
      while (chunk.size < chunkSize) {
        const piece = await nextPiece()
        ahead = undefined
        if (piece === undefined) return { pieces: chunk.pieces, size: chunk.size, last: true }
        const room = chunkSize - chunk.size
        chunk.add(piece.subarray(0, room))
        if (piece.byteLength > room) ahead = piece.subarray(room)
      }
      ahead = await nextPiece()
      return { pieces: chunk.pieces, size: chunk.size, last: ahead === undefined }
    },
    release() {},
  }
}

/** The pieces from an offset on. */
export function skipBytes(pieces: readonly Uint8Array[], offset: number): readonly Uint8Array[] {
  if (offset === 0) return pieces
  const rest: Uint8Array[] = []
  let at = 0
  for (const piece of pieces) {
    if (at + piece.byteLength > offset) rest.push(piece.subarray(Math.max(0, offset - at)))
    at += piece.byteLength
  }
  return rest
}

/** CONFIG: the body has another size than announced. */
export function wrongSize(call: Call, actual: number, announced: number): Error {
  const more = actual > announced ? 'more' : 'fewer'
  return failure(call, 'CONFIG', `the body has ${more} bytes than the ${announced} announced. Nothing was stored`)
}

async function orAborted<T>(call: Call, work: Promise<T>): Promise<T> {
  const { signal } = call
  if (signal === undefined) return work
  let stop = (): void => {}
  const ended = new Promise<never>((_, reject) => {
    stop = () => reject(aborted(call, signal))
    if (signal.aborted) stop()
    else signal.addEventListener('abort', stop, { once: true })
  })
  try {
    return await Promise.race([ended, work])
  } finally {
    signal.removeEventListener('abort', stop)
  }
}
