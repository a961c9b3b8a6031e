import { collectBytes } from '@resultkit/core'
import fc from 'fast-check'
import { describe, expect, test, vi } from 'vitest'
import { CHUNK_BYTES, deriveKeys, deriveSecrets, MAX_CHUNKS, SALT_BYTES, setNonce } from '../src/chunked.ts'
import { chunkOpener, chunkSealer } from '../src/chunked-stream.ts'
import { openWhole, sealWhole } from '../src/chunked-whole.ts'
import { AEAD_KEY_BYTES, type AeadName } from '../src/engine.ts'
import { loadEngine } from '../src/engine-load.ts'
import { mixedEngine } from '../src/engine-mixed.ts'
import { SUITES } from '../src/suite.ts'
import { contextOf, engines, keyNamed, testCodec, through } from './payload-kit.ts'

const [node, sodium, mixed] = await engines()
const BORDERS = [0, 1, 2].flatMap((chunks) => [-2, -1, 0, 1, 2, 15, 16, 17].map((by) => chunks * CHUNK_BYTES + by))
const SIZES = [
  ...new Set([
    ...BORDERS.filter((size) => size >= 0),
    4095,
    4096,
    4097,
    20 * 1024,
    17 * CHUNK_BYTES,
    600 * CHUNK_BYTES + 5,
  ]),
]
const NOTHING = new Uint8Array()
const go = (): void => {}

const bytesOf = (size: number): Uint8Array => Uint8Array.from({ length: size }, (_, index) => (index * 31 + size) & 255)
async function* pieces(bytes: Uint8Array, size: number): AsyncGenerator<Uint8Array, void, undefined> {
  for (let at = 0; at < bytes.byteLength; at += size) yield bytes.subarray(at, at + size)
}
const keysOn = (engine: typeof node, salt: Uint8Array, context: Uint8Array, name = 'input') =>
  deriveKeys(engine, { aead: 'AEAD_CHACHA20_POLY1305', inputKey: keyNamed(name), context }, salt)

test('node:crypto is taken where it is present', async () => {
  expect((await loadEngine()).name).toBe('node:crypto')
})

test.each(SIZES)('all engines give the same bytes: %i', async (size) => {
  const salt = bytesOf(SALT_BYTES)
  const message = bytesOf(size)
  const sealed = await sealWhole(keysOn(node, salt, NOTHING), NOTHING, message, go)
  for (const engine of [node, sodium, mixed]) {
    const again = await sealWhole(keysOn(engine, salt, NOTHING), NOTHING, message, go)
    expect(Buffer.from(again).equals(sealed)).toBe(true)
    const streamed = await collectBytes(
      through(pieces(message, 50_000), chunkSealer(keysOn(engine, salt, NOTHING), go)),
    )
    expect(Buffer.from(streamed).equals(sealed)).toBe(true)
    const opened = await openWhole(keysOn(engine, salt, NOTHING), sealed, go)
    expect(Buffer.from(opened).equals(message)).toBe(true)
    const back = await collectBytes(through(pieces(sealed, 50_000), chunkOpener(keysOn(engine, salt, NOTHING), go)))
    expect(Buffer.from(back).equals(message)).toBe(true)
  }
})

test('libsodium takes what node:crypto does not have', async () => {
  const without = mixedEngine({ ...node, aead: () => undefined }, sodium)
  const message = bytesOf(2 * CHUNK_BYTES + 1)
  const sealed = await sealWhole(keysOn(without, bytesOf(SALT_BYTES), NOTHING), NOTHING, message, go)
  const opened = await openWhole(keysOn(node, bytesOf(SALT_BYTES), NOTHING), sealed, go)
  expect(Buffer.from(opened).equals(message)).toBe(true)
})

test('all engines agree, whatever salt, context, message and cut', async () => {
  const salts = fc.uint8Array({ minLength: SALT_BYTES, maxLength: SALT_BYTES })
  const property = fc.asyncProperty(
    salts,
    fc.uint8Array(),
    fc.nat(40_000),
    fc.integer({ min: 1, max: 20_000 }),
    async (salt, context, size, step) => {
      const message = bytesOf(size)
      expect(keysOn(sodium, salt, context).commitment).toEqual(Uint8Array.from(keysOn(node, salt, context).commitment))
      const sealed = await collectBytes(through(pieces(message, step), chunkSealer(keysOn(node, salt, context), go)))
      const opened = await collectBytes(through(pieces(sealed, step), chunkOpener(keysOn(sodium, salt, context), go)))
      expect(Buffer.from(opened).equals(message)).toBe(true)
      for (const engine of [sodium, mixed])
        expect(await sealWhole(keysOn(engine, salt, context), NOTHING, message, go)).toEqual(sealed)
    },
  )
  await fc.assert(property, { numRuns: 40 })
})

test('what one engine wrote, the other reads', async () => {
  for (const size of [0, 1, CHUNK_BYTES, 100_000])
    for (const padded of [false, true]) {
      const onNode = testCodec({ padded, engine: async () => node })
      const onSodium = testCodec({ padded, engine: async () => sodium })
      const message = bytesOf(size)
      expect(await onSodium.decode(await onNode.encode(message, contextOf()), contextOf())).toEqual(message)
      expect(await onNode.decode(await onSodium.encode(message, contextOf()), contextOf())).toEqual(message)
    }
})

test('without node:crypto, all runs on libsodium, and gives what can be read with it', async () => {
  const getBuiltinModule = vi.spyOn(process, 'getBuiltinModule').mockImplementation((() => undefined) as never)
  try {
    vi.resetModules()
    const alone = await import('./payload-kit.ts')
    const sealed = await alone.testCodec().encode(bytesOf(40_000), contextOf())
    const pin = alone.testCodec().pin(sealed)
    getBuiltinModule.mockRestore()
    expect(await testCodec().decode(sealed, contextOf())).toEqual(bytesOf(40_000))
    expect(Uint8Array.from(testCodec().pin(sealed) ?? [])).toEqual(pin)
    expect((await (await import('../src/engine-load.ts')).loadEngine()).name).toBe('libsodium')
  } finally {
    getBuiltinModule.mockRestore()
    vi.resetModules()
  }
})

test('short chunks are left to libsodium, and no others, for an AEAD that it has', () => {
  const asked: string[] = []
  const noting = (engine: typeof node, name: string): typeof node => ({
    ...engine,
    aead(aead, key) {
      const made = engine.aead(aead, key)
      if (made !== undefined) asked.push(`${name} ${aead}`)
      return made
    },
  })
  const engine = mixedEngine(noting(node, 'node'), noting(sodium, 'sodium'))
  const seal = (aead: AeadName, size: number): readonly string[] => {
    asked.length = 0
    engine.aead(aead, keyNamed('key'))?.seal(new Uint8Array(12), bytesOf(size), new Uint8Array(size + 16), 0)
    return [...asked]
  }
  expect(seal('AEAD_CHACHA20_POLY1305', 4096)).toEqual(['sodium AEAD_CHACHA20_POLY1305'])
  expect(seal('AEAD_CHACHA20_POLY1305', 4097)).toContain('node AEAD_CHACHA20_POLY1305')
  expect(seal('AEAD_AES_256_GCM', 10)).toEqual(['node AEAD_AES_256_GCM'])
})

test('chunks of both lengths, in any order, are under one key', () => {
  for (const sizes of [
    [10, 5000, 20],
    [5000, 10, 6000],
  ]) {
    const keys = keysOn(mixed, bytesOf(SALT_BYTES), NOTHING)
    for (const [index, size] of sizes.entries()) {
      const [sealed, expected, opened] = [new Uint8Array(size + 16), new Uint8Array(size + 16), new Uint8Array(size)]
      keys.seal(index, bytesOf(size), sealed, 0)
      keysOn(node, bytesOf(SALT_BYTES), NOTHING).seal(index, bytesOf(size), expected, 0)
      expect(sealed).toEqual(expected)
      expect(keys.open(index, sealed, opened, 0)).toBe(true)
      expect(opened).toEqual(bytesOf(size))
      sealed[0] = (sealed[0] as number) ^ 1
      const untouched = new Uint8Array(size)
      expect(keys.open(index, sealed, untouched, 0)).toBe(false)
      expect(untouched).toEqual(new Uint8Array(size))
    }
  }
})

test('AES without node:crypto is UNSUPPORTED, which says what to do', async () => {
  const codec = testCodec({ suite: SUITES['aes-256-gcm'], engine: async () => sodium })
  const written = await testCodec({ suite: SUITES['aes-256-gcm'] }).encode(bytesOf(10), contextOf())
  for (const attempt of [() => codec.encode(bytesOf(10), contextOf()), () => codec.decode(written, contextOf())])
    await expect(attempt()).rejects.toMatchObject({
      code: 'UNSUPPORTED',
      message: expect.stringContaining("suite: 'chacha20-poly1305'"),
    })
})

describe('chunk numbers', () => {
  const base = Uint8Array.from({ length: 12 }, (_, index) => 0xa0 + index)
  const nonceOf = (index: number): string => Buffer.from(setNonce(new Uint8Array(12), base, index)).toString('hex')
  const expected = (index: number): string => {
    const number = Buffer.from(index.toString(16).padStart(24, '0'), 'hex')
    return Buffer.from(base.map((byte, at) => byte ^ (number[at] as number))).toString('hex')
  }

  test.each([0, 1, 255, 256, 65_535, 65_536, 2 ** 24, 2 ** 31, 2 ** 32 - 1, 2 ** 32, 2 ** 32 + 1, MAX_CHUNKS - 1])(
    '%i is a 12-byte big-endian integer',
    (index) => {
      expect(nonceOf(index)).toBe(expected(index))
    },
  )

  test('are 2^38 at most', () => {
    expect(() => nonceOf(MAX_CHUNKS)).toThrow(RangeError)
    expect(base[0]).toBe(0xa0)
  })

  test('chunk 2^32 + 5 is not chunk 5', () => {
    for (const engine of [node, sodium, mixed]) {
      const keys = keysOn(engine, bytesOf(SALT_BYTES), NOTHING)
      const sealed = new Uint8Array(26)
      keys.seal(2 ** 32 + 5, bytesOf(10), sealed, 0)
      const target = new Uint8Array(10)
      expect([5, 2 ** 32 + 6, 2 ** 33 + 5].map((index) => keys.open(index, sealed, target, 0))).not.toContain(true)
      expect(target).toEqual(new Uint8Array(10))
      expect(keys.open(2 ** 32 + 5, sealed, target, 0)).toBe(true)
      expect(target).toEqual(bytesOf(10))
    }
  })
})

test.each(Object.keys(AEAD_KEY_BYTES) as AeadName[])('%s refuses keys of another length', (aead) => {
  for (const by of [-1, 1, 16]) {
    const inputKey = new Uint8Array(AEAD_KEY_BYTES[aead] + by)
    expect(() => deriveSecrets(node, { aead, inputKey, context: NOTHING }, bytesOf(SALT_BYTES))).toThrow(
      expect.objectContaining({ code: 'CONFIG' }),
    )
  }
})
