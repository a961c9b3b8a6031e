import { requireBytes } from '@resultkit/core'
import { type Call, failure, orAborted } from './failure.ts'

/** The next bytes of a stream, or what the stream threw. */
export type Pulled = Part | { readonly thrown: unknown }

/** Bytes to be sent at once. */
export interface Part {
  /** One after the other. */
  readonly pieces: readonly Uint8Array[]
  readonly size: number
  /** Whether the stream ended with them. */
  readonly last: boolean
}

/** A stream that is being cut into parts. */
export interface Parts {
  /** The next part: of exactly the size of a part, unless it is the last. */
  next(): Promise<Pulled>
  /** Ends the stream where it is, if it has not ended. */
  close(): Promise<void>
}

/** Cuts a stream into equal parts. Its body function is asked by the first `next()`, and once. */
export function openParts(
  call: Call,
  body: () => AsyncIterable<Uint8Array>,
  partSize: number,
  announced: number | undefined,
): Parts {
  const pieces = openPieces(call, body, announced)
  let rest: Uint8Array | undefined
  return {
    async next() {
      const part = assemble(partSize)
      for (;;) {
        if (rest === undefined) {
          const pulled = await pieces.next()
          if ('thrown' in pulled) return pulled
          if (pulled.piece === undefined) return part.finish(true)
          rest = pulled.piece
        }
        // Only what comes after a full part tells that it is not the last one.
        if (part.isFull()) return part.finish(false)
        const taken = part.add(rest)
        rest = taken < rest.byteLength ? rest.subarray(taken) : undefined
      }
    },
    close: pieces.close,
  }
}

/** Pieces from this size on are kept as they are; smaller ones are gathered. */
const DIRECT_BYTES = 64 * 1024
/** How much is allocated for small pieces at first, and at most. */
const FIRST_BYTES = 8 * 1024
const GATHER_BYTES = 256 * 1024

interface Assembly {
  isFull(): boolean
  /** Takes what fits; how much that was. */
  add(piece: Uint8Array): number
  finish(last: boolean): Part
}

/** One part being filled. */
function assemble(partSize: number): Assembly {
  const pieces: Uint8Array[] = []
  let size = 0
  let scratch = new Uint8Array(0)
  let used = 0
  const gather = (piece: Uint8Array): Uint8Array => {
    if (used + piece.byteLength > scratch.byteLength) {
      const wanted = scratch.byteLength === 0 ? FIRST_BYTES : scratch.byteLength * 2
      scratch = new Uint8Array(Math.max(Math.min(wanted, GATHER_BYTES), piece.byteLength))
      used = 0
    }
    scratch.set(piece, used)
    used += piece.byteLength
    return scratch.subarray(used - piece.byteLength, used)
  }
  return {
    isFull: () => size === partSize,
    finish: (last) => ({ pieces, size, last }),
    add(piece) {
      const taken = piece.subarray(0, partSize - size)
      size += taken.byteLength
      const last = pieces.at(-1)
      const next = taken.byteLength < DIRECT_BYTES && !follows(last, taken) ? gather(taken) : taken
      if (last !== undefined && follows(last, next))
        pieces[pieces.length - 1] = new Uint8Array(last.buffer, last.byteOffset, last.byteLength + next.byteLength)
      else pieces.push(next)
      return taken.byteLength
    },
  }
}

function follows(before: Uint8Array | undefined, next: Uint8Array): boolean {
  return next.buffer === before?.buffer && next.byteOffset === before.byteOffset + before.byteLength
}

interface Pieces {
  /** The next piece that is not empty; `undefined` at the end. */
  next(): Promise<{ readonly piece: Uint8Array | undefined } | { readonly thrown: unknown }>
  close(): Promise<void>
}

function openPieces(call: Call, body: () => AsyncIterable<Uint8Array>, announced: number | undefined): Pieces {
  let iterator: AsyncIterator<Uint8Array> | undefined
  let started = false
  let waiting = false
  let size = 0

  const pull = async (): Promise<IteratorResult<Uint8Array>> => {
    for (;;) {
      waiting = true
      if (!started) {
        started = true
        iterator = body()[Symbol.asyncIterator]()
      }
      if (iterator === undefined) return { done: true, value: undefined }
      const pulled = await orAborted(call, Promise.resolve(iterator.next()))
      waiting = false
      if (pulled.done) iterator = undefined
      if (pulled.done || pulled.value?.byteLength !== 0) return pulled
    }
  }
  return {
    async next() {
      let pulled: IteratorResult<Uint8Array>
      try {
        pulled = await pull()
      } catch (thrown) {
        if (call.signal?.aborted) throw thrown
        // A stream that threw is over.
        iterator = undefined
        return { thrown }
      }
      const piece = pulled.done ? undefined : requireBytes(pulled.value, 'write')
      size += piece?.byteLength ?? 0
      if (announced !== undefined && size > announced) throw wrongSize(call, announced, 'more')
      if (announced !== undefined && piece === undefined && size < announced) throw wrongSize(call, announced, 'fewer')
      return { piece }
    },
    async close() {
      const open = iterator
      iterator = undefined
      try {
        const closed = open?.return?.()
        // One that is still at work closes in its own time, which may be never.
        if (waiting) closed?.catch(() => {})
        else await closed
      } catch {
        // The failure that ended the stream is the one to report.
      }
    },
  }
}

/** CONFIG: the body does not have the bytes that `size` announced. */
export function wrongSize(call: Call, announced: number, than: 'more' | 'fewer'): Error {
  const what = `the body has ${than} bytes than the size announced (${announced}). Nothing was stored`
  return failure(call, 'CONFIG', what)
}
