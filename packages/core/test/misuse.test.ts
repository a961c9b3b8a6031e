import { runInNewContext } from 'node:vm'
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
import { WRITE } from './layers/support.ts'

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
    ['storage', memoryResult()],
    ['seal', { keyring: {} }],
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

test('a promise of another realm is waited for', async () => {
  const serializer: ValueSerializer = {
    kind: 'value',
    name: 'mine',
    contentType: 'text/plain',
    extension: 'txt',
    serialize: () => runInNewContext('(async () => new Uint8Array([65]))()'),
    deserialize: (bytes) => [...bytes],
  }
  const result = memoryResult({ location: 'a', serializer })
  await result.write(1)
  expect(await result.read()).toEqual([65])
})

class ZonedDate extends Date {
  override toISOString(): string {
    return '2026-01-02T08:34:05.006+05:30'
  }
}

test('a Date that says another zone is taken as its UTC time', async () => {
  const time = new ZonedDate(Date.UTC(2026, 0, 2, 3, 4, 5, 6))
  const result = memoryResult({ location: 'x/{at:yyyy-MM-dd-HHmmss.SSS}', clock: () => 0 })
  expect(result.format({ at: time }).location).toBe('x/2026-01-02-030405.006')
  await result.write(1, { at: time }, { expiresAt: time })
  expect(await result.read({ at: time })).toBe(1)
  expect((await result.describe({ at: time }))?.expiresAt).toEqual(new Date(time.getTime()))
})

test('an error of format tells the storage, and options that are null reject', async () => {
  const result = memoryResult({ location: '{a}' })
  expect(() => result.format({} as never)).toThrow(expect.objectContaining({ storage: result.uri }))
  await expect(result.delete('k', null as never)).rejects.toThrow(TypeError)
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

test('a store of something else than storages is CONFIG', () => {
  const storages = { a: memoryResult() as never }
  expect(() => createResultStore({ storages })).toThrow(expect.objectContaining({ code: 'CONFIG' }))
})

test('a store reads with the options of a read', async () => {
  const storage = memoryStorage()
  const store = createResultStore({ storages: { a: storage } })
  const reference = await store.result('a', { location: 'a' }).write([1, 2, 3])
  await expect(store.get(reference, { maxBytes: 3 })).rejects.toMatchObject({ code: 'TOO_LARGE' })
  await expect(store.get(reference, { signal: AbortSignal.abort() })).rejects.toMatchObject({ code: 'ABORTED' })
  expect(await store.get(reference, { maxBytes: 7 })).toEqual([1, 2, 3])
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
