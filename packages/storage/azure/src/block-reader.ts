import { Readable } from 'node:stream'
import { concatBytes, sizeOf } from '@resultkit/core'
import type { Source } from './source.ts'

const FIRST_BYTES = 64 * 1024

/** Bytes that are sent with one request. */
export interface Block {
  readonly parts: readonly Uint8Array[]
  readonly byteLength: number
}

/** Cuts a body into blocks of equal size, the last one shorter. Memory is used again when it is given back. */
export interface BlockReader {
  /** Whether there are bytes that were not given out. */
  more(): Promise<boolean>
  /** The next block, as long as there are bytes; `undefined` behind the last one, and for an empty body. */
  next(): Promise<Block | undefined>
  /** A block that nobody uses any more. */
  release(block: Block): void
}

/** The body of a request. Large arrays are sent one after the other: to join them would cost as much memory again. */
export function requestBody(parts: readonly Uint8Array[]): Uint8Array | (() => NodeJS.ReadableStream) {
  if (parts.length < 2 || sizeOf(parts) <= FIRST_BYTES) return concatBytes(parts)
  return () => {
    const rest = parts.values()
    return new Readable({
      read() {
        this.push(rest.next().value ?? null)
      },
    })
  }
}

/** Reads `source` in blocks of `blockSize` bytes. */
export function readBlocks(source: Source, blockSize: number): BlockReader {
  const free: Uint8Array[] = []
  const used = new WeakMap<Block, readonly Uint8Array[]>()
  let rest = new Uint8Array()
  let ended = false

  const more = async (): Promise<boolean> => {
    while (rest.byteLength === 0 && !ended) {
      const piece = await source.next()
      if (piece === undefined) ended = true
      else rest = piece as Uint8Array<ArrayBuffer>
    }
    return rest.byteLength > 0
  }
  /** Up to `most` bytes that were not given out yet; `undefined` at the end. */
  const take = async (most: number): Promise<Uint8Array | undefined> => {
    if (!(await more())) return undefined
    const taken = rest.subarray(0, most)
    rest = rest.subarray(taken.byteLength)
    return taken
  }
  return {
    more,
    async next() {
      const block = openBlock(free, blockSize)
      for (let piece = await take(blockSize); piece !== undefined; piece = await take(block.room())) {
        block.add(piece)
        if (block.room() === 0) break
      }
      const parts = block.parts()
      if (parts.length === 0) return undefined
      const made: Block = { parts, byteLength: blockSize - block.room() }
      used.set(made, block.memory)
      return made
    },
    release(block) {
      free.push(...(used.get(block) ?? []))
    },
  }
}

interface OpenBlock {
  /** How many bytes are missing. */
  room(): number
  add(piece: Uint8Array): void
  parts(): readonly Uint8Array[]
  /** What was allocated for it, or taken from what was free. */
  readonly memory: Uint8Array[]
}

/**
 * Pieces are copied, because they may be tiny, or the only thing that keeps much memory alive. Views into something larger
 * than a block, which is a value at hand, are kept as they are.
 */
function openBlock(free: Uint8Array[], blockSize: number): OpenBlock {
  const memory: Uint8Array[] = []
  const parts: Uint8Array[] = []
  let size = 0
  let segment = new Uint8Array()
  let from = 0
  let to = 0

  const close = (): void => {
    if (to > from) parts.push(segment.subarray(from, to))
    from = to
  }
  const copy = (piece: Uint8Array): void => {
    for (let at = 0; at < piece.byteLength; ) {
      if (to === segment.byteLength) {
        close()
        const larger = Math.max(FIRST_BYTES, segment.byteLength * 4)
        const missing = blockSize - size + piece.byteLength - at
        segment = (free.pop() ?? allocate(Math.min(larger, missing))) as Uint8Array<ArrayBuffer>
        memory.push(segment)
        from = 0
        to = 0
      }
      const part = piece.subarray(at, at + segment.byteLength - to)
      segment.set(part, to)
      to += part.byteLength
      at += part.byteLength
    }
  }
  return {
    memory,
    room: () => blockSize - size,
    add(piece) {
      size += piece.byteLength
      if (piece.buffer.byteLength <= blockSize) return copy(piece)
      close()
      parts.push(piece)
    },
    parts() {
      close()
      return parts
    },
  }
}

function allocate(size: number): Uint8Array {
  return new Uint8Array(Buffer.allocUnsafeSlow(size).buffer, 0, size)
}
