import { concatBytes } from '@resultkit/core'
import type { Argon2Cost } from './argon2.ts'
import { blake2b, randomBytes, sameBytes } from './primitives.ts'
import type { Sodium } from './sodium.ts'
import { xchacha20 } from './xchacha20.ts'

// PASERK k4.local-pw, as the bytes behind its header:
// salt (16), memory in bytes (u64), passes (u32), lanes (u32), nonce (24), encrypted key (32), tag (32).
export const PASSWORD_HEADER = 'k4.local-pw.'
/** Bytes of a key that a passphrase protects. */
export const PASSWORD_BYTES = 120
const SALT_BYTES = 16

/** What a passphrase is turned into a key with. */
export interface PasswordParameters extends Argon2Cost {
  readonly salt: Uint8Array
}

/** New parameters, for a passphrase that is about to protect keys. */
export function newParameters(cost: Argon2Cost): PasswordParameters {
  return { ...cost, salt: randomBytes(SALT_BYTES) }
}

/** Protects a 32-byte key. @param derived - what argon2id made of the passphrase with these parameters */
export function wrapPassword(
  sodium: Sodium,
  parameters: PasswordParameters,
  derived: Uint8Array,
  key: Uint8Array,
): Uint8Array {
  const nonce = randomBytes(24)
  const { encryption, authentication } = passwordKeys(sodium, derived)
  const clear = concatBytes([encodeParameters(parameters), nonce, xchacha20(encryption, nonce, key)])
  return concatBytes([clear, blake2b(sodium, 32, authentication, PASSWORD_HEADER, clear)])
}

/** What a protected key asks for before it opens; `undefined` when it is none, or asks for several lanes. */
export function passwordParameters(wrapped: Uint8Array): PasswordParameters | undefined {
  if (wrapped.byteLength !== PASSWORD_BYTES) return undefined
  const view = new DataView(wrapped.buffer, wrapped.byteOffset, wrapped.byteLength)
  const memory = Number(view.getBigUint64(16))
  const passes = view.getUint32(24)
  if (memory % 1024 !== 0 || memory < 8192 || passes < 1 || view.getUint32(28) !== 1) return undefined
  return { salt: Uint8Array.from(wrapped.subarray(0, SALT_BYTES)), memory, passes }
}

/** The protected key; `undefined` under another passphrase. */
export function unwrapPassword(sodium: Sodium, derived: Uint8Array, wrapped: Uint8Array): Uint8Array | undefined {
  const { encryption, authentication } = passwordKeys(sodium, derived)
  const clear = wrapped.subarray(0, 88)
  const expected = blake2b(sodium, 32, authentication, PASSWORD_HEADER, clear)
  if (!sameBytes(sodium, wrapped.subarray(88), expected)) return undefined
  return xchacha20(encryption, clear.subarray(32, 56), clear.subarray(56))
}

function encodeParameters({ salt, memory, passes }: PasswordParameters): Uint8Array {
  const bytes = new Uint8Array(32)
  const view = new DataView(bytes.buffer)
  bytes.set(salt)
  view.setBigUint64(16, BigInt(memory))
  view.setUint32(24, passes)
  view.setUint32(28, 1)
  return bytes
}

function passwordKeys(sodium: Sodium, derived: Uint8Array) {
  const derive = (purpose: number): Uint8Array => blake2b(sodium, 32, null, Uint8Array.of(purpose), derived)
  return { encryption: derive(0xff), authentication: derive(0xfe) }
}
