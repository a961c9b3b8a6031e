import {
  type Codec,
  collectBytes,
  createResultStore,
  decodeRecord,
  encodeHeader,
  encodeRecord,
  json,
  type Key,
  limit,
  memoryResult,
  memoryStorage,
  ndjson,
  type RangeReader,
  Result,
  ResultError,
  type ResultStorage,
  retry,
  text,
} from '@resultkit/core'
import { describe, expect, test } from 'vitest'
import { READ, WRITE } from './layers/support.ts'

const K = 'k' as Key

const bytesAt = async (storage: ResultStorage): Promise<Uint8Array> =>
  (await (await storage.read(K, READ))?.bytes()) ?? new Uint8Array()

async function* each(
  pieces: AsyncIterable<Uint8Array>,
  change: (piece: Uint8Array) => Uint8Array,
): AsyncGenerator<Uint8Array> {
  for await (const piece of pieces) yield change(piece)
}

const flip = (bytes: Uint8Array): Uint8Array => bytes.map((byte) => byte ^ 0xff)

/** Flips every bit: an encryption of the same length, whose ranges can be decoded alone. */
function flipping(kind: Codec['kind'], name: string, parts: Partial<Codec> = {}): Codec {
  const range: RangeReader = {
    async *decodeRange(source, { start, end }) {
      yield flip(await source.read({ start, end }))
    },
  }
  return {
    name,
    kind,
    minBytes: 0,
    encode: flip,
    decode: flip,
    encodeStream: (bytes) => each(bytes, flip),
    decodeStream: (bytes) => each(bytes, flip),
    range,
    pin: (prefix) => new Uint8Array(32).map((_, index) => prefix[index] ?? 0),
    ...parts,
  }
}
const lock = (parts: Partial<Codec> = {}): Codec => flipping('encryption', 'lock', parts)
const zip = (parts: Partial<Codec> = {}): Codec =>
  flipping('compression', 'zip', { range: undefined, pin: () => undefined, ...parts })

describe('references', () => {
  test('an unencrypted record cannot claim to supersede one', async () => {
    const storage = memoryStorage()
    const result = new Result({ storage, location: 'k' })
    const reference = await result.write({ pay: 'ada' })
    const { header } = decodeRecord(await bytesAt(storage))
    const line = encodeHeader({ ...header, supersedes: [reference.sha256] })
    await storage.write(K, encodeRecord(line, [json().serialize({ pay: 'mallory' }) as Uint8Array]).parts, WRITE)
    await expect(result.read(reference)).rejects.toMatchObject({ code: 'REPLACED' })
    await expect(collectBytes(result.stream(reference))).rejects.toMatchObject({ code: 'REPLACED' })
  })

  test('a range is of the version whose head was checked, also through compression', async () => {
    const inner = memoryStorage()
    let reads = 0
    let between = async (): Promise<void> => {}
    const storage: ResultStorage = {
      ...inner,
      read: async (key, options) => {
        reads += 1
        if (reads === 2) await between()
        return inner.read(key, options)
      },
    }
    const result = new Result({ storage, location: 'k', serializer: text(), codecs: [zip(), lock()] })
    const reference = await result.write('old'.repeat(1000))
    between = async () => {
      await new Result({ storage: inner, location: 'k', serializer: text(), codecs: [zip(), lock()] }).write(
        'new'.repeat(1000),
      )
    }
    const range = collectBytes(result.stream(reference, { range: { start: 0, end: 30 } }))
    await expect(range).rejects.toMatchObject({ code: 'REPLACED', retryable: true })
  })

  test('another result is REPLACED, whatever pipeline wrote it', async () => {
    const storage = memoryStorage()
    const store = createResultStore({ storages: { m: storage }, codecs: [zip({ minBytes: 100 })] })
    const result = store.result('m', { location: 'k', codecs: [zip({ minBytes: 100 })] })
    const reference = await result.write([1])
    await result.write('x'.repeat(500))
    await expect(store.get(reference)).rejects.toMatchObject({ code: 'REPLACED' })
  })

  test('the format of a reference is checked by every operation', async () => {
    const storage = memoryStorage()
    const reference = await new Result({ storage, location: 'k' }).write('v')
    const plain = new Result({ storage, format: 'plain' })
    await expect(collectBytes(plain.stream(reference))).rejects.toMatchObject({ code: 'UNSUPPORTED' })
    const range = { range: { start: 0, end: 5 }, verify: false }
    await expect(collectBytes(plain.stream(reference, range))).rejects.toMatchObject({ code: 'UNSUPPORTED' })
    await expect(plain.describe(reference)).rejects.toMatchObject({ code: 'UNSUPPORTED' })
  })

  test('a plain one is described by its own pipeline', async () => {
    const storage = memoryStorage()
    const old = new Result({ storage, name: 'm', location: 'k', format: 'plain', serializer: text(), codecs: [zip()] })
    const reference = await old.write('hello')
    const now = new Result({ storage, format: 'plain', accepts: [{ serializer: text(), codecs: [zip()] }] })
    expect(await now.find(reference)).toMatchObject({ status: 'hit', record: { serializer: 'text', codecs: ['zip'] } })
    const range = collectBytes(now.stream(reference, { range: { start: 0, end: 2 }, verify: false }))
    expect(new TextDecoder().decode(await range)).toBe('he')
    const store = createResultStore({ storages: { m: storage } })
    expect(await (await store.open(reference)).describe()).toMatchObject({ serializer: 'text', codecs: ['zip'] })
  })

  test('a sealed text that holds none shows nothing of it', async () => {
    const keyring = { seal: async () => '', open: async () => 'password hunter2' }
    const error = await memoryResult({ keyring })
      .read('sealed:abc')
      .catch((caught: unknown) => caught)
    expect(error).toMatchObject({ code: 'CONFIG' })
    expect(String(error)).not.toContain('hunter2')
  })
})

describe('encryption', () => {
  test('what is left out of accepts is as configured, so that nothing turns it off by omission', async () => {
    const storage = memoryStorage()
    await new Result({ storage, location: 'k', serializer: text() }).write('planted')
    const now = new Result({ storage, location: 'k', codecs: [lock()], accepts: [{ serializer: text() }] })
    await expect(now.read()).rejects.toMatchObject({ code: 'DECRYPT' })
    expect(await now.with({ accepts: [{ serializer: text(), codecs: [] }] }).read()).toBe('planted')
  })

  test('what cannot be done is UNSUPPORTED, not DECRYPT', async () => {
    const result = memoryResult({ location: 'k', serializer: text(), codecs: [lock({ range: undefined })] })
    await result.write('v')
    await expect(collectBytes(result.stream({}, { range: { start: 0, end: 1 } }))).rejects.toMatchObject({
      code: 'UNSUPPORTED',
    })
  })

  test('what does not decode is DECRYPT before it can be REPLACED', async () => {
    const storage = memoryStorage()
    const refuse = (): never => {
      throw new ResultError({ code: 'DECRYPT', operation: 'decode', message: 'no' })
    }
    const open = (codec: Codec): Result<unknown, string> =>
      new Result({ storage, location: 'k' as string, serializer: text(), codecs: [codec] })
    const reference = await open(lock()).write('v')
    await open(lock()).write('other')
    // Async generators that refuse at the end, as one does that verifies the whole.
    const late = lock({
      decode: refuse,
      decodeStream: async function* (bytes) {
        for await (const piece of bytes) void piece
        refuse()
        yield new Uint8Array()
      },
      range: {
        decodeRange: async function* () {
          refuse()
          yield new Uint8Array()
        },
      },
    })
    await expect(open(late).read(reference)).rejects.toMatchObject({ code: 'DECRYPT' })
    await expect(collectBytes(open(late).stream(reference))).rejects.toMatchObject({ code: 'DECRYPT' })
    const range = { range: { start: 0, end: 1 } }
    await expect(collectBytes(open(late).stream(reference, range))).rejects.toMatchObject({ code: 'DECRYPT' })
    await expect(collectBytes(open(lock()).stream(reference, range))).rejects.toMatchObject({ code: 'REPLACED' })
  })

  test('an undefined result stays readable where plaintext is accepted', async () => {
    const storage = memoryStorage()
    await new Result({ storage, location: 'k' }).write(undefined)
    const now = new Result({ storage, location: 'k', codecs: [lock()], accepts: [{ codecs: [] }] })
    expect(await now.find()).toMatchObject({ status: 'hit', value: undefined })
  })

  test('a codec that throws something of its own is DECRYPT or CORRUPT, with that as the cause', async () => {
    const broken = {
      decode: () => {
        throw new SyntaxError('secret')
      },
    }
    for (const [codec, code] of [
      [lock(broken), 'DECRYPT'],
      [zip(broken), 'CORRUPT'],
    ] as const) {
      const result = memoryResult({ location: 'k', codecs: [codec] })
      await result.write('v')
      await expect(result.read()).rejects.toMatchObject({ code, cause: { message: 'secret' }, key: 'k' })
    }
  })
})

describe('writes', () => {
  test('a function that gives the same spent stream again is found out', async () => {
    const inner = memoryStorage()
    let attempts = 0
    const storage: ResultStorage = {
      ...inner,
      write: async (key, body, options) => {
        attempts += 1
        const stat = await inner.write(key, body, options)
        if (attempts > 1) return stat
        throw new ResultError({ code: 'UNAVAILABLE', operation: 'write', message: 'lost', retryable: true })
      },
    }
    const source = (async function* () {
      yield* [1, 2, 3]
    })()
    const result = new Result({ storage, location: 'k', serializer: ndjson(), layers: [retry({ minDelay: 0 })] })
    await expect(result.write(() => source)).rejects.toMatchObject({
      message: expect.stringContaining('cannot be replayed'),
    })
  })

  test.each([
    [{ metadata: null }],
    [{ metadata: [1] }],
    [{ metadata: { a: Number.NaN } }],
    [{ metadata: { a: 1n } }],
    [{ metadata: { a: new Date(0) } }],
    [{ metadata: { a: undefined } }],
    [{ expiresAt: new Date(Number.NaN) }],
    [{ expiresAt: '2030-01-01' }],
    [{ expiresAt: new Date(8.64e15) }],
    [{ expiresAt: new Date(0) }],
    [{ ifAbsent: true, ifMatch: 'x' }],
  ])('with %o are refused, because no record could keep them', async (options) => {
    const result = memoryResult({ location: 'k' })
    await expect(result.write(1, {}, options as never)).rejects.toMatchObject({ code: 'CONFIG' })
    expect(await result.exists()).toBe(false)
  })

  test('layers are shared by Results that come of one another', async () => {
    const inner = memoryStorage()
    let running = 0
    let most = 0
    const storage: ResultStorage = {
      ...inner,
      write: async (key, body, options) => {
        running += 1
        most = Math.max(most, running)
        await new Promise((resolve) => setImmediate(resolve))
        running -= 1
        return inner.write(key, body, options)
      },
    }
    const result = new Result({ storage, location: '{i}', layers: [limit({ concurrency: 2 })] })
    await Promise.all(Array.from({ length: 10 }, (_, i) => result.format({ i }).write(i)))
    expect(most).toBe(2)
  })

  test('a location function has to give a string', async () => {
    for (const location of [() => undefined as never, (() => Promise.resolve('x')) as never]) {
      await expect(memoryResult({ location }).write(1)).rejects.toMatchObject({ code: 'INVALID_LOCATION' })
    }
  })
})

describe('a signal ends what takes none', () => {
  const never = (): Promise<never> => new Promise(() => {})
  const soon = (): AbortSignal => {
    const controller = new AbortController()
    setImmediate(() => controller.abort(new Error('enough')))
    return controller.signal
  }

  test.each([
    ['a validator', { validators: [never] }],
    ['a serializer', { serializer: { ...json(), serialize: never } as never }],
  ])('%s that hangs, when it writes', async (_, options) => {
    const result = memoryResult({ location: 'k', ...options })
    await expect(result.write(1, {}, { signal: soon() })).rejects.toMatchObject({ code: 'ABORTED' })
  })

  test.each([
    ['a validator', { validators: [never] }],
    ['a cache validator', { cacheValidators: [never] }],
    ['a serializer', { serializer: { ...json(), deserialize: never } as never }],
    ['a codec', { codecs: [zip({ decode: never })] }],
  ])('%s that hangs, when it reads', async (_, options) => {
    const storage = memoryStorage()
    await new Result({ storage, location: 'k', codecs: 'codecs' in options ? [zip()] : [] }).write(1)
    await expect(new Result({ storage, location: 'k', ...options }).find({}, { signal: soon() })).rejects.toMatchObject(
      { code: 'ABORTED' },
    )
  })
})

test('a store with a seal seals, unless a Result says otherwise', async () => {
  const keyring = { seal: async (text: string) => `sealed:${text}`, open: async (token: string) => token.slice(7) }
  const store = createResultStore({ storages: { m: memoryStorage() }, keyring, seal: true })
  expect(await store.result('m', { location: 'k' }).write(1)).toMatch(/^sealed:/)
  expect(await store.result('m', { location: 'k', seal: undefined }).write(1)).toMatch(/^sealed:/)
  expect(await store.result('m', { location: 'k', seal: false }).write(1)).toMatchObject({ type: 'reference' })
})
