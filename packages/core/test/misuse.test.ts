import {
  createResultStore,
  encodeHeader,
  type Key,
  memoryResult,
  memoryStorage,
  ndjson,
  probeCapabilities,
  type Resolvable,
  Result,
  ResultError,
  type ResultReference,
  type SealedReference,
  type ValueSerializer,
} from '@resultkit/core'
import { describe, expect, expectTypeOf, test, vi } from 'vitest'

const WRITE = {
  ifAbsent: false,
  ifMatch: undefined,
  contentType: undefined,
  size: undefined,
  writeId: 'w',
  signal: undefined,
}

describe('options without types', () => {
  test.each([
    ['codecs', 5],
    ['layers', 'retry'],
    ['layers', [5]],
    ['accepts', 5],
    ['cacheValidators', {}],
    ['validators', () => true],
    ['validators', [5]],
    ['serializer', 5],
    ['serializer', {}],
    ['storage', {}],
    ['storage', null],
    ['clock', 5],
    ['location', 5],
  ])('%s: %j is CONFIG, and the message names it', (name, value) => {
    const options = { storage: memoryStorage(), [name]: value } as never
    const singular = name.replace(/s$/, '')
    expect(() => new Result(options)).toThrow(
      expect.objectContaining({ code: 'CONFIG', message: expect.stringContaining(singular) }),
    )
  })

  test.each([Number.NaN, -1, '5'.repeat(2).concat('x')])('maxBytes: %s is CONFIG', async (maxBytes) => {
    const result = memoryResult({ location: 'a' })
    await result.write([1, 2, 3])
    await expect(result.read(undefined as never, { maxBytes: maxBytes as number })).rejects.toMatchObject({
      code: 'CONFIG',
    })
  })

  test('a clock that throws is CONFIG, with its error as the cause', async () => {
    const cause = new Error('no time')
    const clock = (): number => {
      throw cause
    }
    await expect(memoryResult({ clock, location: 'a' }).write(1)).rejects.toMatchObject({ code: 'CONFIG', cause })
  })
})

describe('a serializer of others', () => {
  const giving = (value: unknown): ValueSerializer => ({
    kind: 'value',
    name: 'mine',
    contentType: 'text/plain',
    extension: 'txt',
    serialize: () => value as Uint8Array,
    deserialize: () => undefined,
  })

  test.each([
    'text',
    new ArrayBuffer(2),
    new Uint16Array(2),
    [new Uint8Array(1), 'text'],
    undefined,
    Promise.resolve('text'),
  ])('that gives no bytes stores nothing: %o', async (value) => {
    const storage = memoryStorage()
    const result = new Result({ storage, location: 'a', serializer: giving(value) })
    await expect(result.write(1)).rejects.toMatchObject({ code: 'CONFIG', message: /not a Uint8Array/ })
    expect(await result.exists()).toBe(false)
  })
})

describe('items that never come', () => {
  const hanging = (left: () => void): AsyncIterable<number> => ({
    [Symbol.asyncIterator]: () => ({
      next: () => new Promise<never>(() => {}),
      return: async () => {
        left()
        return { done: true, value: undefined }
      },
    }),
  })

  test('end with the signal, and are let go', async () => {
    const left = vi.fn()
    const controller = new AbortController()
    const result = memoryResult({ location: 'a', serializer: ndjson() })
    const write = result.write(hanging(left), undefined as never, { signal: controller.signal })
    await new Promise((resolve) => setImmediate(resolve))
    controller.abort('enough')
    await expect(write).rejects.toMatchObject({ code: 'ABORTED', cause: 'enough' })
    expect(left).toHaveBeenCalledOnce()
    expect(await result.exists()).toBe(false)
  })

  test('of a ReadableStream as well', async () => {
    const cancel = vi.fn()
    const controller = new AbortController()
    const result = memoryResult({ location: 'a', serializer: ndjson() })
    const items = new ReadableStream<number>({ start: (to) => to.enqueue(1), cancel })
    const write = result.write(items, undefined as never, { signal: controller.signal })
    await new Promise((resolve) => setImmediate(resolve))
    controller.abort('enough')
    await expect(write).rejects.toMatchObject({ code: 'ABORTED' })
    expect(cancel).toHaveBeenCalledOnce()
    expect(items.locked).toBe(false)
  })

  test('a signal that never fires changes nothing', async () => {
    const { signal } = new AbortController()
    const result = memoryResult({ location: 'a', serializer: ndjson() })
    const items = new ReadableStream<number>({
      start(to) {
        for (const item of [1, 2, 3]) to.enqueue(item)
        to.close()
      },
    })
    await result.write(items, undefined as never, { signal })
    expect(await Array.fromAsync(await result.read())).toEqual([1, 2, 3])
  })
})

test('a record of a later version is described as far as it is understood', async () => {
  const storage = memoryStorage()
  const line = Buffer.from(
    encodeHeader({
      serializer: { name: 'arrow', options: { columns: 2 } },
      codecs: ['later'],
      createdAt: new Date(0),
      expiresAt: undefined,
      metadata: { run: 1 },
      writer: undefined,
      undefined: false,
      supersedes: [],
    }),
  )
  const later = Buffer.from(line.toString().replace('"resultkit":1', '"resultkit":2'))
  await storage.write('a' as Key, later, WRITE)
  const result = new Result({ storage, location: 'a' })
  expect(await result.describe()).toMatchObject({
    version: 2,
    serializer: { name: 'arrow', options: { columns: 2 } },
    codecs: ['later'],
    createdAt: new Date(0),
    metadata: { run: 1 },
  })
  await expect(result.read()).rejects.toMatchObject({ code: 'UNSUPPORTED', message: /version 2/ })
  await storage.write('a' as Key, Buffer.from('{"resultkit":3,"other":1}\n'), WRITE)
  await expect(result.describe()).rejects.toMatchObject({ code: 'UNSUPPORTED', message: /version 3/ })
})

test('a storage that says a range was ignored has no ranges', async () => {
  const inner = memoryStorage()
  const storage = {
    ...inner,
    read: (async (key, options) => {
      if (options.range === undefined) return inner.read(key, options)
      throw new ResultError({ code: 'UNSUPPORTED', operation: 'read', message: 'The range was ignored.' })
    }) as typeof inner.read,
  }
  expect((await probeCapabilities(storage, { streamBytes: 0 })).capabilities.ranges).toBe(false)
})

test('the type of a sealed reference is that of its value', () => {
  const store = createResultStore({ storages: {} })
  const get = (at: SealedReference<number[]>) => store.get(at)
  expectTypeOf(get).returns.resolves.toEqualTypeOf<number[]>()
  expectTypeOf((at: ResultReference<Date>) => store.get(at)).returns.resolves.toEqualTypeOf<Date>()
  expectTypeOf((at: string) => store.get(at)).returns.resolves.toEqualTypeOf<unknown>()
  expectTypeOf((at: string) => store.get<number>(at)).returns.resolves.toEqualTypeOf<number>()
  expectTypeOf<string>().toExtend<Resolvable>()
})
