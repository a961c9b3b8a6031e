import {
  createResultStore,
  memoryResult,
  memoryStorage,
  parseReference,
  type ResultReference,
  type,
} from '@resultkit/core'
import fc from 'fast-check'
import { describe, expect, expectTypeOf, test } from 'vitest'
import {
  encrypt,
  envelopeKey,
  generateKey,
  generateKeyPair,
  keyId,
  keyring,
  openReference,
  passphraseKey,
  sealReference,
} from '../src/index.ts'
import { pae } from '../src/pae.ts'
import { decodeKey } from '../src/paserk.ts'
import { decodeToken, encryptToken } from '../src/paseto.ts'
import { subkey } from '../src/primitives.ts'
import { loadSodium } from '../src/sodium.ts'

const key = generateKey()
const ring = keyring({ primary: key })

function reference(name: string, storage = 's3/prod'): ResultReference<number[]> {
  return parseReference({
    type: 'reference',
    v: 1,
    storage,
    key: name,
    format: 'record',
    serializer: 'json',
    codecs: ['encrypt'],
    size: 1234,
    sha256: 'ab'.repeat(32),
  })
}

const anyReference = fc
  .tuple(fc.string({ unit: 'binary', minLength: 1, maxLength: 200 }), fc.string({ minLength: 1 }))
  .map(([name, storage]) => `${JSON.stringify([name.replaceAll('/', '|'), storage])}`)
  .map((text) => JSON.parse(text) as [string, string])
  .filter(([name]) => !['.', '..', '.resultkit'].includes(name) && !name.includes('\0') && !name.startsWith('sealed:'))
  .map(([name, storage]) => reference(name, storage))

const DECRYPT = expect.objectContaining({ code: 'DECRYPT', operation: 'openReference' })

describe('sealReference and openReference', () => {
  test('any reference comes back, with its type', async () => {
    await fc.assert(
      fc.asyncProperty(anyReference, fc.option(fc.string(), { nil: undefined }), async (given, context) => {
        const token = await sealReference(given, ring, { context })
        expect(token).toMatch(/^sealed:v4\.local\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+$/)
        expect(await openReference(token, ring, { context })).toEqual(given)
      }),
    )
    const opened = await openReference(await sealReference(reference('a'), ring), ring)
    expectTypeOf(opened).toEqualTypeOf<ResultReference<number[]>>()
  })

  test('is the token that any PASETO library would make of the subkey', async () => {
    const sodium = await loadSodium()
    const token = await sealReference(reference('a'), ring, { context: 'tenant' })
    const { body, footer } = decodeToken(token.slice('sealed:'.length)) ?? {}
    expect(Buffer.from(footer ?? []).toString()).toBe(`{"kid":"${keyId(key)}"}`)
    const root = decodeKey(key)?.bytes ?? new Uint8Array()
    const again = encryptToken(
      sodium,
      subkey(sodium, root, 3),
      new TextEncoder().encode(JSON.stringify(reference('a')).padEnd(384)),
      { footer: footer ?? new Uint8Array(), assertion: pae(['resultkit.reference.v1', 'tenant']) },
      body?.subarray(0, 32),
    )
    expect(`sealed:${again}`).toBe(token)
  })

  test('names of usual length give tokens of one length', async () => {
    const lengths = new Set<number>()
    for (const size of [1, 10, 60, 120, 180])
      lengths.add((await sealReference(reference('k'.repeat(size)), ring)).length)
    expect(lengths.size).toBe(1)
    const longer = [250, 290].map((size) => sealReference(reference('k'.repeat(size)), ring))
    const [first, second] = await Promise.all(longer)
    expect(first?.length).toBe(second?.length)
  })

  test('two tokens of one reference share nothing but header and footer', async () => {
    const [one, two] = await Promise.all([sealReference(reference('a'), ring), sealReference(reference('a'), ring)])
    expect(one).not.toBe(two)
    expect(one.split('.').at(-1)).toBe(two.split('.').at(-1))
    expect(one.slice(0, 40)).not.toBe(two.slice(0, 40))
  })

  test('whatever is wrong is one error', async () => {
    const token = await sealReference(reference('a'), ring, { context: 'tenant' })
    const [head, version, body = '', footer = ''] = [token.slice(0, 7), ...token.slice(7).split('.').slice(1)]
    const flipped = (text: string, at: number): string => {
      const bytes = Buffer.from(text, 'base64url')
      bytes[at] = (bytes[at] ?? 0) ^ 1
      return bytes.toString('base64url')
    }
    const other = keyring({ primary: generateKey() })
    const disabled = keyring({ primary: generateKey(), keys: [{ key, state: 'disabled' }] })
    const attempts: readonly (readonly [string, typeof ring, string | undefined])[] = [
      [token, ring, undefined],
      [token, ring, ''],
      [token, ring, 'Tenant'],
      [token, other, 'tenant'],
      [token, disabled, 'tenant'],
      ...[0, 40, 300].map((at) => [`${head}v4.${version}.${flipped(body, at)}.${footer}`, ring, 'tenant'] as const),
      ...[0, 20, 60].map((at) => [`${head}v4.${version}.${body}.${flipped(footer, at)}`, ring, 'tenant'] as const),
      [`${head}v4.${version}.${body}`, ring, 'tenant'],
      [`${token}=`, ring, 'tenant'],
      [`${token} `, ring, 'tenant'],
      [token.slice(0, -1), ring, 'tenant'],
      [`${token}.AAAA`, ring, 'tenant'],
      [token.slice(7), ring, 'tenant'],
      ['sealed:', ring, 'tenant'],
      ['', ring, 'tenant'],
      [`sealed:v4.local.${'A'.repeat(100)}.${'A'.repeat(200_000)}`, ring, 'tenant'],
      [undefined as never, ring, 'tenant'],
    ]
    const messages = new Set<string>()
    for (const [text, keys, context] of attempts) {
      const error: unknown = await openReference(text, keys, { context }).catch((thrown: unknown) => thrown)
      expect(error, text).toEqual(DECRYPT)
      messages.add(String(error))
    }
    expect(messages.size).toBe(1)
    expect(await openReference(token, ring, { context: 'tenant' })).toEqual(reference('a'))
  })

  test('after a rotation the old key opens, and a local and an envelope key are one', async () => {
    const token = await sealReference(reference('a'), ring)
    expect(await openReference(token, keyring({ primary: generateKey(), keys: [key] }))).toEqual(reference('a'))
    expect(await openReference(token, keyring({ primary: envelopeKey(key) }))).toEqual(reference('a'))
    expect(await openReference(token, keyring({ primary: generateKey(), references: key }))).toEqual(reference('a'))
  })

  test('keys that cannot seal say so, and references: gives them one that can', async () => {
    const { publicKey } = await generateKeyPair()
    for (const primary of [publicKey, passphraseKey({ passphrase: 'p', memory: 8192 })]) {
      await expect(sealReference(reference('a'), keyring({ primary }))).rejects.toMatchObject({ code: 'UNSUPPORTED' })
      const sealing = keyring({ primary, references: key })
      expect(await openReference(await sealReference(reference('a'), sealing), ring)).toEqual(reference('a'))
    }
  })

  test('only references are sealed', async () => {
    await expect(sealReference({ a: 1 } as never, ring)).rejects.toMatchObject({ code: 'CONFIG' })
    const notOne = await ring.seal('{"type":"literal","value":true}', undefined)
    await expect(openReference(notOne, ring)).rejects.toMatchObject({ code: 'CONFIG' })
    const noJson = await ring.seal('not JSON', undefined)
    await expect(openReference(noJson, ring)).rejects.toMatchObject({ code: 'CONFIG' })
  })
})

describe('in Results and stores', () => {
  test('write seals; read, find, stat and delete accept it', async () => {
    const result = memoryResult({ location: '{user}', codecs: [encrypt({ keyring: ring })], keyring: ring, seal: true })
    const sealed = await result.write([1, 2], { user: 'ada' })
    expectTypeOf(sealed).toExtend<string>()
    expect(sealed).toMatch(/^sealed:v4\.local\./)
    expect(await result.read(sealed)).toEqual([1, 2])
    const found = await result.find(sealed)
    expect(found).toMatchObject({ status: 'hit', value: [1, 2], stale: false })
    expect(found.status === 'hit' && (await result.read(found.reference as string))).toEqual([1, 2])
    expect(await result.exists(sealed)).toBe(true)
    await result.delete(sealed)
    expect(await result.find(sealed)).toEqual({ status: 'miss' })
  })

  test('a store opens it in another process from configuration alone', async () => {
    const storage = memoryStorage()
    const options = {
      storages: { main: storage },
      codecs: [encrypt({ keyring: ring })],
      seal: { context: 'tenant' },
    } as const
    const writing = createResultStore({ ...options, keyring: ring, defaults: { codecs: options.codecs } })
    const sealed = await writing.result('main', { location: 'a', validators: [type<number[]>()] }).write([3])
    const reading = createResultStore({ ...options, keyring: keyring({ primary: generateKey(), keys: [key] }) })
    expect(await reading.get(sealed)).toEqual([3])
    expect(await (await reading.open(sealed)).get()).toEqual([3])
    const elsewhere = createResultStore({ ...options, keyring: ring, seal: { context: 'another' } })
    await expect(elsewhere.get(sealed)).rejects.toEqual(DECRYPT)
  })

  test('audience and expiry hold: another context is DECRYPT, an expired result EXPIRED', async () => {
    let now = Date.UTC(2026, 0, 1)
    const options = { storage: memoryStorage(), codecs: [encrypt({ keyring: ring })], clock: () => now }
    const tenant = memoryResult({ ...options, seal: { keyring: ring, context: 'tenant-7' } })
    const sealed = await tenant.write(1, 'a', { expiresAt: new Date(now + 1000) })
    const other = memoryResult({ ...options, seal: { keyring: ring, context: 'tenant-8' } })
    await expect(other.read(sealed)).rejects.toEqual(DECRYPT)
    expect(await tenant.read(sealed)).toBe(1)
    now += 1000
    await expect(tenant.read(sealed)).rejects.toMatchObject({ code: 'EXPIRED' })
    expect(await tenant.find(sealed)).toMatchObject({ status: 'expired' })
  })

  test('find says stale for what an old key encrypted', async () => {
    const storage = memoryStorage()
    const next = keyring({ primary: generateKey(), keys: [key] })
    const options = { storage, location: 'a' }
    await memoryResult({ ...options, codecs: [encrypt({ keyring: ring })] }).write(1)
    expect(await memoryResult({ ...options, codecs: [encrypt({ keyring: next })] }).find()).toMatchObject({
      status: 'hit',
      stale: true,
    })
  })
})
