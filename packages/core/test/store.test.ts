import {
  type Codec,
  createResultStore,
  json,
  jsonType,
  type Key,
  memoryStorage,
  ndjson,
  type ReferenceSealer,
  Result,
  type ResultStorage,
  type ValueSerializer,
} from '@resultkit/core'
import { expect, test, vi } from 'vitest'

const counted = (inner: ResultStorage): { storage: ResultStorage; reads: () => number } => {
  let reads = 0
  const storage: ResultStorage = {
    ...inner,
    read: (key, options) => {
      reads += 1
      return inner.read(key, options)
    },
  }
  return { storage, reads: () => reads }
}

const toy: ValueSerializer = {
  kind: 'value',
  name: 'toy',
  contentType: 'text/plain',
  extension: 'toy',
  serialize: (value) => new TextEncoder().encode(`toy:${String(value)}`),
  deserialize: (bytes) => new TextDecoder().decode(bytes).slice(4),
}

/** Reverses the bytes: enough of a codec to see where one is applied. */
const reverse = (kind: Codec['kind'], name = 'reverse', minBytes = 0): Codec => ({
  name,
  kind,
  minBytes,
  encode: (bytes) => bytes.toReversed(),
  decode: (bytes) => bytes.toReversed(),
  encodeStream: (bytes) => bytes,
  decodeStream: (bytes) => bytes,
  range: undefined,
  pin: () => undefined,
})

const sealer: ReferenceSealer = {
  seal: async (text, context) => `sealed:${Buffer.from(JSON.stringify([text, context ?? null])).toString('base64url')}`,
  open: async (token, context) => {
    const [text, sealed] = JSON.parse(Buffer.from(token.slice(7), 'base64url').toString())
    if (sealed !== (context ?? null)) throw new Error('another context')
    return text
  },
}

test('resolves references in another process, from configuration alone', async () => {
  const storage = memoryStorage()
  const wire = JSON.stringify(
    await createResultStore({ storages: { 's3/prod': storage } })
      .result('s3/prod', { location: 'x' })
      .write({ a: 1 }),
  )
  expect(JSON.parse(wire).storage).toBe('s3/prod')
  const store = createResultStore({ storages: { 's3/prod': storage } })
  expect(await store.get(wire)).toEqual({ a: 1 })
  expect(await store.get(JSON.parse(wire))).toEqual({ a: 1 })
  const byUri = await new Result({ storage, location: 'y' }).write('uri')
  expect(await store.get(byUri)).toBe('uri')
})

test('literals need no storage, and look-alikes are refused', async () => {
  const store = createResultStore({ storages: {} })
  expect(await store.get({ type: 'literal', value: null })).toBe(null)
  expect(await store.get('{"type":"literal","value":true}')).toBe(true)
  expect(await (await store.open({ type: 'literal', value: false })).get()).toBe(false)
  for (const wrong of [
    '{"type":"literal","value":1}',
    '{"type":"literal","value":null,"x":1}',
    '{"type":"reference"}',
    'not json',
    '[]',
    'null',
  ]) {
    await expect(store.get(wrong)).rejects.toHaveProperty('code')
  }
})

test('user data is never mistaken for a reference', async () => {
  const store = createResultStore({ storages: { m: memoryStorage() } })
  for (const value of [{}, [], { type: 'literal' }, { type: 'reference', v: 1 }, '{"type":"literal","value":true}']) {
    expect(await store.get(await store.result().write(value))).toEqual(value)
  }
})

test('unknown storages, serializers, codecs and versions are named, and the header stays readable', async () => {
  const storage = memoryStorage()
  const full = createResultStore({ storages: { m: storage }, serializers: [toy], codecs: [reverse('compression')] })
  const reference = await full
    .result('m', { serializer: 'toy', codecs: [reverse('compression')], location: 'x' })
    .write('v')
  expect(await full.get(reference)).toBe('v')

  const other = createResultStore({ storages: { m: storage } })
  await expect(other.get(reference)).rejects.toMatchObject({
    code: 'UNSUPPORTED',
    message: expect.stringContaining('"reverse"'),
  })
  const known = createResultStore({ storages: { m: storage }, codecs: [reverse('compression')] })
  await expect(known.get(reference)).rejects.toMatchObject({
    code: 'UNSUPPORTED',
    message: expect.stringContaining('"toy"'),
  })
  expect(await (await other.open(reference)).describe()).toMatchObject({ serializer: 'toy', codecs: ['reverse'] })
  await expect(createResultStore({ storages: {} }).get(reference)).rejects.toMatchObject({
    code: 'CONFIG',
    storage: 'm',
  })
  await expect(other.get({ ...reference, v: 2 } as never)).rejects.toMatchObject({ code: 'UNSUPPORTED' })
  await expect(other.get({ ...reference, serializer: 'pickle', codecs: undefined } as never)).rejects.toHaveProperty(
    'code',
  )
})

test('a missing payload is an error that says which, never the reference', async () => {
  const storage = memoryStorage()
  const store = createResultStore({ storages: { m: storage } })
  const reference = await store.result('m', { location: 'x' }).write(1)
  await storage.delete('x' as Key, { ifMatch: undefined, signal: undefined })
  await expect(store.get(reference)).rejects.toMatchObject({ code: 'NOT_FOUND', key: 'x', storage: storage.uri })
  await expect((await store.open(reference)).get()).rejects.toMatchObject({ code: 'NOT_FOUND' })
})

test('open caches within its bytes, shares concurrent reads, and forgets what expired', async () => {
  let now = 0
  const { storage, reads } = counted(memoryStorage())
  const store = createResultStore({ storages: { m: storage }, cacheBytes: 3000, clock: () => now })
  const result = store.result('m')
  const reference = await result.write('x'.repeat(1000))
  const handle = await store.open(reference)
  const values = await Promise.all(Array.from({ length: 50 }, () => handle.get()))
  expect(new Set(values).size).toBe(1)
  expect(reads()).toBe(1)
  await (await store.open(JSON.stringify(reference))).get()
  expect(reads()).toBe(1)

  const second = await store.open(await result.write('y'.repeat(1200)))
  await second.get()
  await handle.get()
  expect(reads()).toBe(3)

  const brief = await store.open(await result.write('z', undefined, { expiresAt: new Date(10) }))
  await brief.get()
  await brief.get()
  expect(reads()).toBe(4)
  now = 10
  await expect(brief.get()).rejects.toMatchObject({ code: 'EXPIRED' })

  const large = await store.open(await result.write('w'.repeat(4000)))
  await large.get()
  const before = reads()
  await large.get()
  expect(reads()).toBe(before + 1)
})

test('a failed read is not remembered', async () => {
  const storage = memoryStorage()
  const store = createResultStore({ storages: { m: storage } })
  const result = store.result('m', { location: 'x' })
  const reference = await result.write('v')
  await result.delete()
  const handle = await store.open(reference)
  await expect(handle.get()).rejects.toMatchObject({ code: 'NOT_FOUND' })
  await result.write('v')
  expect(await handle.get()).toBe('v')
})

test('streams are read anew by every get', async () => {
  const store = createResultStore({ storages: { m: memoryStorage() } })
  const reference = await store.result('m', { serializer: ndjson() }).write([1, 2])
  const handle = await store.open<AsyncIterable<number>>(reference as never)
  expect(await Array.fromAsync(await handle.get())).toEqual([1, 2])
  expect(await Array.fromAsync(await handle.get())).toEqual([1, 2])
})

test('defaults, names and compressed/… resolve from the store', async () => {
  const zip = reverse('compression', 'zip')
  const store = createResultStore({
    storages: { m: memoryStorage() },
    codecs: [zip],
    serializers: [toy],
    defaults: { storage: 'm', serializer: 'compressed/json' },
  })
  expect(await store.result().write([1])).toMatchObject({ serializer: 'json', codecs: ['zip'] })
  expect(await store.result('m', { serializer: 'toy' }).write([1])).toMatchObject({ serializer: 'toy' })
  expect(() => store.result('nope')).toThrow(expect.objectContaining({ code: 'CONFIG' }))
  expect(() => store.result('m', { serializer: 'nope' })).toThrow(
    expect.objectContaining({ code: 'CONFIG', message: expect.stringContaining('json') }),
  )
  expect(() => createResultStore({ storages: { a: memoryStorage(), b: memoryStorage() } }).result()).toThrow(
    expect.objectContaining({ code: 'CONFIG' }),
  )
  expect(() =>
    createResultStore({ storages: { a: memoryStorage() } }).result('a', { serializer: 'compressed/json' }),
  ).toThrow(expect.objectContaining({ code: 'CONFIG' }))
})

test('the environment sets defaults', async () => {
  process.env['RESULTKIT_DEFAULT_STORAGE'] = 'b'
  process.env['RESULTKIT_DEFAULT_SERIALIZER'] = 'text'
  try {
    const store = createResultStore({ storages: { a: memoryStorage(), b: memoryStorage() } })
    expect(await store.result().write('x')).toMatchObject({ storage: 'b', serializer: 'text' })
  } finally {
    delete process.env['RESULTKIT_DEFAULT_STORAGE']
    delete process.env['RESULTKIT_DEFAULT_SERIALIZER']
  }
})

test('an environment that may not be looked at sets none', async () => {
  const denied = new Proxy(process.env, {
    get() {
      throw new Error('NotCapable')
    },
  })
  vi.stubGlobal('process', { env: denied, getBuiltinModule: process.getBuiltinModule })
  try {
    const store = createResultStore({ storages: { a: memoryStorage() } })
    expect(await store.result().write('x')).toMatchObject({ storage: 'a', serializer: 'json' })
  } finally {
    vi.unstubAllGlobals()
  }
})

test('compression steps aside for small payloads, and the record says so', async () => {
  const store = createResultStore({ storages: { m: memoryStorage() }, codecs: [reverse('compression', 'zip', 100)] })
  const result = store.result('m', { codecs: [reverse('compression', 'zip', 100)] })
  const small = await result.write('x')
  const large = await result.write('x'.repeat(200))
  expect(small).not.toHaveProperty('codecs')
  expect(large.codecs).toEqual(['zip'])
  expect(await result.read(small)).toBe('x')
  expect(await store.get(large)).toBe('x'.repeat(200))
})

test('with encryption, plaintext is refused and every failure is DECRYPT', async () => {
  const storage = memoryStorage()
  const locked = reverse('encryption', 'lock')
  const clear = await createResultStore({ storages: { m: storage } })
    .result('m', { location: 'x' })
    .write('v')
  const store = createResultStore({ storages: { m: storage }, codecs: [locked] })
  await expect(store.get(clear)).rejects.toMatchObject({ code: 'DECRYPT' })
  const result = store.result('m', { codecs: [locked], location: 'x' })
  await expect(result.read()).rejects.toMatchObject({ code: 'DECRYPT' })
  await expect(result.write('v', {}, { metadata: { a: 1 } })).rejects.toMatchObject({ code: 'CONFIG' })
  await expect(result.write(undefined)).rejects.toMatchObject({ code: 'SERIALIZE' })
  const reference = await result.write('v')
  expect(await store.get(reference)).toBe('v')
  const object = await storage.read('x' as Key, {
    range: undefined,
    ifMatch: undefined,
    ifNoneMatch: undefined,
    maxBytes: undefined,
    signal: undefined,
  })
  const bytes = (await object?.bytes()) ?? new Uint8Array()
  await storage.write('x' as Key, bytes.subarray(0, -1), {
    ifAbsent: false,
    ifMatch: undefined,
    contentType: undefined,
    size: undefined,
    writeId: 'w',
    signal: undefined,
  })
  await expect(result.read()).rejects.toMatchObject({ code: 'DECRYPT' })
  await expect(Array.fromAsync(result.stream())).rejects.toMatchObject({ code: 'DECRYPT' })
})

test('sealed references go through write, read, find and the store', async () => {
  const storage = memoryStorage()
  const store = createResultStore({
    storages: { m: storage },
    keyring: sealer,
    seal: { keyring: sealer, context: 'c' },
  })
  const result = store.result('m', { location: 'x' })
  const token = (await result.write('v')) as unknown as string
  expect(token).toMatch(/^sealed:/)
  expect(await result.read(token)).toBe('v')
  expect(await result.find(token)).toMatchObject({ status: 'hit', value: 'v', reference: token })
  expect(await store.get(token)).toBe('v')
  await expect(createResultStore({ storages: { m: storage } }).get(token)).rejects.toMatchObject({ code: 'CONFIG' })
  await expect(new Result({ storage }).read(token)).rejects.toMatchObject({ code: 'CONFIG' })
})

test('json with types is a serializer of its own', async () => {
  const date = jsonType<Date>({
    name: 'Date',
    test: (value) => value instanceof Date,
    encode: (value) => value.toISOString(),
    decode: (text) => new Date(text as string),
  })
  const storage = memoryStorage()
  const reference = await new Result({ storage, name: 'm', serializer: json({ types: [date] }) }).write(new Date(5))
  expect(reference.serializer).toEqual({ name: 'json', options: { types: ['Date'] } })
  await expect(createResultStore({ storages: { m: storage } }).get(reference)).rejects.toMatchObject({
    code: 'UNSUPPORTED',
  })
  expect(
    await createResultStore({ storages: { m: storage }, serializers: [json({ types: [date] })] }).get(reference),
  ).toEqual(new Date(5))
})

test('a store whose codecs encrypt writes with them, unless it is told otherwise', async () => {
  const storages = { a: memoryStorage() }
  const codecs = [reverse('compression'), reverse('encryption', 'lock')]
  const store = createResultStore({ storages, codecs })
  const reference = await store.result('a').write('secret')
  expect(reference.codecs).toEqual(['reverse', 'lock'])
  expect(await store.get(reference)).toBe('secret')
  expect(
    (
      await createResultStore({ storages, codecs, defaults: { codecs: [] } })
        .result('a')
        .write(1)
    ).codecs,
  ).toBe(undefined)
  const compressing = createResultStore({ storages, codecs: [reverse('compression')] })
  expect((await compressing.result('a').write(1)).codecs).toBe(undefined)
})
