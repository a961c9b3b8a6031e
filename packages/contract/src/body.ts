const BLOCK_BYTES = 65_521

let block: Uint8Array | undefined

// A prime number of random-looking bytes (xorshift32): neither a shift nor a swap of equal-sized pieces goes unseen.
function patternBlock(): Uint8Array {
  if (block) return block
  let state = 0x9e3779b9
  block = Uint8Array.from({ length: BLOCK_BYTES }, () => {
    state ^= state << 13
    state ^= state >>> 17
    state ^= state << 5
    return state & 0xff
  })
  return block
}

/** `size` bytes that are the same in every run; another `seed` starts elsewhere in the same endless sequence. */
export function pattern(size: number, seed: number = 0): Uint8Array<ArrayBuffer> {
  const source = patternBlock()
  const bytes = new Uint8Array(size)
  let from = (seed * 7919) % BLOCK_BYTES
  for (let at = 0; at < size; ) {
    const part = source.subarray(from, from + Math.min(BLOCK_BYTES - from, size - at))
    bytes.set(part, at)
    at += part.byteLength
    from = 0
  }
  return bytes
}

/** Text as UTF-8. */
export function utf8(text: string): Uint8Array<ArrayBuffer> {
  return new TextEncoder().encode(text)
}

/** Cuts bytes into pieces of the given sizes, in turn until all is cut. At least one size must be above 0. */
export function cut(bytes: Uint8Array, sizes: readonly number[]): readonly Uint8Array[] {
  const pieces: Uint8Array[] = []
  for (let at = 0, turn = 0; at < bytes.byteLength; turn++) {
    const size = sizes[turn % sizes.length] as number
    pieces.push(bytes.slice(at, at + size))
    at += size
  }
  return pieces
}

/** Sizes to cut with: single bytes, odd ones, powers of two and their neighbours, and nothing at all. */
export const ODD_SIZES: readonly number[] = [1, 0, 2, 63, 64, 65, 0, 0, 4095, 4096, 4097, 16_383, 65_537, 7]

/** A stream body that says how it was used. */
export interface SpiedBody {
  /** The body to hand to a storage. */
  readonly source: () => AsyncIterable<Uint8Array>
  readonly seen: {
    /** How often the function was called. */
    asked: number
    /** Calls of `next()`. */
    pulled: number
    /** Calls of `return()`. */
    returned: number
    /** The most calls of `next()` that were waiting at the same time. */
    waiting: number
    /** Whether a pass over the stream was read to its end. */
    ended: boolean
  }
}

/** Makes a {@link SpiedBody} out of a function that gives piece after piece, and `undefined` at the end. */
export function spiedBody(
  piece: (index: number) => Uint8Array | undefined | Promise<Uint8Array | undefined>,
): SpiedBody {
  const seen = { asked: 0, pulled: 0, returned: 0, waiting: 0, ended: false }
  const iterator = (): AsyncIterator<Uint8Array> => {
    let index = 0
    let waiting = 0
    return {
      async next() {
        seen.pulled += 1
        waiting += 1
        seen.waiting = Math.max(seen.waiting, waiting)
        try {
          const value = await piece(index++)
          if (value !== undefined) return { value, done: false }
          seen.ended = true
          return { value, done: true }
        } finally {
          waiting -= 1
        }
      },
      async return() {
        seen.returned += 1
        return { value: undefined, done: true }
      },
    }
  }
  const source = (): AsyncIterable<Uint8Array> => {
    seen.asked += 1
    return { [Symbol.asyncIterator]: iterator }
  }
  return { source, seen }
}

/** A spied body out of pieces at hand. */
export function spiedPieces(pieces: readonly Uint8Array[]): SpiedBody {
  return spiedBody((index) => pieces[index])
}

/** The pieces as a stream, for a codec or serializer. */
export async function* streamed<Piece>(pieces: readonly Piece[]): AsyncGenerator<Piece, void, undefined> {
  yield* pieces
}
