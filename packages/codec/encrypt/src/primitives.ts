import { concatBytes } from '@resultkit/core'
import type { Sodium } from './sodium.ts'

const encoder = new TextEncoder()

/** BLAKE2b (RFC 7693) of pieces one after the other, with a key or `null`. Text is UTF-8. */
export function blake2b(
  sodium: Sodium,
  size: number,
  key: Uint8Array | null,
  ...pieces: readonly (Uint8Array | string)[]
): Uint8Array {
  const message = concatBytes(pieces.map((piece) => (typeof piece === 'string' ? encoder.encode(piece) : piece)))
  return sodium.crypto_generichash(size, message, key)
}

/** Whether two arrays hold the same bytes, in a time that depends on their lengths alone. */
export function sameBytes(sodium: Sodium, a: Uint8Array, b: Uint8Array): boolean {
  return a.byteLength === b.byteLength && sodium.memcmp(a, b)
}

/** Random bytes in memory of their own. */
export function randomBytes(size: number): Uint8Array<ArrayBuffer> {
  return crypto.getRandomValues(new Uint8Array(size))
}

/** What a root key's subkeys are for: one key is never used with two algorithms. */
export const SUBKEY = { payload: 1, wrapping: 2, references: 3, id: 6, providers: 7 } as const

/** A 32-byte subkey (libsodium's `crypto_kdf`, context `resultkt`). */
export function subkey(sodium: Sodium, root: Uint8Array, id: number): Uint8Array {
  return sodium.crypto_kdf_derive_from_key(32, id, 'resultkt', root)
}
