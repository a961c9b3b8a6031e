/** Bytes of SHA-512 and of an HMAC on it. */
export const HASH_BYTES = 64

const BLOCK_BYTES = 128
const INNER_AT = BLOCK_BYTES + HASH_BYTES
const MESSAGE_AT = INNER_AT + BLOCK_BYTES

/** SHA-512 (FIPS 180-4). */
export interface Sha512 {
  hash(bytes: Uint8Array): Uint8Array
  /** Writes the 64 bytes to `target` from `at` on. For what is no secret. */
  hashInto(bytes: Uint8Array, target: Uint8Array, at: number): void
}

/** An HMAC under one key. */
export interface Hmac {
  /** Where the message is put. */
  readonly message: Uint8Array
  /** The HMAC of so many first bytes of `message`, in memory of its own. */
  digest(bytes: number): Uint8Array
}

/**
 * HMAC (RFC 2104) on a SHA-512. libsodium's standard build has no HMAC of that length, and in Node two one-shot hashes take
 * two thirds of the time of `createHmac`. All that is hashed stands in one array, because arrays cost as much as hashing.
 */
export function hmacOn({ hash, hashInto }: Sha512, key: Uint8Array, messageBytes: number): Hmac {
  const memory = new Uint8Array(MESSAGE_AT + messageBytes)
  const short = key.byteLength > BLOCK_BYTES ? hash(key) : key
  memory.fill(0x5c, 0, BLOCK_BYTES).fill(0x36, INNER_AT, MESSAGE_AT)
  for (let index = 0; index < short.byteLength; index++) {
    const byte = short[index] as number
    memory[index] = byte ^ 0x5c
    memory[INNER_AT + index] = byte ^ 0x36
  }
  return {
    message: memory.subarray(MESSAGE_AT),
    digest(bytes) {
      hashInto(memory.subarray(INNER_AT, MESSAGE_AT + bytes), memory, BLOCK_BYTES)
      return hash(memory.subarray(0, INNER_AT))
    },
  }
}
