import { ResultError } from '@resultkit/core'

// Word for word what core says of encrypted records that it cannot read, so that no cause can be told from another.
const MESSAGE = 'The stored result cannot be decrypted: the key, the place or the bytes are not those of the write.'

/** DECRYPT: the one error for whatever is wrong with encrypted bytes, their key or their place. */
export function decryptError(): ResultError {
  return new ResultError({ code: 'DECRYPT', operation: 'read', message: MESSAGE })
}
