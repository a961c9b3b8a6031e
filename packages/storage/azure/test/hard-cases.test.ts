import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { deflateSync, gzipSync } from 'node:zlib'
import { isResultError, parseKey, type ResultStorage } from '@resultkit/core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { readBlocks } from '../src/block-reader.ts'
import { type AzureStorageOptions, azureStorage } from '../src/index.ts'
import { type Account, entries, errorOf, get, open, openAccount, put, remove, stat, streamOf, text } from './support.ts'

const KIB = 1024
const MIB = KIB * KIB

let account: Account
beforeAll(async () => {
  account = await openAccount(true)
})
afterAll(() => account.close())

function storageOf(more: AzureStorageOptions = {}): ResultStorage {
  return azureStorage({ ...account.fresh(), retry: false, ...more })
}

describe('memory of a long stream', () => {
  it('does not grow with pieces that are larger than a block', async () => {
    setFlagsFromString('--expose-gc')
    const gc: () => void = runInNewContext('gc')
    const pieces: WeakRef<ArrayBufferLike>[] = []
    let alive = 0
    const body = async function* (): AsyncGenerator<Uint8Array> {
      for (let n = 0; n < 40; n++) {
        const piece = new Uint8Array(64 * KIB)
        pieces.push(new WeakRef(piece.buffer))
        yield piece
      }
      // What is held for this turn of the loop may go.
      await new Promise((resolve) => setImmediate(resolve))
      gc()
      alive = pieces.filter((piece) => piece.deref() !== undefined).length
    }
    await put(storageOf({ partSize: 32 * KIB, concurrency: 2 }), 'a', body)
    expect(pieces).toHaveLength(40)
    expect(alive).toBeLessThan(10)
  })

  it('is what its blocks hold, not more', async () => {
    let left = 3
    const next = async (): Promise<Uint8Array | undefined> => (left-- > 0 ? new Uint8Array(3 * MIB) : undefined)
    const block = await readBlocks({ next, close: () => {}, threw: () => false }, 8 * MIB).next()
    const memory = new Set(block?.parts.map((part) => part.buffer))
    expect(block?.byteLength).toBe(8 * MIB)
    expect([...memory].reduce((sum, buffer) => sum + buffer.byteLength, 0)).toBe(8 * MIB)
  })
})

describe('a body that gives no bytes', () => {
  it.each(['text', 5, null, undefined, [1], new ArrayBuffer(2), new Uint16Array(1)])(
    '(%s) is refused',
    async (wrong) => {
      for (const before of [0, 3000]) {
        const storage = storageOf({ partSize: 1000 })
        await put(storage, 'a', 'old')
        let left = false
        const body = async function* (): AsyncGenerator<Uint8Array> {
          try {
            yield* streamOf(before)()
            yield wrong as never
            yield new Uint8Array(2)
          } finally {
            left = true
          }
        }
        const error = await errorOf(put(storage, 'a', body))
        expect([error.code, error.retryable, error.key, left]).toEqual(['CONFIG', false, 'a', true])
        expect(await text(storage, 'a')).toBe('old')
      }
    },
  )
})

describe('credentials that never come', () => {
  const forever = (): Promise<never> => new Promise(() => {})
  const ways: readonly (readonly [string, AzureStorageOptions])[] = [
    ['sasToken', { endpoint: 'http://127.0.0.1:9/x', sasToken: forever }],
    ['getToken', { endpoint: 'https://127.0.0.1:9/x', credential: { getToken: forever } }],
  ]
  it.each(ways)('(%s) do not hold an abort up', async (_, way) => {
    const storage = azureStorage({ ...way, container: 'none', partSize: 1000 })
    const key = parseKey('a')
    const attempts: ((signal: AbortSignal) => Promise<unknown>)[] = [
      (signal) => get(storage, 'a', { signal }),
      (signal) => put(storage, 'a', 'x', { signal }),
      (signal) => put(storage, 'a', streamOf(5000), { signal }),
      (signal) => storage.stat(key, { signal }),
      (signal) => storage.delete(key, { signal, ifMatch: undefined }),
      (signal) => Array.fromAsync(storage.list('', { signal, startAfter: undefined })),
    ]
    for (const attempt of attempts) {
      const controller = new AbortController()
      const failed = errorOf(attempt(controller.signal))
      setTimeout(() => controller.abort('enough'), 5)
      const { code, cause, storage: uri } = await failed
      expect([code, cause, uri]).toEqual(['ABORTED', 'enough', storage.uri])
    }
  })
})

describe('a body that is left', () => {
  it('while its next piece is awaited ends, and is no error', async () => {
    const storage = storageOf()
    await put(storage, 'a', new Uint8Array(MIB))
    const iterator = (await open(storage, 'a'))?.stream()[Symbol.asyncIterator]()
    const [pending, left] = await Promise.all([iterator?.next(), iterator?.return?.()])
    expect([pending, left]).toEqual([
      { done: true, value: undefined },
      { done: true, value: undefined },
    ])
  })
})

describe('bytes that the SDK would decompress', () => {
  it.each(['gzip', 'deflate'])('(%s) are refused, whole, as a range and as a stream', async (encoding) => {
    const { prefix } = account.fresh()
    const body = encoding === 'gzip' ? gzipSync('hello') : deflateSync('hello')
    const blobHTTPHeaders = { blobContentEncoding: encoding }
    await account.client.getBlockBlobClient(`${prefix}/a`).upload(body, body.byteLength, { blobHTTPHeaders })
    const storage = storageOf({ prefix })
    for (const options of [{}, { range: { start: 1, end: 3 } }, { range: { start: -2, end: undefined } }]) {
      expect(await errorOf(open(storage, 'a', options))).toMatchObject({ code: 'UNAVAILABLE', retryable: false })
    }
    expect((await stat(storage, 'a'))?.size).toBe(body.byteLength)
  })

  it('are not those of other encodings', async () => {
    const { prefix } = account.fresh()
    const blobHTTPHeaders = { blobContentEncoding: 'br' }
    await account.client.getBlockBlobClient(`${prefix}/a`).upload('hello', 5, { blobHTTPHeaders })
    expect(await text(storageOf({ prefix }), 'a')).toBe('hello')
  })
})

describe('CONFIG without the value', () => {
  const place = { accountName: 'lab', container: 'results' }
  it.each<[string, unknown]>([
    ['nothing', undefined],
    ['a password in a connection string', connection('https://me:secret@x.example/')],
    ['a connection string that is no web address', connection('file:///secret')],
    ['an account that is another host', { ...place, accountName: 'secret.example/?' }],
    ['no name of an account', { ...place, accountName: '' }],
    ['the signature of one blob', { sasUrl: 'https://lab.blob.core.windows.net/results/secret?sig=secret' }],
    ['a prefix of escapes', { ...place, prefix: `secret${' '.repeat(300)}` }],
    ['a connection string that is a number', { connectionString: 5, container: 'results' }],
    ['a client that is none', { client: { secret: 'secret' } }],
    ['null for a client', { client: null, container: 'results' }],
    ['a credential that is none', { ...place, credential: { secret: 'secret' } }],
    ['a number for a signature', { ...place, sasToken: 5 }],
    ['a number for a key', { ...place, accountKey: 5 }],
    ['a key without its bytes', { ...place, customerProvidedKey: { secret: 'secret' } }],
    ['a flag for retry', { ...place, retry: true }],
    ['null for retry', { ...place, retry: null }],
    ['text for tags', { ...place, tags: 'secret' }],
    ['numbers for tags', { ...place, tags: { secret: 5 } }],
  ])('%s', (_, options) => {
    const error = thrown(() => azureStorage(options as AzureStorageOptions))
    expect(isResultError(error) && error.code).toBe('CONFIG')
    expect(String(error)).toMatch(/azureStorage was given /)
    expect(String(error)).not.toContain('secret')
  })

  function connection(endpoint: string): AzureStorageOptions {
    return { connectionString: `AccountName=lab;AccountKey=a2V5;BlobEndpoint=${endpoint};`, container: 'results' }
  }
  function thrown(work: () => unknown): unknown {
    try {
      return work()
    } catch (error) {
      return error
    }
  }
})

it('a delay between the attempts of a block is one that a timer can wait', async () => {
  const delays: number[] = []
  const sleep = async (ms: number): Promise<void> => {
    delays.push(ms)
  }
  const retry = { minDelay: '60d', maxDelay: '60d', random: () => 1, sleep } as const
  const nowhere = { accountName: 'nobody', accountKey: 'AAAA', endpoint: 'http://127.0.0.1:9/nobody' }
  const storage = azureStorage({ ...nowhere, container: 'none', partSize: 1000, concurrency: 1, retry })
  expect((await errorOf(put(storage, 'a', streamOf(2000)))).code).toBe('UNAVAILABLE')
  expect(delays).toEqual([2 ** 31 - 1, 2 ** 31 - 1])
})

it('blocks that another program has left unfinished are named as what they are', async () => {
  const { prefix } = account.fresh()
  await account.client.getBlockBlobClient(`${prefix}/a`).stageBlock(Buffer.from('short').toString('base64'), 'x', 1)
  const error = await errorOf(put(storageOf({ prefix, partSize: 1000 }), 'a', streamOf(3000)))
  expect([error.code, error.retryable]).toEqual(['UNAVAILABLE', false])
  expect(error.message).toContain('unfinished blocks')
})

it('blocks of sizes around their borders come back as they were', async () => {
  const storage = storageOf({ partSize: 1000, concurrency: 2 })
  for (const size of [0, 1, 999, 1000, 1001, 1999, 2000, 2001]) {
    const name = `n${size}`
    const { size: stored } = await put(storage, name, streamOf(size, 300), { size })
    const found = await get(storage, name)
    expect([stored, found?.byteLength, (await stat(storage, name))?.size]).toEqual([size, size, size])
    for (const announced of [size - 1, size + 1].filter((other) => other >= 0)) {
      expect((await errorOf(put(storage, 'wrong', streamOf(size), { size: announced }))).code).toBe('CONFIG')
    }
    await remove(storage, name)
  }
  expect(await entries(storage)).toEqual([])
})
