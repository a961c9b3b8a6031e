import { globSync, readFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import {
  bytes,
  createResultStore,
  isResultError,
  type JsonOptions,
  json,
  jsonType,
  jsonTypes,
  literal,
  memoryResult,
  memoryStorage,
  ndjson,
  parseKey,
  parseReference,
  Result,
  text,
  type ValueSerializer,
} from '@resultkit/core'
import { localResult } from '@resultkit/local'
import { pickle } from '@resultkit/pickle'
import { flow, task } from '@resultkit/tasks'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { keysOf, kit, rejection, watchedStorage } from './kit.ts'
import { CASES, WITHOUT_TEST } from './open-cases.ts'

let directory = ''
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'resultkit-cases-'))
})
afterAll(() => rm(directory, { recursive: true }))

test('every case has a test, or a reason for having none', () => {
  const files = globSync('*.test.ts', { cwd: import.meta.dirname })
  const names = files.flatMap(
    (file) => readFileSync(join(import.meta.dirname, file), 'utf8').match(/\bD\d{3}-[A-Z0-9]+/g) ?? [],
  )
  const tested = new Set(names)
  expect(CASES.filter((id) => !tested.has(id) && !WITHOUT_TEST.has(id))).toEqual([])
  expect([...tested].filter((id) => !CASES.includes(id) || WITHOUT_TEST.has(id))).toEqual([])
})

test('D061-SER errors come back with class, message, cause and fields; unknown classes are refused, or degrade by choice', () => {
  const roundTrip = (serializer: ValueSerializer, value: unknown): unknown => {
    const given = serializer.serialize(value) as Uint8Array | readonly Uint8Array[]
    return serializer.deserialize(Buffer.concat(given instanceof Uint8Array ? [given] : given))
  }
  const error = Object.assign(new TypeError('wrong', { cause: new RangeError('deep') }), { field: 'age' })
  const back = roundTrip(pickle(), error) as typeof error
  expect(back).toBeInstanceOf(TypeError)
  expect(back).toMatchObject({ name: 'TypeError', message: 'wrong', field: 'age' })
  expect(back.cause).toBeInstanceOf(RangeError)
  class PaymentError extends Error {
    override name = 'PaymentError'
  }
  const unknown = new PaymentError('declined', { cause: 'limit' })
  expect(() => pickle().serialize(unknown)).toThrow(expect.objectContaining({ code: 'SERIALIZE' }))
  const degraded = roundTrip(pickle({ lossy: ['errorClass'] }), unknown)
  expect(degraded).not.toBeInstanceOf(PaymentError)
  expect(degraded).toMatchObject({ name: 'PaymentError', message: 'declined', cause: 'limit' })
})

describe('results', () => {
  test('D001-R made, but not used: no location, no I/O', () => {
    const storage = watchedStorage()
    expect(new Result({ storage }).location).toBe(undefined)
    expect([storage.reads, storage.writes]).toEqual([[], []])
  })

  test('D002-R without a storage: a code of its own, and what to do', async () => {
    const result = new Result()
    for (const promise of [result.exists('k'), result.read('k'), result.write(1, 'k')]) {
      expect(await rejection(promise)).toMatchObject({
        code: 'UNSUPPORTED',
        message: expect.stringContaining('Choose a Result type'),
      })
    }
  })

  test('D004-R D018-LOC D007-R a template, a function, and the original left alone', async () => {
    const template = localResult({ directory, location: '{thing}/here.txt' })
    expect(template.format({ thing: 'yes!' }).location).toBe('yes!/here.txt')
    expect(template.location).toBe('{thing}/here.txt')
    const reference = await template.write('v', { thing: 'here' })
    expect(reference.key).toBe('here/here.txt')
    expect(readFileSync(join(directory, 'here/here.txt'), 'latin1')).toContain('"v"')
    const byFunction = memoryResult({ location: ({ a, b }: { a: string; b: number }) => `${a}/${b}` })
    expect((await byFunction.write(1, { a: 'x', b: 2 })).key).toBe('x/2')
  })

  test('D006-R D132-STO no location: a new one each time, with its day', async () => {
    const result = memoryResult()
    const keys = [(await result.write(1)).key, (await result.write(1)).key]
    expect(new Set(keys).size).toBe(2)
    for (const key of keys) expect(key).toMatch(/^\d{4}-\d\d-\d\d\//)
  })

  test('D009-R equal value, location and serializer: equal references; another location: another', async () => {
    const result = memoryResult()
    const [a, again, b] = [await result.write([1], 'a'), await result.write([1], 'a'), await result.write([1], 'b')]
    expect(JSON.stringify(a)).toBe(JSON.stringify(again))
    expect(JSON.stringify(a)).not.toBe(JSON.stringify(b))
  })

  test('D011-R configuration alone reads in another process what was written before', async () => {
    const reference = await localResult({ directory }).write({ n: 1 }, 'configured')
    const store = createResultStore({
      storages: { other: (await import('@resultkit/local')).fileStorage({ directory }) },
    })
    expect(await store.get(JSON.stringify(reference))).toEqual({ n: 1 })
  })

  test('D015-LOC no directory: the default one, from the environment, made on demand', async () => {
    vi.stubEnv('RESULTKIT_HOME', join(directory, 'home'))
    await localResult().write(1, 'k')
    vi.unstubAllEnvs()
    expect(globSync('home/results/k', { cwd: directory })).toHaveLength(1)
  })

  test.each([42, 'stringy', null])('D016-LOC %s is read as it was written', async (value) => {
    const result = localResult({ directory })
    expect(await result.read(await result.write(value))).toBe(value)
  })

  test('D017-LOC D020-LOC D024-LOC D025-LOC parents are made; exists; a directory is no file; a missing key', async () => {
    const result = localResult({ directory })
    await result.write(1, 'nested/dir/file')
    expect(await result.exists('nested/dir/file')).toBe(true)
    expect(await rejection(result.write(1, 'nested/dir'))).toMatchObject({ code: 'INVALID_KEY' })
    const missing = await rejection(result.read('nowhere'))
    expect(isResultError(missing)).toBe(true)
    expect(missing).toMatchObject({ code: 'NOT_FOUND', key: 'nowhere', storage: result.uri })
  })

  test('D050-INL D052-INL literals', async () => {
    const store = createResultStore({ storages: {} })
    for (const value of [true, false, null]) expect(await store.get(JSON.stringify(literal(value)))).toBe(value)
    expect(() => literal({} as never)).toThrow(/true, false or null, not object/)
  })

  test.each(['..', 'a/../b', '/a', 'a//b', '', '.resultkit/x'])('D207-FS %j is refused as a key', (key) => {
    expect(() => parseKey(key)).toThrow(expect.objectContaining({ code: 'INVALID_KEY' }))
  })

  test('D207-FS percent-encoded dots, backslashes and urls are names like others, below the directory', async () => {
    const result = localResult({ directory: join(directory, 'base') })
    for (const key of ['%2e%2e/x', '..\\x', 'memory:/other'])
      expect(await result.read(await result.write(key, key))).toBe(key)
    expect(globSync('x', { cwd: directory })).toEqual([])
  })
})

describe('serializers', () => {
  const values: readonly (readonly [ValueSerializer, readonly unknown[]])[] = [
    [
      json({ types: Object.values(jsonTypes) as never }),
      [null, true, 1.5, 'ünï', { a: [{}] }, new Date(5), new Uint8Array([0, 255]), new Map([['k', 1]])],
    ],
    [text(), ['', 'ünï\u0000']],
    [bytes(), [new Uint8Array([0, 255, 128])]],
  ]
  test.each(values)('D057-SER D058-SER $0.name keeps what it claims to', async (serializer, all) => {
    const result = memoryResult({ serializer })
    for (const value of all) expect(await result.read(await result.write(value as never))).toEqual(value)
  })

  test('D058-SER ndjson too', async () => {
    const result = memoryResult({ serializer: ndjson() })
    expect(await Array.fromAsync(await result.read(await result.write([1, 'ü'])))).toEqual([1, 'ü'])
  })

  test('D062-SER by name; an unknown one lists the known', async () => {
    expect((await memoryResult({ serializer: 'json' }).write(1)).serializer).toBe('json')
    expect(() => memoryResult({ serializer: 'no-such' })).toThrow(/bytes, json, ndjson, text/)
    expect(() => memoryResult({ serializer: 'compressed/json' })).toThrow(/compression codec/)
  })

  test('D063-SER an unknown option is named', () => {
    expect(() => json({ indentation: 2 } as JsonOptions)).toThrow(/indentation/)
  })

  test('D064-SER a pair of functions, used both ways; a reserved name is refused', async () => {
    const cents = jsonType({
      name: 'cents',
      test: (value: unknown): value is bigint => typeof value === 'bigint',
      encode: String,
      decode: (each) => BigInt(each as string),
    })
    const result = memoryResult({ serializer: json({ types: [cents] }) })
    expect(await result.read(await result.write({ price: 5n }))).toEqual({ price: 5n })
    expect(() => json({ types: [{ ...cents, name: '$type' }] })).toThrow(expect.objectContaining({ code: 'CONFIG' }))
  })

  test('D067-SER a stream in a value is not consumed, and named', async () => {
    const stream = new ReadableStream({ start: (controller) => controller.close() })
    expect(await rejection(memoryResult().write({ a: { stream } }))).toMatchObject({
      code: 'SERIALIZE',
      message: expect.stringContaining('result.a.stream'),
    })
    expect(stream.locked).toBe(false)
  })

  test('D070-SER D125-STO bytes of something else: the error of the serializer that was asked, and a value with a hint', async () => {
    const storage = memoryStorage()
    const raw = new Result({ storage, format: 'plain', serializer: 'text' })
    await raw.write('{not json', 'k')
    expect(await rejection(raw.with({ serializer: 'json' }).read('k'))).toMatchObject({ code: 'DESERIALIZE' })
    expect(await rejection(new Result({ storage, serializer: 'json' }).read('k'))).toMatchObject({ code: 'CORRUPT' })
    expect(await raw.read('k')).toBe('{not json')
  })

  test('D072-SER same name and options: the same; other options: another', async () => {
    const storage = memoryStorage()
    const dated = (): ValueSerializer => json({ types: [jsonTypes.date] })
    await new Result({ storage, serializer: dated() }).write(new Date(5), 'k')
    expect(await new Result({ storage, serializer: dated() }).read('k')).toEqual(new Date(5))
    expect(await rejection(new Result({ storage, serializer: json() }).read('k'))).toMatchObject({
      code: 'UNSUPPORTED',
    })
  })

  test('D073-SER a serializer that is not installed: the reference and the header are readable, the value names the package', async () => {
    const reference = parseReference({
      type: 'reference',
      v: 1,
      storage: 'main',
      key: 'k',
      format: 'record',
      serializer: 'msgpack',
      size: 1,
      sha256: 'a'.repeat(64),
    })
    expect(reference.serializer).toBe('msgpack')
    const store = createResultStore({ storages: { main: memoryStorage() } })
    expect(await rejection(store.get(reference))).toMatchObject({
      code: 'UNSUPPORTED',
      message: expect.stringContaining('@resultkit/msgpack'),
    })
  })
})

describe('stored results', () => {
  test('D126-STO expiry: in the past a miss for find, in the future and without one a hit', async () => {
    let now = 1000
    const result = memoryResult({ clock: () => now })
    await result.write(1, 'expiring', { expiresAt: new Date(2000) })
    await result.write(1, 'lasting')
    expect([(await result.find('expiring')).status, (await result.find('lasting')).status]).toEqual(['hit', 'hit'])
    now = 2000
    expect([(await result.find('expiring')).status, (await result.find('lasting')).status]).toEqual(['expired', 'hit'])
  })

  test('D135-STO a flow without a key persists, and its reference reads', async () => {
    const { runtime, store } = kit()
    const reference = await flow('around', async () => ({ a: 1 }), { ...runtime, persistResult: true })().reference()
    expect(await store.get(reference as never)).toEqual({ a: 1 })
  })
})

describe('persistence', () => {
  const value = task('value', async () => ({ a: 1 }))

  test('D145-PER nothing asked for: nothing written', async () => {
    const { runtime, storage } = kit()
    await flow('around', () => value(), runtime)()
    expect([storage.reads, storage.writes]).toEqual([[], []])
  })

  test.each([
    { resultStorage: 'main' },
    { resultSerializer: 'json' },
    { target: 't.json' },
    { cacheKey: () => 'k' },
    { cacheKey: [] as const, cacheFor: 5 },
    { retries: 1 },
  ])('D147-PER %j: persisted', async (options) => {
    const { runtime, storage } = kit()
    await flow('around', () => value.with(options)(), runtime)()
    expect(storage.writes).toHaveLength(1)
  })

  test.each([{ resultStorage: 'main' }, { resultSerializer: 'json' }])(
    'D148-PER a flow with %j: persisted, and its tasks',
    async (options) => {
      const { runtime, storage } = kit()
      await flow('around', () => value(), { ...runtime, ...options })()
      expect((await keysOf(storage)).map((key) => key.split('/')[2]).sort()).toEqual(['around', 'value'])
    },
  )

  test('D081-PIPE checkpointing on, and nothing but memory to keep it in: success', async () => {
    const store = createResultStore({ storages: { memory: memoryStorage() } })
    expect(await flow('around', () => value(), { store, defaults: { checkpointing: true } })()).toEqual({ a: 1 })
  })
})
