import {
  bytes,
  decodeRecord,
  type Key,
  memoryResult,
  memoryStorage,
  ndjson,
  parseKey,
  type ReadOptions,
  ResultError,
  type ResultReference,
  type ResultStorage,
} from '@resultkit/core'
import { describe, expect, test } from 'vitest'
import {
  type EncryptionKey,
  encrypt,
  envelopeKey,
  generateKey,
  generateKeyPair,
  keyring,
  localKey,
  passphraseKey,
  providerKey,
  type RewrapProgress,
  rewrap,
  sealingKey,
} from '../src/index.ts'
import { testProvider } from './kms.ts'

const WHOLE: ReadOptions = {
  range: undefined,
  ifMatch: undefined,
  ifNoneMatch: undefined,
  maxBytes: undefined,
  signal: undefined,
}

async function stored(storage: ResultStorage, key: string): Promise<Uint8Array> {
  const object = await storage.read(parseKey(key), WHOLE)
  return (await object?.bytes()) ?? new Uint8Array()
}

async function list(storage: ResultStorage): Promise<string[]> {
  const keys: string[] = []
  for await (const { key } of storage.list('', { startAfter: undefined, signal: undefined })) keys.push(key)
  return keys
}

function resultWith(
  storage: ResultStorage,
  primary: EncryptionKey | string,
  keys: readonly (EncryptionKey | string)[] = [],
) {
  return memoryResult({ storage, codecs: [encrypt({ keyring: keyring({ primary, keys }), namespace: 'tests' })] })
}

/** Values of several shapes, written under one key. */
async function filled(primary: EncryptionKey | string, storage: ResultStorage = memoryStorage(), count = 9) {
  const result = resultWith(storage, primary)
  const references = new Map<string, ResultReference>()
  for (let index = 0; index < count; index++) {
    const value = { index, text: 'x'.repeat(index * 5000) }
    references.set(`runs/${index}`, await result.write(value, `runs/${index}`))
  }
  return { storage, references }
}

const provider = testProvider('arn:test/1')
const pair = await generateKeyPair()
const cheap = { memory: 8192, passes: 1 }

const WRAPPING: readonly (readonly [string, () => EncryptionKey])[] = [
  ['envelope', () => envelopeKey(generateKey())],
  ['provider', () => providerKey(provider)],
  ['sealing', () => sealingKey(pair.publicKey)],
  ['passphrase', () => passphraseKey({ passphrase: 'new', ...cheap })],
]

describe('wrap', () => {
  test.each(WRAPPING)('to a new %s key: header and chunks stay byte for byte, references work', async (kind, make) => {
    const old = envelopeKey(generateKey())
    const { storage, references } = await filled(old)
    const before = new Map(
      await Promise.all((await list(storage)).map(async (key) => [key, await stored(storage, key)] as const)),
    )
    const primary = make()
    const report = await rewrap(resultWith(storage, primary, [old]), { mode: 'wrap' })
    expect(report).toEqual({ rewrapped: 9, current: 0, skipped: 0, failed: 0, errors: [] })

    const reader = kind === 'sealing' ? resultWith(storage, pair.secretKey) : resultWith(storage, primary)
    for (const [key, reference] of references) {
      expect(await reader.read(reference)).toMatchObject({ index: Number(key.slice(5)) })
      expect(await reader.find(key)).toMatchObject({ status: 'hit', stale: false })
      const [was, is] = [decodeRecord(before.get(key) ?? new Uint8Array()), decodeRecord(await stored(storage, key))]
      expect(is.line).toEqual(was.line)
      // 96 bytes of data and 12 around them were the old slot.
      const slots = new DataView(is.payload.buffer, is.payload.byteOffset).getUint16(6)
      expect(is.payload.subarray(8 + slots)).toEqual(was.payload.subarray(8 + 108))
      await expect(resultWith(storage, old).read(reference)).rejects.toMatchObject({ code: 'DECRYPT' })
    }
    expect(await rewrap(resultWith(storage, primary, [old]), { mode: 'wrap' })).toMatchObject({
      rewrapped: 0,
      current: 9,
    })
  })

  test('is UNSUPPORTED with a local primary, and for what a local key encrypted', async () => {
    const old = localKey(generateKey())
    const { storage, references } = await filled(old, memoryStorage(), 2)
    const running = rewrap(resultWith(storage, generateKey(), [old]), { mode: 'wrap' })
    await expect(running).rejects.toMatchObject({ code: 'UNSUPPORTED' })
    const report = await rewrap(resultWith(storage, envelopeKey(generateKey()), [old]), { mode: 'wrap' })
    expect(report).toMatchObject({ rewrapped: 0, failed: 2 })
    expect(report.errors.map(({ code, key }) => [code, key])).toEqual([
      ['UNSUPPORTED', 'runs/0'],
      ['UNSUPPORTED', 'runs/1'],
    ])
    for (const reference of references.values()) await resultWith(storage, old).read(reference)
  })
})

describe('full', () => {
  test('encrypts anew, keeps what the header says, and references of every earlier generation work', async () => {
    const storage = memoryStorage()
    let key: EncryptionKey = localKey(generateKey())
    const expiresAt = new Date(Date.now() + 3_600_000)
    const references = [await resultWith(storage, key).write({ a: 1 }, 'a', { expiresAt })]
    const first = decodeRecord(await stored(storage, 'a')).header
    for (let generation = 1; generation <= 34; generation++) {
      const next = localKey(generateKey())
      const result = resultWith(storage, next, [key])
      expect(await rewrap(result, { mode: 'full' })).toMatchObject({ rewrapped: 1 })
      key = next
      const found = await result.find('a')
      if (found.status === 'hit' && found.reference !== undefined) references.push(found.reference)
    }
    const result = resultWith(storage, key)
    const readable = await Promise.all(
      references.map((reference) =>
        result.read(reference).then(
          () => true,
          (error: ResultError) => error.code,
        ),
      ),
    )
    // The newest 32 pins are kept, beside the one that it has.
    expect(readable.slice(2)).toEqual(Array.from({ length: 33 }, () => true))
    expect(readable.slice(0, 2)).toEqual(['REPLACED', 'REPLACED'])
    const { supersedes, ...last } = decodeRecord(await stored(storage, 'a')).header
    expect(supersedes).toHaveLength(32)
    expect({ ...last, supersedes: [] }).toEqual({ ...first, supersedes: [] })
  })

  test('a pin in supersedes counts for its own record only: the header is authenticated', async () => {
    const key = generateKey()
    const { storage, references } = await filled(key, memoryStorage(), 2)
    const next = generateKey()
    const result = resultWith(storage, next, [key])
    await rewrap(result, { mode: 'full' })
    const [one, two] = [...references.values()]
    await expect(result.read({ ...(one as ResultReference), key: 'runs/1' })).rejects.toMatchObject({
      code: 'REPLACED',
    })
    expect(await result.read(two as ResultReference)).toMatchObject({ index: 1 })
  })

  test.each(['wrap', 'full'] as const)('%s of a long stream takes a pass in pieces', async (mode) => {
    const storage = memoryStorage()
    const old = envelopeKey(generateKey())
    const lines = Array.from({ length: 6000 }, (_, index) => ({ index, text: 'y'.repeat(800) }))
    const of = (primary: EncryptionKey, keys: readonly EncryptionKey[] = []) =>
      resultWith(storage, primary, keys).with({ serializer: ndjson() })
    const reference = await of(old).write(lines, 'long')
    const next = envelopeKey(generateKey())
    expect((await stored(storage, 'long')).byteLength).toBeGreaterThan(4 * 1024 * 1024)
    expect(await rewrap(of(next, [old]), { mode })).toMatchObject({ rewrapped: 1 })
    let count = 0
    for await (const line of await of(next).read(reference)) expect(line).toEqual(lines[count++])
    expect(count).toBe(lines.length)
  })
})

describe('what it meets', () => {
  test('others’ objects are skipped or reported, and nothing of them changes', async () => {
    const storage = memoryStorage()
    const old = generateKey()
    await filled(old, storage, 3)
    const plain = memoryResult({ storage, serializer: bytes() })
    await plain.write(new Uint8Array(10), 'runs/open')
    await plain.with({ format: 'plain' }).write(new Uint8Array(20_000), 'runs/plain')
    await resultWith(storage, generateKey()).write('foreign', 'runs/foreign')
    const damaged = (await stored(storage, 'runs/1')).slice()
    damaged[damaged.length - 300] = (damaged[damaged.length - 300] ?? 0) ^ 1
    await storage.write('runs/damaged' as Key, damaged, {
      ifAbsent: false,
      ifMatch: undefined,
      contentType: undefined,
      size: undefined,
      writeId: 'x',
      signal: undefined,
    })
    const report = await rewrap(resultWith(storage, generateKey(), [old]), { mode: 'full', prefix: 'runs/' })
    expect(report).toMatchObject({ rewrapped: 3, current: 0, skipped: 1, failed: 3 })
    expect(report.errors.map(({ code, key }) => `${key} ${code}`)).toEqual([
      'runs/damaged DECRYPT',
      'runs/foreign DECRYPT',
      'runs/plain DECRYPT',
    ])
    expect(await stored(storage, 'runs/damaged')).toEqual(damaged)
  })

  test('a value that others write meanwhile stays, and one that they delete stays away', async () => {
    const old = envelopeKey(generateKey())
    const primary = envelopeKey(generateKey())
    for (const mode of ['wrap', 'full'] as const) {
      const { storage } = await filled(old, memoryStorage(), 3)
      const writer = resultWith(storage, primary)
      // Somebody else comes between the read and the write of each object.
      const raced: ResultStorage = {
        ...storage,
        write: async (key, body, options) => {
          if (key === 'runs/1') await writer.write('newer', 'runs/1')
          if (key === 'runs/2') await storage.delete(key, { ifMatch: undefined, signal: undefined })
          return storage.write(key, body, options)
        },
      }
      const report = await rewrap(resultWith(raced, primary, [old]), { mode })
      expect(report, mode).toMatchObject({ rewrapped: 1, current: 1, skipped: 1, failed: 0 })
      expect(await writer.read('runs/1')).toBe('newer')
      expect(await writer.exists('runs/2')).toBe(false)
    }
  })

  test('what others keep replacing is reported, not fought over', async () => {
    const old = generateKey()
    const { storage } = await filled(old, memoryStorage(), 1)
    const busy = resultWith(storage, old)
    const raced: ResultStorage = {
      ...storage,
      write: async (key, body, options) => {
        await busy.write('again', 'runs/0')
        return storage.write(key, body, options)
      },
    }
    const report = await rewrap(resultWith(raced, generateKey(), [old]), { mode: 'full' })
    expect(report).toMatchObject({ rewrapped: 0, failed: 1, errors: [{ code: 'PRECONDITION_FAILED', key: 'runs/0' }] })
  })

  test('an outage ends it, and startAfter continues', async () => {
    const old = generateKey()
    const { storage } = await filled(old)
    let writes = 0
    const failing: ResultStorage = {
      ...storage,
      write: async (key, body, options) => {
        if (++writes > 4) throw new ResultError({ code: 'UNAVAILABLE', operation: 'write', message: 'Away.', key })
        return storage.write(key, body, options)
      },
    }
    const primary = generateKey()
    const seen: RewrapProgress[] = []
    const options = {
      mode: 'full',
      concurrency: 2,
      onProgress: (progress: RewrapProgress) => seen.push(progress),
    } as const
    await expect(rewrap(resultWith(failing, primary, [old]), options)).rejects.toMatchObject({ code: 'UNAVAILABLE' })
    expect(seen.map(({ key }) => key)).toEqual(['runs/0', 'runs/1', 'runs/2', 'runs/3'])
    expect(seen.at(-1)).toMatchObject({ outcome: 'rewrapped', rewrapped: 4, failed: 0, resumeAfter: 'runs/3' })
    const report = await rewrap(resultWith(storage, primary, [old]), {
      mode: 'full',
      startAfter: seen.at(-1)?.resumeAfter,
    })
    expect(report).toMatchObject({ rewrapped: 5, current: 0 })
    expect(await rewrap(resultWith(storage, primary), { mode: 'full' })).toMatchObject({ current: 9, rewrapped: 0 })
  })

  test('a signal ends it between and within objects', async () => {
    const old = generateKey()
    const { storage } = await filled(old)
    const control = new AbortController()
    const running = rewrap(resultWith(storage, generateKey(), [old]), {
      mode: 'full',
      concurrency: 1,
      signal: control.signal,
      onProgress: ({ key }) => key === 'runs/2' && control.abort(),
    })
    await expect(running).rejects.toMatchObject({ code: 'ABORTED' })
  })

  test('asks a provider for stale objects only', async () => {
    const [one, two] = [testProvider('arn:a'), testProvider('arn:b')]
    const { storage } = await filled(providerKey(one), memoryStorage(), 4)
    const result = resultWith(storage, providerKey(two), [providerKey(one)])
    await rewrap(result, { mode: 'wrap' })
    expect([one.calls.length, two.calls.length]).toEqual([8, 4])
    await rewrap(result, { mode: 'wrap' })
    expect([one.calls.length, two.calls.length]).toEqual([8, 4])
  })

  test('storages without streams under conditions, ranges or read conditions', async () => {
    const old = envelopeKey(generateKey())
    for (const mode of ['wrap', 'full'] as const) {
      const storage = memoryStorage()
      const poor: ResultStorage = {
        ...storage,
        capabilities: { ...storage.capabilities, ranges: false, readConditions: false, ifMatchStream: false },
        read: async (key, options) => {
          expect(options).toMatchObject({ range: undefined, ifMatch: undefined })
          return storage.read(key, options)
        },
      }
      const text = 'z'.repeat(5_000_000)
      const reference = await resultWith(poor, old).write(text, 'big')
      const primary = envelopeKey(generateKey())
      expect(await rewrap(resultWith(poor, primary, [old]), { mode })).toMatchObject({ rewrapped: 1 })
      expect(await resultWith(poor, primary).read(reference)).toBe(text)
    }
  })

  test('is refused before any I/O where it cannot be safe', async () => {
    const storage = memoryStorage()
    const without = (capability: 'list' | 'ifMatch'): ResultStorage => ({
      ...storage,
      capabilities: { ...storage.capabilities, [capability]: false },
      list: () => {
        throw new Error('must not be asked')
      },
    })
    const full = { mode: 'full' } as const
    for (const capability of ['list', 'ifMatch'] as const)
      await expect(rewrap(resultWith(without(capability), generateKey()), full)).rejects.toMatchObject({
        code: 'UNSUPPORTED',
      })
    await expect(rewrap(memoryResult({ storage }), full)).rejects.toMatchObject({ code: 'CONFIG' })
    await expect(rewrap(resultWith(storage, generateKey()), { mode: 'both' as never })).rejects.toMatchObject({
      code: 'CONFIG',
    })
    await expect(rewrap(resultWith(storage, generateKey()), { ...full, concurrency: 0 })).rejects.toMatchObject({
      code: 'CONFIG',
    })
  })
})
