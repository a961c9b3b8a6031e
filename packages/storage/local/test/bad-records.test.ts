import { createHash } from 'node:crypto'
import fs from 'node:fs'
import { gzipSync } from 'node:zlib'
import { encodeTrailer, ndjson, TRAILER_BYTES, text } from '@resultkit/core'
import { describe, expect, it } from 'vitest'
import { expectError, KEY, openClinic, VALUE } from './bad-input-kit.ts'

const sha256 = (data: Uint8Array): string => createHash('sha256').update(data).digest('hex')

/** A clinic with one more result, and its bytes. */
async function withRecord() {
  const clinic = await openClinic()
  const { result, file } = clinic
  const reference = await result.write(VALUE, KEY, { expiresAt: new Date('2999-01-01'), metadata: { by: 'Jane Doe' } })
  const bytes = fs.readFileSync(file(KEY))
  const payload = bytes.indexOf('\n') + 1
  const replace = (data: Uint8Array | string): void => fs.writeFileSync(file(KEY), data)
  return { ...clinic, reference, bytes, payload, end: bytes.length - TRAILER_BYTES, replace, uri: result.uri }
}

function flipped(bytes: Uint8Array, at: number, bit: number): Uint8Array {
  const copy = Uint8Array.from(bytes)
  copy[at] = (copy[at] ?? 0) ^ (1 << bit)
  return copy
}

describe('a corrupt file', () => {
  const parts = {
    header: ({ payload }: { payload: number }) => [0, payload],
    payload: ({ payload, end }: { payload: number; end: number }) => [payload, end],
    trailer: ({ bytes, end }: { bytes: Uint8Array; end: number }) => [end, bytes.length],
  }

  it.each(['header', 'payload', 'trailer'] as const)('is CORRUPT for every flipped bit of its %s', async (part) => {
    const record = await withRecord()
    const { result, reference, bytes, replace, uri, expectKept } = record
    const [from = 0, to = 0] = parts[part](record)
    expect(to).toBeGreaterThan(from)
    for (let at = from; at < to; at++) {
      for (let bit = 0; bit < 8; bit++) {
        replace(flipped(bytes, at, bit))
        // Another digit for the version is another version.
        const isVersion = Buffer.from(bytes).indexOf(':1,') + 1 === at
        await expectError(result.read(KEY), isVersion ? ['UNSUPPORTED', 'CORRUPT'] : 'CORRUPT', { uri })
      }
    }
    await expectError(result.find(KEY), 'CORRUPT', { uri })
    await expectError(result.read(reference), 'CORRUPT', { uri })
    await expectKept()
    replace(bytes)
    expect(await result.read(reference)).toEqual(VALUE)
  })

  it('is CORRUPT at every length but its own', async () => {
    const { result, reference, bytes, replace, uri, expectKept } = await withRecord()
    for (let length = 0; length < bytes.length; length++) {
      replace(bytes.subarray(0, length))
      await expectError(result.read(KEY), 'CORRUPT', { uri })
      await expectError(result.find(reference), 'CORRUPT', { uri })
      await expectError(Array.fromAsync(result.stream(KEY)), 'CORRUPT', { uri })
    }
    for (const more of ['\n', ' ', 'x'.repeat(300)]) {
      replace(Buffer.concat([bytes, Buffer.from(more)]))
      await expectError(result.read(KEY), 'CORRUPT', { uri })
    }
    expect(await result.exists(KEY)).toBe(true)
    await expectKept()
  })

  it('is CORRUPT when it is large, and read as a stream', async () => {
    const { result, file, expectKept } = await openClinic()
    await result.write({ ...VALUE, notes: 'x'.repeat(600_000) }, KEY)
    const bytes = fs.readFileSync(file(KEY))
    const middle = bytes.indexOf('xxx') + 400_000
    for (const data of [flipped(bytes, middle, 5), bytes.subarray(0, middle), bytes.subarray(0, -1)]) {
      fs.writeFileSync(file(KEY), data)
      await expectError(result.read(KEY), 'CORRUPT', { uri: result.uri })
      await expectError(Array.fromAsync(result.stream(KEY)), 'CORRUPT', { uri: result.uri })
    }
    await expectKept()
  })

  it('is CORRUPT at the end of its items, with the key and the storage', async () => {
    const { result, file, expectKept } = await openClinic()
    const streams = result.with({ serializer: ndjson() })
    await streams.write([VALUE, VALUE, { ...VALUE, notes: 'x'.repeat(200_000) }], KEY)
    const bytes = fs.readFileSync(file(KEY))
    for (const data of [flipped(bytes, bytes.lastIndexOf('xxx'), 0), bytes.subarray(0, -10)]) {
      fs.writeFileSync(file(KEY), data)
      const readAll = async () => Array.fromAsync((await streams.read(KEY)) as AsyncIterable<unknown>)
      await expectError(readAll(), ['CORRUPT', 'DESERIALIZE'], { uri: result.uri })
    }
    await expectKept()
  })

  it('of a plain result is CORRUPT by reference', async () => {
    const { result, file, expectKept } = await openClinic()
    const plain = result.with({ format: 'plain' })
    const reference = await plain.write(VALUE, KEY)
    fs.writeFileSync(file(KEY), flipped(fs.readFileSync(file(KEY)), 10, 0))
    await expectError(plain.read(reference), 'CORRUPT', { uri: result.uri })
    await expectError(Array.fromAsync(plain.stream(reference)), 'CORRUPT', { uri: result.uri })
    await expectKept()
  })
})

it('a file with the bytes of another result is REPLACED by reference', async () => {
  const { result, reference, replace, file, uri, expectKept } = await withRecord()
  replace(fs.readFileSync(file('kept')))
  await expectError(result.read(reference), 'REPLACED', { uri })
  await expectKept()
})

describe('a foreign file', () => {
  const files = {
    'of text': 'Jane Doe, cholesterol 4711\n',
    'of JSON': JSON.stringify(VALUE),
    'of JSON in lines': `${JSON.stringify(VALUE)}\n${JSON.stringify(VALUE)}\n`,
    'of JSON with a member of the same name': '{"resultkit":"cholesterol 4711 of Jane Doe"}\n',
    'of JSON with an object of the same name': `{"resultkit":${JSON.stringify(VALUE)}}\n`,
    'of JSON with another serializer and no more': '{"resultkit":1,"serializer":"Jane Doe"}\n',
    'that is compressed': gzipSync('Jane Doe'),
    'that is binary': new Uint8Array(5000).map((_, index) => index * 7),
    'that is all spaces': ' '.repeat(10_000),
    'that is an open brace and no line': `{${'"'.repeat(10_000)}`,
    'that is empty': '',
  }

  it.each(Object.entries(files))('%s is refused', async (_, content) => {
    const { result, replace, uri, expectKept } = await withRecord()
    replace(content)
    // What has our mark, and not our version, is not ours to judge.
    const code = `${content}`.startsWith('{"resultkit":') ? (['CORRUPT', 'UNSUPPORTED'] as const) : 'CORRUPT'
    for (const attempt of [() => result.read(KEY), () => result.find(KEY), () => result.describe(KEY)])
      await expectError(attempt(), code, { uri })
    await expectError(Array.fromAsync(result.stream(KEY)), code, { uri })
    await expectKept()
  })

  it('is DESERIALIZE where plain files are read', async () => {
    const { result, replace, uri, expectKept } = await withRecord()
    replace('Jane Doe, cholesterol 4711\n')
    const plain = result.with({ format: 'plain' })
    await expectError(plain.read(KEY), 'DESERIALIZE', { uri })
    const lines = result.with({ format: 'plain', serializer: ndjson() })
    const readAll = async () => Array.fromAsync((await lines.read(KEY)) as AsyncIterable<unknown>)
    await expectError(readAll(), 'DESERIALIZE', { uri })
    expect(await result.with({ format: 'plain', serializer: text() }).read(KEY)).toBe('Jane Doe, cholesterol 4711\n')
    await expectKept()
  })
})

it('another serializer is UNSUPPORTED, and the record can be described', async () => {
  const { result, reference, uri, expectKept } = await withRecord()
  for (const serializer of [text(), 'bytes'] as const) {
    const other = result.with({ serializer })
    for (const attempt of [() => other.read(KEY), () => other.find(KEY), () => other.read(reference)])
      await expectError(attempt(), 'UNSUPPORTED', { uri })
    expect(await other.describe(KEY)).toMatchObject({ serializer: 'json', metadata: { by: 'Jane Doe' } })
  }
  const lines = result.with({ serializer: ndjson() })
  await expectError(lines.read(KEY), 'UNSUPPORTED', { uri })
  expect(await result.read(KEY)).toEqual(VALUE)
  await expectKept()
})

it('another version is UNSUPPORTED and named, and its header stays readable', async () => {
  const { result, bytes, payload, end, replace, uri, expectKept } = await withRecord()
  for (const version of [0, 2, 9]) {
    const header = Buffer.from(bytes.subarray(0, payload).toString().replace(':1,', `:${version},`))
    const content = bytes.subarray(payload, end)
    const trailer = encodeTrailer({ size: content.length, sha256: sha256(content), header: sha256(header) })
    replace(Buffer.concat([header, content, trailer]))
    for (const attempt of [() => result.read(KEY), () => result.find(KEY)]) {
      const error = await expectError(attempt(), 'UNSUPPORTED', { uri })
      expect(error.message).toContain(`version ${version}`)
    }
    expect(await result.describe(KEY)).toMatchObject({ version, serializer: 'json' })
    expect((await result.stat(KEY))?.size).toBe(bytes.length)
  }
  await expectKept()
})

it('what was stored can be read with other tools', async () => {
  const { bytes, payload, end } = await withRecord()
  expect(JSON.parse(bytes.subarray(0, payload).toString())).toMatchObject({ resultkit: 1, serializer: 'json' })
  expect(JSON.parse(bytes.subarray(payload, end).toString())).toEqual(VALUE)
  expect(JSON.parse(bytes.subarray(end).toString())).toMatchObject({ sha256: sha256(bytes.subarray(payload, end)) })
})
