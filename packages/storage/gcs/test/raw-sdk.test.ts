import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { type Bucket, Storage } from '@google-cloud/storage'
import { beforeEach, describe, expect, test } from 'vitest'
import { collect, pattern, useServer } from './support.ts'

// The SDK alone, against the server of this repository: what it sends is what the server has to speak, and how it behaves is
// why this package sends its own requests.
const server = useServer()
let bucket: Bucket
beforeEach(() => {
  server.current.store.createBucket('bucket')
  server.current.faults.clear()
  const retryOptions = { autoRetry: false }
  bucket = new Storage({ apiEndpoint: server.current.url, projectId: 'p', retryOptions }).bucket('bucket')
  server.current.takeKinds()
})
const bytes = Buffer.from(pattern(700_000))

describe('the SDK speaks with the server', () => {
  test('save and download, in one request and in a session', async () => {
    await bucket.file('a').save(bytes, { resumable: false, metadata: { metadata: { k: 'v' } } })
    await bucket.file('b').save(bytes)
    expect(server.current.takeKinds()).toEqual(['multipart', 'start', 'chunk'])
    for (const name of ['a', 'b']) expect((await bucket.file(name).download())[0].equals(bytes)).toBe(true)
    expect((await bucket.file('a').getMetadata())[0].metadata).toEqual({ k: 'v' })
  })

  test('streams in chunks', async () => {
    await pipeline(Readable.from([bytes]), bucket.file('a').createWriteStream({ chunkSize: 256 * 1024 }))
    expect(server.current.takeKinds()).toEqual(['start', 'chunk', 'chunk', 'chunk'])
    expect(Buffer.concat(await collect<Buffer>(bucket.file('a').createReadStream())).equals(bytes)).toBe(true)
    const part = await collect<Buffer>(bucket.file('a').createReadStream({ start: 10, end: 19 }))
    expect(Buffer.concat(part).equals(bytes.subarray(10, 20))).toBe(true)
  })

  test('conditions, exists, delete, list, copy and move', async () => {
    const file = bucket.file('d/a')
    expect(await file.exists()).toEqual([false])
    await file.save('x', { preconditionOpts: { ifGenerationMatch: 0 } })
    await expect(file.save('y', { preconditionOpts: { ifGenerationMatch: 0 } })).rejects.toMatchObject({ code: 412 })
    await file.copy(bucket.file('d/b'))
    await file.move(bucket.file('e'))
    const [files] = await bucket.getFiles({ prefix: '' })
    expect(files.map(({ name }) => name)).toEqual(['d/b', 'e'])
    await bucket.file('e').delete({ ifGenerationMatch: files[1]?.metadata.generation as string })
    await expect(bucket.file('e').delete()).rejects.toMatchObject({ code: 404 })
    await bucket.combine(['d/b'], 'combined')
    expect((await bucket.file('combined').download())[0].toString()).toBe('x')
    await expect(bucket.storage.bucket('none').file('a').save('x')).rejects.toMatchObject({ code: 404 })
  })
})

describe('why not file.save and streams', () => {
  test('a wrong checksum in the answer makes it delete the object, whoever has written it by then', async () => {
    server.current.inject({ on: 'multipart', action: { kind: 'alter', members: { crc32c: 'AAAAAA==' } } })
    await expect(bucket.file('a').save(bytes, { resumable: false })).rejects.toThrow()
    expect(server.current.log.map(({ kind, query }) => [kind, query.get('ifGenerationMatch')])).toEqual([
      ['multipart', null],
      ['delete', null],
    ])
  })

  test('a download without x-goog-stored-content-encoding is not validated', async () => {
    await bucket.file('a').save('hello', { resumable: false })
    const headers = { 'x-goog-hash': 'crc32c=AAAAAA==', 'content-type': 'text/plain' }
    server.current.inject({ on: 'media', action: { kind: 'answer', status: 200, body: 'other', headers } })
    expect((await bucket.file('a').download())[0].toString()).toBe('other')
  })
})
