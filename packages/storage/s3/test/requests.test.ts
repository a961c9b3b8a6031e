import { releaseObject, reservedKey } from '@resultkit/core'
import { expect, it } from 'vitest'
import { testServer } from './server.ts'
import { bytes, entries, errorOf, MIB, open, pattern, pieces, put, remove, stat, text } from './support.ts'

const server = await testServer()
const { faults } = server

async function requestsOf(work: () => Promise<unknown>): Promise<string> {
  faults.clearLog()
  await work()
  return faults.operations().join(' ')
}

it('one call is one request', async () => {
  const storage = server.storage()
  expect(await requestsOf(() => put(storage, 'key', 'value'))).toBe('PutObject')
  expect(await requestsOf(() => put(storage, 'key', [bytes('a'), bytes('b')]))).toBe('PutObject')
  expect(await requestsOf(() => put(storage, 'key', pieces(bytes('value'), 2)))).toBe('PutObject')
  expect(await requestsOf(() => put(storage, 'fresh', 'value', { ifAbsent: true }))).toBe('PutObject')
  expect(await requestsOf(() => errorOf(put(storage, 'fresh', 'value', { ifAbsent: true })))).toBe('PutObject')
  expect(await requestsOf(() => text(storage, 'key'))).toBe('GetObject')
  expect(await requestsOf(() => text(storage, 'key', { range: { start: 1, end: 3 } }))).toBe('GetObject')
  expect(await requestsOf(() => open(storage, 'absent'))).toBe('GetObject')
  expect(await requestsOf(() => stat(storage, 'key'))).toBe('HeadObject')
  expect(await requestsOf(() => stat(storage, 'absent'))).toBe('HeadObject')
  expect(await requestsOf(() => remove(storage, 'key'))).toBe('DeleteObject')
  expect(await requestsOf(() => entries(storage))).toBe('ListObjectsV2')
})

it('a range without bytes is asked for with HEAD, since HTTP cannot say it; one beyond the end costs both', async () => {
  const storage = server.storage()
  await put(storage, 'key', 'value')
  expect(await requestsOf(() => text(storage, 'key', { range: { start: 2, end: 2 } }))).toBe('HeadObject')
  expect(await requestsOf(() => text(storage, 'key', { range: { start: 9 } }))).toBe('GetObject HeadObject')
})

it('the first HEAD that finds nothing asks whether the bucket is there, and no later one', async () => {
  const storage = server.storage()
  expect(await requestsOf(() => stat(storage, 'absent'))).toBe('HeadObject HeadBucket')
  expect(await requestsOf(() => stat(storage, 'absent'))).toBe('HeadObject')
})

it('a stream of one part is one PUT; a byte more is an upload', async () => {
  const storage = server.storage({ partSize: 5 * MIB })
  const all = pattern(5 * MIB + 1)
  expect(await requestsOf(() => put(storage, 'one', pieces(all.subarray(1), MIB)))).toBe('PutObject')
  const longer = await requestsOf(() => put(storage, 'two', pieces(all, MIB)))
  // Ceph does not say the ETag of what it completed, so that it has to be asked.
  expect(longer.replace(/ HeadObject$/, '')).toBe('CreateMultipartUpload UploadPart UploadPart CompleteMultipartUpload')
  if (server.own !== undefined) expect(longer).not.toContain('HeadObject')
  expect(await stat(storage, 'two')).toMatchObject({ size: all.length })
})

it('bytes at hand are one PUT whatever their size', async () => {
  const storage = server.storage({ partSize: 5 * MIB })
  expect(await requestsOf(() => put(storage, 'large', pattern(12 * MIB)))).toBe('PutObject')
})

it('an object that is let go unread gives its connection back', async () => {
  const storage = server.storage({ maxConnections: 1 })
  await put(storage, 'small', 'value')
  await put(storage, 'large', pattern(3 * MIB))
  for (let round = 0; round < 3; round++) {
    await releaseObject(await open(storage, 'small'))
    await releaseObject(await open(storage, 'large'))
  }
  expect(await text(storage, 'small')).toBe('value')
})

it('the prefix counts in the length of a name, and a reserved key is a name like others', async () => {
  const storage = server.storage()
  const longest = 'k'.repeat(storage.capabilities.maxKeyBytes)
  await put(storage, longest, 'x')
  expect((await entries(storage)).map(({ key }) => key)).toEqual([longest])
  await storage.delete(reservedKey('none'), { ifMatch: undefined, signal: undefined })
})

it('ETags: without quotes in every answer, and taken with them in every condition', async () => {
  const storage = server.storage()
  const { etag } = await put(storage, 'key', 'one')
  expect(etag).toMatch(/^[0-9a-f]{32}$/)
  expect((await stat(storage, 'key'))?.etag).toBe(etag)
  expect((await entries(storage))[0]?.etag).toBe(etag)
  expect(await text(storage, 'key', { ifMatch: `"${etag}"` })).toBe('one')
  const next = await put(storage, 'key', 'two', { ifMatch: `"${etag}"` })
  await put(storage, 'key', 'three', { ifMatch: next.etag })
})
