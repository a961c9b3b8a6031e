// BLAKE2b (RFC 7693) without libsodium, for ids only: those are printed at once, before anything could be loaded.
const IV: readonly bigint[] = [
  0x6a09e667f3bcc908n,
  0xbb67ae8584caa73bn,
  0x3c6ef372fe94f82bn,
  0xa54ff53a5f1d36f1n,
  0x510e527fade682d1n,
  0x9b05688c2b3e6c1fn,
  0x1f83d9abfb41bd6bn,
  0x5be0cd19137e2179n,
]
/** Which word of the block each half step takes, in hex; rounds 10 and 11 repeat 0 and 1. */
const SCHEDULE: readonly string[] = [
  '0123456789abcdef',
  'ea489fd61c02b753',
  'b8c052fdae367194',
  '7931dcbe265a40f8',
  '905724afe1bc683d',
  '2c6a0b834d75fe19',
  'c51fed4a0763928b',
  'db7ec13950f4862a',
  '6fe9b308c2d714a5',
  'a2847615fb9e3cd0',
]
/** The four words that each of a round's eight mixings works on: columns, then diagonals. */
const MIXED: readonly (readonly [number, number, number, number])[] = [
  [0, 4, 8, 12],
  [1, 5, 9, 13],
  [2, 6, 10, 14],
  [3, 7, 11, 15],
  [0, 5, 10, 15],
  [1, 6, 11, 12],
  [2, 7, 8, 13],
  [3, 4, 9, 14],
]
const BLOCK_BYTES = 128

const at = (words: BigUint64Array, index: number): bigint => words[index] as bigint
// A BigUint64Array keeps 64 bits of what is stored in it.
const rotated = (word: bigint, bits: bigint): bigint => (word >> bits) | (word << (64n - bits))

/** BLAKE2b without a key. @param size - bytes of the hash, 1 to 64 */
export function blake2bOf(size: number, message: Uint8Array): Uint8Array {
  const state = BigUint64Array.from(IV)
  state[0] = at(state, 0) ^ 0x01010000n ^ BigInt(size)
  const blocks = Math.max(1, Math.ceil(message.byteLength / BLOCK_BYTES))
  for (let index = 0; index < blocks; index++) {
    const start = index * BLOCK_BYTES
    const end = Math.min(message.byteLength, start + BLOCK_BYTES)
    compress(state, wordsOf(message.subarray(start, end)), BigInt(end), index === blocks - 1)
  }
  const hash = new DataView(new ArrayBuffer(64))
  state.forEach((word, index) => {
    hash.setBigUint64(index * 8, word, true)
  })
  return new Uint8Array(hash.buffer, 0, size)
}

function wordsOf(block: Uint8Array): BigUint64Array {
  const padded = new Uint8Array(BLOCK_BYTES)
  padded.set(block)
  const view = new DataView(padded.buffer)
  return BigUint64Array.from({ length: 16 }, (_, index) => view.getBigUint64(index * 8, true))
}

function compress(state: BigUint64Array, block: BigUint64Array, counter: bigint, last: boolean): void {
  const v = BigUint64Array.from([...state, ...IV])
  v[12] = at(v, 12) ^ counter
  if (last) v[14] = ~at(v, 14)
  for (let round = 0; round < 12; round++) {
    const order = SCHEDULE[round % 10] as string
    MIXED.forEach((quad, index) => {
      const word = (half: number): bigint => at(block, Number.parseInt(order.charAt(index * 2 + half), 16))
      mix(v, quad, word(0), word(1))
    })
  }
  for (let index = 0; index < 8; index++) state[index] = at(state, index) ^ at(v, index) ^ at(v, index + 8)
}

function mix(v: BigUint64Array, [a, b, c, d]: readonly [number, number, number, number], x: bigint, y: bigint): void {
  v[a] = at(v, a) + at(v, b) + x
  v[d] = rotated(at(v, d) ^ at(v, a), 32n)
  v[c] = at(v, c) + at(v, d)
  v[b] = rotated(at(v, b) ^ at(v, c), 24n)
  v[a] = at(v, a) + at(v, b) + y
  v[d] = rotated(at(v, d) ^ at(v, a), 16n)
  v[c] = at(v, c) + at(v, d)
  v[b] = rotated(at(v, b) ^ at(v, c), 63n)
}
