import { concatBytes } from '@resultkit/core'

const BLOCK_BYTES = 128

/**
 * HMAC (RFC 2104) on a SHA-512. libsodium's standard build has no HMAC of that length, and in Node two one-shot hashes take
 * two thirds of the time of `createHmac`.
 */
export function hmacOn(
  sha512: (bytes: Uint8Array) => Uint8Array,
  key: Uint8Array,
): (parts: readonly Uint8Array[]) => Uint8Array {
  const inner = new Uint8Array(BLOCK_BYTES).fill(0x36)
  const outer = new Uint8Array(BLOCK_BYTES).fill(0x5c)
  const short = key.byteLength > BLOCK_BYTES ? sha512(key) : key
  for (let index = 0; index < short.byteLength; index++) {
    const byte = short[index] as number
    inner[index] = byte ^ 0x36
    outer[index] = byte ^ 0x5c
  }
  return (parts) => sha512(concatBytes([outer, sha512(concatBytes([inner, ...parts]))]))
}
