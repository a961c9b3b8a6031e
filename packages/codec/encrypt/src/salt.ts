import { SALT_BYTES } from './chunked.ts'

// A call for random bytes takes longer than encrypting a kilobyte, so they are fetched for several salts at once.
const SALTS = 32

let pool = new Uint8Array()

/** 24 random bytes that are never given again. */
export function freshSalt(): Uint8Array {
  if (pool.byteLength === 0) pool = crypto.getRandomValues(new Uint8Array(SALTS * SALT_BYTES))
  const salt = pool.slice(0, SALT_BYTES)
  pool = pool.subarray(SALT_BYTES)
  return salt
}
