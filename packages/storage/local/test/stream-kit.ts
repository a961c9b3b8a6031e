import { ndjson, type Result, type StreamSerializer } from '@resultkit/core'
import { type LocalResultOptions, localResult } from '../src/index.ts'

/** Takes and gives bytes, piece by piece, and has no lines, lengths or marks of its own. */
export function pieces(): StreamSerializer {
  return {
    kind: 'stream',
    name: 'test/pieces',
    contentType: 'application/octet-stream',
    extension: 'bin',
    encode: (items) => items as AsyncIterable<Uint8Array>,
    decode: (bytes) => bytes,
  }
}

export type Streams = Result<unknown, undefined, 'stream'>

// Made once: what a source throws away is not the storage's memory.
const PIECES = Array.from({ length: 16 }, (_, index) => new Uint8Array(65_536).fill(index))
const LINES = Array.from({ length: 10 }, (_, index) => String(index).repeat(65_500))

/** One Result of streams a serializer, and an item for it of 64 KiB. */
export const KINDS = {
  ndjson: {
    open: (options: LocalResultOptions): Streams => localResult({ ...options, serializer: ndjson() } as object),
    item: (index: number): unknown => ({ index, text: LINES[index % LINES.length] }),
  },
  pieces: {
    open: (options: LocalResultOptions): Streams => localResult({ ...options, serializer: pieces() } as object),
    item: (index: number): unknown => PIECES[index % PIECES.length],
  },
} as const

export type Kind = keyof typeof KINDS
