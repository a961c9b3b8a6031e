import { memoryResult, memoryStorage, ResultError } from '@resultkit/core'
import { describe, expect, test } from 'vitest'
import { encrypt, generateKey, type KeyProvider, keyring, type ProviderKeyOptions, providerKey } from '../src/index.ts'
import { testProvider } from './kms.ts'

const NAMESPACE = { namespace: 'tenants/ada', key: 'a/key' }

function ringOf(provider: KeyProvider, options: ProviderKeyOptions = {}) {
  return keyring({ primary: providerKey(provider, options) })
}

describe('providerKey', () => {
  test('a value goes through, with one key an object; reading again asks nobody', async () => {
    const provider = testProvider('arn:test/1')
    const result = memoryResult({ codecs: [encrypt({ keyring: ringOf(provider) })] })
    const [one, two] = [await result.write('one', 'a'), await result.write('two', 'b')]
    expect(await result.read(one)).toBe('one')
    expect(await result.read(two)).toBe('two')
    expect(await result.read(two)).toBe('two')
    expect(provider.calls.map(({ operation }) => operation)).toEqual(['wrap', 'wrap', 'unwrap', 'unwrap'])
  })

  test('is told a hash of the namespace: no names, the same each time, another one under a context key', async () => {
    const provider = testProvider('arn:test/1')
    const contextKey = generateKey()
    await ringOf(provider).keyForWriting(NAMESPACE, undefined)
    await ringOf(provider).keyForWriting({ ...NAMESPACE, key: 'another' }, undefined)
    await ringOf(provider).keyForWriting({ ...NAMESPACE, namespace: 'tenants/bob' }, undefined)
    await ringOf(provider, { contextKey }).keyForWriting(NAMESPACE, undefined)
    const [first, second, third, keyed] = provider.calls.map(({ binding }) => binding)
    expect(first).toMatch(/^[0-9a-f]{64}$/)
    expect(second).toBe(first)
    expect(new Set([first, third, keyed]).size).toBe(3)
  })

  test('a data key of one namespace serves no other, also while it is cached', async () => {
    const provider = testProvider('arn:test/1')
    const ring = ringOf(provider, { cache: { uses: 10 } })
    const { slots, inputKey } = await ring.keyForWriting(NAMESPACE, undefined)
    const other = { ...NAMESPACE, namespace: 'tenants/bob' }
    expect((await ring.keyForReading(slots, NAMESPACE, undefined))?.inputKey).toEqual(inputKey)
    expect(await ring.keyForReading(slots, other, undefined)).toBeUndefined()
    expect((await ring.keyForWriting(other, undefined)).inputKey).not.toEqual(inputKey)
  })

  test('cached keys are used as often and as long as the options say', async () => {
    const provider = testProvider('arn:test/1')
    let now = 0
    const ring = ringOf(provider, { cache: { uses: 3, maxAge: '1m', entries: 2, clock: () => now } })
    const write = async () => (await ring.keyForWriting(NAMESPACE, undefined)).slots
    const wraps = () => provider.calls.filter(({ operation }) => operation === 'wrap').length
    for (let count = 1; count <= 6; count++) {
      await write()
      expect(wraps()).toBe(Math.ceil(count / 3))
    }
    await write()
    now = 60_000
    const slots = await write()
    expect(wraps()).toBe(4)

    const unwraps = () => provider.calls.filter(({ operation }) => operation === 'unwrap').length
    const read = (block: Uint8Array) => ring.keyForReading(block, NAMESPACE, undefined)
    await read(slots)
    await read(slots)
    expect(unwraps()).toBe(1)
    now = 120_000
    await read(slots)
    expect(unwraps()).toBe(2)
    now = 180_000
    const more = [
      await write(),
      ...(await Promise.all([1, 2, 3].map(() => ringOf(provider).keyForWriting(NAMESPACE, undefined)))).map(
        (one) => one.slots,
      ),
    ]
    for (const block of more) await read(block)
    const before = unwraps()
    for (const block of more.slice(-2)) await read(block)
    expect(unwraps()).toBe(before)
    await read(more[0] ?? slots)
    expect(unwraps()).toBe(before + 1)
  })

  test('entries: 0 asks each time', async () => {
    const provider = testProvider('arn:test/1')
    const ring = ringOf(provider, { cache: { entries: 0 } })
    const { slots } = await ring.keyForWriting(NAMESPACE, undefined)
    for (let count = 0; count < 3; count++) await ring.keyForReading(slots, NAMESPACE, undefined)
    expect(provider.calls).toHaveLength(4)
  })

  test('an outage is UNAVAILABLE and retryable, never a wrong key; the provider’s own ResultError passes', async () => {
    const provider = testProvider('arn:test/1')
    const ring = ringOf(provider)
    const storage = memoryStorage()
    const result = memoryResult({ storage, location: 'a', codecs: [encrypt({ keyring: ring })] })
    await result.write(1)
    const cause = new Error('https://kms.example/?X-Amz-Signature=canary')
    provider.failure = cause
    const error = await result.read().catch((thrown: unknown) => thrown)
    expect(error).toMatchObject({ code: 'UNAVAILABLE', retryable: true, cause })
    expect(String(error)).not.toContain('canary')
    await expect(result.write(2)).rejects.toMatchObject({ code: 'UNAVAILABLE' })
    provider.failure = new ResultError({ code: 'ACCESS_DENIED', operation: 'unwrap', message: 'Not allowed.' })
    await expect(result.find()).rejects.toMatchObject({ code: 'ACCESS_DENIED' })
    provider.failure = undefined
    expect(await result.read()).toBe(1)
  })

  test('another id is another key, and is not even asked', async () => {
    const [one, two] = [testProvider('arn:test/1'), testProvider('arn:test/2')]
    const { slots, inputKey } = await ringOf(one).keyForWriting(NAMESPACE, undefined)
    expect(await ringOf(two).keyForReading(slots, NAMESPACE, undefined)).toBeUndefined()
    expect(two.calls).toEqual([])
    const rotated = keyring({ primary: providerKey(two), keys: [providerKey(one)] })
    expect(await rotated.keyForReading(slots, NAMESPACE, undefined)).toEqual({ inputKey, stale: true })
  })

  test('ends with the signal while the provider hangs', async () => {
    const hanging: KeyProvider = { ...testProvider('arn:test/1'), wrap: () => new Promise(() => {}) }
    const control = new AbortController()
    const running = ringOf(hanging).keyForWriting(NAMESPACE, control.signal)
    control.abort(new Error('enough'))
    await expect(running).rejects.toMatchObject({ code: 'ABORTED' })
    await expect(ringOf(hanging).keyForWriting(NAMESPACE, AbortSignal.abort())).rejects.toMatchObject({
      code: 'ABORTED',
    })
  })

  test('answers that are no keys are refused', async () => {
    const base = testProvider('arn:test/1')
    const { slots } = await ringOf(base).keyForWriting(NAMESPACE, undefined)
    const short: KeyProvider = { ...base, unwrap: async () => new Uint8Array(31) }
    expect(await ringOf(short).keyForReading(slots, NAMESPACE, undefined)).toBeUndefined()
    const long: KeyProvider = { ...base, wrap: async () => new Uint8Array(8001) }
    await expect(ringOf(long).keyForWriting(NAMESPACE, undefined)).rejects.toMatchObject({ code: 'UNSUPPORTED' })
  })
})
