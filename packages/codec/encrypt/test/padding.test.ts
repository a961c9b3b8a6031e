import { collectBytes } from '@resultkit/core'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { LENGTH_BYTES, lengthOfData, pad, paddedBytes, padder, padme, unpad, unpadder } from '../src/padding.ts'
import { through } from './payload-kit.ts'

const DECRYPT = expect.objectContaining({ code: 'DECRYPT' })

async function* pieces(bytes: Uint8Array, size: number): AsyncGenerator<Uint8Array, void, undefined> {
  for (let at = 0; at < bytes.byteLength; at += size) yield bytes.subarray(at, at + size)
}

const unpadded = (bytes: Uint8Array, size: number): Promise<Uint8Array> =>
  collectBytes(through(pieces(bytes, size), unpadder()))

test.each([
  [0, 0],
  [1, 1],
  [2, 2],
  [8, 8],
  [9, 10],
  [17, 18],
  [100, 104],
  [1000, 1024],
  [1025, 1088],
  [1_000_000, 1_015_808],
  [2 ** 29 + 1, 2 ** 29 + 2 ** 24],
  [2 ** 48 - 1, 2 ** 48],
])('Padme of %i is %i', (bytes, padded) => {
  expect(padme(bytes)).toBe(padded)
})

test('Padme adds 12 % at most, is reached by itself, and grows with the length', () => {
  const lengths = fc.oneof(
    fc.nat(1 << 20),
    fc.maxSafeNat().filter((n) => n < 2 ** 52),
  )
  fc.assert(
    fc.property(lengths, (bytes) => {
      const padded = padme(bytes)
      expect(padded).toBeGreaterThanOrEqual(bytes)
      expect(padded - bytes).toBeLessThanOrEqual(bytes * 0.12)
      expect(padme(padded)).toBe(padded)
      expect(padme(bytes + 1)).toBeGreaterThanOrEqual(padded)
    }),
  )
})

test('data comes back, whole and streamed, also when it ends in zeros', async () => {
  const data = fc
    .tuple(fc.uint8Array({ maxLength: 2000 }), fc.nat(3000))
    .map(([bytes, zeros]) => Uint8Array.from([...bytes, ...new Uint8Array(zeros)]))
  await fc.assert(
    fc.asyncProperty(data, fc.integer({ min: 1, max: 900 }), async (bytes, size) => {
      const padded = pad(bytes)
      expect(padded.byteLength).toBe(paddedBytes(bytes.byteLength))
      expect(unpad(padded)).toEqual(bytes)
      expect(await collectBytes(through(pieces(bytes, size), padder()))).toEqual(padded)
      expect(await unpadded(padded, size)).toEqual(bytes)
    }),
    { numRuns: 100 },
  )
})

test('zeros that may be padding are not kept in memory', async () => {
  let asked = 0
  async function* zeros(): AsyncGenerator<Uint8Array, void, undefined> {
    for (; asked < 256; asked++) yield new Uint8Array(1 << 20)
    yield Uint8Array.of(1)
    yield new Uint8Array(LENGTH_BYTES)
  }
  const before = process.memoryUsage().arrayBuffers
  let given = 0
  for await (const piece of through(zeros(), unpadder())) {
    given += piece.byteLength
    if (given > 1 << 20) break
  }
  expect(asked).toBe(256)
  expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(200 << 20)
})

test('every byte of the padding is verified', async () => {
  const data = Uint8Array.from({ length: 1100 }, (_, index) => index | 1)
  const padded = pad(data)
  expect(padded.byteLength - data.byteLength).toBeGreaterThan(20)
  for (let at = data.byteLength; at < padded.byteLength - LENGTH_BYTES; at++)
    for (const bit of [1, 128]) {
      const changed = padded.slice()
      changed[at] = (changed[at] as number) ^ bit
      expect(() => unpad(changed), `byte ${at}`).toThrow(DECRYPT)
      await expect(unpadded(changed, 1000), `byte ${at}`).rejects.toEqual(DECRYPT)
    }
})

test('another length is refused, or is that of another message', async () => {
  const data = Uint8Array.from({ length: 1100 }, (_, index) => index | 1)
  const padded = pad(data)
  for (let bit = 0; bit < 64; bit++) {
    const changed = padded.slice()
    const at = padded.byteLength - 1 - (bit >> 3)
    changed[at] = (changed[at] as number) ^ (1 << (bit & 7))
    const whole = await (async () => unpad(changed))().catch(() => undefined)
    expect(await unpadded(changed, 1000).catch(() => undefined), `bit ${bit}`).toEqual(whole)
    expect(whole, `bit ${bit}`).not.toEqual(data)
  }
})

test('a length that does not lead to this padding is refused', async () => {
  const padded = new Uint8Array(1088)
  const accepted: number[] = []
  for (let length = 0; length <= 1100; length++) {
    new DataView(padded.buffer).setBigUint64(1080, BigInt(length))
    try {
      accepted.push(lengthOfData(padded.subarray(-LENGTH_BYTES), 1088))
    } catch (error) {
      expect(error).toEqual(DECRYPT)
      await expect(unpadded(padded, 500)).rejects.toEqual(DECRYPT)
    }
  }
  expect([accepted.at(0), accepted.at(-1), accepted.length]).toEqual([1025 - 8, 1080, 64])
})

test.each([0, 1, 7])('a message of %i bytes has no padding that could be taken off', async (size) => {
  expect(() => unpad(new Uint8Array(size))).toThrow(DECRYPT)
  await expect(unpadded(new Uint8Array(size), 3)).rejects.toEqual(DECRYPT)
})
