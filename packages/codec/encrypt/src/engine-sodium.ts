import { type Aead, type Engine, TAG_BYTES } from './engine.ts'
import { hmacOn, type Sha512 } from './hmac.ts'
import type { Sodium } from './sodium.ts'

/** The engine on libsodium in WebAssembly: the reference. It has ChaCha20-Poly1305 alone. */
export function sodiumEngine(sodium: Sodium): Engine {
  const sha512: Sha512 = {
    hash: (bytes) => sodium.crypto_hash(bytes),
    hashInto: (bytes, target, at) => target.set(sodium.crypto_hash(bytes), at),
  }
  return {
    name: 'libsodium',
    hmac: (key, messageBytes) => hmacOn(sha512, key, messageBytes),
    aead: (name, key) => (name === 'AEAD_CHACHA20_POLY1305' ? sodiumAead(sodium, key) : undefined),
    equal: (a, b) => a.byteLength === b.byteLength && sodium.memcmp(a, b),
  }
}

function sodiumAead(sodium: Sodium, key: Uint8Array): Aead {
  return {
    seal(nonce, plaintext, target, at) {
      target.set(sodium.crypto_aead_chacha20poly1305_ietf_encrypt(plaintext, null, null, nonce, key), at)
    },
    open(nonce, sealed, target, at) {
      const plaintext = openOrUndefined(sodium, nonce, sealed, key)
      if (plaintext === undefined) return false
      target.set(plaintext, at)
      return true
    },
  }
}

function openOrUndefined(
  sodium: Sodium,
  nonce: Uint8Array,
  sealed: Uint8Array,
  key: Uint8Array,
): Uint8Array | undefined {
  if (sealed.byteLength < TAG_BYTES) return undefined
  try {
    return sodium.crypto_aead_chacha20poly1305_ietf_decrypt(null, sealed, null, nonce, key)
  } catch {
    return undefined
  }
}
