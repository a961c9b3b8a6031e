import { ListMultipartUploadsCommand } from '@aws-sdk/client-s3'
import type { ResultStorage } from '@resultkit/core'
import { describe, expect, it } from 'vitest'
import { openRoot } from '../src/root.ts'
import { partSizeOf } from '../src/write-stream.ts'
import { testServer } from './server.ts'
import { errorOf, MIB, open, pattern, pieces, put, stat, text } from './support.ts'

const server = await testServer()
const { faults } = server
const PART = 5 * MIB
const ALL = pattern(3 * PART + 12_345)
const small = (options = {}): ResultStorage => server.storage({ partSize: PART, ...options })

async function uploadsLeft(storage: ResultStorage): Promise<number> {
  const client = server.client()
  const Prefix = new URL(storage.uri).pathname.slice(1)
  const { Uploads = [] } = await client.send(new ListMultipartUploadsCommand({ Bucket: server.bucket, Prefix }))
  client.destroy()
  return Uploads.length
}

async function expectStored(storage: ResultStorage, name: string): Promise<void> {
  expect(Buffer.from((await (await open(storage, name))?.bytes()) ?? []).equals(ALL)).toBe(true)
  expect(await uploadsLeft(storage)).toBe(0)
}

it('parts are equal, and conditions come with the last request alone', async () => {
  const storage = small({ capabilities: { ifAbsentStream: true } })
  const written = await put(storage, 'key', pieces(ALL, 1_234_567), { ifAbsent: true, contentType: 'text/x' })
  const sizes = faults.log
    .filter(({ operation }) => operation === 'UploadPart')
    .map(({ headers }) => headers['content-length'])
  expect(sizes.sort()).toEqual(['12345', `${PART}`, `${PART}`, `${PART}`])
  const conditional = faults.log.filter(({ headers }) => headers['if-none-match'] !== undefined)
  expect(conditional.map(({ operation }) => operation)).toEqual(['CompleteMultipartUpload'])
  expect(await stat(storage, 'key')).toMatchObject({ etag: written.etag, size: ALL.length, writeId: written.writeId })
  expect(written.etag).toMatch(/-4$/)
  await expectStored(storage, 'key')
})

it('pieces that follow each other in memory are not copied, and are the same', async () => {
  const storage = small()
  await put(storage, 'key', async function* () {
    for (let at = 0; at < ALL.length; at += 256 * 1024) yield ALL.subarray(at, at + 256 * 1024)
  })
  await expectStored(storage, 'key')
})

it('a part that fails is sent again, alone', async () => {
  const storage = small()
  faults.add({ kind: 'answer', code: 'SlowDown' }, { operation: 'UploadPart', skip: 1, times: 2 })
  faults.add({ kind: 'cut-request', after: MIB }, { operation: 'UploadPart', skip: 1 })
  let asked = 0
  await put(storage, 'key', () => {
    asked += 1
    return pieces(ALL, MIB)()
  })
  expect(asked).toBe(1)
  expect(faults.count('UploadPart')).toBe(7)
  await expectStored(storage, 'key')
})

it('no more than `concurrency` parts are in memory', async () => {
  for (const concurrency of [1, 2, 3]) {
    const storage = small({ concurrency })
    let under = 0
    let most = 0
    const until = async (): Promise<void> => {
      under += 1
      most = Math.max(most, under)
      // The other parts get the time to come, on a busy machine too; the last ones wait in vain.
      for (let waits = 0; waits < 100 && under < concurrency; waits++)
        await new Promise((resolve) => setTimeout(resolve, 5))
      await new Promise((resolve) => setTimeout(resolve, 5))
      under -= 1
    }
    faults.add({ kind: 'wait', until }, { operation: 'UploadPart', times: 100 })
    await put(storage, 'key', pieces(ALL, MIB))
    faults.clear()
    expect(most).toBeLessThanOrEqual(concurrency)
    if (concurrency === 3) expect(most).toBeGreaterThan(1)
  }
})

describe('an upload that does not come to its end leaves nothing that is billed', () => {
  it('a part fails for good', async () => {
    const storage = small()
    faults.add({ kind: 'answer', code: 'InternalError' }, { operation: 'UploadPart', skip: 1, times: 100 })
    const error = await errorOf(put(storage, 'key', pieces(ALL, MIB)))
    expect(error).toMatchObject({ code: 'UNAVAILABLE', retryable: false })
    faults.clear()
    expect(await stat(storage, 'key')).toBeUndefined()
    expect(await uploadsLeft(storage)).toBe(0)
  })

  it('a part fails while the stream stalls', async () => {
    const storage = small()
    faults.add({ kind: 'answer', code: 'AccessDenied' }, { operation: 'UploadPart', times: 100 })
    const body = async function* (): AsyncGenerator<Uint8Array> {
      yield ALL.subarray(0, PART + 1)
      await new Promise(() => {})
    }
    expect(await errorOf(put(storage, 'key', body))).toMatchObject({ code: 'ACCESS_DENIED' })
    faults.clear()
    expect(await uploadsLeft(storage)).toBe(0)
  })

  it('the stream throws', async () => {
    const storage = small()
    const mine = new Error('mine')
    const body = async function* (): AsyncGenerator<Uint8Array> {
      yield ALL.subarray(0, PART + 1)
      throw mine
    }
    await expect(put(storage, 'key', body)).rejects.toBe(mine)
    expect(await uploadsLeft(storage)).toBe(0)
  })

  it('the signal fires', async () => {
    const storage = small()
    const controller = new AbortController()
    faults.add({ kind: 'wait', until: async () => controller.abort() }, { operation: 'UploadPart', skip: 1 })
    const error = await errorOf(put(storage, 'key', pieces(ALL, MIB), { signal: controller.signal }))
    expect(error.code).toBe('ABORTED')
    expect(await uploadsLeft(storage)).toBe(0)
  })

  it('the stream is longer than announced', async () => {
    const storage = small()
    const error = await errorOf(put(storage, 'key', pieces(ALL, MIB), { size: 2 * PART }))
    expect(error.code).toBe('CONFIG')
    expect(await uploadsLeft(storage)).toBe(0)
  })

  it('the condition does not hold', async () => {
    const storage = small()
    if ('ifAbsentStream' in server.lacks) return
    await put(storage, 'key', 'old')
    expect(await errorOf(put(storage, 'key', pieces(ALL, MIB), { ifAbsent: true }))).toMatchObject({
      code: 'ALREADY_EXISTS',
    })
    expect(await text(storage, 'key')).toBe('old')
    expect(await uploadsLeft(storage)).toBe(0)
  })
})

describe('the completing request', () => {
  const CONDITIONS = 'ifAbsentStream' in server.lacks ? [{}] : [{}, { ifAbsent: true }]
  it.each(CONDITIONS)('whose answer is lost: the upload is its own (%o)', async (conditions) => {
    const storage = small()
    faults.add({ kind: 'drop-answer' }, { operation: 'CompleteMultipartUpload' })
    const written = await put(storage, 'key', pieces(ALL, MIB), conditions)
    expect(faults.count('CompleteMultipartUpload')).toBe(2)
    expect(await stat(storage, 'key')).toMatchObject({ etag: written.etag, writeId: written.writeId })
    await expectStored(storage, 'key')
  })

  it('that is answered 200 with an error inside is sent again', async () => {
    const storage = small()
    const body = '<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>InternalError</Code><Message>x</Message></Error>'
    faults.add({ kind: 'page', status: 200, body }, { operation: 'CompleteMultipartUpload' })
    await put(storage, 'key', pieces(ALL, MIB))
    expect(faults.count('CompleteMultipartUpload')).toBe(2)
    await expectStored(storage, 'key')
  })

  it('that meets 409 makes the whole write begin again', async () => {
    const storage = small()
    faults.add({ kind: 'answer', code: 'ConditionalRequestConflict' }, { operation: 'CompleteMultipartUpload' })
    let asked = 0
    await put(storage, 'key', () => {
      asked += 1
      return pieces(ALL, MIB)()
    })
    expect(asked).toBe(2)
    expect(faults.count('CreateMultipartUpload')).toBe(2)
    await expectStored(storage, 'key')
  })
})

it.skipIf(server.own === undefined)('checksums of parts are passed on where the client makes them', async () => {
  const storage = small({ requestChecksumCalculation: 'WHEN_SUPPORTED' })
  await put(storage, 'key', pieces(ALL, MIB))
  const parts = faults.log.filter(({ operation }) => operation === 'UploadPart')
  expect(parts.every(({ headers }) => headers['x-amz-checksum-crc32'] !== undefined)).toBe(true)
  await expectStored(storage, 'key')
})

it('parts grow so that 10,000 are enough', () => {
  const root = (options: object) => openRoot({ bucket: 'b', ...options }, 'test')
  expect(partSizeOf(root({}), undefined)).toBe(8 * MIB)
  expect(partSizeOf(root({}), 80_000 * MIB)).toBe(8 * MIB)
  expect(partSizeOf(root({}), 80_000 * MIB + 1)).toBe(9 * MIB)
  expect(partSizeOf(root({ sizeHint: 1024 ** 4 }), undefined)).toBe(105 * MIB)
  expect(partSizeOf(root({ sizeHint: 1024 ** 4 }), 100)).toBe(8 * MIB)
  for (const size of [1, 79_999 * MIB, 80_001 * MIB, 5 * 1024 ** 4])
    expect(Math.ceil(size / partSizeOf(root({}), size))).toBeLessThanOrEqual(10_000)
})
