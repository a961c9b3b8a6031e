import { nodeSha256 } from './engine-node.ts'

const INITIAL = [0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a, 0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19]
const BLOCK_BYTES = 64

/** SHA-256 (FIPS 180-4) of a short message; 32 bytes. */
export function sha256(message: Uint8Array): Uint8Array {
  return nodeSha256(message) ?? sha256InJavaScript(message)
}

/** The same where there is no `node:crypto`, because libsodium's standard build has no SHA-256. */
export function sha256InJavaScript(message: Uint8Array): Uint8Array {
  const state = Uint32Array.from(INITIAL)
  const padded = pad(message)
  const words = new Uint32Array(BLOCK_BYTES)
  for (let at = 0; at < padded.byteLength; at += BLOCK_BYTES) {
    schedule(words, padded, at)
    compress(state, words)
  }
  const digest = new Uint8Array(32)
  const view = new DataView(digest.buffer)
  for (const [index, word] of state.entries()) view.setUint32(index * 4, word)
  return digest
}

function pad(message: Uint8Array): DataView {
  const size = Math.ceil((message.byteLength + 9) / BLOCK_BYTES) * BLOCK_BYTES
  const padded = new Uint8Array(size)
  padded.set(message)
  padded[message.byteLength] = 0x80
  const view = new DataView(padded.buffer)
  view.setBigUint64(size - 8, BigInt(message.byteLength) * 8n)
  return view
}

function schedule(words: Uint32Array, message: DataView, at: number): void {
  const word = (index: number): number => words[index] as number
  for (let i = 0; i < 16; i++) words[i] = message.getUint32(at + i * 4)
  for (let i = 16; i < 64; i++) {
    const a = word(i - 15)
    const b = word(i - 2)
    const s0 = rotate(a, 7) ^ rotate(a, 18) ^ (a >>> 3)
    const s1 = rotate(b, 17) ^ rotate(b, 19) ^ (b >>> 10)
    words[i] = word(i - 16) + s0 + word(i - 7) + s1
  }
}

function compress(state: Uint32Array, words: Uint32Array): void {
  let [a = 0, b = 0, c = 0, d = 0, e = 0, f = 0, g = 0, h = 0] = state
  for (let i = 0; i < 64; i++) {
    const s1 = rotate(e, 6) ^ rotate(e, 11) ^ rotate(e, 25)
    const t1 = (h + s1 + ((e & f) ^ (~e & g)) + roundConstant(i) + (words[i] as number)) | 0
    const s0 = rotate(a, 2) ^ rotate(a, 13) ^ rotate(a, 22)
    const t2 = (s0 + ((a & b) ^ (a & c) ^ (b & c))) | 0
    h = g
    g = f
    f = e
    e = (d + t1) | 0
    d = c
    c = b
    b = a
    a = (t1 + t2) | 0
  }
  for (const [index, word] of [a, b, c, d, e, f, g, h].entries()) state[index] = (state[index] as number) + word
}

function rotate(word: number, by: number): number {
  return (word >>> by) | (word << (32 - by))
}

let constants: Uint32Array | undefined

/** The first 32 bits of the fractional part of the cube root of the prime number with this index. */
function roundConstant(index: number): number {
  constants ??= Uint32Array.from(primes(64), (prime) => Math.floor((Math.cbrt(prime) % 1) * 2 ** 32))
  return constants[index] as number
}

function primes(count: number): readonly number[] {
  const found: number[] = []
  for (let n = 2; found.length < count; n++) if (found.every((prime) => n % prime !== 0)) found.push(n)
  return found
}
