import { createDecipheriv } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { generateKey, keyId } from '../src/index.ts'
import { decodeKey, encodeKey } from '../src/paserk.ts'
import { decodeToken, decryptToken, encryptToken } from '../src/paseto.ts'
import { loadSodium } from '../src/sodium.ts'
import { hchacha20 } from '../src/xchacha20.ts'

const VECTORS = new URL('../../../../test-fixtures/vectors/', import.meta.url)

function vectors<T>(path: string): T {
  return JSON.parse(readFileSync(new URL(path, VECTORS), 'utf8')) as T
}

const hex = (text: string): Uint8Array => new Uint8Array(Buffer.from(text, 'hex'))
const utf8 = (text: string): Uint8Array => new TextEncoder().encode(text)
const sodium = await loadSodium()

interface PasetoCase {
  readonly name: string
  readonly key: string
  readonly nonce: string
  readonly token: string
  readonly payload: string
  readonly footer: string
  readonly 'implicit-assertion': string
}

describe('PASETO v4.local', () => {
  const { tests } = vectors<{ tests: PasetoCase[] }>('paseto/v4.local.json')

  test('has its nine cases', () => {
    expect(tests).toHaveLength(9)
  })

  test.each(tests)('$name', (vector) => {
    const [footer, assertion] = [utf8(vector.footer), utf8(vector['implicit-assertion'])]
    const context = { footer, assertion }
    const key = hex(vector.key)
    const token = encryptToken(sodium, key, utf8(vector.payload), context, hex(vector.nonce))
    expect(token).toBe(vector.token)
    const open = (text: string, given: Uint8Array = assertion): Uint8Array | undefined => {
      const decoded = decodeToken(text)
      return decoded && decryptToken(sodium, key, decoded, given)
    }
    expect(Buffer.from(open(vector.token) ?? []).toString()).toBe(vector.payload)

    const [version, purpose, body = '', ...rest] = vector.token.split('.')
    const bytes = Buffer.from(body, 'base64url')
    const with_ = (changed: Buffer, tail: readonly string[] = rest): string =>
      [version, purpose, changed.toString('base64url'), ...tail].join('.')
    // A bit of the nonce, of the message and of the tag.
    for (const at of [0, 31, 32, bytes.length - 33, bytes.length - 32, bytes.length - 1]) {
      const changed = Buffer.from(bytes)
      changed[at] = (changed[at] ?? 0) ^ 1
      expect(open(with_(changed)), `bit of byte ${at}`).toBeUndefined()
    }
    const other = Buffer.from('another').toString('base64url')
    const broken = [
      with_(bytes.subarray(0, -1)),
      with_(Buffer.concat([bytes, Buffer.of(0)])),
      with_(bytes.subarray(0, 63)),
      with_(bytes, [other]),
      with_(bytes, [...rest, other]),
      with_(bytes, ['']),
      vector.token.replace('v4.', 'v3.'),
      vector.token.replace('.local.', '.public.'),
      vector.token.replace('v4.local.', 'v4.local..'),
      `${vector.token}=`,
      `${vector.token}\n`,
      '',
    ]
    for (const text of broken) expect(open(text), text).toBeUndefined()
    expect(open(vector.token, utf8(`${vector['implicit-assertion']}x`))).toBeUndefined()
    if (rest.length > 0) expect(open(with_(bytes, []))).toBeUndefined()
  })
})

interface PaserkCase {
  readonly name: string
  readonly 'expect-fail': boolean
  readonly key: string | null
  readonly paserk: string | null
}

describe('PASERK', () => {
  test.each(vectors<{ tests: PaserkCase[] }>('paseto/k4.lid.json').tests)('$name', ({ key, paserk, ...vector }) => {
    const text = encodeKey({ header: 'k4.local.', bytes: hex(key ?? '') })
    if (vector['expect-fail']) expect(() => keyId(text)).toThrow(expect.objectContaining({ code: 'CONFIG' }))
    else expect(keyId(text)).toBe(paserk)
  })

  test.each(vectors<{ tests: PaserkCase[] }>('paseto/k4.local.json').tests)('$name', ({ key, paserk, ...vector }) => {
    if (vector['expect-fail']) {
      const text = paserk ?? encodeKey({ header: 'k4.local.', bytes: hex(key ?? '') })
      const decoded = decodeKey(text)
      expect(decoded?.header === 'k4.local.' ? decoded : undefined).toBeUndefined()
      return
    }
    const decoded = decodeKey(paserk ?? '')
    expect(Buffer.from(decoded?.bytes ?? []).toString('hex')).toBe(key)
    expect(encodeKey({ header: 'k4.local.', bytes: hex(key ?? '') })).toBe(paserk)
  })

  test('a new key is another one each time', () => {
    const [one, two] = [generateKey(), generateKey()]
    expect(one).toMatch(/^k4\.local\.[A-Za-z0-9_-]{43}$/)
    expect(one).not.toBe(two)
  })
})

interface AeadCase {
  readonly tcId: number
  readonly key: string
  readonly iv: string
  readonly aad: string
  readonly msg: string
  readonly ct: string
  readonly tag: string
  readonly result: 'valid' | 'invalid'
}

describe('XChaCha20-Poly1305', () => {
  const { testGroups } = vectors<{ testGroups: { tests: AeadCase[] }[] }>('wycheproof/xchacha20_poly1305_test.json')
  const cases = testGroups.flatMap(({ tests }) => tests)

  /** XChaCha20-Poly1305 as ChaCha20-Poly1305 under our HChaCha20: what proves the latter. */
  function throughNode({ key, iv, aad, ct, tag }: AeadCase): string | undefined {
    if (hex(iv).byteLength !== 24) return undefined
    const nonce = Buffer.concat([Buffer.alloc(4), hex(iv).subarray(16)])
    const subkey = hchacha20(hex(key), hex(iv).subarray(0, 16))
    const decipher = createDecipheriv('chacha20-poly1305', subkey, nonce, { authTagLength: 16 })
    decipher.setAAD(hex(aad), { plaintextLength: hex(ct).byteLength })
    decipher.setAuthTag(hex(tag))
    try {
      return Buffer.concat([decipher.update(hex(ct)), decipher.final()]).toString('hex')
    } catch {
      return undefined
    }
  }

  function throughSodium({ key, iv, aad, ct, tag }: AeadCase): string | undefined {
    try {
      const combined = new Uint8Array([...hex(ct), ...hex(tag)])
      const opened = sodium.crypto_aead_xchacha20poly1305_ietf_decrypt(null, combined, hex(aad), hex(iv), hex(key))
      return Buffer.from(opened).toString('hex')
    } catch {
      return undefined
    }
  }

  test('every case, through libsodium and through Node behind HChaCha20', () => {
    expect(cases).toHaveLength(315)
    for (const vector of cases) {
      const expected = vector.result === 'valid' ? vector.msg : undefined
      expect(throughSodium(vector), `libsodium, case ${vector.tcId}`).toBe(expected)
      expect(throughNode(vector), `node, case ${vector.tcId}`).toBe(expected)
    }
  })
})
