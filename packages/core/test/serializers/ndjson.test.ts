import { deepStrictEqual } from 'node:assert'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { concatBytes } from '../../src/bytes.ts'
import { jsonTypes } from '../../src/serializers/json-types.ts'
import { ndjson } from '../../src/serializers/ndjson.ts'
import { bytesOf, chunksOf, collect, errorOf, textOf } from './helpers.ts'

const encoded = async (items: Iterable<unknown>, serializer = ndjson()): Promise<Uint8Array> =>
  concatBytes(await collect(serializer.encode(chunksOf(items))))
const decoded = (text: string, serializer = ndjson()): Promise<unknown[]> =>
  collect(serializer.decode(chunksOf([bytesOf(text)])))

describe('ndjson.encode', () => {
  it('ends every line', async () => {
    expect(textOf(await encoded([{ a: 1 }, 'x\ny', null, []]))).toBe('{"a":1}\n"x\\ny"\nnull\n[]\n')
    expect(await encoded([])).toEqual(new Uint8Array())
  })

  it('gathers pieces of about 64 KiB and pulls no further than it must', async () => {
    let pulled = 0
    let returned = false
    async function* endless(): AsyncGenerator<string> {
      try {
        for (;;) {
          pulled += 1
          yield 'x'.repeat(997)
        }
      } finally {
        returned = true
      }
    }
    for await (const piece of ndjson().encode(endless())) {
      expect(piece.byteLength).toBe(66_000)
      break
    }
    expect([pulled, returned]).toEqual([66, true])
  })

  it('refuses an item with its index, and closes the source', async () => {
    let returned = false
    async function* items(): AsyncGenerator<unknown> {
      try {
        yield* [1, 2, 3, { price: Number.NaN }, 4]
      } finally {
        returned = true
      }
    }
    const error = await errorOf(() => collect(ndjson().encode(items())), 'SERIALIZE')
    expect(error.message).toMatch(
      /^ndjson cannot keep 1 value exactly: result\[3\]\.price: NaN\. .*ndjson\(\{ lossy \}\)/,
    )
    expect(error.issues).toEqual([{ path: [3, 'price'], message: 'NaN' }])
    expect(returned).toBe(true)
  })

  it('refuses a library that writes several lines', async () => {
    const library = { stringify: (value: unknown) => JSON.stringify(value, null, 1), parse: JSON.parse }
    await errorOf(() => encoded([{ a: 1 }], ndjson({ library })), 'SERIALIZE')
  })
})

describe('ndjson.decode', () => {
  it('takes CRLF and a last line without a line break', async () => {
    expect(await decoded('{"a":1}\r\n2\r\n')).toEqual([{ a: 1 }, 2])
    expect(await decoded('1\n2')).toEqual([1, 2])
    expect(await decoded('1\n2\r')).toEqual([1, 2])
    expect(await decoded('')).toEqual([])
  })

  const wrong: [string, string, RegExp][] = [
    ['an empty line', '1\n\n2\n', /^ndjson: line 2: empty/],
    ['an empty CRLF line', '1\r\n\r\n2', /^ndjson: line 2: empty/],
    ['an empty last line', '1\n\n', /^ndjson: line 2: empty/],
    ['an empty first line', '\n', /^ndjson: line 1: empty/],
    ['wrong JSON', '1\n{"secret"}\n', /^ndjson: line 2: not JSON/],
    ['two values in a line', '1 2\n', /^ndjson: line 1: not JSON/],
    ['a byte order mark', '\ufeff1\n', /^ndjson: line 1: not JSON, but a byte order mark/],
    ['a cut', '1\n{"a":', /^ndjson: line 2: not JSON/],
  ]
  it.each(wrong)('refuses %s with its line', async (_, text, message) => {
    const error = await errorOf(() => decoded(text), 'DESERIALIZE')
    expect(error.message).toMatch(message)
    expect(error.message).not.toContain('secret')
  })

  it('refuses wrong UTF-8', async () => {
    const bytes = Uint8Array.of(0x31, 0x0a, 0x22, 0xc3, 0x0a)
    const { message } = await errorOf(() => collect(ndjson().decode(chunksOf([bytes]))), 'DESERIALIZE')
    expect(message).toMatch(/^ndjson: line 2: not UTF-8/)
  })

  it('stops at maxLineBytes without taking the whole line', async () => {
    const serializer = ndjson({ maxLineBytes: 10 })
    expect(await decoded('"12345678"\n1', serializer)).toEqual(['12345678', 1])
    const { message } = await errorOf(() => decoded('1\n"123456789"\n', serializer), 'TOO_LARGE')
    expect(message).toContain('line 2')
    let pulled = 0
    async function* endless(): AsyncGenerator<Uint8Array> {
      for (;;) {
        pulled += 1
        yield bytesOf('xxxx')
      }
    }
    await errorOf(() => collect(serializer.decode(endless())), 'TOO_LARGE')
    expect(pulled).toBe(3)
  })

  it('closes its source, and does not keep what the source may change', async () => {
    let returned = false
    const buffer = new Uint8Array(2)
    async function* reused(): AsyncGenerator<Uint8Array> {
      try {
        for (const text of ['1', '2\n3', '4\n5'])
          yield buffer.subarray(0, new TextEncoder().encodeInto(text, buffer).written)
      } finally {
        returned = true
      }
    }
    const items: unknown[] = []
    const wide = new Uint8Array(3)
    async function* refilled(): AsyncGenerator<Uint8Array> {
      for (const text of ['1', '2\n3', '4\n5']) yield wide.subarray(0, new TextEncoder().encodeInto(text, wide).written)
    }
    for await (const item of ndjson().decode(refilled())) items.push(item)
    expect(items).toEqual([12, 34, 5])
    for await (const _ of ndjson().decode(reused())) break
    expect(returned).toBe(true)
  })
})

describe('ndjson', () => {
  it('describes itself', () => {
    expect(ndjson()).toMatchObject({
      kind: 'stream',
      name: 'ndjson',
      contentType: 'application/x-ndjson',
      extension: 'ndjson',
    })
    expect(ndjson().options).toBeUndefined()
    expect(ndjson({ types: [jsonTypes.set, jsonTypes.date] }).options).toEqual({ types: ['Date', 'Set'] })
  })

  it('CONFIG names a wrong option', async () => {
    expect((await errorOf(() => ndjson({ space: 1 } as object), 'CONFIG')).message).toContain('maxLineBytes')
    await errorOf(() => ndjson({ maxLineBytes: 0 }), 'CONFIG')
    await errorOf(() => ndjson({ maxLineBytes: Number.NaN }), 'CONFIG')
  })

  it('round-trips however the bytes are cut', async () => {
    const serializer = ndjson({ types: Object.values(jsonTypes) })
    const item = fc.oneof(fc.jsonValue(), fc.string({ unit: 'binary' }), fc.date(), fc.bigInt())
    const cuts = fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1 })
    const property = fc.asyncProperty(fc.array(item), cuts, async (items, sizes) => {
      const bytes = await encoded(items, serializer)
      const chunks: Uint8Array[] = []
      for (let at = 0, turn = 0; at < bytes.byteLength; turn++) {
        const size = sizes[turn % sizes.length] ?? 1
        chunks.push(bytes.subarray(at, at + size))
        at += size
      }
      deepStrictEqual(await collect(serializer.decode(chunksOf(chunks))), items)
    })
    await fc.assert(property, { numRuns: 200 })
  })
})
