import { createServer, type IncomingHttpHeaders } from 'node:http'
import type { AddressInfo } from 'node:net'
import { BlobServiceClient } from '@azure/storage-blob'
import { azureResult } from '@resultkit/azure'
import { brotli, gzip, zstd } from '@resultkit/compress'
import { json, memoryResult, ndjson, type ResultError, text } from '@resultkit/core'
import { gcsResult } from '@resultkit/gcs'
import { s3Result } from '@resultkit/s3'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { startAzurite } from '../../../test-fixtures/servers/azurite.ts'
import { startGcsServer } from '../../../test-fixtures/servers/gcs/server.ts'
import { startS3Server, TEST_ACCOUNT } from '../../../test-fixtures/servers/s3/index.ts'

// The template of the cases, and what it gives.
const LOCATION = '{thing}/here.txt'
const KEY = 'yes!/here.txt'
const { accessKeyId, secretAccessKey } = TEST_ACCOUNT
const S3 = {
  bucket: 'lab',
  region: 'us-east-1',
  credentials: { accessKeyId, secretAccessKey },
  location: LOCATION,
} as const

const failureOf = (promise: Promise<unknown>): Promise<unknown> =>
  promise.then(
    () => 'it did not reject',
    (error: unknown) => error,
  )

describe('S3', () => {
  let server: Awaited<ReturnType<typeof startS3Server>>
  beforeAll(async () => {
    server = await startS3Server({ buckets: ['lab'] })
  })
  afterAll(() => server.close())

  test('D027-S3 D030-S3 one object at the rendered key, which the reference has; another does not exist', async () => {
    const result = s3Result({ ...S3, endpoint: server.url })
    const reference = await result.write('v', { thing: 'yes!' })
    expect(reference).toMatchObject({ key: KEY, storage: 's3://lab' })
    expect(await Array.fromAsync(result.list(), ({ key }) => key)).toEqual([KEY])
    expect([await result.exists({ thing: 'yes!' }), await result.exists({ thing: 'no' })]).toEqual([true, false])
  })

  test('D036-S3 a reference is JSON without client and credentials, and is read with a client of its own', async () => {
    const result = s3Result({ ...S3, endpoint: server.url })
    const sent = JSON.stringify(await result.write('v', { thing: 'sent' }))
    expect(sent).not.toContain(accessKeyId)
    const elsewhere = s3Result({ ...S3, endpoint: server.url })
    expect(await elsewhere.read(JSON.parse(sent))).toBe('v')
  })
})

describe('S3, request by request', () => {
  const requests: IncomingHttpHeaders[] = []
  let status = 200
  const server = createServer((request, response) => {
    requests.push(request.headers)
    request.resume().on('end', () => response.writeHead(status, { etag: '"1"' }).end())
  })
  beforeAll(() => new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve)))
  afterAll(() => new Promise((resolve) => server.close(resolve)))
  const made = () => {
    const endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
    return s3Result({ ...S3, endpoint, retry: false, storageClass: 'STANDARD_IA', serverSideEncryption: 'AES256' })
  }

  test('D028-S3 D029-S3 nothing at construction; then every write has the options for objects', async () => {
    status = 200
    const result = made()
    expect(requests).toEqual([])
    for (const thing of ['a', 'b']) await result.write('v', { thing })
    const told = { 'x-amz-storage-class': 'STANDARD_IA', 'x-amz-server-side-encryption': 'AES256' }
    expect(requests).toEqual([expect.objectContaining(told), expect.objectContaining(told)])
  })

  test('D034-S3 a failed upload is typed, keeps its cause, and gives no reference', async () => {
    status = 403
    const error = (await failureOf(made().write('v', { thing: 'a' }))) as ResultError
    expect(error).toMatchObject({ code: 'ACCESS_DENIED', cause: expect.anything() })
  })
})

describe('GCS', () => {
  let server: Awaited<ReturnType<typeof startGcsServer>>
  beforeAll(async () => {
    server = await startGcsServer({ buckets: ['lab'] })
  })
  afterAll(() => server.close())

  test('D037-GCS D038-GCS D039-GCS the name is the rendered template, the payload its bytes; read leaves the receiver alone', async () => {
    const result = gcsResult({
      bucket: 'lab',
      apiEndpoint: server.url,
      projectId: 'test',
      location: LOCATION,
      format: 'plain',
      serializer: text(),
    })
    const reference = await result.write('v\u00fc', { thing: 'yes!' })
    expect(reference.key).toBe(KEY)
    const media = await fetch(`${server.url}/storage/v1/b/lab/o/${encodeURIComponent(KEY)}?alt=media`)
    expect(new Uint8Array(await media.arrayBuffer())).toEqual(new TextEncoder().encode('v\u00fc'))
    expect(await result.read(reference)).toBe('v\u00fc')
    expect(result.location).toBe(LOCATION)
    expect([await result.exists({ thing: 'yes!' }), await result.exists({ thing: 'no' })]).toEqual([true, false])
  })
})

describe('Azure', () => {
  let azurite: Awaited<ReturnType<typeof startAzurite>>
  beforeAll(async () => {
    azurite = await startAzurite()
    await BlobServiceClient.fromConnectionString(azurite.connectionString()).createContainer('lab')
  })
  afterAll(async () => {
    vi.unstubAllEnvs()
    await azurite.close()
  })

  test('D040-AZ neither option nor environment: CONFIG, which names the ways there are', async () => {
    vi.stubEnv('AZURE_STORAGE_CONNECTION_STRING', '')
    const error = await failureOf((async () => azureResult({ container: 'lab' }).exists('k'))())
    expect(error).toMatchObject({ code: 'CONFIG' })
    for (const way of ['connectionString', 'AZURE_STORAGE_CONNECTION_STRING', 'sasUrl', 'accountKey', 'credential'])
      expect((error as ResultError).message).toContain(way)
  })

  test('D040-AZ D042-AZ the connection string of the environment; present and absent', async () => {
    vi.stubEnv('AZURE_STORAGE_CONNECTION_STRING', azurite.connectionString())
    const result = azureResult({ container: 'lab', location: LOCATION })
    await result.write('v', { thing: 'yes!' })
    expect([await result.exists({ thing: 'yes!' }), await result.exists({ thing: 'no' })]).toEqual([true, false])
  })
})

describe('compression', () => {
  const values = [null, 'text'.repeat(2000), { rows: Array.from({ length: 500 }, (_, id) => ({ id })) }]

  test.each([
    ['zstd', zstd],
    ['gzip', gzip],
    ['brotli', brotli],
  ] as const)('D068-SER %s around any serializer', async (name, make) => {
    const codecs = [make()]
    for (const value of values) {
      const result = memoryResult<unknown>({ serializer: json(), codecs })
      expect(await result.read(await result.write(value))).toEqual(value)
    }
    const named = memoryResult<string>({ serializer: 'text', codecs })
    const reference = await named.write('text'.repeat(2000))
    expect(reference).toMatchObject({ serializer: 'text', codecs: [name] })
    expect(reference.size).toBeLessThan(2000)
    const items = memoryResult({ serializer: ndjson(), codecs })
    const stored = await items.write([{ id: 1 }, { id: 2 }] as never)
    expect(await Array.fromAsync((await items.read(stored)) as AsyncIterable<unknown>)).toEqual([{ id: 1 }, { id: 2 }])
  })

  test('D068-SER a compressing name without a codec that compresses is refused, with what to install', () => {
    expect(() => memoryResult({ serializer: 'compressed/json' })).toThrow(
      expect.objectContaining({ code: 'CONFIG', message: expect.stringContaining('@resultkit/compress') }),
    )
  })
})
