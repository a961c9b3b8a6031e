import {
  bytes,
  createResultStore,
  encodeHeader,
  encodeRecord,
  json,
  memoryStorage,
  parseKey,
  Result,
  type ResultReference,
  type ResultStorage,
} from '@resultkit/core'
import { describe, expect, test } from 'vitest'
import { decryptError } from '../src/decrypt-error.ts'
import { encrypt } from '../src/encrypt.ts'
import { engines, testCodec, testKeys } from './payload-kit.ts'

// The codec's error and core's are one: neither tells where it was noticed.
const DECRYPT = { code: 'DECRYPT', message: decryptError().message }
const VALUE = { secret: 'canary-4711', list: [1, 2, 3] }

function open(storage: ResultStorage = memoryStorage(), ids?: readonly string[]) {
  const result = new Result({
    storage,
    location: 'r/{name}',
    serializer: json(),
    codecs: [encrypt({ keyring: testKeys(ids) })],
  })
  return { storage, result }
}

async function storedBytes(storage: ResultStorage, key: string): Promise<Uint8Array> {
  const options = { range: undefined, ifMatch: undefined, ifNoneMatch: undefined, maxBytes: undefined }
  const object = await storage.read(parseKey(key), { ...options, signal: undefined })
  if (object === undefined) throw new Error(`There is nothing at ${key}.`)
  return object.bytes()
}

async function store(storage: ResultStorage, key: string, body: Uint8Array | readonly Uint8Array[]): Promise<void> {
  const options = { ifAbsent: false, ifMatch: undefined, contentType: 'x/y', size: undefined, signal: undefined }
  await storage.write(parseKey(key), body, { ...options, writeId: 'w' })
}

/** A record taken apart, to be put together in another way with trailers that are right. */
function takenApart(record: Uint8Array): { readonly line: Uint8Array; readonly payload: Uint8Array } {
  const end = record.indexOf(10) + 1
  return { line: record.subarray(0, end), payload: record.subarray(end, record.byteLength - 179) }
}

test('writes, reads, finds and describes', async () => {
  const { result, storage } = open()
  const reference = await result.write(VALUE, { name: 'a' })
  expect(await result.read(reference)).toEqual(VALUE)
  expect(await result.read({ name: 'a' })).toEqual(VALUE)
  expect(await result.find({ name: 'a' })).toMatchObject({ status: 'hit', value: VALUE })
  expect(await result.find({ name: 'b' })).toMatchObject({ status: 'miss' })
  expect(await result.describe({ name: 'a' })).toMatchObject({ serializer: 'json', codecs: ['encrypt'] })
  expect(reference).toMatchObject({ codecs: ['encrypt'], format: 'record' })
  expect(Buffer.from(await storedBytes(storage, 'r/a')).toString('latin1')).not.toContain('canary')
})

test('the reference pins the encryption, not the stored bytes', async () => {
  const { result, storage } = open()
  const reference = await result.write(VALUE, { name: 'a' })
  const { payload } = takenApart(await storedBytes(storage, 'r/a'))
  const pin = encrypt({ keyring: testKeys() }).pin(payload) as Uint8Array
  expect(reference.sha256).toBe(Buffer.from(pin).toString('hex'))
  const found = await result.find({ name: 'a' })
  expect(found.status === 'hit' && found.reference).toEqual(reference)
})

test('streams, and reads ranges that are verified', async () => {
  const storage = memoryStorage()
  const result = new Result({
    storage,
    location: 'big',
    serializer: bytes(),
    codecs: [encrypt({ keyring: testKeys() })],
  })
  const value = Uint8Array.from({ length: 300_000 }, (_, index) => index % 251)
  const reference = await result.write(value)
  const collect = async (range?: { start: number; end?: number }): Promise<Uint8Array> => {
    const parts: Uint8Array[] = []
    for await (const piece of result.stream(reference, { range })) parts.push(piece)
    return Uint8Array.from(Buffer.concat(parts))
  }
  expect(await collect()).toEqual(value)
  expect(await collect({ start: 150_000, end: 150_100 })).toEqual(value.slice(150_000, 150_100))
  expect(await collect({ start: -7 })).toEqual(value.slice(-7))
  const record = (await storedBytes(storage, 'big')).slice()
  const at = record.indexOf(10) + 1 + 76 + 150_000 + 200
  record[at] = (record[at] as number) ^ 1
  await store(storage, 'big', record)
  await expect(collect({ start: 150_000, end: 150_100 })).rejects.toMatchObject(DECRYPT)
  expect(await collect({ start: 10, end: 20 })).toEqual(value.slice(10, 20))
})

test('another result at the key is REPLACED, read whole, streamed or in a range', async () => {
  const { result } = open()
  const reference = await result.write(VALUE, { name: 'a' })
  await result.write(VALUE, { name: 'a' })
  const stream = async (range?: { start: number; end: number }): Promise<void> => {
    for await (const _ of result.stream(reference, { range }));
  }
  await expect(result.read(reference)).rejects.toMatchObject({ code: 'REPLACED' })
  await expect(stream()).rejects.toMatchObject({ code: 'REPLACED' })
  await expect(stream({ start: 0, end: 5 })).rejects.toMatchObject({ code: 'REPLACED' })
  expect(await result.read(reference, { allowReplaced: true })).toEqual(VALUE)
})

test('a rolled back object is REPLACED for its new reference', async () => {
  const { result, storage } = open()
  await result.write(VALUE, { name: 'a' })
  const old = await storedBytes(storage, 'r/a')
  const reference = await result.write({ ...VALUE, list: [] }, { name: 'a' })
  await store(storage, 'r/a', old)
  await expect(result.read(reference)).rejects.toMatchObject({ code: 'REPLACED' })
})

describe('is DECRYPT', () => {
  const prepared = async () => {
    const { result, storage } = open()
    await result.write(VALUE, { name: 'a' })
    return { result, storage, record: await storedBytes(storage, 'r/a') }
  }

  /** Whole, found, streamed, and in a range. */
  async function expectRefused(
    result: Result<unknown, 'r/{name}'>,
    at: { name: string } | ResultReference,
  ): Promise<void> {
    const messages: string[] = []
    const stream = async (range?: { start: number; end: number }): Promise<void> => {
      for await (const _ of result.stream(at, { range }));
    }
    for (const attempt of [() => result.read(at), () => result.find(at), stream, () => stream({ start: 0, end: 4 })])
      await attempt().then(
        () => messages.push('was given out'),
        (error: unknown) => messages.push(JSON.stringify(error)),
      )
    expect(new Set(messages).size, messages.join('\n')).toBe(1)
    expect(JSON.parse(messages[0] as string)).toMatchObject(DECRYPT)
  }

  test('an object that was moved to another key', async () => {
    const { result, storage, record } = await prepared()
    await store(storage, 'r/b', record)
    await expectRefused(result, { name: 'b' })
  })

  test('a header that was changed, with digests that are right', async () => {
    const { result, storage, record } = await prepared()
    const { line, payload } = takenApart(record)
    const header = Buffer.from(line).toString()
    for (const [from, to] of [
      ['2026', '2027'],
      ['"codecs"', '"codexs"'],
      ['"json"', '"text"'],
      [' \n', '\t\n'],
    ] as const) {
      const year = from === '2026' ? String(new Date().getUTCFullYear()) : from
      const changed = Buffer.from(header.replace(year, year === from ? to : '1999'))
      expect(changed.toString()).not.toBe(header)
      await store(storage, 'r/a', encodeRecord(changed, [payload]).parts)
      await expectRefused(result, { name: 'a' })
    }
  })

  test('an unencrypted record', async () => {
    const storage = memoryStorage()
    await new Result({ storage, location: 'r/{name}', serializer: json() }).write(VALUE, { name: 'a' })
    await expectRefused(open(storage).result, { name: 'a' })
  })

  test('an unencrypted payload under a header that says encrypted', async () => {
    const { result, storage } = open()
    const header = { serializer: 'json', codecs: ['encrypt'], createdAt: new Date(), supersedes: [] }
    const rest = { expiresAt: undefined, metadata: undefined, writer: undefined, undefined: false }
    const line = encodeHeader({ ...header, ...rest })
    await store(storage, 'r/a', encodeRecord(line, [Buffer.from('{"a":1}')]).parts)
    await expectRefused(result, { name: 'a' })
  })

  test('a record under another keyring', async () => {
    const { storage } = await prepared()
    await expectRefused(open(storage, ['other-id']).result, { name: 'a' })
  })

  test('a flipped bit, wherever it is', async () => {
    const { result, storage, record } = await prepared()
    for (let at = 0; at < record.byteLength; at += 5) {
      const changed = record.slice()
      changed[at] = (changed[at] as number) ^ (1 << (at & 7))
      await store(storage, 'r/a', changed)
      await expect(result.read({ name: 'a' }), `byte ${at}`).rejects.toMatchObject(DECRYPT)
    }
  })

  test('a cut, wherever it is', async () => {
    const { result, storage, record } = await prepared()
    for (let size = 0; size < record.byteLength; size += 7) {
      await store(storage, 'r/a', record.subarray(0, size))
      await expect(result.read({ name: 'a' }), `${size} bytes`).rejects.toMatchObject(DECRYPT)
    }
  })

  test('unencrypted results in a store that encrypts, also by their own reference', async () => {
    const storage = memoryStorage()
    const reference = await new Result({ storage, name: 'main', serializer: json() }).write(VALUE)
    const plain = await new Result({ storage, name: 'main', serializer: json(), format: 'plain' }).write(VALUE)
    const codecs = [encrypt({ keyring: testKeys() })]
    const encrypted = createResultStore({ storages: { main: storage }, codecs, defaults: { codecs } })
    for (const unencrypted of [reference, plain])
      await expect(encrypted.get(unencrypted)).rejects.toMatchObject({
        ...DECRYPT,
        message: expect.stringContaining('encrypted'),
      })
    const pretended = { ...reference, codecs: ['encrypt'] } as const
    await expect(encrypted.get(pretended)).rejects.toMatchObject(DECRYPT)
    const own = await encrypted.result('main', { serializer: json() }).write(VALUE)
    expect(await encrypted.get(own)).toEqual(VALUE)
  })
})

test('a full re-encryption keeps references valid through supersedes', async () => {
  const { result, storage } = open()
  const reference = await result.write(VALUE, { name: 'a' })
  const codec = encrypt({ keyring: testKeys() })
  const rest = { expiresAt: undefined, metadata: undefined, writer: undefined, undefined: false }
  const line = encodeHeader({
    serializer: 'json',
    codecs: ['encrypt'],
    createdAt: new Date(),
    supersedes: [reference.sha256],
    ...rest,
  })
  const payload = await codec.encode(Buffer.from(JSON.stringify(VALUE)), { key: 'r/a', header: line, report: () => {} })
  await store(storage, 'r/a', encodeRecord(line, [payload]).parts)
  expect(await result.read(reference)).toEqual(VALUE)
})

test('an older key is stale for find, and still read', async () => {
  const { storage, result } = open(memoryStorage(), ['old-kid!'])
  await result.write(VALUE, { name: 'a' })
  const rotated = open(storage, ['new-kid!', 'old-kid!']).result
  expect(await rotated.find({ name: 'a' })).toMatchObject({ status: 'hit', value: VALUE, stale: true })
  expect(await result.find({ name: 'a' })).toMatchObject({ status: 'hit', stale: false })
})

test('metadata, plain results and undefined do not go with encryption', async () => {
  const { result, storage } = open()
  await expect(result.write(VALUE, { name: 'a' }, { metadata: { a: 1 } })).rejects.toMatchObject({ code: 'CONFIG' })
  await expect(result.write(undefined, { name: 'a' })).rejects.toMatchObject({ code: 'SERIALIZE' })
  const codecs = [encrypt({ keyring: testKeys() })]
  expect(() => new Result({ storage, codecs, format: 'plain' })).toThrow(expect.objectContaining({ code: 'CONFIG' }))
})

test('AES without node:crypto is DECRYPT for a reader, whose cause says what is missing', async () => {
  const { storage } = open()
  const codecs = [encrypt({ keyring: testKeys(), suite: 'aes-256-gcm' })]
  await new Result({ storage, location: 'aes', serializer: json(), codecs }).write(VALUE)
  const [, sodium] = await engines()
  if (sodium === undefined) throw new Error('There is no libsodium.')
  const alone = [testCodec({ engine: async () => sodium })]
  const reading = new Result({ storage, location: 'aes', serializer: json(), codecs: alone }).read()
  await expect(reading).rejects.toMatchObject(DECRYPT)
  await expect(reading).rejects.toHaveProperty('cause.code', 'UNSUPPORTED')
})

test('maxBytes counts decrypted bytes', async () => {
  const { result } = open()
  await result.write('x'.repeat(98), { name: 'a' })
  expect(await result.read({ name: 'a' }, { maxBytes: 200 })).toHaveLength(98)
  await expect(result.read({ name: 'a' }, { maxBytes: 99 })).rejects.toMatchObject({ code: 'TOO_LARGE' })
})
