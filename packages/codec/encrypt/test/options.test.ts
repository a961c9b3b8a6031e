import { memoryResult, memoryStorage, type ResultError } from '@resultkit/core'
import { describe, expect, test } from 'vitest'
import {
  type EncryptOptions,
  encrypt,
  exportKey,
  generateKey,
  generateKeyPair,
  importKey,
  type KeyringOptions,
  keyring,
  localKey,
  openReference,
  passphraseKey,
  providerKey,
  type RewrapOptions,
  rewrap,
  sealReference,
} from '../src/index.ts'
import { testProvider } from './kms.ts'

// What callers without types give. What is wrong is CONFIG, and nothing that was asked for is left out in silence.

const key = generateKey()
const ring = keyring({ primary: key })
const result = memoryResult({ codecs: [encrypt({ keyring: ring })] })
const reference = await result.write(1, 'a')
const given = <T>(value: unknown): T => value as T

async function refused(attempt: () => unknown): Promise<ResultError> {
  const error: unknown = await Promise.try(attempt).then(
    () => undefined,
    (thrown: unknown) => thrown,
  )
  expect(error, String(attempt)).toMatchObject({ code: 'CONFIG' })
  return error as ResultError
}

describe('what is no object', () => {
  test.each([undefined, null, 'text', 7])('%s', async (nothing) => {
    await refused(() => keyring(given(nothing)))
    await refused(() => encrypt(given(nothing)))
    await refused(() => passphraseKey(given(nothing)))
    await refused(() => providerKey(given(nothing)))
    await refused(() => exportKey(key, given(nothing)))
    await refused(() => importKey('k4.local-pw.AAAA', given(nothing)))
    await refused(() => rewrap(result, given(nothing)))
    await refused(() => rewrap(given<typeof result>(nothing), { mode: 'full' }))
    await refused(() => sealReference(reference, given(nothing)))
    await refused(() => openReference('sealed:x', given(nothing)))
    if (nothing !== undefined) {
      await refused(() => keyring({ primary: key, keys: given(nothing) }))
      await refused(() => providerKey(testProvider('x'), given(nothing)))
      await refused(() => providerKey(testProvider('x'), { cache: given(nothing) }))
      await refused(() => sealReference(reference, ring, given(nothing)))
      await refused(() => openReference('sealed:x', ring, given(nothing)))
    }
  })

  test('a context that is not in an object would bind nothing', async () => {
    const message = expect.stringContaining('options context')
    expect(await refused(() => sealReference(reference, ring, given('tenant')))).toMatchObject({ message })
  })

  test('a storage is no Result', async () => {
    expect((await refused(() => rewrap(given<typeof result>(memoryStorage()), { mode: 'full' }))).message).toContain(
      'is a Result',
    )
  })

  test('a passphrase is text or bytes, and not what looks like an array', async () => {
    for (const passphrase of [['a', 'b'], { length: 8 }, new Uint16Array(8)])
      await refused(() => passphraseKey({ passphrase: given(passphrase) }))
  })
})

test('options that there are not are named', async () => {
  const bound = given<EncryptOptions>({ keyring: ring, bind: 'location' })
  expect((await refused(() => encrypt(bound))).message).toContain('was given "bind"')
  const rehearsed = given<RewrapOptions>({ mode: 'full', dryRun: true })
  expect((await refused(() => rewrap(result, rehearsed))).message).toContain('"dryRun"')
  const mistyped = given<KeyringOptions>({ primary: key, keys: [{ key: generateKey(), status: 'disabled' }] })
  expect((await refused(() => keyring(mistyped))).message).toContain('"status"')
  await refused(() => passphraseKey(given({ passphrase: 'x', maxMemroy: 8192 })))
  await refused(() => sealReference(reference, ring, given({ audience: 'x' })))
})

test('a key is exported in one way', async () => {
  const { publicKey, secretKey } = await generateKeyPair()
  for (const protection of [{}, { publicKey, wrappingKey: key }, { secretKey }])
    expect((await refused(() => exportKey(key, given(protection)))).message).toMatch(/publicKey/)
  for (const protection of [{}, { secretKey, wrappingKey: key }, { publicKey }])
    expect((await refused(() => importKey('k4.seal.AAAA', given(protection)))).message).toMatch(/secretKey/)
})

describe('keys of a keyring', () => {
  test('a key in an entry without a state is decrypt-only', () => {
    const { keys } = keyring({ primary: key, keys: [{ key: generateKey() }] })
    expect(keys.map(({ state }) => state)).toEqual(['primary', 'decrypt-only'])
  })

  test('the primary may be among all the keys; with another state it may not', async () => {
    const old = generateKey()
    const both = keyring({ primary: key, keys: [old, key, localKey(key), old, { key: old, state: 'decrypt-only' }] })
    expect(both.keys.map(({ state }) => state)).toEqual(['primary', 'decrypt-only'])
    await refused(() => keyring({ primary: key, keys: [{ key, state: 'disabled' }] }))
    await refused(() => keyring({ primary: key, keys: [old, { key: old, state: 'disabled' }] }))
  })

  test('what is exported, or an id, is no key, and the error says what to do', async () => {
    const exported = await exportKey(key, { wrappingKey: generateKey() })
    expect((await refused(() => keyring({ primary: exported }))).message).toContain('importKey()')
    expect((await refused(() => keyring({ primary: ring.primary }))).message).toContain('an id is none')
  })
})
