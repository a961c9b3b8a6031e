import { Storage } from '@google-cloud/storage'
import type { ResultReference } from '@resultkit/core'
import { type } from '@resultkit/core'
import { describe, expect, expectTypeOf, test } from 'vitest'
import { type GcsStorageOptions, gcsResult, gcsStorage } from '../src/index.ts'
import { AT_ONCE, failureOf, get, key, pattern, put, storageOn, useServer } from './support.ts'

const server = useServer()
const CALL = { signal: undefined }

describe('CONFIG at once', () => {
  test.each<Partial<Record<keyof GcsStorageOptions, unknown>>>([
    { bucket: '' },
    { bucket: 'A' },
    { bucket: undefined },
    { bucket: 'a/b' },
    { bucket: 'bucket', prefix: '../x' },
    { bucket: 'bucket', prefix: 'a//b' },
    { bucket: 'bucket', prefix: '.resultkit' },
    { bucket: 'bucket', prefix: 'p'.repeat(1001) },
    { bucket: 'bucket', prefix: 5 },
    { bucket: 'bucket', client: {} },
    { bucket: { name: 'bucket' } },
    { bucket: 'bucket', chunkSize: 0 },
    { bucket: 'bucket', chunkSize: 1000 },
    { bucket: 'bucket', chunkSize: 1.5 },
    { bucket: 'bucket', partSize: 1000 },
    { bucket: 'bucket', chunkSize: 262144, partSize: 262144 },
    { bucket: 'bucket', endpoint: '' },
    { bucket: 'bucket', endpoint: 'http://127.0.0.1', apiEndpoint: 'http://127.0.0.1' },
    { bucket: 'bucket', requestTimeout: 0 },
    { bucket: 'bucket', requestTimeout: 'soon' },
    { bucket: 'bucket', retry: { attempts: 0 } },
  ])('%j', (options) => {
    expect(() => gcsStorage(options as unknown as GcsStorageOptions)).toThrow(
      expect.objectContaining({ code: 'CONFIG' }),
    )
  })
})

test('no options are CONFIG', () => {
  expect(() => gcsStorage(undefined as never)).toThrow(expect.objectContaining({ code: 'CONFIG' }))
})

test('an endpoint that is no URL is CONFIG', async () => {
  const storage = gcsStorage({ bucket: 'bucket', apiEndpoint: 'http://[', retry: false })
  await failureOf(storage.stat(key('a'), CALL), { code: 'CONFIG' })
})

test('endpoint and partSize are apiEndpoint and chunkSize', async () => {
  const { url, takeKinds } = server.current
  const storage = gcsStorage({ bucket: 'bucket', prefix: 'names', endpoint: url, partSize: 256 * 1024 })
  takeKinds()
  await put(storage, 'a', pattern(600_000))
  expect(takeKinds()).toHaveLength(4)
})

test('what is said about the object reaches the service', async () => {
  const kmsKeyName = 'projects/p/locations/l/keyRings/r/cryptoKeys/k'
  for (const chunkSize of [undefined, 256 * 1024]) {
    const storage = storageOn(server.current, { prefix: 'said', storageClass: 'NEARLINE', kmsKeyName, chunkSize })
    await put(storage, 'a', pattern(300_000), { contentType: 'text/plain', writeId: 'me' })
    expect(server.current.store.bucket('bucket').objects.get('said/a')?.settings).toEqual({
      contentType: 'text/plain',
      contentEncoding: undefined,
      storageClass: 'NEARLINE',
      kmsKeyName,
      metadata: { 'resultkit-write-id': 'me' },
    })
  }
})

test('a requester-pays bucket takes userProject, of the option or of the Bucket', async () => {
  server.current.store.createBucket('paid', true)
  await failureOf(put(storageOn(server.current, { bucket: 'paid' }), 'a', pattern(1)), { code: 'CONFIG' })
  const client = new Storage({ apiEndpoint: server.current.url, projectId: 'p' })
  const prefix = 'x'
  const paying = [
    storageOn(server.current, { bucket: 'paid', userProject: 'me' }),
    gcsStorage({ bucket: client.bucket('paid', { userProject: 'me' }), prefix }),
    gcsStorage({ bucket: 'paid', prefix, client, userProject: 'me' }),
  ]
  for (const storage of paying) {
    await put(storage, 'a', pattern(1))
    expect(await get(storage, 'a')).toEqual(pattern(1))
    await storage.delete(key('a'), { ifMatch: undefined, signal: undefined })
  }
})

test("a client's own retries count: off, or as many as it says", async () => {
  const attempts = async (retryOptions: object, retry?: typeof AT_ONCE & { attempts: number }): Promise<number> => {
    const client = new Storage({ apiEndpoint: server.current.url, projectId: 'p', retryOptions })
    server.current.takeKinds()
    server.current.inject({ action: { kind: 'answer', status: 503 }, times: 20 })
    const storage = gcsStorage({ bucket: client.bucket('bucket'), retry })
    await failureOf(storage.stat(key('a'), CALL), { code: 'UNAVAILABLE' })
    server.current.faults.clear()
    return server.current.takeKinds().length
  }
  expect(await attempts({ autoRetry: false })).toBe(1)
  expect(await attempts({ maxRetries: 1, maxRetryDelay: 0.001 })).toBe(2)
  expect(await attempts({ maxRetries: 1 }, { ...AT_ONCE, attempts: 4 })).toBe(4)
})

test('making one does no I/O and loads no SDK', () => {
  const storage = gcsStorage({ bucket: 'bucket', keyFilename: '/no/such/file' })
  expect(storage.uri).toBe('gs://bucket')
})

test('types infer', () => {
  const scores = gcsResult({ bucket: 'lab', location: 'scores/{user}.json', validators: [type<number[]>()] })
  expectTypeOf(scores.write).parameter(0).toEqualTypeOf<number[]>()
  expectTypeOf(scores.read).returns.resolves.toEqualTypeOf<number[]>()
  expectTypeOf<Awaited<ReturnType<typeof scores.write>>>().toEqualTypeOf<ResultReference<number[]>>()
  // @ts-expect-error the location needs a user
  const wrong = (): unknown => scores.format({})
  // @ts-expect-error the bucket is missing
  const none = (): unknown => gcsStorage({})
  expect([wrong, none]).toHaveLength(2)
})
