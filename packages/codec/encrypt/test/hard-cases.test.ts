import { createContext, runInContext } from 'node:vm'
import {
  type Codec,
  decodeRecord,
  encodeRecord,
  memoryResult,
  memoryStorage,
  type ObjectStat,
  parseKey,
  type ResultStorage,
} from '@resultkit/core'
import { describe, expect, test } from 'vitest'
import { argon2id } from '../src/argon2.ts'
import {
  encrypt,
  envelopeKey,
  exportKey,
  generateKey,
  type Keyring,
  keyring,
  openReference,
  passphraseKey,
  providerKey,
  rewrap,
  sealReference,
} from '../src/index.ts'
import { testProvider } from './kms.ts'
import { contextOf } from './payload-kit.ts'

const ANY = { ifMatch: undefined, ifNoneMatch: undefined, maxBytes: undefined, range: undefined, signal: undefined }
const key = parseKey('runs/1', 'test')

async function* of(...pieces: readonly Uint8Array[]): AsyncGenerator<Uint8Array> {
  yield* pieces
}

async function stored(storage: ResultStorage): Promise<Uint8Array> {
  const object = await storage.read(key, ANY)
  if (object === undefined) throw new Error('Nothing is stored.')
  return object.bytes()
}

function put(storage: ResultStorage, parts: readonly Uint8Array[]): Promise<ObjectStat> {
  const options = { ifAbsent: false, ifMatch: undefined, contentType: undefined, size: undefined, signal: undefined }
  return storage.write(key, parts, { ...options, writeId: crypto.randomUUID() })
}

/** Encrypts bytes as a record with a header line of a test's own. */
async function recordOf(codec: Codec, members: object, value: unknown): Promise<readonly Uint8Array[]> {
  const json = JSON.stringify({ resultkit: 1, serializer: 'json', codecs: ['encrypt'], ...members })
  const size = Buffer.byteLength(json) + 1
  const line = new TextEncoder().encode(`${json}${' '.repeat(Math.ceil(size / 64) * 64 - size)}\n`)
  const plaintext = new TextEncoder().encode(JSON.stringify(value))
  return encodeRecord(line, [await codec.encode(plaintext, contextOf({ key, header: line }))]).parts
}

describe('streams', () => {
  test('whoever asks for several pieces at once is told no end behind a failure', async () => {
    const codec = encrypt({ keyring: keyring({ primary: generateKey() }) })
    const cipher = await Array.fromAsync(codec.encodeStream(of(new Uint8Array(100_000)), contextOf()))
    const bytes = Uint8Array.from(Buffer.concat(cipher))
    bytes[90_000] = 255 - (bytes[90_000] ?? 0)
    const pieces = codec.decodeStream(of(bytes), contextOf())[Symbol.asyncIterator]()
    const settled = await Promise.allSettled([pieces.next(), pieces.next(), pieces.next()])
    expect(settled.map(({ status }) => status)).toEqual(['rejected', 'rejected', 'rejected'])
  })
})

describe('keyrings', () => {
  test('an older passphrase can be disabled: names of passphrases need not differ', async () => {
    const [old, primary] = ['old', 'new'].map((passphrase) => passphraseKey({ passphrase, memory: 8192, passes: 1 }))
    if (old === undefined || primary === undefined) throw new Error('unreachable')
    const storage = memoryStorage()
    const written = (ring: Keyring) => memoryResult<number>({ storage, codecs: [encrypt({ keyring: ring })] })
    const before = await written(keyring({ primary: old })).write(1, 'a')
    const ring = keyring({ primary, keys: [{ key: old, state: 'disabled' }] })
    await expect(written(ring).read(before)).rejects.toMatchObject({ code: 'DECRYPT' })
    expect(await written(ring).read(await written(ring).write(2, 'b'))).toBe(2)
  })

  test('what is no key is CONFIG, also when it is nothing', () => {
    const keys = [null] as unknown as readonly string[]
    expect(() => keyring({ primary: generateKey(), keys })).toThrow(expect.objectContaining({ code: 'CONFIG' }))
  })

  test('passphrases that UTF-8 makes the same are refused', async () => {
    const passphrase = 'a long passphrase \ud800'
    expect(() => passphraseKey({ passphrase })).toThrow(expect.objectContaining({ code: 'CONFIG' }))
    await expect(exportKey(generateKey(), { passphrase })).rejects.toMatchObject({ code: 'CONFIG' })
  })

  test('what argon2id cannot do, such as for lack of memory, is UNAVAILABLE, not an error without a code', async () => {
    const run = argon2id(new Uint8Array(8), new Uint8Array(16), { memory: 2 ** 43, passes: 1 })
    await expect(run).rejects.toMatchObject({ code: 'UNAVAILABLE', retryable: true })
  })
})

describe('providers', () => {
  test('bytes of another realm are bytes', async () => {
    const base = testProvider('arn:test/1')
    const realm = runInContext('Uint8Array', createContext()) as typeof Uint8Array
    const foreign = (bytes: Uint8Array | undefined) => bytes && (realm.from(bytes) as Uint8Array)
    const provider = {
      ...base,
      wrap: async (...call: Parameters<typeof base.wrap>) => foreign(await base.wrap(...call)) as Uint8Array,
      unwrap: async (...call: Parameters<typeof base.unwrap>) => foreign(await base.unwrap(...call)),
    }
    const result = memoryResult({ codecs: [encrypt({ keyring: keyring({ primary: providerKey(provider) }) })] })
    expect(await result.read(await result.write('value', 'a'))).toBe('value')
  })

  test('a key wrapped into nothing is not written: nobody could read it', async () => {
    const provider = { ...testProvider('arn:test/1'), wrap: async () => new Uint8Array() }
    const result = memoryResult({ codecs: [encrypt({ keyring: keyring({ primary: providerKey(provider) }) })] })
    await expect(result.write('value', 'a')).rejects.toMatchObject({ code: 'UNSUPPORTED' })
  })
})

describe('sealed references', () => {
  test('contexts that UTF-8 makes the same, and what is no text, are CONFIG', async () => {
    const ring = keyring({ primary: generateKey() })
    const reference = await memoryResult({}).write(1, 'a')
    const token = await sealReference(reference, ring, { context: '\ufffd' })
    for (const context of ['\ud800', 'tenant \udc01', null, 7, {}, new Uint8Array(3)] as string[]) {
      await expect(sealReference(reference, ring, { context })).rejects.toMatchObject({ code: 'CONFIG' })
      await expect(openReference(token, ring, { context })).rejects.toMatchObject({ code: 'CONFIG' })
    }
    expect(await openReference(token, ring, { context: '\ufffd' })).toEqual(reference)
  })
})

describe('rewrap', () => {
  const createdAt = '2026-11-22T08:00:00.000Z'

  test('full keeps members of the header that this release does not know', async () => {
    const [old, primary] = [generateKey(), generateKey()]
    const storage = memoryStorage()
    const before = encrypt({ keyring: keyring({ primary: old }) })
    const result = memoryResult({ storage, codecs: [encrypt({ keyring: keyring({ primary, keys: [old] }) })] })
    const added = { metadata: { by: 'another writer' }, later: { addition: [1, 'ä'] } }
    await put(storage, await recordOf(before, { createdAt, ...added }, 'value'))
    expect(await rewrap(result, { mode: 'full' })).toMatchObject({ rewrapped: 1 })
    const { line, header } = decodeRecord(await stored(storage))
    expect(JSON.parse(new TextDecoder().decode(line))).toMatchObject({ ...added, createdAt })
    expect(header.supersedes).toHaveLength(1)
    expect(await result.read('runs/1')).toBe('value')
  })

  test('full of a record whose header has no room is a failure of that object alone', async () => {
    const [old, primary] = [generateKey(), generateKey()]
    const storage = memoryStorage()
    const before = encrypt({ keyring: keyring({ primary: old }) })
    const rotated = memoryResult({ storage, codecs: [encrypt({ keyring: keyring({ primary, keys: [old] }) })] })
    await put(storage, await recordOf(before, { createdAt, writer: 'w'.repeat(8050) }, 'value'))
    await memoryResult({ storage, codecs: [before] }).write('another', 'runs/2')
    const report = await rewrap(rotated, { mode: 'full' })
    expect(report).toMatchObject({ rewrapped: 1, failed: 1, errors: [{ code: 'UNSUPPORTED', key: 'runs/1' }] })
    expect(await rotated.read('runs/1')).toBe('value')
  })

  test.each(['wrap', 'full'] as const)('%s leaves no second slot through which an older key gets in', async (mode) => {
    const [old, primary] = [generateKey(), generateKey()]
    const storage = memoryStorage()
    const rings = [old, primary].map((each) => keyring({ primary: envelopeKey(each) }))
    const both = memoryResult<string>({
      storage,
      codecs: [encrypt({ keyring: keyring({ primary: envelopeKey(primary), keys: [envelopeKey(old)] }) })],
    })
    await memoryResult({ storage, codecs: [encrypt({ keyring: rings[0] as Keyring })] }).write('value', 'runs/1')
    const { line, payload } = decodeRecord(await stored(storage))
    const slotsOf = (bytes: Uint8Array) => bytes.slice(8, 8 + 108)
    await rewrap(both, { mode: 'wrap' })
    const moved = decodeRecord(await stored(storage)).payload
    for (const order of [
      [moved, payload],
      [payload, moved],
    ]) {
      const prefix = Uint8Array.from(payload.subarray(0, 8))
      prefix[7] = 216
      await put(storage, encodeRecord(line, [prefix, ...order.map(slotsOf), payload.subarray(116)]).parts)
      expect(await both.read('runs/1')).toBe('value')
      expect(await rewrap(both, { mode })).toMatchObject({ rewrapped: 1 })
      expect(await both.find('runs/1')).toMatchObject({ status: 'hit', value: 'value', stale: false })
      const opened = await rings[0]?.keyForReading(
        decodeRecord(await stored(storage)).payload.slice(8, 116),
        { namespace: '', key },
        undefined,
      )
      expect(opened).toBeUndefined()
    }
  })

  test.each(['wrap', 'full'] as const)('%s twice at once moves every object once', async (mode) => {
    const [old, primary] = [envelopeKey(generateKey()), envelopeKey(generateKey())]
    const storage = memoryStorage()
    const before = memoryResult<number>({ storage, codecs: [encrypt({ keyring: keyring({ primary: old }) })] })
    const references = await Promise.all(Array.from({ length: 20 }, (_, index) => before.write(index, `runs/${index}`)))
    const after = before.with({ codecs: [encrypt({ keyring: keyring({ primary, keys: [old] }) })] })
    const reports = await Promise.all([rewrap(after, { mode, concurrency: 3 }), rewrap(after, { mode })])
    expect(reports.map(({ failed }) => failed)).toEqual([0, 0])
    expect(reports.reduce((sum, { rewrapped }) => sum + rewrapped, 0)).toBe(20)
    for (const [index, reference] of references.entries()) {
      expect(await after.find(reference)).toMatchObject({ status: 'hit', value: index, stale: false })
      const object = await storage.read(parseKey(`runs/${index}`, 'test'), ANY)
      const { header } = decodeRecord((await object?.bytes()) ?? new Uint8Array())
      expect(header.supersedes).toHaveLength(mode === 'full' ? 1 : 0)
    }
  })
})
