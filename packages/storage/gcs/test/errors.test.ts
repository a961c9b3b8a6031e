import { inspect } from 'node:util'
import type { ResultError } from '@resultkit/core'
import { afterEach, describe, expect, test } from 'vitest'
import { gcsStorage } from '../src/index.ts'
import { collect, failureOf, get, key, pattern, put, storageOn, UNIT, useServer } from './support.ts'

const server = useServer()
afterEach(() => server.current.faults.clear())

const SECRET = 'jane-doe'
const CALL = { signal: undefined }

function printed(error: ResultError): string {
  return [inspect(error, { depth: 9, showHidden: true }), JSON.stringify(error), String(error), error.stack].join()
}

const operations: Readonly<Record<string, (prefix?: string) => Promise<unknown>>> = {
  read: (prefix) => get(storageOn(server.current, prefix ? { prefix } : {}), SECRET),
  stat: () => storageOn(server.current).stat(key(SECRET), CALL),
  write: () => put(storageOn(server.current), SECRET, pattern(9)),
  'write in chunks': () => put(storageOn(server.current, { chunkSize: UNIT }), SECRET, pattern(UNIT + 1)),
  delete: () => storageOn(server.current).delete(key(SECRET), { ifMatch: undefined, signal: undefined }),
  list: () => collect(storageOn(server.current).list(SECRET, { startAfter: undefined, signal: undefined })),
}

describe.each([
  { status: 400, reason: 'invalid', code: 'CONFIG', retryable: false },
  { status: 401, reason: 'authError', code: 'ACCESS_DENIED', retryable: false },
  { status: 403, reason: 'forbidden', code: 'ACCESS_DENIED', retryable: false },
  { status: 403, reason: 'rateLimitExceeded', code: 'UNAVAILABLE', retryable: true },
  { status: 408, reason: 'timeout', code: 'TIMEOUT', retryable: true },
  { status: 429, reason: 'rateLimitExceeded', code: 'UNAVAILABLE', retryable: true },
  { status: 500, reason: 'backendError', code: 'UNAVAILABLE', retryable: true },
  { status: 502, reason: '', code: 'UNAVAILABLE', retryable: true },
  { status: 503, reason: 'backendError', code: 'UNAVAILABLE', retryable: true },
  { status: 504, reason: '', code: 'UNAVAILABLE', retryable: true },
  { status: 302, reason: '', code: 'UNAVAILABLE', retryable: false },
] as const)('HTTP $status $reason', ({ status, reason, code, retryable }) => {
  test.each(Object.entries(operations))(`is ${code} of %s, and shows no name`, async (_, run) => {
    server.current.inject({ action: { kind: 'answer', status, reason, message: `about ${SECRET}` } })
    const error = await failureOf(run(), { code, retryable })
    expect(printed(error)).not.toContain(SECRET)
    expect(error.storage).toMatch(/^gs:\/\/bucket\//)
    expect(error.cause).toMatchObject({ status, message: `HTTP ${status}: about ${SECRET}` })
  })
})

test('an endpoint that was sent no credentials says how to send the default ones', async () => {
  server.current.inject({ action: { kind: 'answer', status: 401, reason: 'required' } })
  const error = await failureOf(get(storageOn(server.current), 'a'), { code: 'ACCESS_DENIED' })
  expect(error.message).toContain('useAuthWithCustomEndpoint: true')
})

describe('404', () => {
  const missing = 'The specified bucket does not exist.'

  test.each(Object.entries(operations))('of the bucket is CONFIG of %s, never absence', async (_, run) => {
    server.current.inject({ action: { kind: 'answer', status: 404, reason: 'notFound', message: missing } })
    await failureOf(run(), { code: 'CONFIG', retryable: false })
  })

  test('of the bucket as a download says it', async () => {
    const action = { kind: 'answer', status: 404, body: missing, headers: { 'content-type': 'text/html' } } as const
    server.current.inject({ action })
    await failureOf(get(storageOn(server.current), 'a'), { code: 'CONFIG' })
  })

  test('of a real missing bucket', async () => {
    const storage = storageOn(server.current, { bucket: 'missing' })
    await failureOf(get(storage, 'a'), { code: 'CONFIG' })
    await failureOf(put(storage, 'a', pattern(1)), { code: 'CONFIG' })
    await failureOf(storage.delete(key('a'), { ifMatch: undefined, signal: undefined }), { code: 'CONFIG' })
  })

  test.each(['<html>Not Found</html>', 'Not Found', '', '{"error":"nope"}', '{}'])(
    "of another server (%j) is no object's absence",
    async (body) => {
      for (const name of ['read', 'stat', 'delete'] as const) {
        server.current.inject({ times: 2, action: { kind: 'answer', status: 404, body } })
        await failureOf(operations[name]?.() ?? Promise.resolve(), { code: 'UNAVAILABLE', retryable: false })
        server.current.faults.clear()
      }
    },
  )

  test.each(['Not Found', 'no such thing'])('in JSON and without a reason (%j) is absence', async (message) => {
    for (const name of ['read', 'stat', 'delete'] as const) {
      server.current.inject({ action: { kind: 'answer', status: 404, message, reason: '' } })
      expect(await operations[name]?.()).toBeUndefined()
    }
    server.current.inject({ action: { kind: 'answer', status: 404, message: 'bucket not found', reason: '' } })
    await failureOf(operations['read']?.() ?? Promise.resolve(), { code: 'CONFIG' })
  })

  test.each(['Not Found', ''])('in other words (%j) is absence when the metadata agrees', async (body) => {
    for (const name of ['read', 'delete'] as const) {
      server.current.inject({ action: { kind: 'answer', status: 404, body } })
      expect(await operations[name]?.()).toBeUndefined()
    }
    const storage = storageOn(server.current)
    await put(storage, 'a', pattern(1))
    server.current.inject({ action: { kind: 'answer', status: 404, body } })
    await failureOf(get(storage, 'a'), { code: 'UNAVAILABLE', retryable: false })
  })

  test("an object whose name is the bucket's message is only absent", async () => {
    expect(await get(storageOn(server.current, { prefix: missing }), missing)).toBeUndefined()
  })
})

describe('answers that are none of the service', () => {
  test.each([
    ['read', 'an object without a generation', { kind: 'answer', status: 200, body: 'hello' }],
    ['stat', 'no JSON', { kind: 'answer', status: 200, body: '<html>' }],
    ['stat', 'JSON of something else', { kind: 'answer', status: 200, body: '{}' }],
    ['write', 'no JSON', { kind: 'answer', status: 200, body: '<html>' }],
    ['write in chunks', 'no session', { kind: 'answer', status: 200, body: '' }],
    ['list', 'no JSON', { kind: 'answer', status: 200, body: '<html>' }],
    ['delete', 'no JSON', { kind: 'answer', status: 200, body: '<html>' }],
  ] as const)('%s: %s', async (name, _, action) => {
    server.current.inject({ action })
    await failureOf(operations[name]?.() ?? Promise.resolve(), { code: 'UNAVAILABLE' })
  })
})

describe('conditions that are not kept on the way', () => {
  const headers = { 'x-goog-generation': '5', 'content-length': '5' }

  test.each([
    [{ ifMatch: '4' }, 'PRECONDITION_FAILED'],
    [{ ifNoneMatch: '5' }, 'NOT_MODIFIED'],
  ] as const)('a read with %j is %s', async (options, code) => {
    server.current.inject({ action: { kind: 'answer', status: 200, headers, body: 'hello' } })
    await failureOf(get(storageOn(server.current), 'a', options), { code })
  })

  test('startAfter', async () => {
    const items = ['a', 'b', 'c'].map((name) => ({ name: `p/${name}`, size: '1', generation: '5' }))
    server.current.inject({ action: { kind: 'answer', status: 200, body: JSON.stringify({ items }) } })
    const listed = storageOn(server.current, { prefix: 'p' }).list('', { startAfter: 'b', signal: undefined })
    expect((await collect(listed)).map((entry) => entry.key)).toEqual(['c'])
  })
})

describe('checksums', () => {
  test.each([
    ['crc32c', 'AAAAAA=='],
    ['size', '8'],
  ])('an answer with another %s is CORRUPT, and nothing is deleted', async (member, value) => {
    const storage = storageOn(server.current)
    server.current.inject({ on: 'multipart', action: { kind: 'alter', members: { [member]: value } } })
    server.current.takeKinds()
    await failureOf(put(storage, 'a', pattern(9)), { code: 'CORRUPT', retryable: false })
    expect(server.current.takeKinds()).toEqual(['multipart'])
    expect(await get(storage, 'a')).toEqual(pattern(9))
  })

  test('an answer without one is fine: the service has compared it', async () => {
    server.current.inject({ on: 'multipart', action: { kind: 'alter', members: { crc32c: undefined } } })
    await put(storageOn(server.current), 'a', pattern(9))
  })

  test('the last chunk announces that of all bytes', async () => {
    const storage = storageOn(server.current, { chunkSize: UNIT })
    server.current.takeKinds()
    await put(storage, 'a', pattern(2 * UNIT + 9))
    expect(server.current.log.map(({ headers }) => headers['x-goog-hash'] !== undefined)).toEqual([
      false,
      false,
      false,
      true,
    ])
  })
})

test('an etag of another storage matches nothing, and is never taken for "create only"', async () => {
  const storage = storageOn(server.current)
  await put(storage, 'a', pattern(9))
  for (const ifMatch of ['0', '"abc"', '', '-1', '1', '9'.repeat(30), '1&ifGenerationMatch=0']) {
    await failureOf(put(storage, 'a', pattern(1), { ifMatch }), { code: 'PRECONDITION_FAILED' })
    await failureOf(put(storage, 'none', pattern(1), { ifMatch }), { code: 'PRECONDITION_FAILED' })
    await failureOf(get(storage, 'a', { ifMatch }), { code: 'PRECONDITION_FAILED' })
    expect(await get(storage, 'none', { ifMatch })).toBeUndefined()
    await failureOf(storage.delete(key('a'), { ifMatch, signal: undefined }), { code: 'PRECONDITION_FAILED' })
    expect(await get(storage, 'a', { ifNoneMatch: ifMatch })).toEqual(pattern(9))
  }
})

test('an object that others stored with gzip comes as it is stored', async () => {
  const { Storage } = await import('@google-cloud/storage')
  const client = new Storage({ apiEndpoint: server.current.url, projectId: 'p' })
  const { gunzipSync } = await import('node:zlib')
  await client.bucket('bucket').file('zipped').save('hello', { gzip: true, resumable: false })
  const storage = gcsStorage({ bucket: 'bucket', client })
  const bytes = await get(storage, 'zipped')
  expect(gunzipSync(bytes ?? new Uint8Array(0)).toString()).toBe('hello')
  expect((await storage.stat(key('zipped'), CALL))?.size).toBe(bytes?.byteLength)
})
