import { createHash } from 'node:crypto'
import { inspect } from 'node:util'
import { S3Client } from '@aws-sdk/client-s3'
import { type ResultReference, retry } from '@resultkit/core'
import { describe, expect, expectTypeOf, it, onTestFinished, vi } from 'vitest'
import { type S3StorageOptions, s3Result, s3Storage } from '../src/index.ts'
import { isExposed } from '../src/service.ts'
import { testServer } from './server.ts'
import { errorOf, MIB, open, pattern, pieces, put, remove, stat, text } from './support.ts'

const server = await testServer()
const { faults } = server

const WRONG: Readonly<Record<string, Partial<S3StorageOptions>>> = {
  'no bucket': { bucket: '' },
  'a bucket with a slash': { bucket: 'a/b' },
  'a prefix with a slash in front': { prefix: '/a' },
  'a prefix of a slash': { prefix: '/' },
  'a prefix with two slashes behind': { prefix: 'a//' },
  'a prefix that is no text': { prefix: 5 as never },
  'a prefix with an empty segment': { prefix: 'a//b' },
  'a prefix that goes up': { prefix: 'a/../b' },
  'a prefix without room for keys': { prefix: 'p'.repeat(1023) },
  'parts below 5 MiB': { partSize: MIB },
  'parts above 5 GiB': { partSize: 6 * 1024 * MIB },
  'no concurrency': { concurrency: 0 },
  'half a part': { concurrency: 1.5 },
  'a negative sizeHint': { sizeHint: -1 },
  'no connection': { maxConnections: 0 },
  'a timeout of zero': { idleTimeout: 0 },
  'a timeout that no timer can run': { idleTimeout: 2 ** 31 },
  'an endpoint that is no URL': { endpoint: 'localhost:9000' },
  'a capability that there is not': { capabilities: { teleport: true } as object },
  'a capability that is no boolean': { capabilities: { list: 'no' } as object },
  'a client that is none': { client: {} as never },
  'a client and a region': { client: server.client(), region: 'eu-west-1' },
}

it.each(Object.entries(WRONG))('%s is CONFIG, without any I/O', async (_, options) => {
  const attempt = async () => s3Storage({ bucket: 'b', ...options })
  const error = await errorOf(attempt())
  expect(error.code).toBe('CONFIG')
  expect(faults.count()).toBe(0)
})

it('a region that is missing or none is CONFIG, and is asked for again', async () => {
  vi.stubEnv('AWS_REGION', '')
  vi.stubEnv('AWS_DEFAULT_REGION', '')
  vi.stubEnv('AWS_CONFIG_FILE', '/dev/null')
  vi.stubEnv('AWS_SHARED_CREDENTIALS_FILE', '/dev/null')
  onTestFinished(() => void vi.unstubAllEnvs())
  const { credentials } = server
  for (const options of [
    { credentials },
    { credentials, region: 'not a region' },
    { client: new S3Client({ credentials }) },
  ]) {
    const storage = s3Storage({ bucket: 'b', ...options })
    for (let call = 0; call < 2; call++) {
      const error = await errorOf(stat(storage, 'key'))
      expect(error).toMatchObject({ code: 'CONFIG', retryable: false, key: 'key', storage: 's3://b' })
      expect(error.message).toContain('region')
    }
  }
})

it('objects are asked for as they are stored', async () => {
  const storage = server.storage()
  await put(storage, 'key', 'value')
  await text(storage, 'key')
  expect(faults.log.at(-1)?.headers['accept-encoding']).toBe('identity')
})

it('the uri names bucket and prefix, and nothing else', () => {
  expect(s3Storage({ bucket: 'lab' }).uri).toBe('s3://lab')
  const credentials = { accessKeyId: 'AKIA', secretAccessKey: 'sentinel' }
  const storage = s3Storage({ bucket: 'lab', prefix: 'a/b', endpoint: 'http://x:1', credentials })
  expect(storage.uri).toBe('s3://lab/a/b')
  expect(inspect(storage, { depth: 10, showHidden: true })).not.toContain('sentinel')
  expect(storage.capabilities.maxKeyBytes).toBe(1024 - 4)
  expect(s3Storage({ bucket: 'lab', prefix: 'a/b/' })).toMatchObject({ uri: 's3://lab/a/b' })
  expect(() => s3Storage(undefined as never)).toThrow(expect.objectContaining({ code: 'CONFIG' }))
})

it.each(['text/x\nX-Evil: 1', 'ü', ''])(
  'a content type that no header can hold (%j) is left out',
  async (contentType) => {
    const storage = server.storage({ partSize: 5 * MIB })
    await put(storage, 'one', 'value', { contentType })
    await put(storage, 'two', pieces(pattern(5 * MIB + 1), MIB), { contentType })
    expect(await text(storage, 'one')).toBe('value')
    expect((await stat(storage, 'two'))?.size).toBe(5 * MIB + 1)
  },
)

it('how objects are stored is stated with the request that begins them', async () => {
  const storage = server.storage({
    storageClass: 'STANDARD',
    tags: { team: 'a&b c', empty: '' },
    requesterPays: true,
    expectedBucketOwner: '111122223333',
    partSize: 5 * MIB,
  })
  await put(storage, 'one', 'value', { contentType: 'application/json' })
  await put(storage, 'two', pieces(pattern(5 * MIB + 1), MIB), { contentType: 'application/json' })
  await text(storage, 'one')
  await stat(storage, 'one')
  await remove(storage, 'one')
  for (const operation of ['PutObject', 'CreateMultipartUpload']) {
    expect(faults.log.find((each) => each.operation === operation)?.headers).toMatchObject({
      'content-type': 'application/json',
      'x-amz-storage-class': 'STANDARD',
      'x-amz-tagging': 'team=a%26b%20c&empty=',
      'x-amz-meta-resultkit-write-id': 'test',
    })
  }
  for (const { headers } of faults.log)
    expect(headers).toMatchObject({ 'x-amz-request-payer': 'requester', 'x-amz-expected-bucket-owner': '111122223333' })
})

it.skipIf(server.own === undefined)('encryption is stated for objects', async () => {
  const storage = server.storage({
    serverSideEncryption: 'aws:kms',
    sseKmsKeyId: 'alias/results',
    sseKmsEncryptionContext: { team: 'a' },
    bucketKeyEnabled: true,
  })
  await put(storage, 'key', 'value')
  expect(await text(storage, 'key')).toBe('value')
  expect(faults.log[0]?.headers).toMatchObject({
    'x-amz-server-side-encryption': 'aws:kms',
    'x-amz-server-side-encryption-aws-kms-key-id': 'alias/results',
    'x-amz-server-side-encryption-context': Buffer.from('{"team":"a"}').toString('base64'),
    'x-amz-server-side-encryption-bucket-key-enabled': 'true',
  })
  expect(faults.log[1]?.headers['x-amz-server-side-encryption']).toBeUndefined()
})

it('no checksum is added that compatible servers do not know, unless it is asked for', async () => {
  await put(server.storage(), 'key', 'value')
  await text(server.storage(), 'absent')
  await put(server.storage({ requestChecksumCalculation: 'WHEN_SUPPORTED' }), 'key', 'value')
  const [plain, read, checked] = faults.log
  const names = (log: typeof plain) => Object.keys(log?.headers ?? {}).filter((name) => name.includes('checksum'))
  expect(names(plain)).toEqual([])
  expect(names(read)).toEqual([])
  expect(names(checked)).toContain('x-amz-checksum-crc32')
})

it('the signature covers the body where it is asked to, or where plain HTTP leaves this machine', async () => {
  const all = pattern(100_000)
  await put(server.storage(), 'key', [all.subarray(0, 7), all.subarray(7)])
  await put(server.storage({ signPayload: true }), 'key', [all.subarray(0, 7), all.subarray(7)])
  const hashes = faults.log.map(({ headers }) => headers['x-amz-content-sha256'])
  expect(hashes).toEqual(['UNSIGNED-PAYLOAD', createHash('sha256').update(all).digest('hex')])
  expect(isExposed('http://storage.example')).toBe(true)
  expect(isExposed('http://127.0.0.1.example')).toBe(true)
  expect(isExposed('https://storage.example')).toBe(false)
  expect(isExposed('http://[::1]:9000')).toBe(false)
  expect(isExposed('http://localhost:9000')).toBe(false)
  expect(isExposed(undefined)).toBe(false)
})

it('a checksum is the one of the whole body', async () => {
  const storage = server.storage({ requestChecksumCalculation: 'WHEN_SUPPORTED' })
  const all = pattern(100_000)
  await put(storage, 'key', [all.subarray(0, 7), all.subarray(7)])
  expect(await (await open(storage, 'key'))?.bytes()).toEqual(all)
})

describe('retries', () => {
  it('are counted as the option says', async () => {
    const seen: number[] = []
    const sleep = async (): Promise<void> => {}
    const onRetry = ({ attempt }: { attempt: number }): void => void seen.push(attempt)
    const storage = server.storage({ retry: { attempts: 5, sleep, onRetry } })
    faults.add({ kind: 'answer', code: 'SlowDown' }, { times: 100 })
    await errorOf(put(storage, 'key', pieces(pattern(10), 5)))
    expect(faults.count()).toBe(5)
    await errorOf(text(storage, 'key'))
    expect(faults.count()).toBe(10)
    expect(seen).toEqual([1, 2, 3, 4, 1, 2, 3, 4])
  })

  it('of a layer above do not multiply with them', async () => {
    const storage = retry({ attempts: 3, sleep: async () => {} })(server.storage())
    faults.add({ kind: 'answer', code: 'SlowDown' }, { times: 100 })
    await errorOf(text(storage, 'key'))
    await errorOf(put(storage, 'key', pieces(pattern(10), 5)))
    expect(faults.count()).toBe(6)
  })
})

describe('s3Result', () => {
  const { bucket, url: endpoint, region, credentials } = server

  it('keeps values, and infers its types', async () => {
    const scores = s3Result({
      bucket,
      endpoint,
      region,
      credentials,
      prefix: `typed-${Date.now()}`,
      location: 'scores/{user}.json',
      validators: [(value: readonly number[]) => value.length > 0],
    })
    const reference = await scores.write([1, 2], { user: 'ada' })
    expectTypeOf(reference).toExtend<ResultReference>()
    const value = await scores.read(reference)
    expectTypeOf(value).toEqualTypeOf<readonly number[]>()
    expect(value).toEqual([1, 2])
    expect(await scores.find({ user: 'bob' })).toEqual({ status: 'miss' })
    // @ts-expect-error the location needs a user
    await expect(scores.read({ name: 'ada' })).rejects.toMatchObject({ code: 'INVALID_LOCATION' })
  })

  it('write, find, exists and a miss are one request each', async () => {
    const result = s3Result({ bucket, endpoint, region, credentials, prefix: `counted-${Date.now()}` })
    await result.write({ a: 1 }, 'key')
    await result.find('key')
    await result.exists('key')
    await result.find('absent')
    await result.read('key')
    expect(faults.operations()).toEqual(['PutObject', 'GetObject', 'HeadObject', 'GetObject', 'GetObject'])
  })
})
