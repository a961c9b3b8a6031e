import { ResultError, sizeOf } from '@resultkit/core'
import { AEAD_KEY_BYTES, type AeadName, type Engine, TAG_BYTES, unsupportedAead } from './engine.ts'
import { HASH_BYTES } from './hmac.ts'

// Chunked encryption of C2SP, version 1 (https://c2sp.org/chunked-encryption), with HMAC-SHA-512.

/** Bytes of plaintext in every chunk but the last, which has fewer. */
export const CHUNK_BYTES = 16_384
/** Bytes of a full chunk as stored. */
export const SEALED_CHUNK_BYTES: number = CHUNK_BYTES + TAG_BYTES
/** Bytes of the random salt at the start. */
export const SALT_BYTES = 24
/** Bytes of the commitment behind the salt. */
export const COMMITMENT_BYTES = 32
/** Chunks have numbers below this. */
export const MAX_CHUNKS: number = 2 ** 38

const NONCE_BYTES = 12
const encoder = new TextEncoder()

/** What a message is encrypted with. */
export interface ChunkedParameters {
  readonly aead: AeadName
  /** As long as the AEAD's key, uniformly random. */
  readonly inputKey: Uint8Array
  /** Any bytes; not stored. */
  readonly context: Uint8Array
}

/** The keys of one message, ready for its chunks. */
export interface ChunkedKeys {
  readonly commitment: Uint8Array
  /** Encrypts chunk `index` into `target` from `at` on: as many bytes and a tag. */
  seal(index: number, plaintext: Uint8Array, target: Uint8Array, at: number): void
  /** Decrypts chunk `index` into `target` from `at` on; `false` when it is not that chunk of this message. */
  open(index: number, sealed: Uint8Array, target: Uint8Array, at: number): boolean
}

/** Derives the keys of a message. CONFIG for an input key of another length, UNSUPPORTED without the AEAD. */
export function deriveKeys(engine: Engine, parameters: ChunkedParameters, salt: Uint8Array): ChunkedKeys {
  const { aead: name } = parameters
  const { key, baseNonce, commitment } = deriveSecrets(engine, parameters, salt)
  const aead = engine.aead(name, key)
  if (aead === undefined) throw unsupportedAead(name, engine)
  const nonce = new Uint8Array(NONCE_BYTES)
  return {
    commitment,
    seal: (index, plaintext, target, at) => aead.seal(setNonce(nonce, baseNonce, index), plaintext, target, at),
    open: (index, sealed, target, at) => aead.open(setNonce(nonce, baseNonce, index), sealed, target, at),
  }
}

/** The three secrets that HKDF-Expand gives for a salt. */
export function deriveSecrets(
  engine: Engine,
  { aead, inputKey, context }: ChunkedParameters,
  salt: Uint8Array,
): { readonly key: Uint8Array; readonly baseNonce: Uint8Array; readonly commitment: Uint8Array } {
  const keyBytes = AEAD_KEY_BYTES[aead]
  if (inputKey.byteLength !== keyBytes) throw wrongKeyLength(aead, keyBytes)
  const info = [labelOf(aead), salt, context]
  const okm = hkdfExpand(engine, inputKey, info, keyBytes + NONCE_BYTES + COMMITMENT_BYTES)
  return {
    key: okm.subarray(0, keyBytes),
    baseNonce: okm.subarray(keyBytes, keyBytes + NONCE_BYTES),
    commitment: okm.subarray(keyBytes + NONCE_BYTES),
  }
}

const labels = new Map<AeadName, Uint8Array>()

function labelOf(aead: AeadName): Uint8Array {
  const label = labels.get(aead) ?? encoder.encode(`c2sp.org/chunked-encryption@v1+${aead}\0`)
  labels.set(aead, label)
  return label
}

/** HKDF-Expand (RFC 5869) with HMAC-SHA-512; RangeError for more than 255 blocks of 64 bytes. */
export function hkdfExpand(engine: Engine, key: Uint8Array, info: readonly Uint8Array[], length: number): Uint8Array {
  const blocks = Math.ceil(length / HASH_BYTES)
  if (blocks > 255) throw new RangeError('HKDF-Expand gives at most 16,320 bytes.')
  const infoBytes = sizeOf(info)
  const { message, digest } = engine.hmac(key, HASH_BYTES + infoBytes + 1)
  let end = 0
  for (const part of info) {
    message.set(part, end)
    end += part.byteLength
  }
  const okm = new Uint8Array(blocks * HASH_BYTES)
  for (let block = 1; block <= blocks; block++) {
    message[end] = block
    const output = digest(end + 1)
    okm.set(output, (block - 1) * HASH_BYTES)
    // From the second block on, the message starts with the block before.
    if (block === 1) message.copyWithin(HASH_BYTES, 0, infoBytes)
    message.set(output)
    end = HASH_BYTES + infoBytes
  }
  return okm.subarray(0, length)
}

/** `baseNonce` XOR the number of the chunk, a 12-byte big-endian integer below 2^38; RangeError from there on. */
export function setNonce(nonce: Uint8Array, baseNonce: Uint8Array, index: number): Uint8Array {
  if (index >= MAX_CHUNKS) throw new RangeError('A message has at most 2^38 chunks.')
  nonce.set(baseNonce)
  let rest = index
  for (let at = NONCE_BYTES - 1; rest > 0; at--) {
    nonce[at] = (nonce[at] as number) ^ (rest % 256)
    rest = Math.floor(rest / 256)
  }
  return nonce
}

function wrongKeyLength(aead: AeadName, bytes: number): ResultError {
  const message = `encrypt: the key of ${aead} has ${bytes} bytes, and another length was given.`
  return new ResultError({ code: 'CONFIG', operation: 'encrypt', message })
}
