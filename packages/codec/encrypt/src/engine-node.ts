import type { CipherChaCha20Poly1305Types, CipherGCMTypes } from 'node:crypto'
import { type Aead, type AeadName, type Engine, TAG_BYTES } from './engine.ts'
import { hmacOn } from './hmac.ts'

type NodeCrypto = typeof import('node:crypto')
type Cipher = CipherGCMTypes & CipherChaCha20Poly1305Types

const CIPHERS: Readonly<Record<AeadName, string>> = {
  AEAD_CHACHA20_POLY1305: 'chacha20-poly1305',
  AEAD_AES_256_GCM: 'aes-256-gcm',
  AEAD_AES_128_GCM: 'aes-128-gcm',
}

const OPTIONS = { authTagLength: TAG_BYTES } as const

/** `node:crypto`, where there is one. No import, because a browser has no such module and a bundler would look for it. */
export function nodeCrypto(): NodeCrypto | undefined {
  return globalThis.process?.getBuiltinModule?.('node:crypto')
}

/** The engine on `node:crypto`; `undefined` where there is none. */
export function nodeEngine(): Engine | undefined {
  const crypto = nodeCrypto()
  if (crypto === undefined) return undefined
  return {
    name: 'node:crypto',
    hmac: (key) => hmacOn((bytes) => crypto.hash('sha512', bytes, 'buffer'), key),
    aead: (name, key) => nodeAead(crypto, CIPHERS[name] as Cipher, key),
    equal: (a, b) => a.byteLength === b.byteLength && crypto.timingSafeEqual(a, b),
  }
}

function nodeAead(crypto: NodeCrypto, name: Cipher, key: Uint8Array): Aead {
  // Raw bytes instead of a KeyObject cost four times as much per chunk.
  const secret = crypto.createSecretKey(key)
  key.fill(0)
  return {
    seal(nonce, plaintext, target, at) {
      const cipher = crypto.createCipheriv(name, secret, nonce, OPTIONS)
      move(cipher.update(plaintext), target, at)
      cipher.final()
      target.set(cipher.getAuthTag(), at + plaintext.byteLength)
    },
    open(nonce, sealed, target, at) {
      const size = sealed.byteLength - TAG_BYTES
      const decipher = crypto.createDecipheriv(name, secret, nonce, OPTIONS)
      decipher.setAuthTag(sealed.subarray(size))
      const plaintext = decipher.update(sealed.subarray(0, size))
      try {
        decipher.final()
      } catch {
        plaintext.fill(0)
        return false
      }
      move(plaintext, target, at)
      return true
    },
  }
}

const WORTH_FREEING = 4096

/** Copies, and frees the source at once: until it is collected, each chunk would go through memory that no cache holds. */
function move(bytes: Buffer, target: Uint8Array, at: number): void {
  target.set(bytes, at)
  const { buffer } = bytes
  const whole = buffer.byteLength === bytes.byteLength && buffer instanceof ArrayBuffer
  if (whole && bytes.byteLength >= WORTH_FREEING) buffer.transfer(0)
}
