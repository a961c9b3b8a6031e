import { ResultError } from '@resultkit/core'
import { corrupt } from './errors.ts'
import type { Frame } from './through.ts'

const MAGIC = 0xfd2fb528
const BLOCK = { runLength: 1, reserved: 3 } as const

/** What comes next in a frame: a few bytes to look at, or many to pass over. */
type Step = { readonly kind: 'start' | 'block'; readonly bytes: number } | { readonly kind: 'end' }

/** A frame of RFC 8878, followed from block to block. */
interface Follower {
  /** How many of these bytes are the frame's; fewer than all only at its end. */
  advance(bytes: Uint8Array): number
  isAtEnd(): boolean
}

function follow(): Follower {
  let step: Step = { kind: 'start', bytes: 5 }
  let seen: number[] = []
  let skip = 0
  let hasChecksum = false

  const take = (): void => {
    const bytes = seen
    seen = []
    if (step.kind === 'start') {
      const descriptor = startOf(bytes)
      hasChecksum = (descriptor & 4) !== 0
      skip = restOfHeader(descriptor)
      step = { kind: 'block', bytes: 3 }
      return
    }
    const { last, length } = blockOf(bytes)
    skip = length + (last && hasChecksum ? 4 : 0)
    step = last ? { kind: 'end' } : step
  }

  return {
    advance(bytes) {
      let at = 0
      while (at < bytes.byteLength) {
        if (skip > 0) {
          const passed = Math.min(skip, bytes.byteLength - at)
          skip -= passed
          at += passed
        } else if (step.kind === 'end') {
          return at
        } else {
          seen.push(bytes[at++] as number)
          if (seen.length === step.bytes) take()
        }
      }
      return at
    },
    isAtEnd: () => step.kind === 'end' && skip === 0,
  }
}

/**
 * One frame and nothing behind it. node:zlib decodes a second frame sometimes, depending on how the input is cut, and
 * passes over anything else behind the first.
 */
export function zstdFrame(): Frame {
  const follower = follow()
  return {
    findsEnd: true,
    feed(stored) {
      if (follower.advance(stored) < stored.byteLength) throw corrupt('zstd', 'there are bytes behind its end')
      return stored
    },
    decoded: () => {},
    finish() {
      if (!follower.isAtEnd()) throw corrupt('zstd', 'it is cut short')
    },
  }
}

/** An empty frame has no content, one block and a checksum. */
const EMPTY_FRAME_BYTES = 13

/**
 * Passes on the frame that a compressor wrote, piece by piece, without an empty one behind it: Deno's adds one where the
 * output fills its buffer exactly.
 */
export function onlyFrame(): (piece: Uint8Array) => Uint8Array {
  const follower = follow()
  let dropped = 0
  return (piece) => {
    const end = follower.advance(piece)
    dropped += piece.byteLength - end
    if (dropped > EMPTY_FRAME_BYTES) throw twoFrames()
    return piece.subarray(0, end)
  }
}

function littleEndian(bytes: readonly number[]): number {
  return bytes.reduceRight((value, byte) => value * 256 + byte, 0)
}

function startOf(bytes: readonly number[]): number {
  if (littleEndian(bytes.slice(0, 4)) !== MAGIC) throw corrupt('zstd', 'it does not start as a zstd frame does')
  return bytes[4] as number
}

/** Bytes of the header behind its descriptor: window, dictionary id, content size. */
function restOfHeader(descriptor: number): number {
  const singleSegment = (descriptor & 0x20) !== 0
  const dictionary = [0, 1, 2, 4][descriptor & 3] as number
  const contentSize = [singleSegment ? 1 : 0, 2, 4, 8][descriptor >> 6] as number
  return (singleSegment ? 0 : 1) + dictionary + contentSize
}

function blockOf(bytes: readonly number[]): { readonly last: boolean; readonly length: number } {
  const header = littleEndian(bytes)
  const type = (header >> 1) & 3
  if (type === BLOCK.reserved) throw corrupt('zstd', 'it has a block of a type that nobody defined')
  return { last: (header & 1) === 1, length: type === BLOCK.runLength ? 1 : header >> 3 }
}

function twoFrames(): ResultError {
  const message =
    'write: the zstd of this runtime wrote more than one frame, which could not be read again. Nothing was written. Use gzip().'
  return new ResultError({ code: 'UNSUPPORTED', operation: 'write', message })
}
