import fc from 'fast-check'
import { expect, test } from 'vitest'
import { collectExactly } from '../src/collect.ts'
import { type Key, memoryStorage, Result, type ResultStorage } from '../src/index.ts'
import { READ } from './layers/support.ts'

async function* given(pieces: readonly Uint8Array[]): AsyncGenerator<Uint8Array> {
  yield* pieces
}

const numbered = (size: number): Uint8Array => Uint8Array.from({ length: size }, (_, index) => index % 251)

test('pieces are collected whatever memory they lie in', async () => {
  const cuts = fc.array(fc.record({ size: fc.nat(20), isOwn: fc.boolean(), gap: fc.nat(2) }), { maxLength: 12 })
  const property = fc.asyncProperty(cuts, async (pieces) => {
    const whole = numbered(pieces.reduce((sum, { size }) => sum + size, 0))
    const room = new Uint8Array(500)
    let [at, filled] = [0, 0]
    const parts = pieces.map(({ size, isOwn, gap }) => {
      const part = whole.subarray(at, at + size)
      at += size
      if (isOwn) return part.slice()
      const start = filled + gap
      filled = start + size
      room.set(part, start)
      return room.subarray(start, filled)
    })
    expect(await collectExactly(given(parts), whole.byteLength)).toEqual(whole)
    if (whole.byteLength === 0) return
    await expect(collectExactly(given(parts), whole.byteLength - 1)).rejects.toMatchObject({ code: 'CORRUPT' })
    await expect(collectExactly(given(parts), whole.byteLength + 1)).rejects.toMatchObject({ code: 'CORRUPT' })
  })
  await fc.assert(property, { numRuns: 300 })
})

test('views one behind the other are not copied', async () => {
  const room = numbered(100)
  const views = await collectExactly(given([room.subarray(10, 40), room.subarray(40, 41), room.subarray(41, 90)]), 80)
  expect(views.buffer).toBe(room.buffer)
  expect(views).toEqual(room.slice(10, 90))
  const gap = await collectExactly(given([room.subarray(10, 40), room.subarray(41, 90)]), 79)
  expect(gap.buffer).not.toBe(room.buffer)
})

/** Gives objects as views of one array, in pieces of so many bytes. */
function viewing(inner: ResultStorage, size: number): ResultStorage {
  return {
    ...inner,
    async read(key, options) {
      const object = await inner.read(key, options)
      const bytes = await object?.bytes()
      if (object === undefined || bytes === undefined) return undefined
      const pieces = Array.from({ length: Math.ceil(bytes.byteLength / size) }, (_, at) =>
        bytes.subarray(at * size, (at + 1) * size),
      )
      return { ...object, bytes: async () => bytes, stream: () => given(pieces) }
    },
  }
}

test.each([
  ['record', 7],
  ['record', 1000],
  ['record', 100_000],
  ['plain', 1000],
] as const)('pieces of a %s, read in %i bytes, may be transferred', async (format, size) => {
  const value = numbered(10_000)
  const result = new Result({ storage: viewing(memoryStorage(), size), serializer: 'bytes', format, location: 'x' })
  await result.write(value)
  const kept: Uint8Array[] = []
  for await (const piece of result.stream()) {
    kept.push(new Uint8Array(piece))
    structuredClone(piece, { transfer: [piece.buffer as ArrayBuffer] })
    expect(piece.byteLength).toBe(0)
  }
  expect(Buffer.concat(kept).equals(value)).toBe(true)
})

test('a stored object stays whole when a piece of it was transferred', async () => {
  const storage = memoryStorage()
  const result = new Result({ storage, serializer: 'bytes', format: 'plain', location: 'x' })
  await result.write(numbered(100))
  for await (const piece of result.stream()) structuredClone(piece, { transfer: [piece.buffer as ArrayBuffer] })
  expect(await (await storage.read('x' as Key, READ))?.bytes()).toEqual(numbered(100))
})
