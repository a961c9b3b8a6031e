import type { AeadName } from './engine.ts'

/**
 * How the chunks of a payload are encrypted, always with HKDF and a commitment on HMAC-SHA-512:
 *
 * - `chacha20-poly1305` AEAD_CHACHA20_POLY1305 (RFC 8439); runs everywhere
 * - `aes-256-gcm` AEAD_AES_256_GCM (RFC 5116), which is C2SP's Cobblestone-256; needs `node:crypto`, UNSUPPORTED without
 */
export type EncryptionSuite = 'chacha20-poly1305' | 'aes-256-gcm'

/** A suite as the format knows it. */
export interface SuiteParameters {
  /** The byte in the envelope. */
  readonly id: number
  readonly aead: AeadName
}

/** All suites by name. */
export const SUITES: Readonly<Record<EncryptionSuite, SuiteParameters>> = {
  'chacha20-poly1305': { id: 1, aead: 'AEAD_CHACHA20_POLY1305' },
  'aes-256-gcm': { id: 2, aead: 'AEAD_AES_256_GCM' },
}

/** The suite that a byte stands for; `undefined` when there is none. */
export function suiteOf(id: number): SuiteParameters | undefined {
  return Object.values(SUITES).find((suite) => suite.id === id)
}
