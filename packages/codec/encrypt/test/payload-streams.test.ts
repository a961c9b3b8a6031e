import { collectBytes, type RangeSource } from '@resultkit/core'
import fc from 'fast-check'
import { describe, expect, test, vi } from 'vitest'
import { CHUNK_BYTES, SEALED_CHUNK_BYTES } from '../src/chunked.ts'
import { contextOf, testCodec } from './payload-kit.ts'

const HEAD = 76
const bytesOf = (size: number): Uint8Array =>
  Uint8Array.from({ length: size }, (_, index) => (index * 13 + (index >> 8)) & 255)

async function* pieces(bytes: Uint8Array, size: number): AsyncGenerator<Uint8Array, void, undefined> {
  for (let at = 0; at < bytes.byteLength; at += size) yield bytes.subarray(at, at + size)
}

/** A stored payload that counts what is read. */
function stored(bytes: Uint8Array): RangeSource & { readonly reads: number[] } {
  const reads: number[] = []
  return {
    reads,
    size: bytes.byteLength,
    async read({ start, end }) {
      const part = bytes.slice(start, end)
      reads.push(part.byteLength)
      return part
    },
  }
}

describe.each([false, true])('padded: %s', (padded) => {
  const codec = testCodec({ padded })
  const inRange = (source: RangeSource, start: number, end?: number): Promise<Uint8Array> => {
    if (codec.range === undefined) throw new Error('There are no ranges.')
    return collectBytes(codec.range.decodeRange(source, { start, end }, contextOf()))
  }

  test('sizes around chunk borders come back, streamed in any pieces, and in ranges', async () => {
    const sizes = [0, 1, 7, 8, 9, ...[1, 2, 17].flatMap((n) => [-9, -8, -1, 0, 1, 8].map((by) => n * CHUNK_BYTES + by))]
    for (const size of sizes) {
      const message = bytesOf(size)
      const sealed = await collectBytes(codec.encodeStream(pieces(message, 5001), contextOf()))
      expect(Buffer.from(await codec.decode(sealed, contextOf())).equals(message)).toBe(true)
      for (const step of [777, 16_400, 1 << 20]) {
        const back = await collectBytes(codec.decodeStream(pieces(sealed, step), contextOf()))
        expect(Buffer.from(back).equals(message)).toBe(true)
      }
      const source = stored(sealed)
      expect(await inRange(source, -10)).toEqual(message.slice(-10))
      expect(await inRange(source, size)).toEqual(new Uint8Array())
      expect(await inRange(source, 0, size + 100_000)).toEqual(message)
    }
  })

  test('any range is that slice', async () => {
    const message = bytesOf(3 * CHUNK_BYTES + 1234)
    const source = stored(await codec.encode(message, contextOf()))
    const offsets = fc.integer({ min: 0, max: message.byteLength + 10 })
    await fc.assert(
      fc.asyncProperty(offsets, offsets, async (a, b) => {
        const [start, end] = [Math.min(a, b), Math.max(a, b)]
        expect(await inRange(source, start, end)).toEqual(message.slice(start, end))
        expect(await inRange(source, start)).toEqual(message.slice(start))
        if (a > 0) expect(await inRange(source, -a)).toEqual(message.slice(-a))
      }),
      { numRuns: 60 },
    )
  })

  test('a small range of a large payload reads a few chunks', async () => {
    const source = stored(await codec.encode(bytesOf(200 * CHUNK_BYTES + 3), contextOf()))
    await inRange(source, 100 * CHUNK_BYTES - 50, 100 * CHUNK_BYTES + 50)
    expect(source.reads.reduce((sum, read) => sum + read, 0)).toBeLessThan(padded ? 80_000 : 40_000)
    expect(source.reads.length).toBeLessThanOrEqual(padded ? 3 : 2)
  })

  test('a length that was changed is never believed', async () => {
    const message = bytesOf(4 * CHUNK_BYTES + 100)
    const sealed = await codec.encode(message, contextOf())
    const border = HEAD + 2 * SEALED_CHUNK_BYTES
    for (const size of [border + 500, border, HEAD + 16, sealed.byteLength - 1]) {
      const source = stored(sealed.subarray(0, size))
      for (const [start, end] of [[-10], [100_000], [0], [4 * CHUNK_BYTES, 4 * CHUNK_BYTES + 1]] as const)
        await expect(inRange(source, start, end)).rejects.toMatchObject({ code: 'DECRYPT' })
    }
  })
})

const codec = testCodec()

test('a range inside full chunks depends on nothing else, and is verified', async () => {
  const message = bytesOf(4 * CHUNK_BYTES + 100)
  const sealed = await codec.encode(message, contextOf())
  sealed.fill(0, HEAD + 3 * SEALED_CHUNK_BYTES)
  const part = (start: number, end: number) =>
    codec.range && collectBytes(codec.range.decodeRange(stored(sealed), { start, end }, contextOf()))
  expect(await part(10, 2 * CHUNK_BYTES)).toEqual(message.slice(10, 2 * CHUNK_BYTES))
  await expect(part(10, 4 * CHUNK_BYTES + 1)).rejects.toMatchObject({ code: 'DECRYPT' })
})

test('a storage that gives less than was asked for is not believed', async () => {
  const sealed = await codec.encode(bytesOf(50_000), contextOf())
  const source = {
    ...stored(sealed),
    read: async ({ start, end = 0 }: { start: number; end?: number | undefined }) =>
      sealed.slice(start, Math.max(start, end - 1)),
  }
  const part = codec.range?.decodeRange(source, { start: 20_000, end: 20_010 }, contextOf())
  await expect(part && collectBytes(part)).rejects.toMatchObject({ code: 'DECRYPT' })
})

test('nothing of a chunk is given out before its tag was verified, and nothing behind it', async () => {
  const message = bytesOf(40 * CHUNK_BYTES)
  const sealed = await codec.encode(message, contextOf())
  const at = HEAD + 33 * SEALED_CHUNK_BYTES + 5
  sealed[at] = (sealed[at] as number) ^ 1
  const given: Uint8Array[] = []
  const read = async (): Promise<void> => {
    for await (const piece of codec.decodeStream(pieces(sealed, 1 << 16), contextOf())) given.push(piece)
  }
  await expect(read()).rejects.toMatchObject({ code: 'DECRYPT' })
  const all = Buffer.concat(given)
  expect(all.equals(message.subarray(0, all.byteLength))).toBe(true)
  expect(all.byteLength).toBeGreaterThan(0)
  expect(all.byteLength).toBeLessThanOrEqual(33 * CHUNK_BYTES)
})

test('a failed stream fails again when it is asked again', async () => {
  const sealed = await codec.encode(bytesOf(100), contextOf())
  const iterator = codec.decodeStream(pieces(sealed.subarray(0, -1), 50), contextOf())[Symbol.asyncIterator]()
  for (let attempt = 0; attempt < 3; attempt++) await expect(iterator.next()).rejects.toMatchObject({ code: 'DECRYPT' })
})

test('an end that was left early is never reported as an end of the data', async () => {
  const sealed = await codec.encode(bytesOf(100_000), contextOf())
  const iterator = codec.decodeStream(pieces(sealed, 20_000), contextOf())[Symbol.asyncIterator]()
  expect((await iterator.next()).done).toBe(false)
  expect(await iterator.return?.()).toEqual({ done: true, value: undefined })
})

test('a stream that was never begun lets its source go', async () => {
  for (const transform of [codec.encodeStream, codec.decodeStream]) {
    const release = vi.fn(async () => ({ done: true as const, value: undefined }))
    const source = { next: release, return: release }
    await transform({ [Symbol.asyncIterator]: () => source }, contextOf())
      [Symbol.asyncIterator]()
      .return?.()
    expect(release).toHaveBeenCalledTimes(1)
  }
})

test('pieces that were given out, and the memory that came in, stay as they are', async () => {
  const reused = new Uint8Array(30_000)
  async function* sameMemory(): AsyncGenerator<Uint8Array, void, undefined> {
    for (let turn = 1; turn <= 5; turn++) yield reused.fill(turn)
  }
  const given: Uint8Array[] = []
  for await (const piece of codec.encodeStream(sameMemory(), contextOf())) given.push(piece)
  const message = await codec.decode(Buffer.concat(given), contextOf())
  expect(message).toEqual(Uint8Array.from({ length: 150_000 }, (_, index) => Math.floor(index / 30_000) + 1))
})

describe('a signal', () => {
  const signalled = () => {
    const controller = new AbortController()
    return { controller, context: contextOf({ signal: controller.signal }) }
  }
  const ABORTED = { code: 'ABORTED' }

  test('that has fired already', async () => {
    const { controller, context } = signalled()
    const sealed = await codec.encode(bytesOf(10), contextOf())
    controller.abort()
    await expect(codec.encode(bytesOf(10), context)).rejects.toMatchObject(ABORTED)
    await expect(codec.decode(sealed, context)).rejects.toMatchObject(ABORTED)
    await expect(collectBytes(codec.encodeStream(pieces(bytesOf(10), 5), context))).rejects.toMatchObject(ABORTED)
    await expect(collectBytes(codec.decodeStream(pieces(sealed, 5), context))).rejects.toMatchObject(ABORTED)
    const range = codec.range?.decodeRange(stored(sealed), { start: 0 }, context)
    await expect(range && collectBytes(range)).rejects.toMatchObject(ABORTED)
  })

  test('is seen between the runs of a large payload', async () => {
    const { controller, context } = signalled()
    const message = new Uint8Array(24 << 20)
    const sealed = await codec.encode(message, contextOf())
    for (const work of [() => codec.encode(message, context), () => codec.decode(sealed, context)]) {
      const working = work()
      setImmediate(() => controller.abort())
      await expect(working).rejects.toMatchObject(ABORTED)
    }
  })

  test('is seen within a stream', async () => {
    const { controller, context } = signalled()
    let given = 0
    const read = async (): Promise<void> => {
      for await (const piece of codec.encodeStream(pieces(bytesOf(1 << 20), 20_000), context)) {
        given += piece.byteLength
        if (given > 100_000) controller.abort()
      }
    }
    await expect(read()).rejects.toMatchObject(ABORTED)
    expect(given).toBeLessThan(200_000)
  })
})
