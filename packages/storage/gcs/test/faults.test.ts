import type { StoredObject } from '@resultkit/core'
import { afterEach, describe, expect, test } from 'vitest'
import { AT_ONCE, collect, failureOf, get, key, pattern, put, reading, storageOn, until, useServer } from './support.ts'

const server = useServer()
afterEach(() => {
  expect(server.current.faults.pending).toBe(0)
  server.current.takeKinds()
})

const retry = { ...AT_ONCE, attempts: 3 }
const patient = { ...AT_ONCE, attempts: 5 }
const kinds = (): readonly string[] => server.current.takeKinds()
const answer = (status: number, reason?: string) =>
  ({ kind: 'answer', status, ...(reason !== undefined && { reason }) }) as const
const CALL = { signal: undefined }

function streamOf(object: StoredObject | undefined): AsyncIterable<Uint8Array> {
  if (object === undefined) throw new Error('absent')
  return object.stream()
}

describe('what passes is repeated', () => {
  test.each([
    { title: '503', action: answer(503) },
    { title: '500', action: answer(500) },
    { title: '429', action: answer(429, 'rateLimitExceeded') },
    { title: '403 of a rate limit', action: answer(403, 'userRateLimitExceeded') },
    { title: '408', action: answer(408) },
    { title: 'reset', action: { kind: 'reset' } as const },
    { title: 'a lost answer', action: { kind: 'drop-answer' } as const },
    { title: 'a silent service', action: { kind: 'stall' } as const },
  ])('$title, twice, then success', async ({ action }) => {
    // More attempts than the faults take: a busy machine may be too slow for the short timeout.
    const silent = action.kind === 'stall'
    const storage = storageOn(server.current, silent ? { retry: patient, requestTimeout: 400 } : { retry })
    const twice = { action, times: 2 }
    server.current.inject({ on: 'multipart', ...twice })
    const { etag } = await put(storage, 'a', pattern(10))
    server.current.inject({ on: 'media', ...twice })
    expect(await get(storage, 'a')).toEqual(pattern(10))
    server.current.inject({ on: 'get', ...twice })
    expect(await storage.stat(key('a'), CALL)).toMatchObject({ etag })
    server.current.inject({ on: 'list', ...twice })
    expect(await collect(storage.list('', { startAfter: undefined, signal: undefined }))).toHaveLength(1)
    server.current.inject({ on: 'delete', ...twice })
    await storage.delete(key('a'), { ifMatch: etag, signal: undefined })
    expect(await storage.stat(key('a'), CALL)).toBeUndefined()
  })

  test('three times: the error says that nothing is left to try', async () => {
    const storage = storageOn(server.current, { retry })
    server.current.inject({ on: 'media', action: answer(503), times: 3 })
    await failureOf(get(storage, 'a'), { code: 'UNAVAILABLE', retryable: false })
    expect(kinds()).toEqual(['media', 'media', 'media'])
  })
})

describe('the answer to a write that was done is lost', () => {
  test.each([{ ifAbsent: true }, { ifAbsent: false }])(
    '$ifAbsent: one stat tells that it was ours',
    async ({ ifAbsent }) => {
      const storage = storageOn(server.current, { retry })
      const before = ifAbsent ? undefined : await put(storage, 'a', pattern(5))
      kinds()
      server.current.inject({ on: 'multipart', action: { kind: 'drop-answer' } })
      const written = await put(storage, 'a', pattern(10), { ifAbsent, ifMatch: before?.etag })
      expect(kinds()).toEqual(['multipart', 'multipart', 'get'])
      expect(written.etag).toBe((await storage.stat(key('a'), CALL))?.etag)
    },
  )

  test('and another writer was faster: the conflict stands', async () => {
    const storage = storageOn(server.current, { retry })
    server.current.inject({ on: 'multipart', action: { kind: 'reset' } })
    const write = put(storage, 'a', pattern(10), { ifAbsent: true })
    await put(storageOn(server.current, { prefix: storage.uri.split('/').at(-1) ?? '' }), 'a', pattern(7))
    await failureOf(write, { code: 'ALREADY_EXISTS', retryable: false })
    expect(await get(storage, 'a')).toEqual(pattern(7))
  })

  test('of a delete: gone is done', async () => {
    const storage = storageOn(server.current, { retry })
    const { etag } = await put(storage, 'a', pattern(10))
    server.current.inject({ on: 'delete', action: { kind: 'drop-answer' } })
    await storage.delete(key('a'), { ifMatch: etag, signal: undefined })
  })

  test('without retries it is said to be open', async () => {
    const storage = storageOn(server.current)
    server.current.inject({ on: 'multipart', action: { kind: 'drop-answer' } })
    await failureOf(put(storage, 'a', pattern(10), { ifAbsent: true }), { code: 'UNAVAILABLE', retryable: true })
  })
})

describe('connections that are cut in the middle', () => {
  test('of a small upload: nothing is visible', async () => {
    const storage = storageOn(server.current)
    server.current.inject({ on: 'multipart', action: { kind: 'cut-request', after: 100_000 } })
    await failureOf(put(storage, 'a', pattern(200_000)), { code: 'UNAVAILABLE', retryable: true })
    expect(await get(storage, 'a')).toBeUndefined()
  })

  test('of a download: never a short value', async () => {
    const storage = storageOn(server.current)
    await put(storage, 'a', pattern(300_000))
    server.current.inject({ on: 'media', action: { kind: 'cut-response', after: 150_000 } })
    await failureOf(get(storage, 'a'), { code: 'UNAVAILABLE', retryable: true })
    server.current.inject({ on: 'media', action: { kind: 'cut-response', after: 150_000 } })
    const object = await storage.read(key('a'), reading())
    await failureOf(collect(streamOf(object)), { code: 'UNAVAILABLE', retryable: true })
  })

  test('of a download with retries: it goes on where it was cut', async () => {
    const storage = storageOn(server.current, { retry })
    await put(storage, 'a', pattern(300_000))
    kinds()
    server.current.inject({ on: 'media', action: { kind: 'cut-response', after: 150_000 } })
    const object = await storage.read(key('a'), reading())
    expect(Buffer.concat(await collect(streamOf(object))).equals(pattern(300_000))).toBe(true)
    expect(kinds()).toEqual(['media', 'media'])
  })

  test('of a download that stops and stays open: TIMEOUT', async () => {
    const prefix = 'stopped'
    await put(storageOn(server.current, { prefix }), 'a', pattern(300_000))
    server.current.inject({ on: 'media', action: { kind: 'stall-response', after: 150_000 } })
    const hasty = storageOn(server.current, { prefix, requestTimeout: 200 })
    await failureOf(get(hasty, 'a'), { code: 'TIMEOUT', retryable: true })
  })

  test('a consumer that takes its time is no silent service', async () => {
    const prefix = 'slow'
    await put(storageOn(server.current, { prefix }), 'a', pattern(4 * 1024 * 1024))
    // As long as a busy service may need for its answer.
    const requestTimeout = 2000
    const object = await storageOn(server.current, { prefix, requestTimeout }).read(key('a'), reading())
    let bytes = 0
    let rests = 0
    for await (const piece of object?.stream() ?? []) {
      bytes += piece.byteLength
      if (rests++ < 1) await new Promise((resolve) => setTimeout(resolve, requestTimeout + 500))
    }
    expect(bytes).toBe(4 * 1024 * 1024)
  })
})

describe('abort', () => {
  test.each(['get', 'media', 'multipart', 'delete', 'list'] as const)('while %s waits for its answer', async (on) => {
    const storage = storageOn(server.current)
    const controller = new AbortController()
    const { signal } = controller
    server.current.inject({ on, action: { kind: 'stall' } })
    const work: Record<string, () => Promise<unknown>> = {
      get: () => storage.stat(key('a'), { signal }),
      media: () => get(storage, 'a', { signal }),
      multipart: () => put(storage, 'a', pattern(9), { signal }),
      delete: () => storage.delete(key('a'), { ifMatch: undefined, signal }),
      list: () => collect(storage.list('', { startAfter: undefined, signal })),
    }
    const running = work[on]?.() ?? Promise.resolve()
    await until(() => server.current.log.length === 1)
    const reason = new Error('enough')
    controller.abort(reason)
    const error = await failureOf(running, { code: 'ABORTED', retryable: false })
    expect(error.cause).toBe(reason)
  })
})
