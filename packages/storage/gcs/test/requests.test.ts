import { beforeEach, describe, expect, test } from 'vitest'
import { gcsResult } from '../src/index.ts'
import { collect, get, key, pattern, put, reading, storageOn, streamed, UNIT, useServer } from './support.ts'

const server = useServer()
beforeEach(() => void server.current.takeKinds())
const kinds = (): readonly string[] => server.current.takeKinds()
const CALL = { signal: undefined }

describe('one call is one request', () => {
  test('stat, absent or there', async () => {
    const storage = storageOn(server.current)
    expect(await storage.stat(key('a'), CALL)).toBeUndefined()
    expect(kinds()).toEqual(['get'])
    await put(storage, 'a', pattern(10))
    expect(kinds()).toEqual(['multipart'])
    expect((await storage.stat(key('a'), CALL))?.size).toBe(10)
    expect(kinds()).toEqual(['get'])
  })

  test('read, whole, in part, absent, and with conditions that hold', async () => {
    const storage = storageOn(server.current)
    const { etag } = await put(storage, 'a', pattern(1000))
    kinds()
    expect(await get(storage, 'a')).toEqual(pattern(1000))
    expect(await get(storage, 'a', { range: { start: -10 } })).toEqual(pattern(1000).slice(-10))
    expect(await get(storage, 'a', { ifMatch: etag, ifNoneMatch: '7' })).toEqual(pattern(1000))
    expect(await get(storage, 'none')).toBeUndefined()
    await expect(get(storage, 'a', { ifNoneMatch: etag })).rejects.toMatchObject({ code: 'NOT_MODIFIED' })
    expect(kinds()).toEqual(['media', 'media', 'media', 'media', 'media'])
  })

  test('read of a range without bytes looks at the metadata', async () => {
    const storage = storageOn(server.current)
    await put(storage, 'a', pattern(10))
    kinds()
    expect(await get(storage, 'a', { range: { start: 3, end: 3 } })).toEqual(new Uint8Array(0))
    expect(kinds()).toEqual(['get'])
    expect(await get(storage, 'a', { range: { start: 10 } })).toEqual(new Uint8Array(0))
    expect(kinds()).toEqual(['media', 'get'])
  })

  test('a condition that does not hold: one request for a write or delete, a second look for a read', async () => {
    const storage = storageOn(server.current)
    const { etag } = await put(storage, 'a', pattern(10))
    await put(storage, 'a', pattern(11))
    kinds()
    await expect(put(storage, 'a', pattern(1), { ifAbsent: true })).rejects.toMatchObject({ code: 'ALREADY_EXISTS' })
    await expect(put(storage, 'a', pattern(1), { ifMatch: etag })).rejects.toMatchObject({
      code: 'PRECONDITION_FAILED',
    })
    await expect(storage.delete(key('a'), { ifMatch: etag, signal: undefined })).rejects.toMatchObject({
      code: 'PRECONDITION_FAILED',
    })
    expect(kinds()).toEqual(['multipart', 'multipart', 'delete'])
    await expect(get(storage, 'a', { ifMatch: etag })).rejects.toMatchObject({ code: 'PRECONDITION_FAILED' })
    expect(kinds()).toEqual(['media', 'get'])
  })

  test('an upload names its object in the URL, as the SDK does', async () => {
    const storage = storageOn(server.current, { prefix: 'named', chunkSize: UNIT })
    await put(storage, 'ä/b', pattern(10))
    await put(storage, 'ä/b', pattern(UNIT + 1))
    const uploads = server.current.log.filter(({ method }) => method === 'POST').slice(-2)
    expect(uploads.map(({ url }) => new URL(url, 'http://x').searchParams.get('name'))).toEqual([
      'named/ä/b',
      'named/ä/b',
    ])
  })

  test('delete, absent or there', async () => {
    const storage = storageOn(server.current)
    await put(storage, 'a', pattern(10))
    kinds()
    await storage.delete(key('a'), { ifMatch: undefined, signal: undefined })
    await storage.delete(key('a'), { ifMatch: undefined, signal: undefined })
    expect(kinds()).toEqual(['delete', 'delete'])
  })

  test('write of what fits into a chunk, bytes or stream, announced or not', async () => {
    const storage = storageOn(server.current, { chunkSize: UNIT })
    await put(storage, 'a', pattern(UNIT))
    await put(storage, 'b', [pattern(1), pattern(UNIT - 1)])
    await put(storage, 'c', streamed(pattern(UNIT)))
    await put(storage, 'd', streamed(pattern(UNIT)), { size: UNIT })
    await put(storage, 'e', streamed(new Uint8Array(0)))
    expect(kinds()).toEqual(['multipart', 'multipart', 'multipart', 'multipart', 'multipart'])
  })

  test('write of more: one request to start, and one per chunk', async () => {
    const storage = storageOn(server.current, { chunkSize: UNIT })
    await put(storage, 'a', streamed(pattern(UNIT + 1)))
    expect(kinds()).toEqual(['start', 'chunk', 'chunk'])
    await put(storage, 'b', pattern(2 * UNIT))
    expect(kinds()).toEqual(['start', 'chunk', 'chunk'])
    expect(await get(storage, 'b')).toEqual(pattern(2 * UNIT))
  })

  test('list, one request per page', async () => {
    const storage = storageOn(server.current)
    for (const name of ['a', 'b', 'c']) await put(storage, name, pattern(1))
    kinds()
    expect(await collect(storage.list('', { startAfter: undefined, signal: undefined }))).toHaveLength(3)
    expect(kinds()).toEqual(['list'])
  })
})

test('a Result: write, read, find, exists and describe are one request each', async () => {
  const result = gcsResult({ bucket: 'bucket', prefix: 'one', apiEndpoint: server.current.url, location: '{n}.json' })
  const at = { n: 1 }
  const reference = await result.write({ a: 1 }, at)
  expect(kinds()).toEqual(['multipart'])
  expect(await result.read(reference)).toEqual({ a: 1 })
  expect(kinds()).toEqual(['media'])
  expect((await result.find(at)).status).toBe('hit')
  expect(kinds()).toEqual(['media'])
  expect((await result.find({ n: 2 })).status).toBe('miss')
  expect(kinds()).toEqual(['media'])
  expect(await result.exists(at)).toBe(true)
  expect(kinds()).toEqual(['get'])
})

test('connections are used again, also after objects that were not read', async () => {
  const storage = storageOn(server.current)
  await put(storage, 'small', pattern(1000))
  const sockets = new Set<unknown>()
  const seen = (request: { socket: unknown }): void => void sockets.add(request.socket)
  server.current.http.on('request', seen)
  for (let round = 0; round < 5; round++) {
    const object = await storage.read(key('small'), reading())
    await object?.stream()[Symbol.asyncIterator]().return?.()
    await put(storage, 'small', pattern(1000))
    await get(storage, 'none')
  }
  server.current.http.off('request', seen)
  // An unread body may still be on its way when the next request leaves.
  expect(sockets.size).toBeLessThanOrEqual(2)
})

test('10,000 keys: complete, in order and ten requests, also while others write', async () => {
  const storage = storageOn(server.current, { prefix: 'many' })
  const names = Array.from({ length: 10_000 }, (_, n) => `k${String(n).padStart(5, '0')}`)
  const content = { pieces: [], size: 0, crc32c: 'AAAAAA==', md5Hash: '1B2M2Y8AsgTpgAmY7PhCfg==' }
  const said = { contentEncoding: undefined, kmsKeyName: undefined, metadata: undefined }
  const settings = { ...said, contentType: 'text/plain', storageClass: 'STANDARD' }
  const none = { ifGenerationMatch: undefined, ifGenerationNotMatch: undefined, ifMetagenerationMatch: undefined }
  for (const name of names) server.current.store.publish('bucket', `many/${name}`, content, settings, none)
  kinds()
  const listed: string[] = []
  for await (const { key: name } of storage.list('', { startAfter: undefined, signal: undefined })) {
    listed.push(name)
    if (listed.length % 100 !== 0) continue
    await put(storage, `${name}-late`, pattern(1))
    await put(storage, `a-${name}`, pattern(1))
  }
  expect(listed.filter((name) => name.startsWith('k') && !name.endsWith('-late'))).toEqual(names)
  expect(listed).toEqual([...new Set(listed)].sort())
  expect(kinds().filter((kind) => kind === 'list')).toHaveLength(11)
})
