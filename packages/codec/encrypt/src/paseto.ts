import { concatBytes } from '@resultkit/core'
import { decodeBase64url, encodeBase64url } from './base64url.ts'
import { pae } from './pae.ts'
import { blake2b, randomBytes, sameBytes } from './primitives.ts'
import type { Sodium } from './sodium.ts'
import { xchacha20 } from './xchacha20.ts'

// PASETO v4.local (https://github.com/paseto-standard/paseto-spec).
const HEADER = 'v4.local.'
const NONCE_BYTES = 32
const TAG_BYTES = 32

/** What a token authenticates beside its message. */
export interface TokenContext {
  /** Stored in clear behind the token; may be empty. */
  readonly footer: Uint8Array
  /** Not stored; must be given again. */
  readonly assertion: Uint8Array
}

/** A token. @param nonce - 32 random bytes */
export function encryptToken(
  sodium: Sodium,
  key: Uint8Array,
  message: Uint8Array,
  { footer, assertion }: TokenContext,
  nonce: Uint8Array = randomBytes(NONCE_BYTES),
): string {
  const { encryption, stream, authentication } = tokenKeys(sodium, key, nonce)
  const encrypted = xchacha20(encryption, stream, message)
  const tag = blake2b(sodium, TAG_BYTES, authentication, pae([HEADER, nonce, encrypted, footer, assertion]))
  const token = HEADER + encodeBase64url(concatBytes([nonce, encrypted, tag]))
  return footer.byteLength === 0 ? token : `${token}.${encodeBase64url(footer)}`
}

/** The two parts of a token, not yet verified. */
export interface DecodedToken {
  /** Nonce, encrypted message, tag. */
  readonly body: Uint8Array
  readonly footer: Uint8Array
}

/** Takes a token apart; `undefined` unless it is canonical. */
export function decodeToken(token: string): DecodedToken | undefined {
  if (!token.startsWith(HEADER)) return undefined
  const [encoded = '', footer, ...more] = token.slice(HEADER.length).split('.')
  if (more.length > 0 || footer === '') return undefined
  const body = decodeBase64url(encoded)
  const decodedFooter = decodeBase64url(footer ?? '')
  if (body === undefined || decodedFooter === undefined || body.byteLength < NONCE_BYTES + TAG_BYTES) return undefined
  return { body, footer: decodedFooter }
}

/** The message; `undefined` when key, assertion or any byte is another. */
export function decryptToken(
  sodium: Sodium,
  key: Uint8Array,
  { body, footer }: DecodedToken,
  assertion: Uint8Array,
): Uint8Array | undefined {
  const nonce = body.subarray(0, NONCE_BYTES)
  const encrypted = body.subarray(NONCE_BYTES, -TAG_BYTES)
  const { encryption, stream, authentication } = tokenKeys(sodium, key, nonce)
  const expected = blake2b(sodium, TAG_BYTES, authentication, pae([HEADER, nonce, encrypted, footer, assertion]))
  return sameBytes(sodium, body.subarray(-TAG_BYTES), expected) ? xchacha20(encryption, stream, encrypted) : undefined
}

function tokenKeys(sodium: Sodium, key: Uint8Array, nonce: Uint8Array) {
  const derived = blake2b(sodium, 56, key, 'paseto-encryption-key', nonce)
  return {
    encryption: derived.subarray(0, 32),
    stream: derived.subarray(32),
    authentication: blake2b(sodium, 32, key, 'paseto-auth-key-for-aead', nonce),
  }
}
