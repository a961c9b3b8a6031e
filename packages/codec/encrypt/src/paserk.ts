import type { ResultError } from '@resultkit/core'
import { decodeBase64url, encodeBase64url } from './base64url.ts'
import { blake2bOf } from './blake2b.ts'
import { configError } from './failure.ts'
import { randomBytes } from './primitives.ts'

// PASERK, version k4 (https://github.com/paseto-standard/paserk).

/** Bytes behind the header of each kind of key: a symmetric key; an Ed25519 public key; its seed and public key. */
const KEY_BYTES = { 'k4.local.': 32, 'k4.public.': 32, 'k4.secret.': 64 } as const
const ID_HEADERS = { 'k4.local.': 'k4.lid.', 'k4.public.': 'k4.pid.', 'k4.secret.': 'k4.sid.' } as const

/** What a PASERK string holds in clear: `local` is symmetric, `public` and `secret` are a pair. */
export type PaserkHeader = keyof typeof KEY_BYTES

/** A key in clear, decoded. */
export interface DecodedKey {
  readonly header: PaserkHeader
  readonly bytes: Uint8Array
}

const encoder = new TextEncoder()

/** A key as PASERK text. */
export function encodeKey({ header, bytes }: DecodedKey): string {
  return `${header}${encodeBase64url(bytes)}`
}

/** Decodes `k4.local.`, `k4.public.` and `k4.secret.`; `undefined` for every other text. */
export function decodeKey(paserk: string): DecodedKey | undefined {
  const header = headerOf(paserk)
  const bytes = header === undefined ? undefined : decodeBase64url(paserk.slice(header.length))
  if (header === undefined || bytes?.byteLength !== KEY_BYTES[header]) return undefined
  return { header, bytes }
}

function headerOf(paserk: unknown): PaserkHeader | undefined {
  if (typeof paserk !== 'string') return undefined
  return (Object.keys(KEY_BYTES) as PaserkHeader[]).find((header) => paserk.startsWith(header))
}

/** The 33 bytes of a key's id. */
export function idBytes(key: DecodedKey): Uint8Array {
  return blake2bOf(33, encoder.encode(ID_HEADERS[key.header] + encodeKey(key)))
}

/** A key's id as PASERK text. */
export function idOf(key: DecodedKey): string {
  return ID_HEADERS[key.header] + encodeBase64url(idBytes(key))
}

/** Decodes a key that a caller gave. CONFIG never quotes it. */
export function parseKeyString(paserk: string, operation: string, wanted: readonly PaserkHeader[]): DecodedKey {
  const key = decodeKey(paserk)
  if (key !== undefined && wanted.includes(key.header)) return key
  throw invalidKey(operation, wanted)
}

function invalidKey(operation: string, wanted: readonly PaserkHeader[]): ResultError {
  const kinds = wanted.map((header) => `"${header}…"`).join(' or ')
  const message = `${operation}: this is not a key that starts with ${kinds}, followed by its bytes as base64url without padding. Pass what generateKey() or generateKeyPair() gave, unchanged.`
  return configError(operation, message)
}

/** A new symmetric key as `k4.local.…`: 32 random bytes. Keep it like a password. */
export function generateKey(): string {
  return encodeKey({ header: 'k4.local.', bytes: randomBytes(32) })
}

/**
 * The public id of a key: `k4.lid.…` of a symmetric key, `k4.pid.…` of a public and `k4.sid.…` of a secret one (PASERK).
 * It reveals nothing of the key. Errors: CONFIG, which does not quote what was given.
 */
export function keyId(paserk: string): string {
  return idOf(parseKeyString(paserk, 'keyId', ['k4.local.', 'k4.public.', 'k4.secret.']))
}
