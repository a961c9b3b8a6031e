import { createHash } from 'node:crypto'
import {
  collectBytes,
  decodeHeader,
  decodeRecord,
  decodeRecordStream,
  encodeHeader,
  encodeRecord,
  encodeRecordStream,
  type RecordHeader,
  TRAILER_BYTES,
} from '@resultkit/core'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { sha256Hex as nodeHex, sha256 as nodeSha256 } from '../src/hash/node.ts'
import { sha256Hex as webHex, sha256 as webSha256 } from '../src/hash/web.ts'

const HEADER: RecordHeader = {
  serializer: 'json',
  codecs: [],
  createdAt: new Date('2026-11-22T00:00:00.000Z'),
  expiresAt: undefined,
  metadata: undefined,
  writer: undefined,
  undefined: false,
  supersedes: [],
}

const whole = (payload: Uint8Array, header: RecordHeader = HEADER): Buffer =>
  Buffer.concat(encodeRecord(encodeHeader(header), [payload]).parts)

async function* cut(bytes: Uint8Array, sizes: readonly number[]): AsyncGenerator<Uint8Array> {
  let at = 0
  for (let i = 0; at < bytes.length; i++) {
    const size = sizes.length === 0 ? bytes.length : (sizes[i % sizes.length] ?? 1)
    yield bytes.subarray(at, at + size)
    at += size
  }
}

const code = (run: () => unknown): string => {
  try {
    run()
  } catch (error) {
    return (error as { code: string }).code
  }
  return 'accepted'
}

test('a record is a padded line of JSON, the payload, and a line of JSON', () => {
  const record = whole(Buffer.from('[1]'))
  const sha = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex')
  const line = record.subarray(0, record.indexOf(10) + 1)
  expect(line.length % 64).toBe(0)
  expect(JSON.parse(line.toString())).toEqual({
    resultkit: 1,
    serializer: 'json',
    createdAt: '2026-11-22T00:00:00.000Z',
  })
  expect(record.subarray(line.length, line.length + 3).toString()).toBe('[1]')
  expect(record.length).toBe(line.length + 3 + 179)
  const trailer = record.subarray(-179).toString()
  expect(trailer).toBe(`\n{"size":               3,"sha256":"${sha(Buffer.from('[1]'))}","header":"${sha(line)}"}\n`)
})

test('every member of a header comes back', () => {
  const header: RecordHeader = {
    serializer: { name: 'json', options: { types: ['Date'] } },
    codecs: ['zstd', 'encrypt'],
    createdAt: new Date(0),
    expiresAt: new Date(1e12),
    metadata: { run: 7, deep: { ü: [null] } },
    writer: 'resultkit/1.0.0',
    undefined: true,
    supersedes: ['0'.repeat(64), 'f'.repeat(64)],
  }
  expect(decodeHeader(encodeHeader(header))).toEqual(header)
})

test('a header over 8,192 bytes is refused when it is written', () => {
  const header = (length: number): RecordHeader => ({ ...HEADER, metadata: { text: 'x'.repeat(length) } })
  expect(encodeHeader(header(8000)).length).toBeLessThanOrEqual(8192)
  expect(code(() => encodeHeader(header(8192)))).toBe('CONFIG')
})

test('whole and streamed records are the same bytes and decode alike, however they are cut', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.uint8Array({ maxLength: 2000 }),
      fc.array(fc.integer({ min: 1, max: 700 }), { maxLength: 5 }),
      async (payload, sizes) => {
        const record = whole(payload)
        let told = 0
        const streamed = await collectBytes(
          encodeRecordStream(encodeHeader(HEADER), cut(payload, sizes), ({ size }) => {
            told = size
          }),
        )
        expect(Buffer.compare(record, streamed)).toBe(0)
        expect(told).toBe(payload.length)
        expect(Buffer.compare(decodeRecord(record).payload, payload)).toBe(0)
        const opened = await decodeRecordStream(cut(record, sizes))
        expect(opened.header).toEqual(HEADER)
        expect(Buffer.compare(await collectBytes(opened.payload), payload)).toBe(0)
      },
    ),
    { numRuns: 200 },
  )
})

test('every truncation and every flipped bit is CORRUPT or UNSUPPORTED, whole and streamed', async () => {
  const record = whole(Buffer.from('{"a":1}'))
  const outcomes = new Set<string>()
  const check = async (bytes: Uint8Array): Promise<void> => {
    outcomes.add(code(() => decodeRecord(bytes)))
    const streamed = await decodeRecordStream(cut(bytes, [50])).then(
      ({ payload }) =>
        collectBytes(payload).then(
          () => 'accepted',
          (error) => error.code,
        ),
      (error) => error.code,
    )
    outcomes.add(streamed)
  }
  for (let length = 0; length < record.length; length++) await check(record.subarray(0, length))
  for (let bit = 0; bit < record.length * 8; bit++) {
    const changed = Buffer.from(record)
    changed[bit >> 3] = (changed[bit >> 3] ?? 0) ^ (1 << (bit & 7))
    await check(changed)
  }
  await check(Buffer.concat([record, Buffer.from('\n')]))
  expect([...outcomes].sort()).toEqual(['CORRUPT', 'UNSUPPORTED'])
})

test.each([
  ['{"resultkit":2,"serializer":"json","createdAt":"2026-11-22T00:00:00.000Z"}', 'UNSUPPORTED'],
  ['{"resultkit":"1","serializer":"json","createdAt":"2026-11-22T00:00:00.000Z"}', 'CORRUPT'],
  ['{"serializer":"json","createdAt":"2026-11-22T00:00:00.000Z"}', 'CORRUPT'],
  ['{"resultkit":1,"createdAt":"2026-11-22T00:00:00.000Z"}', 'CORRUPT'],
  ['{"resultkit":1,"serializer":"json"}', 'CORRUPT'],
  ['{"resultkit":1,"serializer":"json","createdAt":"yesterday"}', 'CORRUPT'],
  ['{"resultkit":1,"serializer":"json","codecs":"zstd","createdAt":"2026-11-22T00:00:00.000Z"}', 'CORRUPT'],
  ['{"resultkit":1,"serializer":"json","createdAt":"2026-11-22T00:00:00.000Z","undefined":false}', 'CORRUPT'],
  ['{"resultkit":1,"serializer":"json","createdAt":"2026-11-22T00:00:00.000Z","supersedes":["x"]}', 'CORRUPT'],
  ['[1]', 'CORRUPT'],
  ['{', 'CORRUPT'],
])('the header %s is %s', (json, expected) => {
  const line = `${json.padEnd(Math.ceil((json.length + 1) / 64) * 64 - 1)}\n`
  expect(code(() => decodeHeader(Buffer.from(line)))).toBe(expected)
})

test('members that version 1 does not know are left for later minor versions', () => {
  const json = '{"resultkit":1,"serializer":"json","createdAt":"2026-11-22T00:00:00.000Z","later":true}'
  expect(decodeHeader(Buffer.from(`${json.padEnd(127)}\n`)).serializer).toBe('json')
})

test('a stream that is let go early lets its source go, also before the first piece', async () => {
  for (const started of [false, true]) {
    let returned = 0
    const record = whole(Buffer.alloc(10_000))
    const source = cut(record, [600])
    const watched = {
      [Symbol.asyncIterator]: () => ({
        next: () => source.next(),
        return: async () => {
          returned += 1
          return { done: true as const, value: undefined }
        },
      }),
    }
    const opened = await decodeRecordStream(watched)
    const iterator = opened.payload[Symbol.asyncIterator]()
    if (started) await iterator.next()
    await iterator.return?.()
    expect(returned).toBe(1)
  }
})

test('the JavaScript SHA-256 agrees with node:crypto', () => {
  fc.assert(
    fc.property(fc.array(fc.uint8Array({ maxLength: 200 }), { maxLength: 6 }), (parts) => {
      const [web, node] = [webSha256(), nodeSha256()]
      for (const part of parts) {
        web.update(part)
        node.update(part)
      }
      expect(web.hex()).toBe(node.hex())
      expect(webHex(Buffer.concat(parts))).toBe(nodeHex(Buffer.concat(parts)))
    }),
  )
})

test('the trailer has 179 bytes', () => {
  expect(TRAILER_BYTES).toBe(179)
})
