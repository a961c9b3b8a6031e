import {
  type Codec,
  createResultStore,
  type Duration,
  json,
  memoryResult,
  memoryStorage,
  ndjson,
  Result,
  ResultError,
  type ResultOptions,
  type ResultStoreOptions,
  type ResultWriteOptions,
} from '@resultkit/core'
import { describe, expect, test } from 'vitest'

// What callers without types pass, and what the types of others let through.

function codec(parts: Partial<Codec>): Codec {
  return {
    name: 'plain',
    kind: 'compression',
    minBytes: 0,
    encode: (bytes) => bytes,
    decode: (bytes) => bytes,
    encodeStream: (bytes) => bytes,
    decodeStream: (bytes) => bytes,
    range: undefined,
    pin: () => undefined,
    ...parts,
  }
}

describe('options in the place of parameters are refused, not lost', () => {
  const misplaced = { ifAbsent: true } as never
  test.each([['fixed'], [undefined]])('location %s', async (location) => {
    const result: Result<unknown, string> = new Result({ storage: memoryStorage(), location: location as string })
    await expect(result.write(1, misplaced)).rejects.toMatchObject({ code: 'INVALID_LOCATION' })
    await expect(result.find({ maxAge: 0 } as never)).rejects.toMatchObject({ code: 'INVALID_LOCATION' })
    await expect(result.write(1, (await memoryResult().write(1)) as never)).rejects.toMatchObject({
      code: 'INVALID_LOCATION',
    })
  })

  test('no parameters are none, and format takes what it does not need', async () => {
    const result = memoryResult({ location: 'fixed' })
    await result.write(1, {}, { ifAbsent: true })
    await expect(result.write(2, {}, { ifAbsent: true })).rejects.toMatchObject({ code: 'ALREADY_EXISTS' })
    expect(await result.format({ user: 'ada' } as never).read()).toBe(1)
  })
})

test('a member of accepts that is undefined is left out: it turns no encryption off', async () => {
  const storage = memoryStorage()
  await new Result({ storage, location: 'k' }).write('in clear')
  const flip = (bytes: Uint8Array): Uint8Array => bytes.map((byte) => byte ^ 1)
  const encrypted = codec({ kind: 'encryption', encode: flip, decode: flip })
  const read = (older: { serializer?: ReturnType<typeof json> | undefined; codecs?: readonly Codec[] | undefined }) =>
    new Result({ storage, location: 'k', serializer: json(), codecs: [encrypted], accepts: [older] }).read()
  await expect(read({ serializer: json(), codecs: undefined })).rejects.toMatchObject({ code: 'DECRYPT' })
  await expect(read({ serializer: undefined, codecs: undefined })).rejects.toMatchObject({ code: 'DECRYPT' })
  expect(await read({ serializer: undefined, codecs: [] })).toBe('in clear')
})

test('codecs that are undefined leave an encryption on', async () => {
  const flip = (bytes: Uint8Array): Uint8Array => bytes.map((byte) => byte ^ 1)
  const encrypted = codec({ name: 'flip', kind: 'encryption', encode: flip, decode: flip })
  const result = memoryResult({ location: 'k', codecs: [encrypted] })
  expect((await result.with({ codecs: undefined }).write('secret')).codecs).toEqual(['flip'])
  expect((await result.with({ codecs: [] }).write('in clear')).codecs).toBeUndefined()
})

test.each<[string, unknown]>([
  ['a codec that was not called', { codecs: [json] }],
  ['a serializer among the codecs', { codecs: [json()] }],
  ['nothing among the codecs', { codecs: [undefined] }],
  ['older codecs that are none', { accepts: [{ codecs: [undefined] }] }],
  ['a name that is a number', { name: 5 }],
  ['a storage without capabilities', { storage: { capabilities: null } }],
])('%s is CONFIG', (_, options) => {
  expect(() => new Result(options as ResultOptions)).toThrow(expect.objectContaining({ code: 'CONFIG' }))
})

test.each<[string, object]>([
  ['codecs', { codecs: {} }],
  ['serializers', { serializers: 'json' }],
  ['a serializer', { serializers: [null] }],
  ['a codec', { codecs: [null] }],
  ['layers', { layers: 5 }],
  ['the clock', { clock: 5 }],
])('a store says CONFIG when these are none: %s', (_, options) => {
  const make = () => createResultStore({ storages: { m: memoryStorage() }, ...options } as ResultStoreOptions)
  expect(make).toThrow(expect.objectContaining({ code: 'CONFIG' }))
})

test.each<[string, unknown]>([
  ['null', null],
  ['an object', {}],
  ['a number', Date.now() + 1000],
])('expiresAt that is %s is CONFIG', async (_, expiresAt) => {
  const writing = memoryResult({ location: 'k' }).write(1, {}, { expiresAt } as ResultWriteOptions)
  await expect(writing).rejects.toMatchObject({ code: 'CONFIG' })
})

test('a signal that is null is none', async () => {
  const none = { signal: null as never }
  const values = memoryResult({ location: 'k' })
  await values.write(1, {}, none)
  expect(await values.read({}, none)).toBe(1)
  const items = memoryResult({ location: 'k', serializer: ndjson() })
  await items.write([1], {}, none)
  expect(await Array.fromAsync(await items.read({}, none))).toEqual([1])
})

test('a listing by parameters is refused: it would be empty', () => {
  const result = memoryResult({ location: '{user}' })
  expect(() => result.list({ user: 'ada' } as never)).toThrow(expect.objectContaining({ code: 'INVALID_LOCATION' }))
})

test('a duration that cannot be printed is CONFIG', () => {
  const make = () => memoryResult({ cacheFor: Object.create(null) as Duration })
  expect(make).toThrow(expect.objectContaining({ code: 'CONFIG' }))
})

describe('a codec of others', () => {
  test.each<[string, unknown]>([
    ['nothing', undefined],
    ['text', 'text'],
    ['numbers of more bytes', Float64Array.of(1)],
  ])('that gives %s is CONFIG, and nothing is stored', async (_, given) => {
    const encode = codec({ encode: () => given as Uint8Array })
    const result = memoryResult({ location: 'k', codecs: [encode] })
    await expect(result.write(1)).rejects.toMatchObject({ code: 'CONFIG' })
    expect(await result.exists()).toBe(false)
    const decode = memoryResult({ location: 'k', codecs: [codec({ decode: () => given as Uint8Array })] })
    await decode.write(1)
    await expect(decode.read()).rejects.toMatchObject({ code: 'CONFIG' })
    async function* stream(): AsyncGenerator<Uint8Array> {
      yield given as Uint8Array
    }
    const encoding = memoryResult({
      location: 'k',
      serializer: ndjson(),
      codecs: [codec({ encodeStream: () => stream() })],
    })
    await expect(encoding.write([1])).rejects.toMatchObject({ code: 'CONFIG' })
    const items = memoryResult({
      location: 'k',
      serializer: ndjson(),
      codecs: [codec({ decodeStream: () => stream() })],
    })
    await items.write([1])
    await expect(Array.fromAsync(await items.read())).rejects.toMatchObject({ code: 'CONFIG' })
  })

  test.each(['compression', 'encryption'] as const)('whose stream throws what it likes: %s', async (kind) => {
    const secret = new Error('a part of the value')
    async function* decodeStream(): AsyncGenerator<Uint8Array> {
      yield new Uint8Array()
      throw secret
    }
    const items = memoryResult({ location: 'k', serializer: ndjson(), codecs: [codec({ kind, decodeStream })] })
    await items.write([1])
    const error: unknown = await Array.fromAsync(await items.read()).catch((thrown: unknown) => thrown)
    expect(error).toBeInstanceOf(ResultError)
    expect(error).toMatchObject({ code: kind === 'encryption' ? 'DECRYPT' : 'CORRUPT', key: 'k', cause: secret })
    expect(String(error)).not.toContain('value')
  })
})

test('a signal ends a stream that is read also when the codec or the serializer hangs', async () => {
  const hanging = (): AsyncIterable<never> => ({
    [Symbol.asyncIterator]: () => ({ next: () => new Promise<never>(() => {}) }),
  })
  const storage = memoryStorage()
  for (const options of [
    { serializer: { ...ndjson(), decode: hanging } },
    { serializer: ndjson(), codecs: [codec({ decodeStream: hanging })] },
  ]) {
    const result = new Result({ storage, location: 'k', ...options })
    await result.write([1])
    const controller = new AbortController()
    const { signal } = controller
    const reads = [Array.fromAsync(await result.read({}, { signal }))]
    if ('codecs' in options) reads.push(Array.fromAsync(result.stream({}, { signal })))
    const answers = reads.map((read) => expect(read).rejects.toMatchObject({ code: 'ABORTED', key: 'k' }))
    setTimeout(() => controller.abort(), 0)
    await Promise.all(answers)
  }
})

test('options of a serializer that are nested without end are refused where they come in', async () => {
  const options = `{"a":${'['.repeat(3900)}${']'.repeat(3900)}}`
  const storage = memoryStorage()
  const result = new Result({ storage, location: 'k', serializer: json({ types: [] }) })
  const reference = await result.write(1)
  const deep = JSON.stringify(reference).replace(
    '"serializer":"json"',
    `"serializer":{"name":"json","options":${options}}`,
  )
  const store = createResultStore({ storages: { m: storage } })
  await expect(store.get(deep as never)).rejects.toMatchObject({ code: 'CONFIG' })
  const line = `{"resultkit":1,"serializer":{"name":"json","options":${options}},"createdAt":"2026-11-22T10:00:00.000Z"}`
  const bytes = new TextEncoder().encode(`${line.padEnd(8191 - ((8191 - line.length) & ~63))}\n`)
  const write = { ifAbsent: false, ifMatch: undefined, contentType: undefined, size: undefined, writeId: 'w' }
  await storage.write('k' as never, bytes, { ...write, signal: undefined })
  await expect(result.read()).rejects.toMatchObject({
    code: 'CORRUPT',
    message: expect.stringContaining('"serializer"'),
  })
  await expect(result.describe()).rejects.toMatchObject({ code: 'CORRUPT' })
})
