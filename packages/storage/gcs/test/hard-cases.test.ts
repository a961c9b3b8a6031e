import { getEventListeners, once } from 'node:events'
import { createServer, type IncomingMessage, type RequestListener, type Server, type ServerResponse } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { gzipSync } from 'node:zlib'
import type { RetryEvent } from '@resultkit/core'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { type GcsStorageOptions, gcsStorage } from '../src/index.ts'
import { CERTIFICATE } from './certificate.ts'
import { AT_ONCE, failureOf, get, key, pattern, put, reading, storageOn, streamed, UNIT, useServer } from './support.ts'

const server = useServer()
const CALL = { signal: undefined }
const opened: Server[] = []

afterEach(() => {
  vi.unstubAllEnvs()
  vi.restoreAllMocks()
  for (const http of opened.splice(0)) {
    http.closeAllConnections()
    http.close()
  }
  server.current.takeKinds()
})

async function portOf(http: Server): Promise<number> {
  opened.push(http)
  http.listen(0, '127.0.0.1')
  await once(http, 'listening')
  return (http.address() as AddressInfo).port
}

/** A storage on something that answers as it likes. */
async function answering(listener: RequestListener, options: Partial<GcsStorageOptions> = {}) {
  const apiEndpoint = `http://127.0.0.1:${await portOf(createServer(listener))}`
  return gcsStorage({ bucket: 'bucket', apiEndpoint, retry: false, ...options })
}

/** Headers of an object of 11 bytes. */
const HEADERS = {
  'x-goog-generation': '123',
  'x-goog-stored-content-encoding': 'identity',
  'x-goog-stored-content-length': '11',
}

/** Watches timers; gives how many of this delay have not been cleared. */
function watchTimers(delay: number): () => number {
  const made = vi.spyOn(globalThis, 'setTimeout')
  const cleared = vi.spyOn(globalThis, 'clearTimeout')
  return () => {
    const gone = new Set(cleared.mock.calls.map(([timer]) => timer))
    const of = made.mock.calls.flatMap(([, ms], index) => (ms === delay ? [made.mock.results[index]?.value] : []))
    expect(of.length).toBeGreaterThan(0)
    return of.filter((timer) => !gone.has(timer)).length
  }
}

describe('nothing is held after a body has failed', () => {
  test.each(['cut', 'aborted'] as const)('%s while bytes() waits: neither a timer nor a listener', async (how) => {
    const storage = storageOn(server.current)
    await put(storage, 'a', pattern(300_000))
    const controller = new AbortController()
    const { signal } = controller
    const kind = how === 'cut' ? 'cut-response' : 'stall-response'
    server.current.inject({ on: 'media', action: { kind, after: 150_000 } })
    const held = watchTimers(60_000)
    const object = await storage.read(key('a'), reading({ signal }))
    expect(held()).toBe(1)
    const bytes = object?.bytes() ?? Promise.resolve()
    if (how === 'aborted') setImmediate(() => controller.abort())
    await failureOf(bytes, { code: how === 'cut' ? 'UNAVAILABLE' : 'ABORTED' })
    expect(held()).toBe(0)
    expect(getEventListeners(signal, 'abort')).toEqual([])
  })

  test('return() while next() waits ends both', async () => {
    const storage = storageOn(server.current)
    await put(storage, 'a', pattern(300_000))
    server.current.inject({ on: 'media', action: { kind: 'stall-response', after: 0 } })
    const iterator = (await storage.read(key('a'), reading()))?.stream()[Symbol.asyncIterator]()
    const next = iterator?.next()
    await iterator?.return?.()
    expect(await next).toEqual({ done: true, value: undefined })
  })

  test('a session that cannot be cancelled is forgotten after two seconds', async () => {
    const storage = storageOn(server.current, { chunkSize: UNIT })
    server.current.inject({ on: 'cancel', action: { kind: 'stall' } })
    const held = watchTimers(2000)
    const body = async function* (): AsyncGenerator<Uint8Array> {
      yield pattern(2 * UNIT)
      throw new Error('mine')
    }
    await expect(put(storage, 'a', body)).rejects.toThrow('mine')
    expect(held()).toBe(1)
  })
})

describe('what comes is what is stored', () => {
  test.each([
    ['compressed', {}, { 'content-encoding': 'gzip' }],
    ['decompressed', { 'x-goog-stored-content-encoding': 'gzip' }, {}],
  ])('an answer that was %s on the way is refused', async (_, stored, sent) => {
    const storage = await answering((_request, response) => {
      response.writeHead(200, { ...HEADERS, ...stored, ...sent })
      response.end('content-encoding' in sent ? gzipSync('hello world') : 'hello world')
    })
    await failureOf(get(storage, 'a'), { code: 'UNAVAILABLE', retryable: false })
  })

  test('an answer of no announced length that is cut is never a short value', async () => {
    const storage = await answering((_request, response) => {
      response.shouldKeepAlive = false
      response.useChunkedEncodingByDefault = false
      response.writeHead(200, { ...HEADERS, connection: 'close' })
      response.end('hello')
    })
    await failureOf(get(storage, 'a'), { code: 'UNAVAILABLE', retryable: true })
    const object = await storage.read(key('a'), reading())
    await failureOf(Array.fromAsync(object?.stream() ?? []), { code: 'UNAVAILABLE', retryable: true })
  })

  test('another part than was asked for is refused; all of it is taken where that is what the range means', async () => {
    const answer = { status: 206, range: 'bytes 0-4/11', body: 'hello' }
    const storage = await answering((_request, response) => {
      response.writeHead(answer.status, { ...HEADERS, ...(answer.range && { 'content-range': answer.range }) })
      response.end(answer.body)
    })
    await failureOf(get(storage, 'a', { range: { start: 6 } }), { code: 'UNSUPPORTED' })
    Object.assign(answer, { status: 200, range: undefined, body: 'hello world' })
    await failureOf(get(storage, 'a', { range: { start: 6 } }), { code: 'UNSUPPORTED' })
    expect(new TextDecoder().decode(await get(storage, 'a', { range: { start: -20 } }))).toBe('hello world')
    expect(new TextDecoder().decode(await get(storage, 'a', { range: { start: 0, end: 20 } }))).toBe('hello world')
  })

  test('small pieces are of memory of the object, not of a pool of Node', async () => {
    const written = Promise.withResolvers<void>()
    const storage = await answering((_request, response) => {
      response.writeHead(200, HEADERS)
      response.write('hello')
      setImmediate(() => response.end(' world', () => written.resolve()))
    })
    const all = await get(storage, 'a')
    expect(all?.buffer.byteLength).toBe(11)
    const object = await storage.read(key('a'), reading())
    await written.promise
    const pieces = await Array.fromAsync(object?.stream() ?? [])
    for (const { buffer } of pieces) expect(buffer.byteLength).toBe(11)
    expect(Buffer.concat(pieces).toString()).toBe('hello world')
  })

  test('more bytes than there is memory for are TOO_LARGE', async () => {
    const storage = await answering((_request, response) => {
      response.writeHead(200, { ...HEADERS, 'content-length': String(2 ** 49) })
      response.write('hello')
    })
    const held = watchTimers(60_000)
    await failureOf(get(storage, 'a'), { code: 'TOO_LARGE' })
    expect(held()).toBe(0)
  })
})

describe('credentials that cannot be used are no outage', () => {
  beforeEach(() => {
    // The SDK says that these options have newer names.
    vi.spyOn(console, 'warn').mockReturnValue(undefined)
    vi.spyOn(process, 'emitWarning').mockReturnValue(undefined)
  })

  test.each<[string, Partial<GcsStorageOptions>]>([
    ['a directory as key file', { keyFilename: tmpdir() }],
    ['a key that is none', { credentials: { client_email: 'a@b', private_key: 'junk' } }],
  ])('%s is CONFIG', async (_, options) => {
    await failureOf(storageOn(server.current, options).stat(key('a'), CALL), { code: 'CONFIG', retryable: false })
  })

  test('an auth client that keeps none itself, refused: ACCESS_DENIED', async () => {
    const authClient = { getRequestHeaders: async () => new Headers({ authorization: 'Bearer wrong' }) }
    server.current.tokens = new Set(['right'])
    try {
      const storage = storageOn(server.current, { authClient: authClient as never })
      await failureOf(storage.stat(key('a'), CALL), { code: 'ACCESS_DENIED', retryable: false })
    } finally {
      server.current.tokens = undefined
    }
  })
})

describe('the endpoint', () => {
  test('STORAGE_EMULATOR_HOST alone is where everything goes, and beside apiEndpoint nothing does', async () => {
    vi.stubEnv('STORAGE_EMULATOR_HOST', server.current.url)
    const emulated = gcsStorage({ bucket: 'bucket', prefix: 'emulated', retry: false })
    await put(emulated, 'a', pattern(9))
    expect(await get(emulated, 'a')).toEqual(pattern(9))
    vi.stubEnv('STORAGE_EMULATOR_HOST', 'http://127.0.0.1:1')
    const storage = storageOn(server.current)
    await put(storage, 'a', pattern(9))
    expect(await get(storage, 'a')).toEqual(pattern(9))
  })

  test('an empty one is CONFIG, not the real service', () => {
    const make = (): unknown => gcsStorage({ bucket: 'bucket', apiEndpoint: '' })
    expect(make).toThrow(expect.objectContaining({ code: 'CONFIG' }))
  })

  test('in another universe is that of the universe', async () => {
    const headers = { authorization: 'Bearer t' }
    const authClient = { getRequestHeaders: async () => new Headers(headers), universeDomain: 'example.invalid' }
    const storage = gcsStorage({
      bucket: 'bucket',
      universeDomain: 'example.invalid',
      authClient: authClient as never,
      retry: false,
    })
    const error = await failureOf(storage.stat(key('a'), CALL), { code: 'UNAVAILABLE' })
    expect(error.cause).toMatchObject({ hostname: 'storage.example.invalid' })
  })

  test.runIf(Number(process.versions.node.split('.')[0]) >= 24)('HTTP_PROXY is honoured, and NO_PROXY', async () => {
    const seen: string[] = []
    const proxy = createServer((request: IncomingMessage, response: ServerResponse) => {
      seen.push(request.url ?? '')
      response.writeHead(404, { 'content-type': 'application/json' })
      response.end(JSON.stringify({ error: { code: 404, message: 'x', errors: [{ reason: 'notFound' }] } }))
    })
    vi.stubEnv('HTTP_PROXY', `http://127.0.0.1:${await portOf(proxy)}`)
    vi.stubEnv('http_proxy', undefined)
    vi.stubEnv('NO_PROXY', '')
    vi.stubEnv('no_proxy', undefined)
    const apiEndpoint = 'http://gcs.example.invalid'
    expect(await gcsStorage({ bucket: 'bucket', apiEndpoint }).stat(key('a'), CALL)).toBeUndefined()
    expect(seen).toEqual([expect.stringMatching(/^http:\/\/gcs\.example\.invalid\/storage\/v1\/b\/bucket\/o\/a\?/)])
    vi.stubEnv('NO_PROXY', '127.0.0.1')
    await put(storageOn(server.current), 'a', pattern(3))
    expect(seen).toHaveLength(1)
  })

  test('a certificate that nobody trusts is CONFIG, and one that is trusted works', async () => {
    const tls = createTlsServer(CERTIFICATE, (_request, response) => {
      response.writeHead(200, HEADERS)
      response.end('hello world')
    })
    const apiEndpoint = `https://localhost:${await portOf(tls)}`
    const open = (): ReturnType<typeof gcsStorage> => gcsStorage({ bucket: 'bucket', apiEndpoint, retry: false })
    await failureOf(get(open(), 'a'), { code: 'CONFIG', retryable: false })
    const { getCACertificates, setDefaultCACertificates } = process.getBuiltinModule('node:tls')
    // From Node 24.5 on; before, NODE_EXTRA_CA_CERTS does the same for a process.
    if (setDefaultCACertificates === undefined) return
    const usual = getCACertificates('default')
    setDefaultCACertificates([...usual, CERTIFICATE.cert])
    try {
      expect(new TextDecoder().decode(await get(open(), 'a'))).toBe('hello world')
    } finally {
      setDefaultCACertificates(usual)
    }
  })
})

test('the retries of a chunk are told to onRetry', async () => {
  const events: RetryEvent[] = []
  const onRetry = (event: RetryEvent): void => {
    events.push(event)
    throw new Error('ignored')
  }
  const storage = storageOn(server.current, { retry: { ...AT_ONCE, random: () => 0.5, onRetry }, chunkSize: UNIT })
  server.current.inject({ on: 'chunk', skip: 1, action: { kind: 'answer', status: 503 } })
  await put(storage, 'a', streamed(pattern(3 * UNIT)))
  expect(events).toEqual([{ operation: 'write', attempt: 1, delayMs: 50, code: 'UNAVAILABLE' }])
})
