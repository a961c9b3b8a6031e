import {
  brotliCompressSync,
  crc32,
  deflateRawSync,
  gunzipSync,
  gzipSync,
  zstdCompressSync,
  zstdDecompressSync,
} from 'node:zlib'
import { brotli, gzip, zstd } from '@resultkit/compress'
import { applies, resultContract } from '@resultkit/contract'
import {
  type Codec,
  type CodecContext,
  collectBytes,
  createResultStore,
  isResultError,
  json,
  memoryStorage,
  ndjson,
  parseKey,
  Result,
} from '@resultkit/core'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'

const KINDS: Record<string, (options?: { minBytes?: number; maxDecodedBytes?: number }) => Codec> = {
  zstd,
  gzip,
  brotli,
}

function context(more: Partial<CodecContext> = {}): CodecContext {
  return { key: 'a', header: new Uint8Array(), report: () => {}, ...more }
}

async function* pieces(bytes: Uint8Array, size: number): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.byteLength; at += size) yield bytes.subarray(at, at + size)
}

function text(length: number): Uint8Array {
  return new TextEncoder().encode('a result, and another result; '.repeat(Math.ceil(length / 30))).subarray(0, length)
}

async function failure(run: () => unknown): Promise<{ code: string; message: string }> {
  try {
    await run()
  } catch (error) {
    if (isResultError(error)) return { code: error.code, message: error.message }
    throw error
  }
  throw new Error('it did not fail')
}

describe.each(Object.entries(KINDS))('%s', (name, codec) => {
  test('gives back any bytes, however they are cut', async () => {
    const property = fc.asyncProperty(
      fc.uint8Array({ maxLength: 5000 }),
      fc.integer({ min: 1, max: 700 }),
      async (bytes, size) => {
        const whole = await codec().encode(bytes, context())
        const stream = await collectBytes(codec().encodeStream(pieces(bytes, size), context()))
        for (const encoded of [whole, stream]) {
          expect(Buffer.from(await codec().decode(encoded, context())).equals(bytes)).toBe(true)
          const decoded = await collectBytes(codec().decodeStream(pieces(encoded, size), context()))
          expect(Buffer.from(decoded).equals(bytes)).toBe(true)
        }
      },
    )
    await fc.assert(property, { numRuns: 60 })
  })

  test('takes large values in another thread, and gives them back', async () => {
    const value = crypto.getRandomValues(new Uint8Array(60_000))
    const large = new Uint8Array(3_000_000)
    for (let at = 0; at < large.byteLength; at += value.byteLength)
      large.set(value.subarray(0, large.byteLength - at), at)
    const encoded = codec().encode(large, context())
    expect(encoded).toBeInstanceOf(Promise)
    expect(Buffer.from(await codec().decode(await encoded, context())).equals(large)).toBe(true)
  })

  test('refuses to decode a bomb as a whole, and to encode what it would not decode', async () => {
    const bomb = await collectBytes(codec().encodeStream(pieces(new Uint8Array(32 * 1024 * 1024), 1 << 20), context()))
    const limited = codec({ maxDecodedBytes: 1_000_000 })
    expect(await failure(() => limited.decode(bomb, context()))).toMatchObject({ code: 'TOO_LARGE' })
    expect((await codec().decode(bomb, context())).byteLength).toBe(32 * 1024 * 1024)
    const { code, message } = await failure(() => limited.encode(new Uint8Array(1_000_001), context()))
    expect(code).toBe('TOO_LARGE')
    expect(message).toContain('Nothing was written')
    // A stream is not held in memory, so the limit of whole values is not its limit.
    expect((await collectBytes(limited.decodeStream(pieces(bomb, 999), context()))).byteLength).toBe(32 * 1024 * 1024)
  })

  test('says which layer failed', async () => {
    const encoded = await codec().encode(text(9000), context())
    const { code, message } = await failure(() => codec().decode(encoded.subarray(0, -1), context()))
    expect(code).toBe('CORRUPT')
    expect(message).toContain(`the codec "${name}"`)
  })

  test('stops when its signal fires', async () => {
    const controller = new AbortController()
    const { signal } = controller
    controller.abort(new Error('enough'))
    for (const run of [
      () => codec().encode(text(10), context({ signal })),
      () => codec().decode(text(10), context({ signal })),
      () => collectBytes(codec().encodeStream(pieces(text(10), 3), context({ signal }))),
      () => collectBytes(codec().decodeStream(pieces(text(10), 3), context({ signal }))),
    ])
      expect(await failure(run)).toMatchObject({ code: 'ABORTED' })
  })

  test('takes pieces in memory that its source uses again', async () => {
    async function* reusing(bytes: Uint8Array, size: number): AsyncGenerator<Uint8Array> {
      const memory = Buffer.alloc(size)
      for (let at = 0; at < bytes.byteLength; at += size) {
        const piece = bytes.subarray(at, at + size)
        memory.set(piece)
        yield memory.subarray(0, piece.byteLength)
        memory.fill(0xee)
      }
    }
    const value = crypto.getRandomValues(new Uint8Array(3000))
    for (const size of [1, 5, 10, 18, 700]) {
      const encoded = await collectBytes(codec().encodeStream(reusing(value, size), context()))
      const decoded = await collectBytes(codec().decodeStream(reusing(encoded, size), context()))
      expect(Buffer.from(decoded).equals(value)).toBe(true)
    }
  })

  test('refuses pieces that are not bytes', async () => {
    for (const piece of ['text', 5, [1], null, Uint16Array.of(1)]) {
      async function* source(): AsyncGenerator<Uint8Array> {
        yield piece as unknown as Uint8Array
      }
      expect(await failure(() => collectBytes(codec().encodeStream(source(), context())))).toMatchObject({
        code: 'CONFIG',
      })
    }
  })

  test('opens nothing before it is asked for a piece', async () => {
    let opened = 0
    const source: AsyncIterable<Uint8Array> = {
      [Symbol.asyncIterator]: () => {
        opened += 1
        return pieces(text(10), 3)
      },
    }
    for (const stream of [codec().encodeStream(source, context()), codec().decodeStream(source, context())])
      await stream[Symbol.asyncIterator]().return?.()
    expect(opened).toBe(0)
  })

  test('refuses options that are none', () => {
    for (const options of [{ minBytes: -1 }, { minBytes: 1.5 }, { maxDecodedBytes: Number.NaN }, { lvl: 3 }])
      expect(() => codec(options)).toThrow(expect.objectContaining({ code: 'CONFIG' }))
  })

  test('steps aside for small values, and its records are read with and without it', async () => {
    const storage = memoryStorage()
    const result = new Result({ storage, serializer: json(), codecs: [codec()], location: '{name}' })
    const small = await result.write('small', { name: 'small' })
    const large = await result.write('large'.repeat(1000), { name: 'large' })
    expect(small).not.toHaveProperty('codecs')
    expect(large.codecs).toEqual([name])
    expect(large.size).toBeLessThan(500)
    expect(await result.read(small)).toBe('small')
    expect(await result.read(large)).toBe('large'.repeat(1000))
    const store = createResultStore({ storages: { [storage.uri]: storage }, codecs: [codec()] })
    expect(await store.get(large)).toBe('large'.repeat(1000))
  })

  test('compresses streams of items', async () => {
    const result = new Result({ storage: memoryStorage(), serializer: ndjson(), codecs: [codec()], location: 'rows' })
    async function* rows(): AsyncGenerator<{ row: number }> {
      for (let row = 0; row < 2000; row++) yield { row }
    }
    const reference = await result.write(rows())
    const read: unknown[] = []
    for await (const item of await result.read(reference)) read.push(item)
    expect(read).toHaveLength(2000)
    expect(read.at(-1)).toEqual({ row: 1999 })
  })
})

describe.each([
  ['zstd', zstd({ minBytes: 0 })],
  ['gzip', gzip({ minBytes: 0 })],
  ['brotli', brotli({ minBytes: 0 })],
])('a Result with %s', (_, codec) => {
  for (const contractCase of resultContract)
    test(contractCase.name, async ({ skip }) => {
      const open = () => new Result({ storage: memoryStorage(), codecs: [codec] })
      if (!applies(contractCase, open())) skip()
      await contractCase.run({ open })
    })
})

describe('files of other tools', () => {
  test('are read as plain results, and ours are read by them', async () => {
    const storage = memoryStorage()
    const plain = (codec: Codec) =>
      new Result({ storage, serializer: json(), codecs: [codec], format: 'plain', location: 'scores' })
    const bytes = new TextEncoder().encode('[1,2,3]')
    const read = async (): Promise<Uint8Array> =>
      (await (await storage.read(parseKey('scores'), { ...nothing, range: undefined }))?.bytes()) ?? new Uint8Array()
    const nothing = { signal: undefined, ifMatch: undefined, ifNoneMatch: undefined, maxBytes: undefined }
    const write = (body: Uint8Array) =>
      storage.write(parseKey('scores'), body, {
        ...nothing,
        ifAbsent: false,
        contentType: undefined,
        size: undefined,
        writeId: 'w',
      })

    await write(zstdCompressSync(bytes))
    expect(await plain(zstd({ minBytes: 0 })).read()).toEqual([1, 2, 3])
    await write(gzipSync(bytes))
    expect(await plain(gzip({ minBytes: 0 })).read()).toEqual([1, 2, 3])
    await write(brotliCompressSync(bytes))
    expect(await plain(brotli({ minBytes: 0 })).read()).toEqual([1, 2, 3])

    await plain(zstd()).write('x'.repeat(5000))
    expect(zstdDecompressSync(await read()).byteLength).toBe(5002)
    await plain(gzip()).write('x'.repeat(5000))
    expect(gunzipSync(await read()).byteLength).toBe(5002)
  })

  test('zstd always carries a content checksum', async () => {
    const whole = await zstd().encode(text(5000), context())
    const stream = await collectBytes(zstd().encodeStream(pieces(text(5000), 99), context()))
    for (const encoded of [whole, stream]) expect((encoded[4] ?? 0) & 4).toBe(4)
  })

  test('gzip with every header field is read, cut anywhere', async () => {
    const value = text(500)
    const optional = [
      ...[0x1f, 0x8b, 8, 2 | 4 | 8 | 16, 1, 2, 3, 4, 0, 3],
      ...[3, 0, 7, 7, 7],
      ...new TextEncoder().encode('name.json\0a comment\0'),
    ]
    const header = new Uint8Array([
      ...optional,
      crc32(new Uint8Array(optional)) & 255,
      (crc32(new Uint8Array(optional)) >> 8) & 255,
    ])
    const trailer = new Uint8Array(8)
    new DataView(trailer.buffer).setUint32(0, crc32(value), true)
    new DataView(trailer.buffer).setUint32(4, value.byteLength, true)
    const file = Buffer.concat([header, deflateRawSync(value), trailer])
    expect(Buffer.from(gunzipSync(file)).equals(value)).toBe(true)
    expect(Buffer.from(await gzip().decode(file, context())).equals(value)).toBe(true)
    for (const size of [1, 2, 7, 40])
      expect(Buffer.from(await collectBytes(gzip().decodeStream(pieces(file, size), context()))).equals(value)).toBe(
        true,
      )
    file[11] = 0x7f
    expect(await failure(() => gzip().decode(file, context()))).toMatchObject({ code: 'CORRUPT' })
  })

  test('a gzip header without an end is refused before it fills the memory', async () => {
    const endless = async function* (): AsyncGenerator<Uint8Array> {
      yield new Uint8Array([0x1f, 0x8b, 8, 8, 0, 0, 0, 0, 0, 3])
      for (;;) yield new Uint8Array(10_000).fill(65)
    }
    expect(await failure(() => collectBytes(gzip().decodeStream(endless(), context())))).toMatchObject({
      code: 'CORRUPT',
    })
  })

  test('the level reaches the library', async () => {
    const value = crypto.getRandomValues(new Uint8Array(20_000)).map((byte) => byte & 15)
    const size = async (codec: Codec): Promise<number> => (await codec.encode(value, context())).byteLength
    expect(await size(gzip({ level: 0 }))).toBeGreaterThan(20_000)
    expect(await size(gzip({ level: 9 }))).toBeLessThan(15_000)
    const words = new TextEncoder().encode(Array.from({ length: 5000 }, (_, at) => `word${(at * at) % 997}`).join(' '))
    const fast = await zstd({ level: 1 }).encode(words, context())
    const small = await zstd({ level: 19 }).encode(words, context())
    expect(small.byteLength).toBeLessThan(fast.byteLength)
    expect(() => zstd({ level: 23 })).toThrow(expect.objectContaining({ code: 'CONFIG' }))
    expect(() => brotli({ quality: 12 })).toThrow(expect.objectContaining({ code: 'CONFIG' }))
  })
})
