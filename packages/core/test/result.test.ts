import { Readable } from 'node:stream'
import { inspect } from 'node:util'
import {
  collectBytes,
  type Key,
  memoryResult,
  memoryStorage,
  ndjson,
  parseReference,
  Result,
  type ResultStorage,
  type Serializer,
  type,
} from '@resultkit/core'
import { describe, expect, test } from 'vitest'
import { z } from 'zod'
import { READ, WRITE } from './layers/support.ts'

const stored = async (storage: ResultStorage, key: string): Promise<Buffer> => {
  const object = await storage.read(key as Key, READ)
  return Buffer.from((await object?.bytes()) ?? [])
}
const damage = async (storage: ResultStorage, key: string, change: (bytes: Buffer) => Uint8Array): Promise<void> => {
  await storage.write(key as Key, change(await stored(storage, key)), WRITE)
}

describe('write and read', () => {
  test('a value comes back by reference, parameters and key', async () => {
    const scores = memoryResult({ name: 'lab', location: 'scores/{user}.json', validators: [type<number[]>()] })
    const reference = await scores.write([1, 2], { user: 'ada' })
    expect(reference).toEqual({
      type: 'reference',
      v: 1,
      storage: 'lab',
      key: 'scores/ada.json',
      format: 'record',
      serializer: 'json',
      size: 5,
      sha256: expect.stringMatching(/^[0-9a-f]{64}$/),
    })
    expect(Object.keys(reference)).toEqual(['type', 'v', 'storage', 'key', 'format', 'serializer', 'size', 'sha256'])
    expect(await scores.read(reference)).toEqual([1, 2])
    expect(await scores.read(JSON.parse(JSON.stringify(reference)))).toEqual([1, 2])
    expect(await scores.read(structuredClone(reference))).toEqual([1, 2])
    expect(await scores.read({ user: 'ada' })).toEqual([1, 2])
    expect(await scores.read('scores/ada.json')).toEqual([1, 2])
  })

  test.each([null, false, 0, '', [], {}, { type: 'literal' }, { type: 'reference' }, { sha256: 'x' }])(
    '%o is a hit like any other',
    async (value) => {
      const result = memoryResult({ location: 'x' })
      const reference = await result.write(value)
      expect(await result.find(reference)).toMatchObject({ status: 'hit', value })
      expect(await result.read()).toEqual(value)
    },
  )

  test('undefined is kept by the record, and refused where there is none', async () => {
    const result = memoryResult({ location: 'x' })
    const reference = await result.write(undefined)
    expect(reference.size).toBe(0)
    expect(await result.find(reference)).toMatchObject({ status: 'hit', value: undefined, record: { undefined: true } })
    await expect(result.with({ format: 'plain' }).write(undefined)).rejects.toMatchObject({ code: 'SERIALIZE' })
  })

  test('what is changed after write was called is not stored', async () => {
    const result = memoryResult({ location: 'x', validators: [async () => true] })
    const value = { a: 1 }
    const writing = result.write(value)
    value.a = 2
    await writing
    expect(await result.read()).toEqual({ a: 1 })
  })

  test('the same value written again keeps earlier references valid', async () => {
    const result = memoryResult({ location: 'x' })
    const first = await result.write({ a: 1 })
    await result.write({ a: 1 })
    expect(await result.read(first)).toEqual({ a: 1 })
  })

  test('without a storage, every operation says which Result to choose', async () => {
    const result = new Result({ location: 'x' })
    for (const run of [
      () => result.write(1),
      () => result.read(),
      () => result.exists(),
      () => result.find(),
      () => result.delete(),
      () => result.describe(),
    ]) {
      await expect(run()).rejects.toMatchObject({
        code: 'UNSUPPORTED',
        message: expect.stringContaining('localResult'),
      })
    }
  })
})

describe('what is wrong has an answer of its own', () => {
  test('absent', async () => {
    const result = memoryResult({ location: 'x' })
    await expect(result.read()).rejects.toMatchObject({ code: 'NOT_FOUND', key: 'x', storage: result.uri })
    expect(await result.find()).toEqual({ status: 'miss' })
    expect(await result.exists()).toBe(false)
    expect(await result.describe()).toBeUndefined()
    await result.delete()
  })

  test('corrupt, also by one byte', async () => {
    const storage = memoryStorage()
    const result = new Result({ storage, location: 'x' })
    const reference = await result.write({ a: 1 })
    await damage(storage, 'x', (bytes) => bytes.subarray(0, -1))
    for (const at of [reference, 'x']) {
      await expect(result.read(at)).rejects.toMatchObject({ code: 'CORRUPT', key: 'x' })
      await expect(result.find(at)).rejects.toMatchObject({ code: 'CORRUPT' })
    }
  })

  test('replaced, unless that is allowed', async () => {
    const result = memoryResult({ location: 'x' })
    const first = await result.write(1)
    await result.write(2)
    await expect(result.read(first)).rejects.toMatchObject({ code: 'REPLACED' })
    expect(await result.read(first, { allowReplaced: true })).toBe(2)
    expect(await result.read()).toBe(2)
    await expect(collectBytes(result.stream(first))).rejects.toMatchObject({ code: 'REPLACED' })
  })

  test('swapped contents are found through the references', async () => {
    const storage = memoryStorage()
    const result = new Result({ storage, location: '{name}' })
    const [a, b] = [await result.write('a', { name: 'a' }), await result.write('b', { name: 'b' })]
    const [bytesA, bytesB] = [await stored(storage, 'a'), await stored(storage, 'b')]
    await damage(storage, 'a', () => bytesB)
    await damage(storage, 'b', () => bytesA)
    for (const reference of [a, b]) await expect(result.read(reference)).rejects.toMatchObject({ code: 'REPLACED' })
  })

  test('expired, exactly at the boundary', async () => {
    let now = 1000
    const result = memoryResult({ location: 'x', clock: () => now })
    await result.write('v', {}, { expiresAt: new Date(2000) })
    now = 1999
    expect(await result.read()).toBe('v')
    now = 2000
    await expect(result.read()).rejects.toMatchObject({ code: 'EXPIRED' })
    await expect(collectBytes(result.stream())).rejects.toMatchObject({ code: 'EXPIRED' })
    expect(await result.find()).toMatchObject({
      status: 'expired',
      reason: 'expiresAt',
      record: { createdAt: new Date(1000) },
    })
    expect(await result.exists()).toBe(true)
    await expect(result.write('w', {}, { ifAbsent: true })).rejects.toMatchObject({ code: 'ALREADY_EXISTS' })
  })

  test('cacheFor and maxAge count from createdAt, and only in find', async () => {
    let now = 0
    const result = memoryResult({ location: 'x', clock: () => now, cacheFor: '1m' })
    await result.write('v')
    now = 59_999
    expect((await result.find()).status).toBe('hit')
    expect(await result.find({}, { maxAge: '10s' })).toMatchObject({ status: 'expired', reason: 'maxAge' })
    now = 60_000
    expect((await result.find()).status).toBe('expired')
    expect(await result.read()).toBe('v')
    now = -1
    expect((await result.find()).status).toBe('hit')
  })

  test('a clock that gives no time', async () => {
    const result = memoryResult({ location: 'x', clock: () => Number.NaN })
    await expect(result.write(1)).rejects.toMatchObject({ code: 'CONFIG' })
    expect(await Array.fromAsync(result.list())).toEqual([])
  })

  test('too large, before and after the codecs', async () => {
    const result = memoryResult({ location: 'x' })
    await result.write('x'.repeat(98))
    expect(await result.read({}, { maxBytes: 100 })).toHaveLength(98)
    await expect(result.read({}, { maxBytes: 99 })).rejects.toMatchObject({ code: 'TOO_LARGE' })
  })

  test('another serializer, and an older one that is accepted', async () => {
    const storage = memoryStorage()
    const old = new Result({ storage, location: 'x', serializer: 'text' })
    const reference = await old.write('hello')
    const now = new Result({ storage, location: 'x' })
    await expect(now.read()).rejects.toMatchObject({ code: 'UNSUPPORTED', message: expect.stringContaining('"text"') })
    await expect(now.read(reference)).rejects.toMatchObject({ code: 'UNSUPPORTED' })
    expect(await now.with({ accepts: [{ serializer: 'text' }] }).read()).toBe('hello')
    expect(await now.describe()).toMatchObject({ serializer: 'text', key: 'x' })
  })

  test('a foreign file and a newer version', async () => {
    const storage = memoryStorage()
    const result = new Result({ storage, location: 'x' })
    await storage.write('x' as Key, Buffer.from('hello'), WRITE)
    await expect(result.read()).rejects.toMatchObject({
      code: 'CORRUPT',
      message: expect.stringContaining(`format: 'plain'`),
    })
    const line = `${'{"resultkit":2}'.padEnd(63)}\n`
    await storage.write('x' as Key, Buffer.from(line), WRITE)
    await expect(result.read()).rejects.toMatchObject({
      code: 'UNSUPPORTED',
      message: expect.stringContaining('version 2'),
    })
  })

  test('errors print neither key nor storage nor cause', async () => {
    const result = memoryResult({ name: 'secret-storage', location: 'secret-key' })
    const error = await result.read().catch((caught: unknown) => caught)
    for (const text of [
      inspect(error, { depth: 9, showHidden: true, getters: true }),
      JSON.stringify(error),
      String(error),
    ]) {
      expect(text).not.toContain('secret')
      expect(text).toContain('no result is stored there')
    }
  })
})

describe('validators', () => {
  const Person = z.object({ name: z.string(), age: z.number() })

  test('speak before a write and after a read', async () => {
    const storage = memoryStorage()
    const people = new Result({ storage, location: 'x', validators: [Person, ({ age }) => age >= 0] })
    // @ts-expect-error age is missing
    await expect(people.write({ name: 'ada' })).rejects.toMatchObject({
      code: 'VALIDATION_FAILED',
      issues: [{ path: ['age'] }, { path: [] }],
    })
    await expect(people.write({ name: 'ada', age: -1 })).rejects.toMatchObject({ code: 'VALIDATION_FAILED' })
    expect(await people.exists()).toBe(false)
    await people.write({ name: 'ada', age: -1 }, {}, { validate: false })
    await expect(people.read()).rejects.toMatchObject({ code: 'VALIDATION_FAILED' })
    expect(await people.find()).toMatchObject({
      status: 'invalid',
      reason: 'validators',
      record: { etag: expect.any(String) },
    })
    expect(await people.read({}, { validate: false })).toEqual({ name: 'ada', age: -1 })
  })

  test('are asked by validate, with more of them', async () => {
    const people = memoryResult({ location: 'x', validators: [Person] })
    expect(await people.validate({ name: 'ada', age: 1 })).toEqual({ valid: true, issues: [] })
    expect(await people.validate({ name: 'ada', age: 1 }, [() => false])).toMatchObject({ valid: false, issues: [{}] })
  })

  test('that throw are a configuration error, and nothing is written', async () => {
    const result = memoryResult({
      location: 'x',
      validators: [
        () => {
          throw new Error('bug')
        },
      ],
    })
    await expect(result.write(1)).rejects.toMatchObject({ code: 'CONFIG', cause: { message: 'bug' } })
    expect(await result.exists()).toBe(false)
  })

  test('cacheValidators decide in find alone', async () => {
    const result = memoryResult({ location: 'x', cacheValidators: [({ value }) => value !== 'old'] })
    await result.write('old')
    expect(await result.find()).toMatchObject({ status: 'invalid', reason: 'cacheValidators' })
    expect(await result.read()).toBe('old')
  })
})

describe('conditions', () => {
  test('ifMatch with the etag that find and writeWithStat give', async () => {
    const result = memoryResult({ location: 'x' })
    const { stat } = await result.writeWithStat(1)
    const found = await result.find()
    expect(found).toMatchObject({ status: 'hit', record: { etag: stat.etag } })
    await result.write(2, {}, { ifMatch: stat.etag })
    await expect(result.write(3, {}, { ifMatch: stat.etag })).rejects.toMatchObject({
      code: 'PRECONDITION_FAILED',
      key: 'x',
    })
    await expect(result.delete({}, { ifMatch: stat.etag })).rejects.toMatchObject({ code: 'PRECONDITION_FAILED' })
    expect(await result.read()).toBe(2)
  })

  test('an aborted write writes nothing', async () => {
    const result = memoryResult({ location: 'x' })
    const reason = new Error('enough')
    await expect(result.write(1, {}, { signal: AbortSignal.abort(reason) })).rejects.toMatchObject({
      code: 'ABORTED',
      cause: reason,
    })
    expect(await result.exists()).toBe(false)
  })
})

describe('plain', () => {
  test("is exactly the serializer's bytes", async () => {
    const storage = memoryStorage()
    const result = new Result({ storage, location: 'x.json', format: 'plain' })
    const reference = await result.write({ a: 1 })
    expect((await stored(storage, 'x.json')).toString()).toBe('{"a":1}')
    expect(await result.read(reference)).toEqual({ a: 1 })
    expect(await result.find()).toMatchObject({
      status: 'hit',
      record: { format: 'plain', size: 7, sha256: reference.sha256 },
    })
    await damage(storage, 'x.json', () => Buffer.from('{"a":2}'))
    await expect(result.read(reference)).rejects.toMatchObject({ code: 'CORRUPT' })
    expect(await result.read()).toEqual({ a: 2 })
  })

  test('refuses what only a record can keep', async () => {
    const result = memoryResult({ location: 'x', format: 'plain' })
    await expect(result.write(1, {}, { expiresAt: new Date() })).rejects.toMatchObject({ code: 'CONFIG' })
    await expect(result.write(1, {}, { metadata: {} })).rejects.toMatchObject({ code: 'CONFIG' })
  })

  test('is fresh by lastModified', async () => {
    let now = 0
    const clock = (): number => now
    const result = new Result({
      storage: memoryStorage({ clock }),
      clock,
      location: 'x',
      format: 'plain',
      cacheFor: 10,
    })
    await result.write(1)
    now = 9
    expect((await result.find()).status).toBe('hit')
    now = 10
    expect((await result.find()).status).toBe('expired')
  })

  test('is not what a record reader expects, and the reference says so', async () => {
    const storage = memoryStorage()
    const reference = await new Result({ storage, location: 'x', format: 'plain' }).write(1)
    await expect(new Result({ storage }).read(reference)).rejects.toMatchObject({ code: 'UNSUPPORTED' })
  })
})

describe('streams', () => {
  async function* rows(count: number): AsyncGenerator<{ n: number }> {
    for (let n = 0; n < count; n++) yield { n }
  }

  test('of items go through a stream serializer and back', async () => {
    const result = memoryResult({ location: 'x', serializer: ndjson(), validators: [z.object({ n: z.number() })] })
    const reference = await result.write(rows(10_000))
    const back = await result.read(reference)
    let expected = 0
    for await (const { n } of back) expect(n).toBe(expected++)
    expect(expected).toBe(10_000)
    expect(await Array.fromAsync(await result.read())).toHaveLength(10_000)
  })

  test('may be ReadableStreams, arrays, or functions that give one', async () => {
    const result = memoryResult({ location: 'x', serializer: ndjson() })
    for (const source of [Readable.toWeb(Readable.from(rows(3))), [{ n: 0 }, { n: 1 }, { n: 2 }], () => rows(3)]) {
      await result.write(source as AsyncIterable<unknown>)
      expect(await Array.fromAsync(await result.read())).toEqual([{ n: 0 }, { n: 1 }, { n: 2 }])
    }
    await expect(result.write(7 as never)).rejects.toMatchObject({ code: 'SERIALIZE' })
  })

  test('that fail or hold an invalid item leave nothing', async () => {
    const result = memoryResult({
      location: 'x',
      serializer: ndjson(),
      validators: [z.object({ n: z.number().max(5) })],
    })
    await expect(result.write(rows(100))).rejects.toMatchObject({
      code: 'VALIDATION_FAILED',
      issues: [{ path: [6, 'n'] }],
    })
    const broken = async function* (): AsyncGenerator<{ n: number }> {
      yield { n: 1 }
      throw new Error('source')
    }
    await expect(result.write(broken())).rejects.toThrow('source')
    expect(await result.exists()).toBe(false)
  })

  test('end with an error when the digest does not match', async () => {
    const storage = memoryStorage()
    const result = new Result({ storage, location: 'x', serializer: ndjson() })
    await result.write(rows(5))
    await damage(storage, 'x', (bytes) => {
      bytes[bytes.length - 185] = 0x30
      return bytes
    })
    await expect(Array.fromAsync(await result.read())).rejects.toMatchObject({ code: 'CORRUPT' })
    await expect(collectBytes(result.stream())).rejects.toMatchObject({ code: 'CORRUPT' })
  })

  test('of bytes, with ranges where the caller gives up verification', async () => {
    for (const format of ['record', 'plain'] as const) {
      const result = memoryResult({ location: 'x', serializer: 'text', format })
      await result.write('0123456789')
      const range = async (start: number, end?: number): Promise<string> =>
        Buffer.from(await collectBytes(result.stream({}, { range: { start, end }, verify: false }))).toString()
      expect(Buffer.from(await collectBytes(result.stream())).toString()).toBe('0123456789')
      expect(await range(0, 1)).toBe('0')
      expect(await range(3, 6)).toBe('345')
      expect(await range(-3)).toBe('789')
      expect(await range(8, 99)).toBe('89')
      expect(await range(10)).toBe('')
      await expect(collectBytes(result.stream({}, { range: { start: 0 } }))).rejects.toMatchObject({
        code: 'UNSUPPORTED',
      })
      await expect(range(-3, -1)).rejects.toMatchObject({ code: 'CONFIG' })
    }
  })
})

test('find is one request, exists is one stat, describe one small range', async () => {
  const calls: string[] = []
  const inner = memoryStorage()
  const storage: ResultStorage = {
    ...inner,
    read: (key, options) => {
      calls.push(options.range ? 'range' : 'read')
      return inner.read(key, options)
    },
    stat: (key, options) => {
      calls.push('stat')
      return inner.stat(key, options)
    },
    write: (key, body, options) => {
      calls.push('write')
      return inner.write(key, body, options)
    },
  }
  const result = new Result({ storage, location: 'x' })
  await result.write('x'.repeat(1_000_000))
  await result.find()
  await result.exists()
  await result.describe()
  await result.read()
  expect(calls).toEqual(['write', 'read', 'stat', 'range', 'read'])
})

test('an expired large record is read no further than its header', async () => {
  const inner = memoryStorage()
  let pieces = 0
  const storage: ResultStorage = {
    ...inner,
    read: async (key, options) => {
      const object = await inner.read(key, options)
      if (object === undefined) return undefined
      const { stat, bytes } = object
      return {
        stat,
        bytes,
        stream: async function* () {
          for await (const piece of object.stream()) {
            pieces += 1
            yield piece
          }
        },
      }
    },
  }
  let now = 0
  const result = new Result({ storage, location: 'x', clock: () => now })
  await result.write('x'.repeat(3_000_000), {}, { expiresAt: new Date(1) })
  now = 1
  expect((await result.find()).status).toBe('expired')
  expect(pieces).toBe(1)
})

test('with changes what it names and leaves the rest', async () => {
  const base = memoryResult({ location: 'a/{user}', validators: [type<string>()] })
  const other = base.with({ location: 'b/{user}' })
  await other.write('v', { user: 'x' })
  expect(await base.exists({ user: 'x' })).toBe(false)
  expect((await Array.fromAsync(base.list('b/'))).map(({ key }) => key)).toEqual(['b/x'])
})

test('options that contradict each other are refused at once', () => {
  const zip = { name: 'zip', kind: 'compression' } as never
  const seal = { name: 'seal', kind: 'encryption' } as never
  for (const options of [
    { codecs: [seal, zip] },
    { codecs: [zip, zip] },
    { codecs: [seal], format: 'plain' },
    { serializer: 'pickle' },
    { cacheFor: '1 day' },
    { seal: true },
    { format: 'x' },
    { serializer: 'json', accepts: [{ serializer: 'ndjson' }] },
  ]) {
    expect(() => new Result(options as never)).toThrow(expect.objectContaining({ code: 'CONFIG' }))
  }
})

test('parseReference accepts exactly a reference', async () => {
  const reference = await memoryResult().write(1)
  expect(parseReference(JSON.parse(JSON.stringify(reference)))).toEqual(reference)
  for (const [change, code] of [
    [{ v: 2 }, 'UNSUPPORTED'],
    [{ extra: 1 }, 'CONFIG'],
    [{ key: '../x' }, 'INVALID_KEY'],
    [{ size: -1 }, 'CONFIG'],
    [{ sha256: 'X' }, 'CONFIG'],
    [{ format: 'raw' }, 'CONFIG'],
    [{ codecs: [1] }, 'CONFIG'],
    [{ serializer: {} }, 'CONFIG'],
    [{ storage: '' }, 'CONFIG'],
  ] as const) {
    expect(() => parseReference({ ...reference, ...change })).toThrow(expect.objectContaining({ code }))
  }
})

test('a serializer with options is named with them, and must be configured alike', async () => {
  const storage = memoryStorage()
  const upper = (shout: boolean): Serializer => ({
    kind: 'value',
    name: 'upper',
    contentType: 'text/plain',
    extension: 'txt',
    options: { shout },
    serialize: (value) => new TextEncoder().encode(String(value)),
    deserialize: (bytes) => new TextDecoder().decode(bytes),
  })
  const reference = await new Result({ storage, location: 'x', serializer: upper(true) as never }).write('a')
  expect(reference.serializer).toEqual({ name: 'upper', options: { shout: true } })
  await expect(new Result({ storage, location: 'x', serializer: upper(false) as never }).read()).rejects.toMatchObject({
    code: 'UNSUPPORTED',
  })
})
