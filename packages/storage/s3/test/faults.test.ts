import { describe, expect, it } from 'vitest'
import type { Fault } from '../../../../test-fixtures/servers/s3/index.ts'
import { testServer } from './server.ts'
import { bytes, entries, errorOf, MIB, open, pattern, pieces, put, remove, stat, text } from './support.ts'

const server = await testServer()
const { faults } = server

const PASSING: Readonly<Record<string, Fault>> = {
  '503 SlowDown': { kind: 'answer', code: 'SlowDown' },
  '503 without a code': { kind: 'page', status: 503, body: '<html>Busy</html>' },
  '429 of a proxy': { kind: 'page', status: 429, body: 'slow down' },
  '502 of a proxy': { kind: 'page', status: 502, body: '<html><p>Bad gateway<br></html>' },
  '500 InternalError': { kind: 'answer', code: 'InternalError' },
  '400 RequestTimeout': { kind: 'answer', code: 'RequestTimeout' },
  'a reset connection': { kind: 'reset' },
}

describe.each(Object.entries(PASSING))('%s', (status, fault) => {
  const attempts = (storage: ReturnType<typeof server.storage>): Record<string, () => Promise<unknown>> => ({
    GetObject: () => text(storage, 'key'),
    PutObject: () => put(storage, 'key', 'value'),
    // Answers to HEAD have no code, and its status alone is a 400 like any other.
    ...(status !== '400 RequestTimeout' && { HeadObject: () => stat(storage, 'key') }),
    DeleteObject: () => remove(storage, 'other'),
    ListObjectsV2: () => entries(storage),
  })

  it('passes unnoticed when it happens twice', async () => {
    const storage = server.storage()
    await put(storage, 'key', 'value')
    for (const [operation, attempt] of Object.entries(attempts(storage))) {
      faults.clearLog()
      faults.add(fault, { operation, times: 2 })
      await attempt()
      expect(faults.count(operation)).toBe(3)
    }
    expect(await text(storage, 'key')).toBe('value')
  })

  it('is typed when it stays, and not retryable any more', async () => {
    const storage = server.storage()
    await put(storage, 'key', 'value')
    for (const [operation, attempt] of Object.entries(attempts(storage))) {
      faults.clear()
      faults.clearLog()
      faults.add(fault, { operation, times: 100 })
      const error = await errorOf(attempt())
      expect(['UNAVAILABLE', 'TIMEOUT']).toContain(error.code)
      expect(error.retryable).toBe(false)
      expect(faults.count(operation)).toBe(3)
    }
  })

  it('is retryable, and not retried, without retries', async () => {
    const storage = server.storage({ retry: false })
    faults.add(fault, { operation: 'GetObject', times: 100 })
    expect(await errorOf(text(storage, 'key'))).toMatchObject({ retryable: true })
    expect(faults.count('GetObject')).toBe(1)
  })
})

describe('an answer that is cut', () => {
  it('is never a short value: bytes are read again', async () => {
    const storage = server.storage()
    const all = pattern(300_000)
    await put(storage, 'key', all)
    faults.add({ kind: 'cut-answer', after: 100_000 }, { operation: 'GetObject', times: 2 })
    expect(await (await open(storage, 'key'))?.bytes()).toEqual(all)
    expect(faults.count('GetObject')).toBe(3)
  })

  it('fails as UNAVAILABLE when it stays', async () => {
    const storage = server.storage()
    await put(storage, 'key', pattern(300_000))
    faults.add({ kind: 'cut-answer', after: 100_000 }, { operation: 'GetObject', times: 100 })
    expect(await errorOf(open(storage, 'key').then((object) => object?.bytes()))).toMatchObject({ code: 'UNAVAILABLE' })
  })

  it('goes on where the stream was cut', async () => {
    const storage = server.storage()
    const all = pattern(2 * MIB)
    await put(storage, 'key', all)
    faults.add({ kind: 'cut-answer', after: 700_000 }, { operation: 'GetObject' })
    const got: Uint8Array[] = []
    for await (const piece of (await open(storage, 'key'))?.stream() ?? []) got.push(piece)
    expect(Buffer.concat(got).equals(all)).toBe(true)
    const [, second] = faults.log.filter(({ operation }) => operation === 'GetObject')
    expect(second?.headers.range).toMatch(/^bytes=\d{4,}-/)
  })

  it('ends with an error, not normally, where nothing is retried', async () => {
    const storage = server.storage({ retry: false })
    await put(storage, 'key', pattern(2 * MIB))
    faults.add({ kind: 'cut-answer', after: 700_000 }, { operation: 'GetObject' })
    const drain = async (): Promise<void> => {
      for await (const _ of (await open(storage, 'key'))?.stream() ?? []);
    }
    expect(await errorOf(drain())).toMatchObject({ code: 'UNAVAILABLE', retryable: true })
  })
})

describe('a request that is cut', () => {
  it('leaves nothing, and is sent again', async () => {
    const storage = server.storage()
    const all = pattern(4 * MIB)
    faults.add({ kind: 'cut-request', after: MIB }, { operation: 'PutObject' })
    await put(storage, 'key', all)
    expect(faults.count('PutObject')).toBe(2)
    expect(Buffer.from((await (await open(storage, 'key'))?.bytes()) ?? []).equals(all)).toBe(true)
  })

  it('leaves the old value when it stays', async () => {
    const storage = server.storage()
    await put(storage, 'key', 'old')
    faults.add({ kind: 'cut-request', after: 100_000 }, { operation: 'PutObject', times: 100 })
    expect(await errorOf(put(storage, 'key', pattern(MIB)))).toMatchObject({ code: 'UNAVAILABLE' })
    faults.clear()
    expect(await text(storage, 'key')).toBe('old')
  })
})

describe('an answer that is lost after the server has stored a conditional write', () => {
  const bodies = { bytes: bytes('mine'), 'a stream': pieces(bytes('mine'), 2) }
  for (const [form, body] of Object.entries(bodies)) {
    const streams = typeof body === 'function'
    it.skipIf(streams && 'ifAbsentStream' in server.lacks)(`${form}: ifAbsent recognizes its own write`, async () => {
      const storage = server.storage()
      faults.add({ kind: 'drop-answer' }, { operation: 'PutObject' })
      const written = await put(storage, 'key', body, { ifAbsent: true })
      expect(faults.operations()).toEqual(['PutObject', 'PutObject', 'HeadObject'])
      expect(await stat(storage, 'key')).toMatchObject({ etag: written.etag, writeId: written.writeId })
      expect(await text(storage, 'key')).toBe('mine')
    })

    it.skipIf(streams && 'ifMatchStream' in server.lacks)(`${form}: ifMatch recognizes its own write`, async () => {
      const storage = server.storage()
      const { etag } = await put(storage, 'key', 'old')
      faults.add({ kind: 'deny-answer', code: 'InternalError' }, { operation: 'PutObject' })
      const written = await put(storage, 'key', body, { ifMatch: etag })
      expect(written.etag).toBe((await stat(storage, 'key'))?.etag)
      expect(await text(storage, 'key')).toBe('mine')
    })
  }

  it("another's write stays another's", async () => {
    const storage = server.storage()
    await put(storage, 'key', 'theirs', { writeId: 'theirs' })
    faults.add({ kind: 'reset' }, { operation: 'PutObject' })
    const error = await errorOf(put(storage, 'key', 'mine', { ifAbsent: true }))
    expect(error.code).toBe('ALREADY_EXISTS')
    expect(faults.operations()).toEqual(['PutObject', 'PutObject', 'PutObject', 'HeadObject'])
    expect(await text(storage, 'key')).toBe('theirs')
  })

  it("with a client of the caller's, whose retries are not seen here", async () => {
    const client = server.client()
    const storage = server.storage({ client })
    faults.add({ kind: 'drop-answer' }, { operation: 'PutObject' })
    await put(storage, 'key', 'mine', { ifAbsent: true })
    expect(faults.operations()).toEqual(['PutObject', 'PutObject', 'HeadObject'])
    expect(await text(storage, 'key')).toBe('mine')
    client.destroy()
  })
})

it('retries of a given client and ours do not multiply', async () => {
  const client = server.client()
  const storage = server.storage({ client })
  faults.add({ kind: 'answer', code: 'SlowDown' }, { operation: 'GetObject', times: 100 })
  await errorOf(text(storage, 'key'))
  expect(faults.count('GetObject')).toBe(3)
  client.destroy()
})

it('409 ConditionalRequestConflict is tried again', async () => {
  const storage = server.storage()
  faults.add({ kind: 'answer', code: 'ConditionalRequestConflict' }, { operation: 'PutObject' })
  await put(storage, 'key', 'value', { ifAbsent: true })
  expect(faults.count('PutObject')).toBe(2)
  const bare = server.storage({ retry: false })
  faults.add({ kind: 'answer', code: 'ConditionalRequestConflict' }, { operation: 'PutObject' })
  expect(await errorOf(put(bare, 'key', 'value', { ifAbsent: true }))).toMatchObject({ retryable: true })
})
