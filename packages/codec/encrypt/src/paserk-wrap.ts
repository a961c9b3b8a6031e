import { concatBytes } from '@resultkit/core'
import { blake2b, randomBytes, sameBytes } from './primitives.ts'
import type { Sodium } from './sodium.ts'
import { xchacha20 } from './xchacha20.ts'

// PASERK k4.local-wrap.pie and k4.seal, as the bytes behind their headers. Tags are compared before anything is decrypted.
export const PIE_HEADER = 'k4.local-wrap.pie.'
export const SEAL_HEADER = 'k4.seal.'

/** Bytes of either form: two times 32 around a 32-byte key. */
export const WRAPPED_BYTES = 96

/** Wraps a 32-byte key under a 32-byte key. @param nonce - 32 random bytes */
export function wrapPie(
  sodium: Sodium,
  wrappingKey: Uint8Array,
  key: Uint8Array,
  nonce: Uint8Array = randomBytes(32),
): Uint8Array {
  const { encryption, stream, authentication } = pieKeys(sodium, wrappingKey, nonce)
  const encrypted = xchacha20(encryption, stream, key)
  const tag = blake2b(sodium, 32, authentication, PIE_HEADER, nonce, encrypted)
  return concatBytes([tag, nonce, encrypted])
}

/** The wrapped key; `undefined` when this is none, or under another key. */
export function unwrapPie(sodium: Sodium, wrappingKey: Uint8Array, wrapped: Uint8Array): Uint8Array | undefined {
  if (wrapped.byteLength !== WRAPPED_BYTES) return undefined
  const [tag, nonce, encrypted] = thirds(wrapped)
  const { encryption, stream, authentication } = pieKeys(sodium, wrappingKey, nonce)
  const expected = blake2b(sodium, 32, authentication, PIE_HEADER, nonce, encrypted)
  return sameBytes(sodium, tag, expected) ? xchacha20(encryption, stream, encrypted) : undefined
}

function pieKeys(sodium: Sodium, wrappingKey: Uint8Array, nonce: Uint8Array) {
  const derived = blake2b(sodium, 56, wrappingKey, Uint8Array.of(0x80), nonce)
  return {
    encryption: derived.subarray(0, 32),
    stream: derived.subarray(32),
    authentication: blake2b(sodium, 32, wrappingKey, Uint8Array.of(0x81), nonce),
  }
}

/** Seals a 32-byte key for the owner of an Ed25519 public key. The sender stays unknown. */
export function sealKey(sodium: Sodium, publicKey: Uint8Array, key: Uint8Array): Uint8Array {
  const recipient = sodium.crypto_sign_ed25519_pk_to_curve25519(publicKey)
  const ephemeral = randomBytes(32)
  const sender = sodium.crypto_scalarmult_base(ephemeral)
  const keys = sealKeys(sodium, sodium.crypto_scalarmult(ephemeral, recipient), sender, recipient)
  const encrypted = xchacha20(keys.encryption, keys.stream, key)
  const tag = blake2b(sodium, 32, keys.authentication, SEAL_HEADER, sender, encrypted)
  return concatBytes([tag, sender, encrypted])
}

/** The sealed key; `undefined` when this is none, or for somebody else. @param secretKey - 64 bytes: seed and public key */
export function unsealKey(sodium: Sodium, secretKey: Uint8Array, sealed: Uint8Array): Uint8Array | undefined {
  if (sealed.byteLength !== WRAPPED_BYTES) return undefined
  const [tag, sender, encrypted] = thirds(sealed)
  const own = sodium.crypto_sign_ed25519_sk_to_curve25519(secretKey)
  const shared = sharedSecret(sodium, own, sender)
  if (shared === undefined) return undefined
  const keys = sealKeys(sodium, shared, sender, sodium.crypto_scalarmult_base(own))
  const expected = blake2b(sodium, 32, keys.authentication, SEAL_HEADER, sender, encrypted)
  return sameBytes(sodium, tag, expected) ? xchacha20(keys.encryption, keys.stream, encrypted) : undefined
}

/** libsodium throws for the few points of low order, which no honest sender has. */
function sharedSecret(sodium: Sodium, own: Uint8Array, sender: Uint8Array): Uint8Array | undefined {
  try {
    return sodium.crypto_scalarmult(own, sender)
  } catch {
    return undefined
  }
}

function sealKeys(sodium: Sodium, shared: Uint8Array, sender: Uint8Array, recipient: Uint8Array) {
  const derive = (purpose: number): Uint8Array =>
    blake2b(sodium, 32, null, Uint8Array.of(purpose), SEAL_HEADER, shared, sender, recipient)
  return { encryption: derive(1), authentication: derive(2), stream: blake2b(sodium, 24, null, sender, recipient) }
}

function thirds(bytes: Uint8Array): readonly [Uint8Array, Uint8Array, Uint8Array] {
  return [bytes.subarray(0, 32), bytes.subarray(32, 64), bytes.subarray(64)]
}
