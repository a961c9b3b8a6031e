import { collectBytes, memoryResult, memoryStorage } from '@resultkit/core'
import { describe, expect, test, vi } from 'vitest'
import { CHUNK_BYTES, SEALED_CHUNK_BYTES } from '../src/chunked.ts'
import { encrypt, envelopeKey, generateKey, type KeyProvider, keyring, localKey, providerKey } from '../src/index.ts'
import { freshSalt } from '../src/salt.ts'
import { testProvider } from './kms.ts'
import { contextOf, HEADER, testCodec, testKeys } from './payload-kit.ts'

// What went wrong elsewhere, one test each: docs/spec/encryption-v1.md, "Attacks".

vi.mock(import('../src/salt.ts'), async (original) => ({ freshSalt: vi.fn((await original()).freshSalt) }))

const HEAD = 8 + 12 + 56
const MESSAGE = Uint8Array.from({ length: 4 * CHUNK_BYTES + 100 }, (_, index) => (index * 7 + (index >> 8)) & 255)
const codec = testCodec()
const sealed = await codec.encode(MESSAGE, contextOf())
const chunk = (index: number): Uint8Array =>
  sealed.subarray(HEAD + index * SEALED_CHUNK_BYTES, HEAD + (index + 1) * SEALED_CHUNK_BYTES)
const head = sealed.subarray(0, HEAD)
const together = (...parts: readonly Uint8Array[]): Uint8Array => Uint8Array.from(Buffer.concat(parts))
const changed = (at: number, mask = 1): Uint8Array => {
  const copy = sealed.slice()
  copy[at] = (copy[at] as number) ^ mask
  return copy
}

async function* pieces(bytes: Uint8Array, size = 9000): AsyncGenerator<Uint8Array, void, undefined> {
  for (let at = 0; at < bytes.byteLength; at += size) yield bytes.subarray(at, at + size)
}

/** All that is printed of the error of each way of reading. */
async function refusals(bytes: Uint8Array, context = contextOf(), reader = codec): Promise<readonly string[]> {
  const read = async ({ start, end }: { start: number; end?: number | undefined }): Promise<Uint8Array> =>
    bytes.slice(start, end)
  const source = { size: bytes.byteLength, read }
  const whole = { start: 0 }
  const attempts = [
    async () => reader.decode(bytes, context),
    () => collectBytes(reader.decodeStream(pieces(bytes), context)),
    async () => reader.range && collectBytes(reader.range.decodeRange(source, whole, context)),
  ]
  return Promise.all(attempts.map((attempt) => attempt().then(() => 'was given out', printed)))
}

function printed(error: unknown): string {
  return `${JSON.stringify(error)} ${(error as { cause?: unknown }).cause}`
}

const THE_ONE_ERROR = printed(await Promise.resolve(codec.decode(changed(100), contextOf())).catch((e: unknown) => e))
const REFUSED = [THE_ONE_ERROR, THE_ONE_ERROR, THE_ONE_ERROR]

test('what is untouched is read', async () => {
  expect(await refusals(sealed)).toEqual(Array(3).fill('was given out'))
  expect(JSON.parse(THE_ONE_ERROR.replace(/ undefined$/, ''))).toMatchObject({ code: 'DECRYPT', retryable: false })
})

describe('S3 Encryption Client', () => {
  test('CVE-2025-14764: the key slot of another object fails at the commitment', async () => {
    const keyring = testKeys(['first-id', 'other-id'])
    const other = await encrypt({ keyring: testKeys(['other-id']) }).encode(MESSAGE, contextOf())
    const first = await encrypt({ keyring }).encode(MESSAGE, contextOf())
    const exchanged = together(first.subarray(0, 8), other.subarray(8, 20), first.subarray(20))
    expect(await refusals(exchanged, contextOf(), encrypt({ keyring }))).toEqual(REFUSED)
  })

  test('GHSA-7f33-f4f5-xwgw: the suite or the flags of the object cannot be changed', async () => {
    expect(await refusals(changed(4, 3))).toEqual(REFUSED)
    expect(await refusals(changed(5, 1))).toEqual(REFUSED)
    expect(await refusals(changed(5, 2))).toEqual(REFUSED)
  })

  test('GHSA-76wf-9vgp-pj7w: nothing in clear depends on the plaintext', async () => {
    const salt = new Uint8Array(24).fill(7)
    vi.mocked(freshSalt).mockReturnValueOnce(salt).mockReturnValueOnce(salt)
    const one = await codec.encode(MESSAGE, contextOf())
    const other = await codec.encode(new Uint8Array(MESSAGE.byteLength), contextOf())
    expect(one.subarray(0, HEAD)).toEqual(other.subarray(0, HEAD))
    expect(one.subarray(20, 44)).toEqual(salt)
  })

  test('#231, #301, #513: ranges verify tags', async () => {
    for (let at = HEAD; at < sealed.byteLength; at += 997) {
      const bytes = changed(at)
      const index = Math.floor((at - HEAD) / SEALED_CHUNK_BYTES)
      const read = async ({ start, end }: { start: number; end?: number | undefined }): Promise<Uint8Array> =>
        bytes.slice(start, end)
      const range = { start: index * CHUNK_BYTES + 10, end: index * CHUNK_BYTES + 20 }
      const part = codec.range?.decodeRange({ size: bytes.byteLength, read }, range, contextOf())
      await expect(part && collectBytes(part)).rejects.toMatchObject({ code: 'DECRYPT' })
    }
  })
})

test('S3 Encryption Client #231, #301, #513: no two of a thousand messages share a salt', async () => {
  const heads = await Promise.all(
    Array.from({ length: 1000 }, async () => (await codec.encode(new Uint8Array(1), contextOf())).subarray(20, 44)),
  )
  expect(new Set(heads.map((salt) => Buffer.from(salt).toString('hex'))).size).toBe(1000)
})

test('Azure client-side v1, CVE-2022-30187: one error for every cause, nothing to ask an oracle', async () => {
  const causes = {
    tag: changed(HEAD + CHUNK_BYTES),
    body: changed(HEAD + 3),
    salt: changed(25),
    commitment: changed(50),
    slot: changed(12),
    magic: changed(0),
    length: changed(7),
    cut: sealed.subarray(0, -1),
    nothing: new Uint8Array(),
  }
  for (const [cause, bytes] of Object.entries(causes)) expect(await refusals(bytes), cause).toEqual(REFUSED)
  expect(await refusals(sealed, contextOf({ key: 'b' }))).toEqual(REFUSED)
  expect(await refusals(sealed, contextOf(), testCodec({ keyring: testKeys(['other-id']) }))).toEqual(REFUSED)
})

test('Azure Java 12.34.2: chunks that change places, or come twice, are refused', async () => {
  const [a, b, c, d, last] = [0, 1, 2, 3, 4].map(chunk) as [Uint8Array, Uint8Array, Uint8Array, Uint8Array, Uint8Array]
  const orders = [
    [b, a, c, d, last],
    [a, a, c, d, last],
    [a, b, c, d, d, last],
    [a, c, b, d, last],
    [b, c, d, last],
    [a, b, c, last],
    [last, a, b, c, d],
    [a, b, c, d, last, last],
    [a, b, c, d, last, a],
  ]
  for (const order of orders) expect(await refusals(together(head, ...order))).toEqual(REFUSED)
})

test('MinIO SSE-C: the bytes of one key are refused under another, and in another namespace', async () => {
  expect(await refusals(sealed, contextOf({ key: 'a/other' }))).toEqual(REFUSED)
  expect(await refusals(sealed, contextOf(), testCodec({ namespace: 'x' }))).toEqual(REFUSED)
  const named = testCodec({ namespace: 'x' })
  const inX = await named.encode(MESSAGE, contextOf({ key: 'yz' }))
  expect(await refusals(inX, contextOf({ key: 'z' }), testCodec({ namespace: 'xy' }))).toEqual(REFUSED)
})

test('rclone crypt: a cut is no clean end, at every border and inside', async () => {
  const borders = [0, 1, 2, 3, 4].map((index) => HEAD + index * SEALED_CHUNK_BYTES)
  for (const border of [...borders, sealed.byteLength])
    for (const by of [-17, -16, -15, -1, 0, 1, 15, 16, 17, 8000]) {
      const size = border + by
      if (size < sealed.byteLength) expect(await refusals(sealed.subarray(0, size)), `${size}`).toEqual(REFUSED)
    }
})

test('rclone crypt: also a cut of a message whose last chunk is empty', async () => {
  const message = MESSAGE.subarray(0, 2 * CHUNK_BYTES)
  const whole = await codec.encode(message, contextOf())
  expect(whole.byteLength).toBe(HEAD + 2 * SEALED_CHUNK_BYTES + 16)
  for (const size of [HEAD + SEALED_CHUNK_BYTES, HEAD + 2 * SEALED_CHUNK_BYTES, whole.byteLength - 1])
    expect(await refusals(whole.subarray(0, size))).toEqual(REFUSED)
})

test('Temporal sample: a re-labelled record is refused, and plaintext is never passed through', async () => {
  const text = Buffer.from(HEADER).toString().replace('bytes', 'text!')
  expect(await refusals(sealed, contextOf({ header: Buffer.from(text) }))).toEqual(REFUSED)
  expect(await refusals(MESSAGE)).toEqual(REFUSED)
})

test('Tink #648: another key fails at the commitment, before any chunk', async () => {
  const opened = vi.fn()
  const wrong = testKeys(['wrong-id'])
  const keyForReading = async (): Promise<{ inputKey: Uint8Array; stale: boolean }> => ({
    inputKey: (await wrong.keyForWriting({ namespace: '', key: '' }, undefined)).inputKey,
    stale: false,
  })
  const { loadEngine } = await import('../src/engine-load.ts')
  const engine = await loadEngine()
  const spied = {
    ...engine,
    aead: (...given: Parameters<typeof engine.aead>) => {
      const aead = engine.aead(...given)
      return (
        aead && {
          ...aead,
          open: (...args: Parameters<typeof aead.open>) => {
            opened()
            return aead.open(...args)
          },
        }
      )
    },
  }
  const reader = testCodec({ keyring: { ...wrong, keyForReading }, engine: async () => spied })
  expect(await refusals(sealed, contextOf(), reader)).toEqual(REFUSED)
  expect(opened).not.toHaveBeenCalled()
  expect(await refusals(sealed, contextOf(), testCodec({ engine: async () => spied }))).not.toEqual(REFUSED)
  expect(opened).toHaveBeenCalled()
})

test('libsodium #724: a stream without its short chunk is an error', async () => {
  expect(await refusals(together(head, chunk(0), chunk(1)))).toEqual(REFUSED)
})

describe('AWS Encryption SDK for Python, CVE-2026-6550: a cache answers no question that was not asked', () => {
  const cache = { uses: 100, entries: 100 }
  const resultIn = (provider: KeyProvider, namespace: string, key = providerKey(provider, { cache })) => ({
    key,
    result: memoryResult({
      storage: memoryStorage(),
      codecs: [encrypt({ keyring: keyring({ primary: key }), namespace })],
    }),
  })

  test('a data key that one namespace may use serves no other', async () => {
    const provider = testProvider('kms/1')
    const { key, result } = resultIn(provider, 'ada')
    await result.write(1, 'a')
    await result.write(2, 'b')
    expect(provider.calls).toHaveLength(1)
    await resultIn(provider, 'bob', key).result.write(3, 'c')
    expect(provider.calls.map(({ operation }) => operation)).toEqual(['wrap', 'wrap'])
    expect(new Set(provider.calls.map(({ binding }) => binding)).size).toBe(2)
  })

  test('and a key that was unwrapped before opens nothing that does not commit to it', async () => {
    const key = providerKey(testProvider('kms/1'), { cache })
    const shared = encrypt({ keyring: keyring({ primary: key }) })
    const one = await shared.encode(MESSAGE, contextOf())
    expect(await shared.decode(one, contextOf())).toEqual(MESSAGE)
    const foreign = await encrypt({ keyring: keyring({ primary: providerKey(testProvider('kms/1')) }) }).encode(
      MESSAGE,
      contextOf(),
    )
    const behind = 8 + new DataView(one.buffer).getUint16(6)
    expect(await refusals(together(one.subarray(0, behind), foreign.subarray(behind)), contextOf(), shared)).toEqual(
      REFUSED,
    )
  })
})

describe('Rails #52872, #48530: a rotation loses nothing', () => {
  test.each([
    ['local', localKey],
    ['envelope', envelopeKey],
  ])('%s keys: what older keys wrote and sealed is found by key, and by reference', async (_, make) => {
    const storage = memoryStorage()
    const rings = [generateKey(), generateKey(), generateKey()].map((_key, index, all) =>
      keyring({ primary: make(all[index] as string), keys: all.slice(0, index).map(make) }),
    )
    const results = rings.map((ring) =>
      memoryResult({ storage, codecs: [encrypt({ keyring: ring })], keyring: ring, seal: true }),
    )
    const sealedReferences = await Promise.all(results.map((result, index) => result.write(index, `k/${index}`)))
    for (const [index, reference] of sealedReferences.entries()) {
      expect(await results[2]?.find(reference)).toMatchObject({ status: 'hit', value: index, stale: index < 2 })
      expect(await results[2]?.find(`k/${index}`)).toMatchObject({ status: 'hit', value: index, stale: index < 2 })
    }
  })
})
