import { once } from 'node:events'
import { Readable } from 'node:stream'
import {
  type Codec,
  collectBytes,
  createResultStore,
  type Key,
  memoryStorage,
  ndjson,
  Result,
  ResultError,
  type ResultStorage,
  retry,
} from '@resultkit/core'
import { expect, test } from 'vitest'
import { WRITE } from './layers/support.ts'

/** A storage that counts the objects whose stream was opened and not yet let go. */
function counting(inner: ResultStorage): { readonly storage: ResultStorage; open(): number } {
  let open = 0
  const storage: ResultStorage = {
    ...inner,
    read: async (key, options) => {
      const object = await inner.read(key, options)
      if (object === undefined) return undefined
      let held = true
      open += 1
      const letGo = (): void => {
        if (held) open -= 1
        held = false
      }
      const stream = (): AsyncIterable<Uint8Array> => {
        const source = object.stream()[Symbol.asyncIterator]()
        return {
          [Symbol.asyncIterator]: () => ({
            next: async () => {
              const next = await source.next()
              if (next.done) letGo()
              return next
            },
            return: async () => {
              letGo()
              return { done: true, value: undefined }
            },
          }),
        }
      }
      return { stat: object.stat, stream, bytes: () => object.bytes().finally(letGo) }
    },
  }
  return { storage, open: () => open }
}

const failing = (decodeStream: Codec['decodeStream']): Codec => ({
  name: 'zip',
  kind: 'compression',
  minBytes: 0,
  encode: (bytes) => bytes,
  decode: (bytes) => bytes,
  encodeStream: (bytes) => bytes,
  decodeStream,
  range: undefined,
  pin: () => undefined,
})

const early = (): never => {
  throw new Error('not on this runtime')
}

test.each(['record', 'plain'] as const)(
  'a codec that fails before it reads anything leaves no %s open',
  async (format) => {
    const decoders: readonly Codec['decodeStream'][] = [
      early,
      async function* () {
        early()
        yield new Uint8Array()
      },
    ]
    for (const decodeStream of decoders) {
      const { storage, open } = counting(memoryStorage())
      const result = new Result({
        storage,
        location: 'k',
        format,
        serializer: ndjson(),
        codecs: [failing(decodeStream)],
      })
      await result.write([1, 2])
      await expect((async () => Array.fromAsync(await result.read()))()).rejects.toMatchObject({
        cause: expect.objectContaining({ message: 'not on this runtime' }),
      })
      await expect(collectBytes(result.stream())).rejects.toMatchObject({
        cause: expect.objectContaining({ message: 'not on this runtime' }),
      })
      expect(open()).toBe(0)
    }
  },
)

test('a reference that cannot be resolved is asked anew each time', async () => {
  const inner = memoryStorage()
  const reference = await new Result({ storage: inner, name: 'm', location: 'k' }).write(1)
  const store = createResultStore({ storages: {} })
  const handle = await store.open(reference)
  const failure = (): Promise<unknown> => handle.get().catch((error: unknown) => error)
  const [first, second] = await Promise.all([failure(), failure()])
  const third = await failure()
  for (const error of [first, second, third]) expect(error).toMatchObject({ code: 'CONFIG' })
  expect(third).not.toBe(first)
})

test('the cache counts what was read, not what a reference claims', async () => {
  const { storage, open } = counting(memoryStorage())
  let reads = 0
  const watched: ResultStorage = {
    ...storage,
    read: (key, options) => {
      reads += 1
      return storage.read(key, options)
    },
  }
  const store = createResultStore({ storages: { m: watched }, cacheBytes: 5000 })
  const reference = await store.result('m').write('x'.repeat(20_000))
  const handle = await store.open({ ...reference, size: 0 })
  await handle.get()
  await handle.get()
  expect(reads).toBe(2)
  expect(open()).toBe(0)
})

test('a conflict that passes by is followed by another write', async () => {
  const inner = memoryStorage()
  const failures = ['UNAVAILABLE', 'PRECONDITION_FAILED'] as const
  let writes = 0
  const storage: ResultStorage = {
    ...inner,
    write: (key, body, options) => {
      const code = failures[writes++]
      if (code === undefined) return inner.write(key, body, options)
      throw new ResultError({ code, operation: 'write', message: 'later', retryable: true })
    },
  }
  const layered = retry({ minDelay: 0, attempts: 5 })(storage)
  const { etag } = await inner.write('k' as Key, new Uint8Array(1), { ...WRITE, writeId: 'before' })
  await layered.write('k' as Key, new Uint8Array(2), { ...WRITE, ifMatch: etag })
  expect(writes).toBe(3)
})

test('an error of another copy of this package is told where it happened', () => {
  const foreign = Object.assign(new Error('no'), { code: 'CORRUPT', operation: 'read', retryable: false, issues: [] })
  Object.defineProperty(foreign, Symbol.for('resultkit.ResultError'), { value: true })
  expect(ResultError.locate(foreign, 'k', 'memory://x')).toMatchObject({
    code: 'CORRUPT',
    key: 'k',
    storage: 'memory://x',
  })
})

/** A storage whose streams fail when they are let go twice, or after their end, as a closed file does. */
function closingOnce(inner: ResultStorage): ResultStorage {
  return {
    ...inner,
    read: async (key, options) => {
      const object = await inner.read(key, options)
      if (object === undefined) return undefined
      const stream = (): AsyncIterable<Uint8Array> => {
        const source = object.stream()[Symbol.asyncIterator]()
        let closed = false
        const close = (): void => {
          if (closed) throw new Error('closed twice')
          closed = true
        }
        const next = async (): Promise<IteratorResult<Uint8Array>> => {
          const step = await source.next()
          if (step.done) close()
          return step
        }
        const leave = async (): Promise<IteratorResult<Uint8Array>> => {
          close()
          return { done: true, value: undefined }
        }
        return { [Symbol.asyncIterator]: () => ({ next, return: leave }) }
      }
      return { stat: object.stat, bytes: object.bytes, stream }
    },
  }
}

test.each(['record', 'plain'] as const)('a stream of a storage is let go once at most: %s', async (format) => {
  const storage = closingOnce(memoryStorage())
  const items = new Result({ storage, format, location: 'items', serializer: ndjson() })
  await items.write([1, 2])
  expect(await Array.fromAsync(await items.read())).toEqual([1, 2])
  for await (const item of await items.read()) {
    expect(item).toBe(1)
    break
  }
  const large = new Result({ storage, format, location: 'large' })
  await large.write('x'.repeat(300_000))
  expect(await large.read()).toHaveLength(300_000)
  expect((await collectBytes(large.stream())).byteLength).toBe(300_002)
  for await (const piece of large.stream()) {
    expect(piece.byteLength).toBeGreaterThan(0)
    break
  }
  expect((await large.find(undefined as never, { maxAge: 0 })).status).toBe('expired')
})

test.each([undefined, new AbortController().signal])('a ReadableStream is unlocked after a failure', async (signal) => {
  const inner = memoryStorage()
  const unread: ResultStorage = {
    ...inner,
    write: async (_, body) => {
      if (typeof body === 'function') body()
      throw new ResultError({ code: 'ACCESS_DENIED', operation: 'write', message: 'no' })
    },
  }
  const write = (storage: ResultStorage, items: ReadableStream<unknown>): Promise<unknown> =>
    new Result({ storage, location: 'k', serializer: ndjson() }).write(items, undefined as never, { signal })

  const fresh = new ReadableStream<unknown>({ pull: (to) => to.enqueue(1) })
  await expect(write(unread, fresh)).rejects.toMatchObject({ code: 'ACCESS_DENIED' })
  expect(fresh.locked).toBe(false)
  const broken = new ReadableStream<unknown>({ pull: (to) => to.error(new Error('source')) })
  await expect(write(inner, broken)).rejects.toThrow('source')
  expect(broken.locked).toBe(false)
})

test.each(['record', 'plain'] as const)('a %s that is left with an error is let go', async (format) => {
  const { storage, open } = counting(memoryStorage())
  const result = new Result({ storage, format, location: 'k', serializer: ndjson() })
  await result.write([1, 2])
  const readable = Readable.from(await result.read())
  const closed = once(readable, 'close').catch((error: Error) => error.message)
  readable.destroy(new Error('left'))
  expect(await closed).toBe('left')
  expect(open()).toBe(0)

  const decode = (): never => {
    throw new Error('no decoder')
  }
  await expect(result.with({ serializer: { ...ndjson(), decode } }).read()).rejects.toThrow('no decoder')
  expect(open()).toBe(0)
})

test('another version that cannot be let go does not hide why the first one broke off', async () => {
  const inner = memoryStorage()
  const stat = await inner.write('k' as Key, new Uint8Array(9), WRITE)
  const streams = [
    async function* (): AsyncGenerator<Uint8Array> {
      yield new Uint8Array(1)
      throw new ResultError({ code: 'UNAVAILABLE', operation: 'read', message: 'cut', retryable: true })
    },
    (): never => {
      throw new TypeError('cannot be opened')
    },
  ]
  let reads = 0
  const storage: ResultStorage = {
    ...inner,
    read: async (key, options) => {
      const object = await inner.read(key, { ...options, ifMatch: undefined })
      const stream = streams[reads]
      reads += 1
      return object && stream && { ...object, stat: { ...stat, etag: `${reads}` }, stream }
    },
  }
  const result = new Result({ storage, location: 'k', format: 'plain', layers: [retry({ minDelay: 0 })] })
  await expect(collectBytes(result.stream())).rejects.toMatchObject({ code: 'UNAVAILABLE', message: /cut.*replaced/ })
  expect(reads).toBe(2)
})
