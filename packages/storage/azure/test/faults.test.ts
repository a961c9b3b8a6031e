import { BlobServiceClient } from '@azure/storage-blob'
import { timeout } from '@resultkit/core'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { type FaultProxy, startFaultProxy } from '../../../../test-fixtures/servers/fault-proxy.ts'
import { type AzureStorageOptions, azureResult, azureStorage } from '../src/index.ts'
import { type Account, entries, errorOf, get, open, openAccount, put, remove, stat, streamOf, text } from './support.ts'

const MIB = 1024 * 1024
const BODY = /^GET /
const WRITE = /^PUT /

let account: Account
let proxy: FaultProxy

beforeAll(async () => {
  account = await openAccount(true)
  proxy = await startFaultProxy({ target: { host: '127.0.0.1', port: account.azurite?.port ?? 0 }, seed: 3 })
})
afterEach(() => {
  proxy.disarm()
  proxy.clearLog()
})
afterAll(async () => {
  await proxy.close()
  await account.close()
})

/** Options of a storage behind the proxy, with quick retries or none. */
function options(more: AzureStorageOptions = {}): AzureStorageOptions {
  const connectionString = account.azurite?.connectionString(proxy.port)
  return { ...account.fresh(), connectionString, retry: { minDelay: 1 }, ...more }
}

/** The requests that reached the proxy, such as `PUT block`. */
function requests(): string[] {
  return proxy.log
    .filter(({ request }) => request !== '')
    .map(({ request }) => {
      const [method = '', url = ''] = request.split(' ')
      const comp = new URL(url, 'http://x').searchParams.get('comp')
      return comp === null ? method : `${method} ${comp}`
    })
}

async function collect(stream: AsyncIterable<Uint8Array>): Promise<number> {
  let size = 0
  for await (const piece of stream) size += piece.byteLength
  return size
}

describe('a download that is cut', () => {
  it.each(['rst', 'fin'] as const)('(%s) is a retryable error, never a short value', async (how) => {
    const storage = azureStorage(options({ retry: false }))
    await put(storage, 'a', new Uint8Array(2 * MIB))
    proxy.arm({ response: { cut: { after: MIB, how } } }, { request: BODY, times: 2 })
    const whole = await errorOf(get(storage, 'a'))
    expect([whole.code, whole.retryable]).toEqual(['UNAVAILABLE', true])
    const streamed = await errorOf(open(storage, 'a').then((object) => collect(object?.stream() ?? streamOf(0)())))
    expect([streamed.code, streamed.retryable, streamed.key]).toEqual(['UNAVAILABLE', true, 'a'])
  })

  it('is read on where it broke off, and the SDK does not read on by itself', async () => {
    const storage = azureStorage(options())
    await put(storage, 'a', streamOf(2 * MIB))
    proxy.clearLog()
    proxy.arm({ response: { cut: { after: MIB } } }, { request: BODY })
    const object = await open(storage, 'a')
    expect(await collect(object?.stream() ?? streamOf(0)())).toBe(2 * MIB)
    expect(requests()).toEqual(['GET', 'GET'])
  })

  it('is no other version when the object was replaced meanwhile', async () => {
    const opts = options()
    const storage = azureStorage(opts)
    const direct = azureStorage({ ...opts, connectionString: account.connectionString })
    await put(storage, 'a', new Uint8Array(2 * MIB).fill(1))
    proxy.arm({ response: { cut: { after: MIB } } }, { request: BODY })
    const object = await open(storage, 'a')
    await put(direct, 'a', new Uint8Array(2 * MIB).fill(2))
    const error = await errorOf(collect(object?.stream() ?? streamOf(0)()))
    expect([error.code, error.retryable]).toEqual(['UNAVAILABLE', false])
  })
})

describe('an upload that is cut', () => {
  it.each(['rst', 'fin'] as const)('(%s) leaves nothing visible, whole or in blocks', async (how) => {
    const storage = azureStorage(options({ retry: false, partSize: MIB }))
    proxy.arm({ request: { cut: { after: MIB / 2, how } } }, { request: WRITE, times: 2 })
    for (const [name, size] of [
      ['single', MIB],
      ['blocks', 3 * MIB],
    ] as const) {
      const error = await errorOf(put(storage, name, streamOf(size)))
      expect([name, error.code]).toEqual([name, 'UNAVAILABLE'])
      expect(await stat(storage, name)).toBe(undefined)
    }
    expect(await entries(storage)).toEqual([])
  })

  it('sends the one block again, and takes the body once', async () => {
    const storage = azureStorage(options({ partSize: MIB, concurrency: 1 }))
    let asked = 0
    const body = (): AsyncIterable<Uint8Array> => {
      asked++
      return streamOf(4 * MIB)()
    }
    proxy.arm({ request: { cut: { after: MIB / 2 } } }, { request: WRITE, skip: 2 })
    await put(storage, 'a', body)
    expect(requests()).toEqual([...Array(5).fill('PUT block'), 'PUT blocklist'])
    expect(asked).toBe(1)
    expect((await stat(storage, 'a'))?.size).toBe(4 * MIB)
  })

  it('gives up after as many attempts as retry says, not that many times that many', async () => {
    const storage = azureStorage(options({ partSize: MIB, concurrency: 1, retry: { minDelay: 1, attempts: 2 } }))
    proxy.arm({ refuse: true }, { times: 20 })
    const error = await errorOf(put(storage, 'a', streamOf(3 * MIB)))
    expect([error.code, error.retryable]).toEqual(['UNAVAILABLE', false])
    expect(proxy.log).toHaveLength(2)
  })
})

describe('an answer that is lost after the service has done it', () => {
  const lost = { response: { cut: { after: 0 } } } as const

  it('of a conditional write: the own object is recognised by one look', async () => {
    const storage = azureStorage(options())
    for (const condition of [{ ifAbsent: true }, { ifMatch: (await put(storage, 'old', 'x')).etag }]) {
      const name = 'ifMatch' in condition ? 'old' : 'new'
      proxy.clearLog()
      proxy.arm(lost, { request: WRITE })
      const written = await put(storage, name, 'mine', condition)
      expect(requests()).toEqual(['PUT', 'PUT', 'HEAD'])
      expect(written).toEqual(await stat(storage, name))
      expect(await text(storage, name)).toBe('mine')
    }
  })

  it('of a conditional write in blocks: only the list is sent again', async () => {
    const storage = azureStorage(options({ partSize: MIB, concurrency: 1 }))
    proxy.arm(lost, { request: /comp=blocklist/ })
    const written = await put(storage, 'a', streamOf(2 * MIB), { ifAbsent: true })
    expect(requests()).toEqual(['PUT block', 'PUT block', 'PUT blocklist', 'PUT blocklist', 'HEAD'])
    expect(written).toEqual(await stat(storage, 'a'))
  })

  it('of a write through a client that repeats requests by itself', async () => {
    const retryOptions = { maxTries: 3, retryDelayInMs: 1 }
    const connectionString = account.azurite?.connectionString(proxy.port) ?? ''
    const client = BlobServiceClient.fromConnectionString(connectionString, { retryOptions })
    const storage = azureStorage({ client, container: account.container, prefix: account.fresh().prefix })
    proxy.arm(lost, { request: WRITE })
    const written = await put(storage, 'a', 'mine', { ifAbsent: true })
    expect(requests()).toEqual(['PUT', 'PUT', 'HEAD'])
    expect(written).toEqual(await stat(storage, 'a'))
    const other = await errorOf(put(storage, 'a', 'theirs', { ifAbsent: true, writeId: 'other' }))
    expect(other.code).toBe('ALREADY_EXISTS')
  })

  it("is somebody else's conflict when it is", async () => {
    const opts = options()
    const storage = azureStorage(opts)
    await put(azureStorage({ ...opts, connectionString: account.connectionString }), 'a', 'theirs', {
      writeId: 'theirs',
    })
    proxy.arm(lost, { request: WRITE })
    expect((await errorOf(put(storage, 'a', 'mine', { ifAbsent: true }))).code).toBe('ALREADY_EXISTS')
    expect(await text(storage, 'a')).toBe('theirs')
  })

  it('of a conditional delete', async () => {
    const storage = azureStorage(options())
    const { etag } = await put(storage, 'a', 'x')
    proxy.arm(lost, { request: /^DELETE / })
    await remove(storage, 'a', etag)
    expect(await stat(storage, 'a')).toBe(undefined)
  })

  it('of a Result: the reference is that of what is stored', async () => {
    const result = azureResult({ ...options(), location: 'a.json' })
    proxy.arm(lost, { request: WRITE })
    const reference = await result.write({ n: 1 }, {}, { ifAbsent: true })
    expect(await result.read(reference)).toEqual({ n: 1 })
  })
})

describe('a service that does not answer', () => {
  it('is TIMEOUT under the timeout layer, for every operation', async () => {
    const storage = timeout({ read: 100, write: 100, stat: 100, delete: 100, list: 100 } as never)(
      azureStorage(options({ retry: false })),
    )
    const attempts = [
      () => get(storage, 'a'),
      () => put(storage, 'a', 'x'),
      () => put(storage, 'a', streamOf(100)),
      () => stat(storage, 'a'),
      () => remove(storage, 'a'),
      () => entries(storage),
    ]
    proxy.arm({ request: { blackHoleAfter: 0 } }, { times: attempts.length })
    for (const attempt of attempts) expect((await errorOf(attempt())).code).toBe('TIMEOUT')
  })

  it('does not hold an abort up: request, body and upload', async () => {
    const storage = azureStorage(options({ partSize: MIB }))
    await put(storage, 'a', new Uint8Array(4 * MIB))
    const aborted = async (work: (signal: AbortSignal) => Promise<unknown>): Promise<unknown> => {
      const controller = new AbortController()
      const failed = errorOf(work(controller.signal))
      setTimeout(() => controller.abort('enough'), 50)
      const { code, cause } = await failed
      return [code, cause]
    }
    proxy.arm({ response: { blackHoleAfter: 0 } }, { request: BODY })
    expect(await aborted((signal) => get(storage, 'a', { signal }))).toEqual(['ABORTED', 'enough'])
    proxy.arm({ response: { blackHoleAfter: MIB } }, { request: BODY })
    expect(await aborted((signal) => get(storage, 'a', { signal }))).toEqual(['ABORTED', 'enough'])
    proxy.arm({ request: { blackHoleAfter: 1000 } }, { request: WRITE, times: 4 })
    expect(await aborted((signal) => put(storage, 'b', streamOf(4 * MIB), { signal }))).toEqual(['ABORTED', 'enough'])
    expect(await stat(storage, 'b')).toBe(undefined)
  })
})

it('a listing that is cut goes on after the last key', async () => {
  const storage = azureStorage(options({ pageSize: 5 }))
  const names = Array.from({ length: 20 }, (_, n) => `k${n + 10}`)
  for (const name of names) await put(storage, name, name)
  proxy.arm({ response: { cut: { after: 300 } } }, { request: /comp=list/, skip: 2, times: 2 })
  expect((await entries(storage)).map((entry) => entry.key)).toEqual(names)
})

it('a damaged body is not taken for the value', async () => {
  const result = azureResult({ ...options(), location: 'a.json' })
  await result.write('x'.repeat(10_000), {})
  proxy.arm({ response: { corruptAt: 5000 } }, { request: BODY })
  expect((await errorOf(result.read({}))).code).toBe('CORRUPT')
})

it('writes of one key in blocks at the same time take each other’s blocks away, and are sent again', async () => {
  const storage = azureStorage(options({ partSize: 1000, retry: { minDelay: 5, attempts: 20 } }))
  const racers = Array.from({ length: 5 }, (_, racer) => 2500 + racer)
  const written = await Promise.all(racers.map((size) => put(storage, 'a', streamOf(size))))
  expect(written.map(({ size }) => size)).toEqual(racers)
  const found = await stat(storage, 'a')
  expect((await get(storage, 'a'))?.byteLength).toBe(found?.size)
  expect(written).toContainEqual(found)
})
