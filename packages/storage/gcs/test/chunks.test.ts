import { afterEach, describe, expect, test } from 'vitest'
import { AT_ONCE, failureOf, get, key, pattern, put, storageOn, streamed, UNIT, until, useServer } from './support.ts'

const server = useServer()
afterEach(() => {
  expect(server.current.faults.pending).toBe(0)
  server.current.takeKinds()
})

const retry = { ...AT_ONCE, attempts: 3 }
const chunkSize = UNIT
const kinds = (): readonly string[] => server.current.takeKinds()
const answer = (status: number, reason?: string) =>
  ({ kind: 'answer', status, ...(reason !== undefined && { reason }) }) as const
const CALL = { signal: undefined }

describe('a body of many chunks', () => {
  const bytes = pattern(4 * UNIT + 1000)
  const options = { retry, chunkSize }

  test('a chunk that is cut goes on where the service has it', async () => {
    const storage = storageOn(server.current, { retry, chunkSize: 2 * UNIT })
    server.current.inject({ on: 'chunk', skip: 1, action: { kind: 'cut-request', after: UNIT + 100 } })
    await put(storage, 'a', streamed(bytes))
    expect(server.current.log.map(({ headers }) => headers['content-range'])).toEqual([
      undefined,
      `bytes 0-${2 * UNIT - 1}/*`,
      `bytes ${2 * UNIT}-${4 * UNIT - 1}/*`,
      'bytes */*',
      `bytes ${3 * UNIT}-${4 * UNIT - 1}/*`,
      `bytes ${4 * UNIT}-${4 * UNIT + 999}/${4 * UNIT + 1000}`,
    ])
    expect(await get(storage, 'a')).toEqual(bytes)
  })

  test.each([
    { title: '503', action: answer(503) },
    { title: 'reset', action: { kind: 'reset' } as const },
    { title: 'a lost answer', action: { kind: 'drop-answer' } as const },
    { title: 'silence', action: { kind: 'stall' } as const },
    { title: 'a part kept', action: { kind: 'persist', bytes: 0 } as const },
  ])('$title at every chunk in turn', async ({ action }) => {
    const storage = storageOn(server.current, { ...options, ...(action.kind === 'stall' && { requestTimeout: 500 }) })
    for (let skip = 0; skip < 5; skip++) {
      server.current.inject({ on: 'chunk', skip, action })
      let asked = 0
      const body = (): AsyncIterable<Uint8Array> => {
        asked += 1
        return streamed(bytes)()
      }
      await put(storage, `a${skip}`, body, { ifAbsent: true })
      expect(asked).toBe(1)
      expect(await get(storage, `a${skip}`)).toEqual(bytes)
    }
  })

  test('a status query that fails is asked again', async () => {
    const storage = storageOn(server.current, options)
    server.current.inject(
      { on: 'chunk', skip: 4, action: { kind: 'drop-answer' } },
      { on: 'status', action: answer(503) },
    )
    await put(storage, 'a', streamed(bytes), { ifAbsent: true })
    expect(kinds()).toEqual(['start', 'chunk', 'chunk', 'chunk', 'chunk', 'chunk', 'status', 'status'])
    expect(await get(storage, 'a')).toEqual(bytes)
  })

  test('failures that do not end are few, and not multiplied by the retries around', async () => {
    const storage = storageOn(server.current, options)
    server.current.inject({ on: ['chunk', 'status'], action: answer(503), times: 3 })
    await failureOf(put(storage, 'a', streamed(bytes)), { code: 'UNAVAILABLE', retryable: false })
    await until(() => server.current.log.length === 5)
    expect(kinds()).toEqual(['start', 'chunk', 'status', 'status', 'cancel'])
    expect(await get(storage, 'a')).toBeUndefined()
    expect(server.current.sessions.open).toBe(0)
  })

  test('a session that is lost starts anew, with a fresh body', async () => {
    const storage = storageOn(server.current, options)
    let asked = 0
    const body = async function* (): AsyncGenerator<Uint8Array> {
      asked += 1
      for await (const piece of streamed(bytes)()) {
        yield piece
        if (asked === 1 && piece.byteOffset === 2 * UNIT) server.current.sessions.lose()
      }
    }
    await put(storage, 'a', body)
    expect(asked).toBe(2)
    expect(await get(storage, 'a')).toEqual(bytes)
  })

  test('the session forgets a commit whose answer was lost: one stat tells that it was ours', async () => {
    const storage = storageOn(server.current, options)
    server.current.inject(
      { on: 'chunk', skip: 4, action: { kind: 'drop-answer' } },
      { on: 'status', action: { ...answer(412, 'conditionNotMet') } },
    )
    const written = await put(storage, 'a', streamed(bytes), { ifAbsent: true })
    expect(written.etag).toBe((await storage.stat(key('a'), CALL))?.etag)
  })

  test('a conflict at the end is one error, and the session is given up', async () => {
    const storage = storageOn(server.current, { ...options, retry: false })
    const { etag } = await put(storage, 'a', pattern(3))
    const body = async function* (): AsyncGenerator<Uint8Array> {
      yield* streamed(bytes)()
      await put(storage, 'a', pattern(4))
    }
    await failureOf(put(storage, 'a', body, { ifMatch: etag }), { code: 'PRECONDITION_FAILED' })
    expect(await get(storage, 'a')).toEqual(pattern(4))
  })

  test('a conflict at the start is told before anything is sent', async () => {
    const storage = storageOn(server.current, { ...options, retry: false })
    await put(storage, 'a', pattern(3))
    kinds()
    await failureOf(put(storage, 'a', streamed(bytes), { ifAbsent: true }), { code: 'ALREADY_EXISTS' })
    expect(kinds()).toEqual(['start'])
  })
})

describe('a session is given up', () => {
  test('when the body throws: its own error, nothing visible, DELETE', async () => {
    const storage = storageOn(server.current, { chunkSize })
    const mine = new Error('mine')
    const body = async function* (): AsyncGenerator<Uint8Array> {
      yield pattern(3 * UNIT)
      throw mine
    }
    await expect(put(storage, 'a', body)).rejects.toBe(mine)
    await until(() => server.current.sessions.open === 0)
    expect(server.current.log.at(-1)).toMatchObject({ kind: 'cancel', status: 499 })
    expect(await get(storage, 'a')).toBeUndefined()
  })

  test('when the signal fires while a chunk is under way', async () => {
    const storage = storageOn(server.current, { chunkSize })
    const controller = new AbortController()
    const held = Promise.withResolvers<void>()
    server.current.inject({ on: 'chunk', skip: 1, action: { kind: 'hold', until: held.promise } })
    const write = put(storage, 'a', streamed(pattern(5 * UNIT)), { signal: controller.signal })
    await until(() => server.current.log.length === 3)
    controller.abort(new Error('enough'))
    await failureOf(write, { code: 'ABORTED' })
    held.resolve()
    await until(() => server.current.sessions.open === 0)
    expect(await get(storage, 'a')).toBeUndefined()
  })

  test('when the size is another than announced', async () => {
    const storage = storageOn(server.current, { chunkSize })
    for (const size of [2 * UNIT, 4 * UNIT]) {
      await failureOf(put(storage, 'a', streamed(pattern(3 * UNIT)), { size }), { code: 'CONFIG' })
      await until(() => server.current.sessions.open === 0)
      expect(await get(storage, 'a')).toBeUndefined()
    }
  })
})
