import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { withSodium } from '../src/argon2.ts'
import { decodeBase64url, encodeBase64url } from '../src/base64url.ts'
import { blake2bOf } from '../src/blake2b.ts'
import { exportKey, generateKey, generateKeyPair, importKey, keyId } from '../src/index.ts'
import { encodeKey } from '../src/paserk.ts'
import { loadSodium } from '../src/sodium.ts'
import { hchacha20, xchacha20 } from '../src/xchacha20.ts'

const sodium = await loadSodium()
const hex = (text: string): Uint8Array => new Uint8Array(Buffer.from(text, 'hex'))
const SEQUENCE = '707172737475767778797a7b7c7d7e7f808182838485868788898a8b8c8d8e8f'
const ZEROS = `k4.local.${'A'.repeat(43)}`
const OF_SEQUENCE = encodeKey({ header: 'k4.local.', bytes: hex(SEQUENCE) })
const cheap = { memory: 8192, passes: 1 }

describe('primitives', () => {
  test('BLAKE2b is that of libsodium, for every length of hash and message', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 400 }), fc.integer({ min: 16, max: 64 }), (message, size) => {
        expect(Buffer.from(blake2bOf(size, message))).toEqual(
          Buffer.from(sodium.crypto_generichash(size, message, null)),
        )
      }),
    )
  })

  test('HChaCha20 gives the answer of its draft', () => {
    const key = Uint8Array.from({ length: 32 }, (_, index) => index)
    const subkey = hchacha20(key, hex('000000090000004a0000000031415927'))
    expect(Buffer.from(subkey).toString('hex')).toBe('82413b4227b27bfed30e42508a877d73a0f9e4d58a74a853c12ec41326d3ecdc')
  })

  test('XChaCha20 is the cipher under XChaCha20-Poly1305, whose stream starts one block later', () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ minLength: 32, maxLength: 32 }),
        fc.uint8Array({ minLength: 24, maxLength: 24 }),
        fc.uint8Array({ maxLength: 1000 }),
        (key, nonce, message) => {
          const sealed = sodium.crypto_aead_xchacha20poly1305_ietf_encrypt(message, null, null, nonce, key)
          const ours = xchacha20(key, nonce, new Uint8Array([...new Uint8Array(64), ...message])).subarray(64)
          expect(Buffer.from(ours)).toEqual(Buffer.from(sealed.subarray(0, message.byteLength)))
          expect(Buffer.from(xchacha20(key, nonce, xchacha20(key, nonce, message)))).toEqual(Buffer.from(message))
        },
      ),
    )
  })

  test('base64url is canonical: one text for some bytes, and no other is read', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 100 }), (bytes) => {
        const text = encodeBase64url(bytes)
        expect(text).toBe(Buffer.from(bytes).toString('base64url'))
        expect(decodeBase64url(text)).toEqual(bytes)
      }),
    )
    for (const text of ['AA==', 'AB', 'AAB', 'A', 'AA\nAA', 'AA AA', 'AA+A', 'AA/A', 'AA*A', 'AAAA=', 'ÄAAA'])
      expect(decodeBase64url(text), text).toBeUndefined()
  })
})

// Known answers of paseto-standard/test-vectors and of its reference implementation.
describe('published answers', () => {
  const sealed =
    'k4.seal.OPFn-AEUsKUWtAUZrutVvd9YaZ4CmV4_lk6ii8N72l5gTnl8RlL_zRFqWTZZV9gSnPzARQ_QklrZ2Qs6cJGKOENNOnsDXL5haXcr-QbTXgoLVBvT4ruJ8MdjWXGRTVc9'
  const secret = hex(
    '407796f4bc4b8184e9fe0c54b336822d34823092ad873d87ba14c3efb9db8c1db7715bd661458d928654d3e832f53ff5c9480542e0e3d4c9b032c768c7ce6023',
  )

  test('k4.local-wrap.pie', async () => {
    const wrapped =
      'k4.local-wrap.pie.y-PC8Zh6P1DoOBUdhRr7W8GWSgHtRKvE8PWWYA-qXy3fxJDmaRsxcZVQzuvXHZuBg5MqCgh_y5K0WbukJCrDX73Wdf631VBnE1DNHafbjnGNzFNWP59ba9ifsOAgE7Bw'
    expect(await importKey(wrapped, { wrappingKey: OF_SEQUENCE })).toBe(ZEROS)
  })

  test('k4.local-pw', async () => {
    const wrapped =
      'k4.local-pw.-0q-gj9oN18gifSrvpClFwAAAAAEAAAAAAAAAgAAAAH1hyLMFQGs5F1aZoysb7bRtc91SYXu2-bi-mmISIF5cs-SQHp1MoppBFc9I1LTkZA4KsVR_ipH3XdGLj3Pe77qCE64HI1cPG1LNDF0vINnGOrLEaE1Clfi'
    expect(await importKey(wrapped, { passphrase: 'correct horse battery staple' })).toBe(OF_SEQUENCE)
  })

  test('k4.seal', async () => {
    expect(await importKey(sealed, { secretKey: encodeKey({ header: 'k4.secret.', bytes: secret }) })).toBe(ZEROS)
  })

  test('k4.pid and k4.sid', () => {
    const seeded = sodium.crypto_sign_seed_keypair(hex(SEQUENCE))
    expect(keyId(encodeKey({ header: 'k4.public.', bytes: hex(SEQUENCE) }))).toBe(
      'k4.pid.9ShR3xc8-qVJ_di0tc9nx0IDIqbatdeM2mqLFBJsKRHs',
    )
    expect(keyId(encodeKey({ header: 'k4.secret.', bytes: seeded.privateKey }))).toBe(
      'k4.sid.gHYyx8y5YzqKEZeYoMDqUOKejdSnY_AWhYZiSCMjR1V5',
    )
  })

  test('argon2id of Node and of libsodium are one', async () => {
    const node = (await import('../src/argon2.ts')).argon2id
    const [passphrase, salt] = [new TextEncoder().encode('a passphrase'), hex(SEQUENCE).subarray(0, 16)]
    const cost = { memory: 64 * 1024, passes: 3 }
    expect(await node(passphrase, salt, cost)).toEqual(await withSodium(passphrase, salt, cost))
  })
})

describe('export and import', () => {
  test('a key comes back through each protection, and no other opens it', async () => {
    const [key, wrappingKey] = [generateKey(), generateKey()]
    const [pair, other] = await Promise.all([generateKeyPair(), generateKeyPair()])
    const exported = await Promise.all([
      exportKey(key, { passphrase: 'correct horse', ...cheap }),
      exportKey(key, { wrappingKey }),
      exportKey(key, { publicKey: pair.publicKey }),
    ])
    const [password, wrapped, sealed] = exported
    expect(exported.map((text) => text.slice(0, text.lastIndexOf('.')))).toEqual([
      'k4.local-pw',
      'k4.local-wrap.pie',
      'k4.seal',
    ])
    expect(await importKey(password, { passphrase: 'correct horse' })).toBe(key)
    expect(await importKey(wrapped, { wrappingKey })).toBe(key)
    expect(await importKey(sealed, { secretKey: pair.secretKey })).toBe(key)
    const wrong = [
      () => importKey(password, { passphrase: 'Correct horse' }),
      () => importKey(wrapped, { wrappingKey: key }),
      () => importKey(sealed, { secretKey: other.secretKey }),
      () => importKey(wrapped, { passphrase: 'correct horse' }),
      () => importKey(sealed, { wrappingKey }),
    ]
    for (const attempt of wrong) await expect(attempt()).rejects.toMatchObject({ code: 'DECRYPT' })
  })

  test('a changed bit anywhere opens nothing', async () => {
    const [key, wrappingKey] = [generateKey(), generateKey()]
    const { publicKey, secretKey } = await generateKeyPair()
    const forms = [
      [await exportKey(key, { wrappingKey }), { wrappingKey }],
      [await exportKey(key, { publicKey }), { secretKey }],
      [await exportKey(key, { passphrase: 'p', ...cheap }), { passphrase: 'p', maxMemory: 1024 * 1024 }],
    ] as const
    for (const [text, protection] of forms) {
      const start = text.lastIndexOf('.') + 1
      const bytes = Buffer.from(text.slice(start), 'base64url')
      for (let at = 0; at < bytes.length; at += 5) {
        const changed = Buffer.from(bytes)
        changed[at] = (changed[at] ?? 0) ^ 4
        const opened = importKey(text.slice(0, start) + changed.toString('base64url'), protection)
        await expect(opened, `${text.slice(0, start)} byte ${at}`).rejects.toMatchObject({ code: 'DECRYPT' })
      }
    }
  })

  test('what a file asks for is held against the limits before any work', async () => {
    const exported = await exportKey(generateKey(), { passphrase: 'p', memory: 64 * 1024, passes: 2 })
    const start = exported.lastIndexOf('.') + 1
    const asking = (memory: bigint, passes: number): string => {
      const bytes = Buffer.from(exported.slice(start), 'base64url')
      bytes.writeBigUInt64BE(memory, 16)
      bytes.writeUInt32BE(passes, 24)
      return exported.slice(0, start) + bytes.toString('base64url')
    }
    const greedy = [
      asking(2n ** 40n, 1),
      asking(2n ** 63n, 1),
      asking(65536n, 2 ** 32 - 1),
      asking(65536n, 17),
      asking(0n, 1),
    ]
    for (const text of greedy)
      await expect(importKey(text, { passphrase: 'p' })).rejects.toMatchObject({ code: 'DECRYPT' })
    await expect(importKey(exported, { passphrase: 'p', maxPasses: 1 })).rejects.toMatchObject({ code: 'DECRYPT' })
    await expect(importKey(exported, { passphrase: 'p', maxMemory: 8192 })).rejects.toMatchObject({ code: 'DECRYPT' })
    expect(await importKey(exported, { passphrase: 'p', maxMemory: 65536, maxPasses: 2 })).toMatch(/^k4\.local\./)
  })

  test('malformed keys and limits are CONFIG, and are not quoted', async () => {
    const secret = 'k4.local.hunter2hunter2'
    const refused = [
      () => exportKey(secret, { passphrase: 'p' }),
      () => exportKey(generateKey(), { wrappingKey: secret }),
      () => exportKey(generateKey(), { publicKey: secret }),
      () => exportKey(generateKey(), { passphrase: '' }),
      () => exportKey(generateKey(), { passphrase: 'p', memory: 2 ** 31 }),
      () => exportKey(generateKey(), { passphrase: 'p', memory: 10_000 }),
      () => exportKey(generateKey(), { passphrase: 'p', maxMemory: 2 ** 31 }),
      () => exportKey(generateKey(), { passphrase: 'p', passes: 17 }),
      async () => keyId(secret),
    ]
    for (const attempt of refused) {
      const error: unknown = await attempt().catch((thrown: unknown) => thrown)
      expect(error).toMatchObject({ code: 'CONFIG' })
      expect(String(error)).not.toContain('hunter2')
    }
  })
})
