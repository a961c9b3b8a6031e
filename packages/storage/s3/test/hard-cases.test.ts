import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { releaseObject } from '@resultkit/core'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { testServer } from './server.ts'
import { bytes, entries, errorOf, MIB, open, pattern, pieces, put, remove, stat, text } from './support.ts'

const server = await testServer()
const { faults } = server
const PART = 5 * MIB
const LONG = pattern(PART + 1)

describe('connections', () => {
  it('a small stream that is left after its first piece gives its connection back', async () => {
    const storage = server.storage({ maxConnections: 1 })
    await put(storage, 'other', 'value')
    for (const size of [5, 40_000, 65_536]) {
      await put(storage, 'key', pattern(size))
      const stream = (await open(storage, 'key'))?.stream()[Symbol.asyncIterator]()
      await stream?.next()
      await stream?.return?.()
      expect(await text(storage, 'other')).toBe('value')
    }
  })

  it('the signal also ends a request that waits for a connection', async () => {
    const storage = server.storage({ maxConnections: 1 })
    await put(storage, 'key', pattern(3 * MIB))
    const held = await open(storage, 'key')
    const controller = new AbortController()
    const waiting = errorOf(text(storage, 'key', { signal: controller.signal }))
    await new Promise((resolve) => setTimeout(resolve, 20))
    controller.abort()
    expect(await waiting).toMatchObject({ code: 'ABORTED' })
    await releaseObject(held)
    await put(storage, 'key', 'value')
    expect(await text(storage, 'key')).toBe('value')
  })
})

describe('an answer with status 200 that is not one of S3', () => {
  const attempts: Readonly<Record<string, (storage: ReturnType<typeof server.storage>) => Promise<unknown>>> = {
    ListObjectsV2: (storage) => entries(storage),
    GetObject: (storage) => text(storage, 'key'),
    HeadObject: (storage) => stat(storage, 'key'),
    PutObject: (storage) => put(storage, 'key', 'value'),
    CreateMultipartUpload: (storage) => put(storage, 'key', pieces(LONG, MIB)),
    CompleteMultipartUpload: (storage) => put(storage, 'key', pieces(LONG, MIB)),
  }
  it.each(Object.entries(attempts))('is CONFIG, not an empty one: %s', async (operation, attempt) => {
    const storage = server.storage({ partSize: PART })
    const body = '<html>Please sign in</html>'
    faults.add({ kind: 'page', status: 200, body, headers: { 'content-length': `${body.length}` } }, { operation })
    expect(await errorOf(attempt(storage))).toMatchObject({ code: 'CONFIG', retryable: false })
    expect(await stat(storage, 'key')).toBeUndefined()
  })

  const pages = createServer((_, response) => response.end(page))
  let page = ''
  afterEach(() => void pages.close().closeAllConnections())

  it('nor is a page of a listing that does not say where it goes on', async () => {
    await once(pages.listen(0, '127.0.0.1'), 'listening')
    const storage = server.storage({ endpoint: `http://127.0.0.1:${(pages.address() as AddressInfo).port}` })
    const next = '<NextContinuationToken>x</NextContinuationToken>'
    for (const rest of ['', '<IsTruncated>true</IsTruncated>', `<IsTruncated>true</IsTruncated>${next}`]) {
      page = `<ListBucketResult>${rest}</ListBucketResult>`
      expect(await errorOf(entries(storage))).toMatchObject({ code: 'CONFIG' })
    }
    page = '<ListBucketResult><IsTruncated>false</IsTruncated></ListBucketResult>'
    expect(await entries(storage)).toEqual([])
  })
})

it('a signal that fires while an upload begins leaves none', async () => {
  const storage = server.storage({ partSize: PART })
  const controller = new AbortController()
  faults.add({ kind: 'wait', until: async () => controller.abort() }, { operation: 'CreateMultipartUpload' })
  const error = await errorOf(put(storage, 'key', pieces(LONG, MIB), { signal: controller.signal }))
  expect(error.code).toBe('ABORTED')
  await vi.waitFor(() => expect(faults.operations()).toContain('AbortMultipartUpload'))
  if (server.own !== undefined)
    await vi.waitFor(() => expect(server.own?.buckets.get(server.bucket)?.uploads.size).toBe(0))
})

it('a body that gives texts is refused, and nothing of it is stored', async () => {
  const storage = server.storage()
  let closed = false
  const body = async function* (): AsyncGenerator<Uint8Array> {
    try {
      yield bytes('a')
      yield 'text' as never
    } finally {
      closed = true
    }
  }
  expect(await errorOf(put(storage, 'key', body))).toMatchObject({ code: 'CONFIG' })
  expect([closed, await stat(storage, 'key')]).toEqual([true, undefined])
})

it('an ETag that no header can hold is the one of no object', async () => {
  const storage = server.storage()
  await put(storage, 'key', 'value')
  for (const etag of ['a\nb', '\u{1F600}', '']) {
    expect(await errorOf(put(storage, 'key', 'x', { ifMatch: etag }))).toMatchObject({ code: 'PRECONDITION_FAILED' })
    expect(await errorOf(text(storage, 'key', { ifMatch: etag }))).toMatchObject({ code: 'PRECONDITION_FAILED' })
    expect(await text(storage, 'key', { ifNoneMatch: etag })).toBe('value')
  }
  if (!('deleteIfMatch' in server.lacks))
    expect(await errorOf(remove(storage, 'key', { ifMatch: 'a\nb' }))).toMatchObject({ code: 'PRECONDITION_FAILED' })
  expect(await text(storage, 'key')).toBe('value')
})

it('a bucket elsewhere is CONFIG, and the message names its region, and nothing that is no region', async () => {
  const storage = server.storage()
  const attempts = {
    GetObject: () => text(storage, 'key'),
    HeadObject: () => stat(storage, 'key'),
    PutObject: () => put(storage, 'key', 'x'),
  }
  for (const [operation, attempt] of Object.entries(attempts)) {
    for (const [region, shown] of [
      ['eu-west-1', true],
      ['sentinel.example/?x', false],
    ] as const) {
      faults.add(
        { kind: 'answer', code: 'PermanentRedirect', headers: { 'x-amz-bucket-region': region } },
        { operation },
      )
      const error = await errorOf(attempt())
      expect(error).toMatchObject({ code: 'CONFIG', retryable: false })
      expect(error.message.includes(region)).toBe(shown)
    }
  }
  if (server.own === undefined) return
  const error = await errorOf(text(server.storage({ region: 'eu-west-1' }), 'key'))
  expect(error.message).toContain(server.region)
})

it('an endpoint may have a path', async () => {
  const storage = server.storage({ endpoint: `${server.url}/gateway/`, prefix: 'p' })
  await errorOf(put(storage, 'a b', 'value'))
  expect(faults.log[0]?.url).toMatch(new RegExp(`^/gateway/${server.bucket}/p/a%20b`))
})

it('a large body is not sent when the server refuses it before', async () => {
  let received = 0
  const refusing = createServer().on('checkContinue', (request, response) => {
    request.on('data', (piece: Buffer) => {
      received += piece.length
    })
    response.writeHead(403, { 'content-type': 'application/xml' }).end('<Error><Code>AccessDenied</Code></Error>')
  })
  await once(refusing.listen(0, '127.0.0.1'), 'listening')
  const endpoint = `http://127.0.0.1:${(refusing.address() as AddressInfo).port}`
  const storage = server.storage({ endpoint, maxConnections: 1 })
  for (let round = 0; round < 2; round++)
    expect(await errorOf(put(storage, 'key', pattern(3 * MIB)))).toMatchObject({ code: 'ACCESS_DENIED' })
  expect(received).toBe(0)
  refusing.close().closeAllConnections()
})
