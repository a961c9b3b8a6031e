import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { type AzureStorageOptions, azureResult, azureStorage } from '../src/index.ts'
import { type ScriptedProxy, startScriptedProxy } from './scripted-proxy.ts'
import { type Account, entries, errorOf, get, open, openAccount, put, remove, stat, streamOf, text } from './support.ts'

let account: Account
let proxy: ScriptedProxy
let options: AzureStorageOptions

beforeAll(async () => {
  account = await openAccount(true)
  proxy = await startScriptedProxy(account.azurite?.port ?? 0)
})
beforeEach(() => {
  const connectionString = account.azurite?.connectionString(proxy.port)
  options = { ...account.fresh(), connectionString, retry: { minDelay: 1 } }
  proxy.seen.length = 0
})
afterAll(async () => {
  await proxy.close()
  await account.close()
})

/** The requests since the last look, as `METHOD` or `METHOD comp`. */
function requests(): string[] {
  const found = proxy.seen.map(({ method, url }) => {
    const comp = new URL(url, 'http://x').searchParams.get('comp')
    return comp === null ? method : `${method} ${comp}`
  })
  proxy.seen.length = 0
  return found
}

describe('one call is one request', () => {
  it('of a storage', async () => {
    const storage = azureStorage({ ...options, partSize: 1000 })
    const first = await put(storage, 'a', 'value')
    expect(requests()).toEqual(['PUT'])
    await put(storage, 'a', streamOf(1000, 300), { ifMatch: first.etag })
    expect(requests()).toEqual(['PUT'])
    await get(storage, 'a')
    await get(storage, 'a', { range: { start: 5, end: 10 } })
    await get(storage, 'absent')
    expect(requests()).toEqual(['GET', 'GET', 'GET'])
    await stat(storage, 'a')
    await stat(storage, 'absent')
    expect(requests()).toEqual(['HEAD', 'HEAD'])
    await errorOf(put(storage, 'a', 'other', { ifAbsent: true }))
    expect(requests()).toEqual(['PUT'])
    await entries(storage)
    expect(requests()).toEqual(['GET list'])
    await remove(storage, 'a')
    await remove(storage, 'a')
    expect(requests()).toEqual(['DELETE', 'DELETE'])
  })

  it('of a Result', async () => {
    const result = azureResult({ ...options, location: 'scores/{user}.json' })
    const reference = await result.write([1, 2], { user: 'ada' })
    expect(requests()).toEqual(['PUT'])
    expect(await result.read(reference)).toEqual([1, 2])
    expect(requests()).toEqual(['GET'])
    expect((await result.find({ user: 'ada' })).status).toBe('hit')
    expect((await result.find({ user: 'bob' })).status).toBe('miss')
    expect(requests()).toEqual(['GET', 'GET'])
    expect(await result.exists({ user: 'ada' })).toBe(true)
    expect(requests()).toEqual(['HEAD'])
  })

  it('but two for a range that only the size decides, and for one beyond the end', async () => {
    const storage = azureStorage(options)
    await put(storage, 'a', '0123456789')
    requests()
    await get(storage, 'a', { range: { start: -3 } })
    expect(requests()).toEqual(['HEAD', 'GET'])
    await get(storage, 'a', { range: { start: 20 } })
    expect(requests()).toEqual(['GET', 'HEAD'])
    await get(storage, 'a', { range: { start: 3, end: 3 } })
    expect(requests()).toEqual(['HEAD'])
    await errorOf(open(storage, 'a', { ifMatch: '"0x1"' }))
    expect(requests()).toEqual(['GET', 'HEAD'])
  })
})

describe('blocks', () => {
  it('are of equal size, in order, and become visible with their list', async () => {
    const storage = azureStorage({ ...options, partSize: 1000, concurrency: 1 })
    const { size } = await put(storage, 'a', streamOf(2500, 300), { contentType: 'text/plain' })
    expect(size).toBe(2500)
    const lengths = proxy.seen.map(({ headers }) => Number(headers['content-length']))
    expect(lengths.slice(0, 3)).toEqual([1000, 1000, 500])
    expect(requests()).toEqual(['PUT block', 'PUT block', 'PUT block', 'PUT blocklist'])
    expect((await get(storage, 'a'))?.byteLength).toBe(2500)
  })

  it('have names of one length that no other write has', async () => {
    const storage = azureStorage({ ...options, partSize: 1000 })
    await put(storage, 'a', streamOf(3000))
    await put(storage, 'a', streamOf(3000))
    const ids = proxy.seen.flatMap(({ url }) => new URL(url, 'http://x').searchParams.get('blockid') ?? [])
    expect(new Set(ids).size).toBe(6)
    expect(new Set(ids.map((id) => id.length)).size).toBe(1)
  })

  it('are as many at the same time as concurrency says', async () => {
    const storage = azureStorage({ ...options, partSize: 1000, concurrency: 3 })
    let pulled = 0
    const body = async function* (): AsyncGenerator<Uint8Array> {
      for (; pulled < 50; pulled++) {
        // What is read, sent or not, never exceeds three blocks.
        expect(pulled * 500 - proxy.seen.length * 1000).toBeLessThanOrEqual(4000)
        yield new Uint8Array(500)
      }
    }
    await put(storage, 'a', body)
    expect(requests()).toHaveLength(26)
  })

  it('are larger when an announced size would make more than 50,000', async () => {
    const { blockSizeFor } = await import('../src/blocks.ts')
    const { openSite } = await import('../src/site.ts')
    const call = { site: openSite(options), operation: 'write', key: undefined, signal: undefined }
    const MIB = 1024 ** 2
    expect(blockSizeFor(call, 50_000 * 8 * MIB)).toBe(8 * MIB)
    expect(blockSizeFor(call, 50_000 * 8 * MIB + 1)).toBe(9 * MIB)
    expect(() => blockSizeFor(call, 50_000 * 4001 * MIB)).toThrow(/more than a blob can have/)
    const hinted = { ...call, site: openSite({ ...options, sizeHint: 1024 ** 4 }) }
    expect(blockSizeFor(hinted, undefined)).toBe(21 * MIB)
    expect(blockSizeFor(hinted, 100)).toBe(8 * MIB)
    expect(blockSizeFor(call, undefined)).toBe(8 * MIB)
  })

  it('of a body at hand that is longer than one are sent without a copy of it all', async () => {
    const storage = azureStorage({ ...options, partSize: 1000 })
    const parts = [new Uint8Array(700).fill(1), new Uint8Array(1600).fill(2)]
    await put(storage, 'a', parts, { ifAbsent: true })
    expect(requests().sort()).toEqual(['PUT block', 'PUT block', 'PUT block', 'PUT blocklist'])
    expect(Buffer.concat(parts).equals((await get(storage, 'a')) ?? new Uint8Array())).toBe(true)
    expect((await errorOf(put(storage, 'a', parts, { ifAbsent: true }))).code).toBe('ALREADY_EXISTS')
  })
})

describe('what is written', () => {
  it.each(['text/x\nX-Evil: 1', 'ü', ''])(
    'leaves out a content type that no header can hold (%j)',
    async (contentType) => {
      const storage = azureStorage({ ...options, partSize: 1000 })
      for (const size of [5, 1001]) {
        await put(storage, 'typed', streamOf(size), { contentType })
        expect((await get(storage, 'typed'))?.byteLength).toBe(size)
      }
      expect(proxy.seen.every(({ headers }) => headers['x-ms-blob-content-type'] === undefined)).toBe(true)
    },
  )

  it('has type, tier, tags and writeId, by one request and by blocks', async () => {
    const storage = azureStorage({ ...options, partSize: 1000, accessTier: 'Cool', tags: { team: 'lab' } })
    for (const [name, size] of [
      ['small', 10],
      ['large', 2000],
    ] as const) {
      await put(storage, name, streamOf(size), { contentType: 'text/plain', writeId: 'mine ü.1' })
      const blob = account.client.getBlobClient(`${options.prefix}/${name}`)
      const found = await blob.getProperties()
      expect(found).toMatchObject({ contentType: 'text/plain', accessTier: 'Cool', tagCount: 1 })
      expect((await blob.getTags()).tags).toEqual({ team: 'lab' })
      expect((await stat(storage, name))?.writeId).toBe('mine ü.1')
    }
  })

  it('carries the encryption scope in every request that has bytes', async () => {
    const storage = azureStorage({ ...options, partSize: 1000, encryptionScope: 'secret-scope' })
    await put(storage, 'a', streamOf(2000)).catch(() => {})
    await put(storage, 'b', 'x').catch(() => {})
    expect(proxy.seen.length).toBeGreaterThan(2)
    for (const { headers } of proxy.seen) expect(headers['x-ms-encryption-scope']).toBe('secret-scope')
  })
})

describe('listings', () => {
  it('ask page by page, begin at startAfter, and leave out what is no key', async () => {
    const storage = azureStorage({ ...options, pageSize: 10 })
    const names = Array.from({ length: 35 }, (_, n) => `k${String(n).padStart(2, '0')}`)
    await Promise.all(names.map((name) => put(storage, name, name)))
    for (const foreign of ['a//b', 'not ours', 'end./x', '.resultkit/lease'])
      await account.client.getBlockBlobClient(`${options.prefix}/${foreign}`).upload('x', 1)
    requests()
    expect((await entries(storage)).map((entry) => entry.key)).toEqual(names)
    expect(requests()).toHaveLength(4)
    expect((await entries(storage, 'k', 'k29')).map((entry) => entry.key)).toEqual(names.slice(30))
    expect(requests()).toHaveLength(1)
  })

  it('manage without startFrom', async () => {
    const storage = azureStorage({ ...options, pageSize: 10 })
    for (const name of ['a', 'b', 'c']) await put(storage, name, name)
    proxy.answer({ status: 400, code: 'InvalidQueryParameterValue' })
    expect((await entries(storage, '', 'a')).map((entry) => entry.key)).toEqual(['b', 'c'])
  })

  it('of one prefix do not see another that begins alike', async () => {
    const storage = azureStorage(options)
    const other = azureStorage({ ...options, prefix: `${options.prefix}0` })
    await put(storage, 'mine', 'x')
    await put(other, 'other', 'x')
    expect((await entries(storage)).map((entry) => entry.key)).toEqual(['mine'])
    expect(await text(other, 'mine')).toBe(undefined)
  })
})
