import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { type FaultProxy, startFaultProxy } from '../../../../test-fixtures/servers/fault-proxy.ts'
import { AT_ONCE, failureOf, get, key, pattern, put, storageOn, streamed, UNIT, until, useServer } from './support.ts'

// What happens to bytes on the wire, between this package and the server.
const server = useServer()
let proxy: FaultProxy
beforeAll(async () => {
  const { hostname, port } = new URL(server.current.url)
  proxy = await startFaultProxy({ target: { host: hostname, port: Number(port) } })
})
afterAll(() => proxy.close())
afterEach(() => proxy.disarm())

const behind = (options: Parameters<typeof storageOn>[1] = {}): ReturnType<typeof storageOn> =>
  storageOn({ ...server.current, url: proxy.url }, options)
const retry = { ...AT_ONCE, attempts: 4 }
const bytes = pattern(3 * UNIT + 77)

describe('the wire is cut', () => {
  test.each([0, 100, 700, 20_000])(
    'after %i bytes of an upload: nothing is visible, and a retry writes it',
    async (after) => {
      const storage = behind({ retry })
      proxy.arm({ request: { cut: { after } } }, { request: /^POST/, times: 4 })
      await failureOf(put(storage, 'a', pattern(50_000)), { code: 'UNAVAILABLE', retryable: false })
      expect(await storage.stat(key('a'), { signal: undefined })).toBeUndefined()
      proxy.arm({ request: { cut: { after } } }, { request: /^POST/ })
      await put(storage, 'a', pattern(50_000), { ifAbsent: true })
      expect(await get(storage, 'a')).toEqual(pattern(50_000))
    },
  )

  test.each(['rst', 'fin'] as const)('in a download with %s: never a short value', async (how) => {
    const storage = behind()
    await put(storage, 'a', bytes)
    for (const after of [0, 60, 1000, 400_000]) {
      proxy.arm({ response: { cut: { after, how } } })
      await failureOf(get(storage, 'a'), { code: 'UNAVAILABLE', retryable: true })
    }
    expect(await get(storage, 'a')).toEqual(bytes)
  })

  test('before the answer to a conditional write: our own object is known again', async () => {
    const storage = behind({ retry })
    proxy.arm({ response: { cut: { after: 0 } } }, { request: /^POST/ })
    const written = await put(storage, 'a', pattern(10), { ifAbsent: true })
    expect(written.etag).toBe((await storage.stat(key('a'), { signal: undefined }))?.etag)
  })

  test('at every place of a long upload in turn', async () => {
    const storage = behind({ retry, chunkSize: UNIT })
    for (let skip = 0; skip < 4; skip++) {
      for (const fault of [{ request: { cut: { after: 100_000 } } }, { response: { cut: { after: 0 } } }]) {
        const armed = proxy.arm(fault, { request: /^PUT/, skip })
        const name = `a${skip}${Object.keys(fault)[0]}`
        await put(storage, name, streamed(bytes), { ifAbsent: true })
        // The last chunk has only 77 bytes, and is not cut within.
        armed.disarm()
        expect(await get(storage, name)).toEqual(bytes)
      }
    }
    await until(() => server.current.sessions.open === 0)
  })
})

test('a black hole is TIMEOUT, and an abort ends the waiting', async () => {
  const prefix = 'silent'
  await put(behind({ prefix }), 'a', bytes)
  const storage = behind({ prefix, requestTimeout: 300 })
  proxy.arm({ response: { blackHoleAfter: 0 } })
  await failureOf(get(storage, 'a'), { code: 'TIMEOUT', retryable: true })
  proxy.arm({ response: { blackHoleAfter: 100_000 } })
  await failureOf(get(storage, 'a'), { code: 'TIMEOUT', retryable: true })
  const patient = behind()
  const controller = new AbortController()
  proxy.arm({ request: { blackHoleAfter: 1000 } })
  proxy.clearLog()
  const write = put(patient, 'b', bytes, { signal: controller.signal })
  await until(() => proxy.log.length > 0)
  controller.abort()
  await failureOf(write, { code: 'ABORTED' })
  expect(await get(patient, 'b')).toBeUndefined()
})

test('a bit that flips on the way up is refused by the service: nothing is stored, and a retry writes it', async () => {
  const storage = behind()
  proxy.arm({ request: { corruptAt: 30_000 } })
  await failureOf(put(storage, 'a', pattern(50_000)), { code: 'UNAVAILABLE', retryable: true })
  expect(await get(storage, 'a')).toBeUndefined()
  const persistent = behind({ retry, chunkSize: UNIT })
  for (const skip of [0, 1, 2]) {
    proxy.arm({ request: { corruptAt: 3000 } }, { request: /^PUT/, skip })
    await put(persistent, 'b', streamed(pattern(2 * UNIT + 9000)), { ifAbsent: skip === 0 })
    expect(await get(persistent, 'b')).toEqual(pattern(2 * UNIT + 9000))
  }
})
