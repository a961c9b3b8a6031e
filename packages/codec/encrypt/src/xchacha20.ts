// XChaCha20 (draft-irtf-cfrg-xchacha): the standard build of libsodium has no raw stream, and wrapped keys and
// references are short.
const CONSTANTS: readonly number[] = [0x61707865, 0x3320646e, 0x79622d32, 0x6b206574]
const BLOCK_BYTES = 64
/** Columns, then diagonals: the words that the eight quarters of a double round work on. */
const QUARTERS: Uint8Array = Uint8Array.of(
  ...[0, 4, 8, 12, 1, 5, 9, 13, 2, 6, 10, 14, 3, 7, 11, 15],
  ...[0, 5, 10, 15, 1, 6, 11, 12, 2, 7, 8, 13, 3, 4, 9, 14],
)

const at = (words: Uint32Array | Uint8Array, index: number): number => words[index] as number

/** Encrypts or decrypts: both are the same. `key` has 32 bytes, `nonce` 24, never used twice under one key. */
export function xchacha20(key: Uint8Array, nonce: Uint8Array, message: Uint8Array): Uint8Array {
  const state = initial(hchacha20(key, nonce.subarray(0, 16)), new Uint8Array(16))
  state.set(littleEndian(nonce.subarray(16, 24)), 14)
  // Not slice(): that of a Buffer gives a view, and the stored bytes would be changed.
  const out = Uint8Array.from(message)
  const mixed = new Uint32Array(16)
  for (let start = 0, counter = 0; start < out.byteLength; start += BLOCK_BYTES, counter++) {
    state[12] = counter
    rounds(mixed, state)
    const end = Math.min(BLOCK_BYTES, out.byteLength - start)
    for (let byte = 0; byte < end; byte++) {
      const word = at(mixed, byte >> 2) + at(state, byte >> 2)
      out[start + byte] = at(out, start + byte) ^ (word >>> ((byte & 3) * 8))
    }
  }
  return out
}

/** The subkey of a 32-byte key and the first 16 bytes of a nonce. */
export function hchacha20(key: Uint8Array, input: Uint8Array): Uint8Array {
  const mixed = new Uint32Array(16)
  rounds(mixed, initial(key, input))
  const subkey = new DataView(new ArrayBuffer(32))
  for (let word = 0; word < 4; word++) {
    subkey.setUint32(word * 4, at(mixed, word), true)
    subkey.setUint32(16 + word * 4, at(mixed, word + 12), true)
  }
  return new Uint8Array(subkey.buffer)
}

function initial(key: Uint8Array, last: Uint8Array): Uint32Array {
  const state = new Uint32Array(16)
  state.set(CONSTANTS)
  state.set(littleEndian(key), 4)
  state.set(littleEndian(last), 12)
  return state
}

function littleEndian(bytes: Uint8Array): Uint32Array {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const words = new Uint32Array(bytes.byteLength / 4)
  for (let index = 0; index < words.length; index++) words[index] = view.getUint32(index * 4, true)
  return words
}

/** The twenty rounds of ChaCha20 (RFC 8439, section 2.3), without the final addition. */
function rounds(x: Uint32Array, state: Uint32Array): void {
  x.set(state)
  for (let double = 0; double < 10; double++) {
    for (let quarter = 0; quarter < QUARTERS.length; quarter += 4) {
      const [ia, ib] = [at(QUARTERS, quarter), at(QUARTERS, quarter + 1)]
      const [ic, id] = [at(QUARTERS, quarter + 2), at(QUARTERS, quarter + 3)]
      let [a, b, c, d] = [at(x, ia), at(x, ib), at(x, ic), at(x, id)]
      a = (a + b) | 0
      d = rotated(d ^ a, 16)
      c = (c + d) | 0
      b = rotated(b ^ c, 12)
      a = (a + b) | 0
      d = rotated(d ^ a, 8)
      c = (c + d) | 0
      b = rotated(b ^ c, 7)
      x[ia] = a
      x[ib] = b
      x[ic] = c
      x[id] = d
    }
  }
}

function rotated(word: number, bits: number): number {
  return (word << bits) | (word >>> (32 - bits))
}
