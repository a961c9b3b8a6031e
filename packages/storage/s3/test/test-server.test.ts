import { spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import http from 'node:http'
import { Readable } from 'node:stream'
import { fileURLToPath } from 'node:url'
import * as sdk from '@aws-sdk/client-s3'
import { afterAll, afterEach, describe, expect, it } from 'vitest'
import { startS3Server, TEST_ACCOUNT } from '../../../../test-fixtures/servers/s3/index.ts'

const MIB = 1024 * 1024
const LOGIN = { accessKeyId: TEST_ACCOUNT.accessKeyId, secretAccessKey: TEST_ACCOUNT.secretAccessKey }
const server = await startS3Server()
const client = clientWith({})
afterAll(async () => {
  client.destroy()
  await server.close()
})
afterEach(() => server.faults.clear())

function clientWith(config: object): sdk.S3Client {
  const base = { endpoint: server.url, region: 'us-east-1', forcePathStyle: true, credentials: { ...LOGIN } }
  return new sdk.S3Client({ ...base, maxAttempts: 1, ...config })
}

const silent = (): void => {}
const SILENT = { debug: silent, info: silent, warn: silent, error: silent, trace: silent }
let keys = 0
const newKey = (): string => `key-${keys++}`
const Bucket = 'results'
const put = (Key: string, Body: Uint8Array | string, more: Partial<sdk.PutObjectCommandInput> = {}) =>
  client.send(new sdk.PutObjectCommand({ Bucket, Key, Body, ...more }))
const get = async (Key: string, more: Partial<sdk.GetObjectCommandInput> = {}) => {
  const { Body, ...rest } = await client.send(new sdk.GetObjectCommand({ Bucket, Key, ...more }))
  return { ...rest, text: await Body?.transformToString() }
}
const refusal = async (work: Promise<unknown>): Promise<string> => {
  const error = await work.then(
    () => undefined,
    (thrown: { name: string; $metadata?: { httpStatusCode?: number } }) => thrown,
  )
  return `${error?.$metadata?.httpStatusCode} ${error?.name}`
}

/** Signs the way the SDK does, and lets the test change the request before it is sent. */
async function sendTampered(
  command: sdk.PutObjectCommand | sdk.GetObjectCommand,
  change: (request: { headers: Record<string, string>; path: string; body?: unknown; method: string }) => void,
): Promise<string> {
  const tampering = clientWith({ logger: SILENT })
  tampering.middlewareStack.add(
    (next) => async (args) => {
      change(args.request as never)
      return next(args)
    },
    { step: 'deserialize', priority: 'low' },
  )
  const outcome = await refusal(tampering.send(command as sdk.PutObjectCommand))
  tampering.destroy()
  return outcome
}

describe('signatures', () => {
  const command = () => new sdk.PutObjectCommand({ Bucket, Key: newKey(), Body: 'value', Metadata: { a: '1' } })

  it('what is changed after signing is refused', async () => {
    const mismatch = '403 SignatureDoesNotMatch'
    expect(
      await sendTampered(command(), (request) => {
        request.path += 'x'
      }),
    ).toBe(mismatch)
    expect(
      await sendTampered(command(), ({ headers }) => {
        headers['x-amz-meta-a'] = '2'
      }),
    ).toBe(mismatch)
    expect(
      await sendTampered(command(), ({ headers }) => {
        headers['host'] = 'other'
      }),
    ).toBe(mismatch)
    const flip = ({ headers }: { headers: Record<string, string> }): void => {
      headers['authorization'] = headers['authorization']?.replace(/.$/, (last) => (last === '0' ? '1' : '0')) ?? ''
    }
    expect(await sendTampered(command(), flip)).toBe(mismatch)
  })

  it('a body that is not the signed one is refused', async () => {
    expect(
      await sendTampered(command(), (request) => {
        request.body = 'eulav'
      }),
    ).toBe('400 XAmzContentSHA256Mismatch')
  })

  it('an x-amz header that is not signed is refused', async () => {
    const add = ({ headers }: { headers: Record<string, string> }): void => {
      headers['x-amz-acl'] = 'public-read'
    }
    expect(await sendTampered(command(), add)).toBe('403 AccessDenied')
  })

  it('unknown keys, wrong secrets, wrong regions, wrong clocks and nobody at all are refused', async () => {
    const attempt = async (config: object): Promise<string> => {
      const other = clientWith(config)
      const outcome = await refusal(other.send(new sdk.GetObjectCommand({ Bucket, Key: 'x' })))
      other.destroy()
      return outcome
    }
    expect(await attempt({ credentials: { ...TEST_ACCOUNT, accessKeyId: 'x' } })).toBe('403 InvalidAccessKeyId')
    expect(await attempt({ credentials: { ...TEST_ACCOUNT, secretAccessKey: 'x' } })).toBe('403 SignatureDoesNotMatch')
    expect(await attempt({ region: 'eu-west-1' })).toBe('400 AuthorizationHeaderMalformed')
    expect(await attempt({ systemClockOffset: 3_600_000 })).toBe('403 RequestTimeTooSkewed')
    expect(await attempt({ credentials: { ...TEST_ACCOUNT, sessionToken: 'x' } })).toBe('400 InvalidToken')
    const anonymous = await fetch(`${server.url}/results/x`)
    expect(`${anonymous.status} ${await anonymous.text()}`).toContain('<Code>AccessDenied</Code>')
  })

  it('a token that has expired is ExpiredToken', async () => {
    server.accounts.set('t', { accessKeyId: 't', secretAccessKey: 's', sessionToken: 'x', expiresAt: 0 })
    const other = clientWith({ credentials: { accessKeyId: 't', secretAccessKey: 's', sessionToken: 'x' } })
    expect(await refusal(other.send(new sdk.GetObjectCommand({ Bucket, Key: 'x' })))).toBe('400 ExpiredToken')
    other.destroy()
  })
})

describe('checksums and lengths', () => {
  it('a wrong CRC32, SHA-256 or MD5 is refused', async () => {
    const key = newKey()
    expect(await refusal(put(key, 'value', { ChecksumCRC32: 'AAAAAA==' }))).toBe('400 BadDigest')
    const sha256 = createHash('sha256').update('other').digest('base64')
    expect(await refusal(put(key, 'value', { ChecksumSHA256: sha256 }))).toBe('400 BadDigest')
    const md5 = createHash('md5').update('other').digest('base64')
    expect(await refusal(put(key, 'value', { ContentMD5: md5 }))).toBe('400 BadDigest')
    expect(await refusal(get(key))).toBe('404 NoSuchKey')
  })

  it('a CRC32 is kept and returned', async () => {
    const key = newKey()
    const { ChecksumCRC32 } = await put(key, 'value')
    expect(await get(key, { ChecksumMode: 'ENABLED' })).toMatchObject({ ChecksumCRC32, text: 'value' })
  })

  it('streams come in aws-chunked with a trailer, and are stored decoded', async () => {
    const key = newKey()
    const bytes = Buffer.alloc(200_000, 'ab')
    const Body = Readable.from([bytes.subarray(0, 7), bytes.subarray(7)])
    await client.send(new sdk.PutObjectCommand({ Bucket, Key: key, Body, ContentLength: bytes.length }))
    expect(server.faults.log.at(-1)?.headers).toMatchObject({
      'content-encoding': 'aws-chunked',
      'x-amz-content-sha256': 'STREAMING-UNSIGNED-PAYLOAD-TRAILER',
    })
    const found = await get(key)
    expect(found.text).toBe(bytes.toString())
    expect(found.ContentEncoding).toBeUndefined()
  })

  it('a trailer, a chunk or a decoded length that is wrong is refused', async () => {
    const send = (change: (chunks: string) => string, length = 5) =>
      sendTampered(
        new sdk.PutObjectCommand({ Bucket, Key: newKey(), Body: Readable.from(['hello']), ContentLength: length }),
        (request) => {
          request.body = change('5\r\nhello\r\n0\r\nx-amz-checksum-crc32:NhCmhg==\r\n\r\n')
          request.headers['content-length'] = String((request.body as string).length)
          delete request.headers['transfer-encoding']
        },
      )
    expect(await send((chunks) => chunks)).toBe('undefined undefined')
    expect(await send((chunks) => chunks.replace('NhCmhg', 'AAAAAA'))).toBe('400 BadDigest')
    expect(await send((chunks) => chunks.replace('hello', 'hella'))).toBe('400 BadDigest')
    expect(await send((chunks) => chunks.replace('5\r\n', '4\r\n'))).toBe('400 IncompleteBody')
    expect(await send((chunks) => chunks, 6)).toBe('400 IncompleteBody')
    expect(await send((chunks) => chunks.slice(0, 12))).toBe('400 IncompleteBody')
    expect(await send((chunks) => chunks.replace('crc32:', 'sha256:'))).toBe('400 InvalidRequest')
  })
})

describe('conditions', () => {
  it('If-None-Match and If-Match are kept at the moment of publication', async () => {
    const key = newKey()
    const { ETag } = await put(key, 'one', { IfNoneMatch: '*' })
    expect(await refusal(put(key, 'two', { IfNoneMatch: '*' }))).toBe('412 PreconditionFailed')
    expect(await refusal(put(key, 'two', { IfMatch: '"0"' }))).toBe('412 PreconditionFailed')
    expect(await refusal(put(newKey(), 'two', { IfMatch: ETag }))).toBe('404 NoSuchKey')
    expect(await refusal(put(key, 'two', { IfNoneMatch: ETag }))).toBe('501 NotImplemented')
    await put(key, 'two', { IfMatch: ETag?.replaceAll('"', '') })
    expect((await get(key)).text).toBe('two')
  })

  it('of 20 racers one wins, with PutObject and with CompleteMultipartUpload', async () => {
    const key = newKey()
    const puts = await Promise.allSettled(Array.from({ length: 20 }, (_, i) => put(key, `${i}`, { IfNoneMatch: '*' })))
    expect(puts.filter(({ status }) => status === 'fulfilled')).toHaveLength(1)
    const target = newKey()
    const uploads = await Promise.all(Array.from({ length: 20 }, (_, i) => upload(target, [Buffer.from(`${i}`)])))
    const done = await Promise.allSettled(uploads.map(({ complete }) => complete({ IfNoneMatch: '*' })))
    expect(done.filter(({ status }) => status === 'fulfilled')).toHaveLength(1)
  })

  it('reads and deletes keep theirs', async () => {
    const key = newKey()
    const { ETag } = await put(key, 'one')
    expect(await refusal(get(key, { IfNoneMatch: ETag }))).toMatch(/^304/)
    expect(await refusal(get(key, { IfMatch: '"0"' }))).toBe('412 PreconditionFailed')
    const remove = (IfMatch: string) => client.send(new sdk.DeleteObjectCommand({ Bucket, Key: key, IfMatch }))
    expect(await refusal(remove('"0"'))).toBe('412 PreconditionFailed')
    await remove(ETag ?? '')
    expect(await refusal(remove(ETag ?? ''))).toBe('404 NoSuchKey')
  })
})

interface OpenUpload {
  readonly UploadId: string | undefined
  complete(more?: Partial<sdk.CompleteMultipartUploadCommandInput>): Promise<unknown>
}

async function upload(
  Key: string,
  bodies: readonly Buffer[],
  change = (part: sdk.CompletedPart) => part,
): Promise<OpenUpload> {
  const { UploadId } = await client.send(
    new sdk.CreateMultipartUploadCommand({ Bucket, Key, ChecksumAlgorithm: 'CRC32' }),
  )
  const parts = bodies.map(async (Body, index) => {
    const PartNumber = index + 1
    const { ETag, ChecksumCRC32 } = await client.send(
      new sdk.UploadPartCommand({ Bucket, Key, UploadId, PartNumber, Body }),
    )
    return change({ PartNumber, ETag, ChecksumCRC32 })
  })
  const Parts = await Promise.all(parts)
  return {
    UploadId,
    complete: (more = {}) =>
      client.send(
        new sdk.CompleteMultipartUploadCommand({ Bucket, Key, UploadId, MultipartUpload: { Parts }, ...more }),
      ),
  }
}

describe('multipart', () => {
  it('joins its parts in order, under an ETag of its own', async () => {
    const key = newKey()
    await (await upload(key, [Buffer.alloc(5 * MIB, 'a'), Buffer.from('end')])).complete()
    const found = await get(key, { Range: 'bytes=-4' })
    expect(found).toMatchObject({ text: 'aend', ContentRange: `bytes ${5 * MIB - 1}-${5 * MIB + 2}/${5 * MIB + 3}` })
    expect(found.ETag).toMatch(/^"[0-9a-f]{32}-2"$/)
  })

  it('refuses small parts, unknown parts, a wrong order, missing checksums and ended uploads', async () => {
    const small = await upload(newKey(), [Buffer.from('a'), Buffer.from('b')])
    expect(await refusal(small.complete())).toBe('400 EntityTooSmall')
    const wrong = await upload(newKey(), [Buffer.from('a')], (part) => ({ ...part, ETag: '"0"' }))
    expect(await refusal(wrong.complete())).toBe('400 InvalidPart')
    const reversed = {
      Parts: [
        { PartNumber: 2, ETag: 'x' },
        { PartNumber: 1, ETag: 'x' },
      ],
    }
    expect(await refusal(small.complete({ MultipartUpload: reversed }))).toMatch(/InvalidPart/)
    const unchecked = await upload(newKey(), [Buffer.from('a')], ({ PartNumber, ETag }) => ({ PartNumber, ETag }))
    expect(await refusal(unchecked.complete())).toBe('400 InvalidRequest')
    const key = newKey()
    const aborted = await upload(key, [Buffer.from('a')])
    await client.send(new sdk.AbortMultipartUploadCommand({ Bucket, Key: key, UploadId: aborted.UploadId }))
    expect(await refusal(aborted.complete())).toBe('404 NoSuchUpload')
    expect(await refusal(get(key))).toBe('404 NoSuchKey')
  })
})

describe('keys, listings and ranges', () => {
  it('every key survives and is listed back', async () => {
    const odd = [
      'a b',
      'a+b',
      'a%2Fb',
      '%',
      '..',
      '.',
      'x//y',
      '/lead',
      'trail/',
      'line\nfeed',
      'f',
      'f/x',
      'é',
      '😀',
      '<&>"',
      '\\',
    ]
    for (const key of odd) await put(`odd/${key}`, key)
    for (const key of odd) expect((await get(`odd/${key}`)).text).toBe(key)
    const listed: string[] = []
    for await (const page of sdk.paginateListObjectsV2(
      { client, pageSize: 3 },
      { Bucket, Prefix: 'odd/', EncodingType: 'url' },
    ))
      for (const { Key = '' } of page.Contents ?? []) listed.push(decodeURIComponent(Key.replaceAll('+', ' ')))
    const sorted = odd.map((key) => `odd/${key}`).sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)))
    expect(listed).toEqual(sorted)
  })

  it('start-after, delimiter, and keys that are too long', async () => {
    for (const key of ['d/a', 'd/b/1', 'd/b/2', 'd/c']) await put(key, 'x')
    const list = (more: object) => client.send(new sdk.ListObjectsV2Command({ Bucket, Prefix: 'd/', ...more }))
    expect((await list({ StartAfter: 'd/b/1' })).Contents?.map(({ Key }) => Key)).toEqual(['d/b/2', 'd/c'])
    const { Contents, CommonPrefixes } = await list({ Delimiter: '/' })
    expect([Contents?.map(({ Key }) => Key), CommonPrefixes]).toEqual([['d/a', 'd/c'], [{ Prefix: 'd/b/' }]])
    expect(await refusal(put('k'.repeat(1025), 'x'))).toBe('400 KeyTooLongError')
    await put('k'.repeat(1024), 'x')
  })

  it('ranges beyond the end are 416, missing buckets are told from missing keys', async () => {
    const key = newKey()
    await put(key, '0123456789')
    expect((await get(key, { Range: 'bytes=2-4' })).text).toBe('234')
    expect((await get(key, { Range: 'bytes=-99' })).text).toBe('0123456789')
    expect(await refusal(get(key, { Range: 'bytes=10-' }))).toBe('416 InvalidRange')
    expect(await refusal(client.send(new sdk.GetObjectCommand({ Bucket: 'none', Key: key })))).toBe('404 NoSuchBucket')
    expect(await refusal(client.send(new sdk.HeadObjectCommand({ Bucket, Key: 'none' })))).toBe('404 NotFound')
  })

  it('what it does not speak is refused, not ignored', async () => {
    expect(await refusal(client.send(new sdk.GetBucketAclCommand({ Bucket })))).toBe('501 NotImplemented')
    expect(await refusal(put(newKey(), 'x', { ChecksumCRC32C: 'AAAAAA==' }))).toBe('501 NotImplemented')
  })
})

it('faults strike the requests that were meant, so often as was meant', async () => {
  const key = newKey()
  server.faults.add({ kind: 'answer', code: 'SlowDown' }, { operation: 'PutObject', skip: 1, times: 2 })
  const outcomes: string[] = []
  for (let i = 0; i < 4; i++) outcomes.push(await refusal(put(key, `${i}`)))
  const fine = 'undefined undefined'
  expect(outcomes).toEqual([fine, '503 SlowDown', '503 SlowDown', fine])
  server.faults.add({ kind: 'drop-answer' }, { operation: 'PutObject' })
  await expect(put(key, 'committed')).rejects.toThrow()
  expect((await get(key)).text).toBe('committed')
})

it('runs as a process that says where it is, until it is told to stop', async () => {
  const script = fileURLToPath(new URL('../../../../test-fixtures/servers/s3/main.ts', import.meta.url))
  const child = spawn(process.execPath, [script, '--port', '0'], { stdio: ['ignore', 'pipe', 'inherit'] })
  const [line] = (await once(child.stdout, 'data')) as [Buffer]
  const { url } = JSON.parse(line.toString()) as { url: string }
  const status = await new Promise((resolve) =>
    http.get(`${url}/results/x`, (answer) => resolve(answer.resume().statusCode)),
  )
  expect(status).toBe(403)
  child.kill('SIGTERM')
  expect((await once(child, 'exit'))[0]).toBe(0)
})
