import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Call } from '../src/failure.ts'
import { type Chunk, type Chunks, chunksOf, chunksOfStream, skipBytes } from '../src/pieces.ts'
import { pattern } from './support.ts'

const call: Call = { uri: 'gs://b', operation: 'write', key: 'k', signal: undefined }
const CHUNK = 10_000
// Around the size up to which pieces are copied together.
const sizes = fc.array(fc.oneof(fc.nat(20), fc.integer({ min: 4090, max: 4100 }), fc.nat(25_000)), { maxLength: 30 })

async function all(chunks: Chunks): Promise<Chunk[]> {
  const found: Chunk[] = []
  do found.push(await chunks.next())
  while (found.at(-1)?.last === false)
  return found
}

function cutBy(lengths: readonly number[]): { readonly bytes: Uint8Array; readonly pieces: readonly Uint8Array[] } {
  const bytes = pattern(lengths.reduce((sum, length) => sum + length, 0))
  let at = 0
  const pieces = lengths.map((length) => {
    at += length
    return bytes.subarray(at - length, at)
  })
  return { bytes, pieces }
}

describe('chunks', () => {
  test('are all of one size but the last, and together the body, whatever the pieces', async () => {
    await fc.assert(
      fc.asyncProperty(sizes, async (lengths) => {
        const { bytes, pieces } = cutBy(lengths)
        const body = async function* (): AsyncGenerator<Uint8Array> {
          yield* pieces
        }
        for (const chunks of [chunksOf(pieces, CHUNK), chunksOfStream(call, body, CHUNK, bytes.byteLength)]) {
          const found = await all(chunks)
          for (const { size, last } of found) if (!last) expect(size).toBe(CHUNK)
          expect(found.every((chunk) => chunk.size === Buffer.concat(chunk.pieces).byteLength)).toBe(true)
          expect(Buffer.concat(found.flatMap((chunk) => chunk.pieces)).equals(bytes)).toBe(true)
          // Only an empty body ends with an empty chunk.
          expect(found.at(-1)?.size === 0).toBe(bytes.byteLength === 0)
        }
      }),
      { numRuns: 60 },
    )
  })

  test('of many small pieces are few, and take little more memory than the bytes', async () => {
    const lengths = Array.from({ length: 2000 }, (_, n) => (n % 2 === 0 ? 10 : 4097))
    const { pieces } = cutBy(lengths)
    const [chunk] = await all(chunksOf(pieces, 64 * 1024 * 1024))
    const memory = new Set(chunk?.pieces.map(({ buffer }) => buffer))
    expect([...memory].reduce((sum, { byteLength }) => sum + byteLength, 0)).toBeLessThan(5_000_000)
    const [tiny] = await all(chunksOf(cutBy(Array.from({ length: 100_000 }, () => 1)).pieces, 64 * 1024 * 1024))
    expect(tiny?.pieces).toHaveLength(2)
  })

  test('go on from any offset', () => {
    fc.assert(
      fc.property(sizes, fc.nat(30_000), (lengths, offset) => {
        const { bytes, pieces } = cutBy(lengths)
        expect(Buffer.concat(skipBytes(pieces, offset)).equals(bytes.subarray(offset))).toBe(true)
      }),
    )
  })

  test('of a stream that is given up let it go, also before it was asked', async () => {
    let returned = 0
    const body = (): AsyncIterable<Uint8Array> => ({
      [Symbol.asyncIterator]: () => ({
        next: async () => ({ done: false, value: pattern(CHUNK) }),
        return: async () => {
          returned += 1
          return { done: true, value: undefined }
        },
      }),
    })
    const chunks = chunksOfStream(call, body, CHUNK, undefined)
    chunks.release()
    expect(returned).toBe(0)
    await chunks.next()
    chunks.release()
    chunks.release()
    expect(returned).toBe(1)
  })
})
