import type { CipherChaCha20Poly1305Types, CipherGCMTypes } from 'node:crypto'
import { type Aead, type AeadName, type Engine, TAG_BYTES } from './engine.ts'
import { hmacOn, type Sha512 } from './hmac.ts'

type NodeCrypto = typeof import('node:crypto')
type Cipher = CipherGCMTypes & CipherChaCha20Poly1305Types

const CIPHERS: Readonly<Record<AeadName, string>> = {
  AEAD_CHACHA20_POLY1305: 'chacha20-poly1305',
  AEAD_AES_256_GCM: 'aes-256-gcm',
  AEAD_AES_128_GCM: 'aes-128-gcm',
}

const OPTIONS = { authTagLength: TAG_BYTES } as const

let found: NodeCrypto | undefined

/** `node:crypto`, where there is one. No import, because a browser has no such module and a bundler would look for it. */
export function nodeCrypto(): NodeCrypto | undefined {
  found ??= globalThis.process?.getBuiltinModule?.('node:crypto')
  return found
}

/** The engine on `node:crypto`, with the ciphers that it has; `undefined` where there is none. */
export function nodeEngine(): Engine | undefined {
  const crypto = nodeCrypto()
  if (crypto === undefined) return undefined
  const sha512: Sha512 = {
    hash: (bytes) => crypto.hash('sha512', bytes, 'buffer'),
    hashInto: (bytes, target, at) => copyText(crypto.hash('sha512', bytes, 'binary'), target, at),
  }
  // Bun's node:crypto has no ChaCha20-Poly1305.
  const ciphers = new Set(crypto.getCiphers())
  return {
    name: 'node:crypto',
    hmac: (key, messageBytes) => hmacOn(sha512, key, messageBytes),
    aead: (name, key) => (ciphers.has(CIPHERS[name]) ? nodeAead(crypto, CIPHERS[name] as Cipher, key) : undefined),
    equal: (a, b) => a.byteLength === b.byteLength && crypto.timingSafeEqual(a, b),
  }
}

/** SHA-256; `undefined` where there is no `node:crypto`. */
export function nodeSha256(bytes: Uint8Array): Uint8Array | undefined {
  const text = nodeCrypto()?.hash('sha256', bytes, 'binary')
  if (text === undefined) return undefined
  const hash = new Uint8Array(text.length)
  copyText(text, hash, 0)
  return hash
}

/** A short text of bytes costs half of a Buffer, which is an object outside the heap. */
function copyText(text: string, target: Uint8Array, at: number): void {
  for (let index = 0; index < text.length; index++) target[at + index] = text.charCodeAt(index)
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
