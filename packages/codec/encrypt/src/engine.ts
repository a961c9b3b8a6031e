import { ResultError } from '@resultkit/core'
import type { Hmac } from './hmac.ts'

/** The name of an AEAD in the IANA registry. `AEAD_AES_128_GCM` is in no suite; the published vectors use it. */
export type AeadName = 'AEAD_CHACHA20_POLY1305' | 'AEAD_AES_256_GCM' | 'AEAD_AES_128_GCM'

/** Bytes of the key of each AEAD. */
export const AEAD_KEY_BYTES: Readonly<Record<AeadName, number>> = {
  AEAD_CHACHA20_POLY1305: 32,
  AEAD_AES_256_GCM: 32,
  AEAD_AES_128_GCM: 16,
}

/** Bytes of the tag of every AEAD here. */
export const TAG_BYTES = 16

/** An AEAD under one key, without associated data. */
export interface Aead {
  /** Writes ciphertext and tag to `target` from `at` on. */
  seal(nonce: Uint8Array, plaintext: Uint8Array, target: Uint8Array, at: number): void
  /** Writes the plaintext to `target` from `at` on; `false`, and nothing is written, when the tag is wrong. */
  open(nonce: Uint8Array, sealed: Uint8Array, target: Uint8Array, at: number): boolean
}

/** What computes. All engines give identical bytes. */
export interface Engine {
  readonly name: 'node:crypto' | 'libsodium'
  /** HMAC-SHA-512 under one key, of messages of at most so many bytes. */
  hmac(key: Uint8Array, messageBytes: number): Hmac
  /** The AEAD under a key whose memory it takes over; `undefined` when this engine does not have it. */
  aead(name: AeadName, key: Uint8Array): Aead | undefined
  /** In constant time, for equal lengths. */
  equal(a: Uint8Array, b: Uint8Array): boolean
}

/** UNSUPPORTED: an AEAD that this engine does not have. */
export function unsupportedAead(name: AeadName, engine: Engine): ResultError {
  const message = `encrypt: ${name} needs node:crypto, and this process has ${engine.name} alone. Use suite: 'chacha20-poly1305'.`
  return new ResultError({ code: 'UNSUPPORTED', operation: 'encrypt', message })
}
