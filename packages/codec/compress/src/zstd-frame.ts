import { corrupt } from './errors.ts'
import type { Frame } from './through.ts'

const MAGIC = 0xfd2fb528
const BLOCK = { runLength: 1, reserved: 3 } as const

/** What comes next in a frame: a few bytes to look at, or many to pass over. */
type Step = { readonly kind: 'start' | 'block'; readonly bytes: number } | { readonly kind: 'end' }

/**
 * One frame of RFC 8878, followed from block to block to its end. node:zlib decodes a second frame sometimes, depending on
 * how the input is cut, and passes over anything else behind the first.
 */
export function zstdFrame(): Frame {
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
    feed(stored) {
      let at = 0
      while (at < stored.byteLength) {
        if (skip > 0) {
          const passed = Math.min(skip, stored.byteLength - at)
          skip -= passed
          at += passed
        } else if (step.kind === 'end') {
          throw corrupt('zstd', 'there are bytes behind its end')
        } else {
          seen.push(stored[at++] as number)
          if (seen.length === step.bytes) take()
        }
      }
      return stored
    },
    decoded: () => {},
    finish() {
      if (step.kind !== 'end' || skip > 0) throw corrupt('zstd', 'it is cut short')
    },
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
