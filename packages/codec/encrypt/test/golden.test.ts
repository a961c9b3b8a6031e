import { readFileSync } from 'node:fs'
import { bytes, memoryStorage, parseKey, Result } from '@resultkit/core'
import { describe, expect, test } from 'vitest'
import { encrypt } from '../src/encrypt.ts'
import { keyring } from '../src/keyring.ts'
import { parseRecord } from './golden-kit.ts'
import { engines, testCodec } from './payload-kit.ts'

// Records that released versions wrote (scripts/make-golden-encrypted.ts): this version reads them, or refuses them.

interface Expected {
  readonly bytes?: number
  readonly error?: string
  readonly namespace?: string
}

const DIRECTORY = new URL('../../../../test-fixtures/golden/encrypted/', import.meta.url)
const INDEX = JSON.parse(readFileSync(new URL('index.json', DIRECTORY), 'utf8')) as Readonly<Record<string, Expected>>
const KEY = `k4.local.${Buffer.from(Array.from({ length: 32 }, (_, index) => index)).toString('base64url')}`
const NAME = 'golden/result'
const ring = keyring({ primary: KEY })

const messageOf = (size: number): Uint8Array => Uint8Array.from({ length: size }, (_, i) => (i * 7 + (i >> 8)) & 255)
const fileOf = (name: string): Uint8Array => Uint8Array.from(readFileSync(new URL(name, DIRECTORY)))

async function resultOf(name: string, namespace: string | undefined): Promise<Result<unknown, 'golden/result'>> {
  const storage = memoryStorage()
  const options = { ifAbsent: false, ifMatch: undefined, contentType: 'x/y', size: undefined, signal: undefined }
  await storage.write(parseKey(NAME), fileOf(name), { ...options, writeId: 'golden' })
  return new Result({ storage, location: NAME, serializer: bytes(), codecs: [encrypt({ keyring: ring, namespace })] })
}

async function streamed(result: Result<unknown, 'golden/result'>, range?: { start: number }): Promise<Uint8Array> {
  const parts: Uint8Array[] = []
  for await (const piece of result.stream({}, { range })) parts.push(piece)
  return Uint8Array.from(Buffer.concat(parts))
}

test('there are good and bad ones', () => {
  const all = Object.values(INDEX)
  expect(all.filter(({ error }) => error === undefined).length).toBeGreaterThanOrEqual(9)
  expect(all.filter(({ error }) => error === 'DECRYPT').length).toBeGreaterThanOrEqual(30)
})

describe.each(Object.entries(INDEX))('%s', (name, { bytes: size, namespace }) => {
  test(size === undefined ? 'is refused' : 'is read', async () => {
    const result = await resultOf(name, namespace)
    const ways = [async () => result.read({}), () => streamed(result), () => streamed(result, { start: 0 })]
    for (const way of ways)
      if (size === undefined) await expect(way()).rejects.toMatchObject({ code: 'DECRYPT' })
      else expect(await way()).toEqual(messageOf(size))
  })

  test('on either engine', async () => {
    const { line, payload } = parseRecord(fileOf(name))
    for (const engine of await engines()) {
      const codec = testCodec({ keyring: ring, namespace: namespace ?? '', engine: async () => engine })
      const decoded = (async () => codec.decode(payload, { key: NAME, header: line, report: () => {} }))()
      const unsupported = engine.name === 'libsodium' && name.includes('aes')
      if (unsupported) await expect(decoded).rejects.toMatchObject({ code: 'UNSUPPORTED' })
      else if (size === undefined) {
        // AES is asked for by the byte that was changed, and this engine does not have it.
        const refusal = engine.name === 'libsodium' && name === 'bad-suite.record' ? 'UNSUPPORTED' : 'DECRYPT'
        await expect(decoded).rejects.toMatchObject({ code: refusal })
      } else expect(await decoded).toEqual(messageOf(size))
    }
  })
})
