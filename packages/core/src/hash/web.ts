import type { Sha256 } from './node.ts'

// FIPS 180-4. WebCrypto hashes asynchronously and cannot hash incrementally, hence this.
const K = new Uint32Array(64)
const INITIAL = new Uint32Array(8)

/** The constants are the fractional parts of the square and cube roots of the first primes (FIPS 180-4, 4.2.2, 5.3.3). */
function fillConstants(): void {
  if (K[0] !== 0) return
  const isPrime = (n: number): boolean => {
    for (let d = 2; d * d <= n; d++) if (n % d === 0) return false
    return true
  }
  const fraction = (x: number): number => ((x - Math.floor(x)) * 2 ** 32) | 0
  for (let n = 2, found = 0; found < 64; n++) {
    if (!isPrime(n)) continue
    if (found < 8) INITIAL[found] = fraction(n ** (1 / 2))
    K[found++] = fraction(n ** (1 / 3))
  }
}

const rotate = (x: number, n: number): number => (x >>> n) | (x << (32 - n))
const at = (words: Uint32Array, index: number): number => words[index] as number

function compress(state: Uint32Array, w: Uint32Array, view: DataView, offset: number): void {
  for (let i = 0; i < 16; i++) w[i] = view.getUint32(offset + i * 4)
  for (let i = 16; i < 64; i++) {
    const a = at(w, i - 15)
    const b = at(w, i - 2)
    const s0 = rotate(a, 7) ^ rotate(a, 18) ^ (a >>> 3)
    const s1 = rotate(b, 17) ^ rotate(b, 19) ^ (b >>> 10)
    w[i] = at(w, i - 16) + s0 + at(w, i - 7) + s1
  }
  let [a, b, c, d, e, f, g, h] = state as unknown as [number, number, number, number, number, number, number, number]
  for (let i = 0; i < 64; i++) {
    const t1 = (h + (rotate(e, 6) ^ rotate(e, 11) ^ rotate(e, 25)) + ((e & f) ^ (~e & g)) + at(K, i) + at(w, i)) | 0
    const t2 = ((rotate(a, 2) ^ rotate(a, 13) ^ rotate(a, 22)) + ((a & b) ^ (a & c) ^ (b & c))) | 0
    h = g
    g = f
    f = e
    e = (d + t1) | 0
    d = c
    c = b
    b = a
    a = (t1 + t2) | 0
  }
  for (const [i, word] of [a, b, c, d, e, f, g, h].entries()) state[i] = at(state, i) + word
}

export function sha256(): Sha256 {
  fillConstants()
  const state = INITIAL.slice()
  const words = new Uint32Array(64)
  const block = new Uint8Array(64)
  const blockView = new DataView(block.buffer)
  let filled = 0
  let total = 0

  const update = (bytes: Uint8Array): void => {
    total += bytes.byteLength
    let from = 0
    if (filled > 0) {
      from = Math.min(64 - filled, bytes.byteLength)
      block.set(bytes.subarray(0, from), filled)
      filled += from
      if (filled < 64) return
      compress(state, words, blockView, 0)
      filled = 0
    }
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    for (; from + 64 <= bytes.byteLength; from += 64) compress(state, words, view, from)
    block.set(bytes.subarray(from))
    filled = bytes.byteLength - from
  }

  const hex = (): string => {
    const bits = total * 8
    const padding = new Uint8Array((filled < 56 ? 56 : 120) - filled + 8)
    padding[0] = 0x80
    const tail = new DataView(padding.buffer, padding.byteLength - 8)
    tail.setUint32(0, Math.floor(bits / 2 ** 32))
    tail.setUint32(4, bits)
    update(padding)
    return Array.from(state, (word) => word.toString(16).padStart(8, '0')).join('')
  }

  return { update, hex }
}

export function sha256Hex(bytes: Uint8Array): string {
  const state = sha256()
  state.update(bytes)
  return state.hex()
}
