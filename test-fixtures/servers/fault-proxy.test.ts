import { createHash } from 'node:crypto'
import { Agent, createServer, type IncomingMessage, request, type Server } from 'node:http'
import { type AddressInfo, connect, createServer as createTcpServer } from 'node:net'
import { buffer } from 'node:stream/consumers'
import { afterEach, expect, test } from 'vitest'
import { type FaultProxy, startFaultProxy } from './fault-proxy.ts'

interface Seen {
  readonly url: string
  readonly bytes: number
  readonly complete: boolean
}

const BIG = Buffer.alloc(300_000, 'abcdefgh')
const cleanups: (() => Promise<unknown>)[] = []
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup()
})

/** A server that notes what reached it, behind a proxy; `/big` answers 300 kB, all else `ok`. */
async function start(seed?: number): Promise<{ proxy: FaultProxy; seen: Seen[]; port: number }> {
  const seen: Seen[] = []
  const server: Server = createServer((incoming, answer) => {
    let bytes = 0
    incoming.on('data', (chunk: Buffer) => {
      bytes += chunk.byteLength
    })
    incoming.on('error', () => {})
    incoming.on('close', () => seen.push({ url: incoming.url ?? '', bytes, complete: incoming.complete }))
    incoming.on('end', () => answer.end(incoming.url === '/big' ? BIG : 'ok'))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  const proxy = await startFaultProxy({ target: { host: '127.0.0.1', port }, ...(seed !== undefined && { seed }) })
  cleanups.push(() => new Promise((resolve) => server.close(resolve).closeAllConnections()))
  cleanups.push(() => proxy.close())
  return { proxy, seen, port }
}

interface CallOptions {
  readonly path?: string
  readonly body?: Uint8Array
  readonly agent?: Agent
}

/** The body of the answer; rejects with Node's error code. */
function call({ port }: { port: number }, { path = '/', body, agent }: CallOptions = {}): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const method = body === undefined ? 'GET' : 'PUT'
    const outgoing = request({ host: '127.0.0.1', port, path, method, agent: agent ?? false })
    outgoing.on('error', reject)
    outgoing.on('response', (answer: IncomingMessage) => buffer(answer).then(resolve, reject))
    outgoing.end(body)
  })
}

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setTimeout(resolve, 2))
}

test('passes everything through', async () => {
  const { proxy, seen } = await start()
  const answers = await Promise.all([call(proxy, { body: BIG }), call(proxy, { path: '/big' }), call(proxy)])
  expect(answers.map(String)).toEqual(['ok', String(BIG), 'ok'])
  expect(seen).toContainEqual({ url: '/', bytes: BIG.byteLength, complete: true })
  expect(proxy.log.map(({ outcome, fault }) => [outcome, fault])).toEqual(Array(3).fill(['passed', undefined]))
})

test.each(['rst', 'fin'] as const)('a cut request (%s) reaches the server in part', async (how) => {
  const { proxy, seen } = await start()
  proxy.arm({ request: { cut: { after: 100_000, how } } })
  await expect(call(proxy, { body: BIG })).rejects.toMatchObject({ code: expect.stringMatching(/ECONNRESET|EPIPE/) })
  await until(() => seen.length > 0)
  expect(seen[0]).toMatchObject({ complete: false })
  expect(seen[0]?.bytes).toBeLessThan(100_000)
  expect(proxy.log[0]).toMatchObject({ outcome: 'cut', request: 'PUT / HTTP/1.1', sent: { passed: 100_000 } })
  expect(String(await call(proxy))).toBe('ok')
})

test.each(['rst', 'fin'] as const)('a cut answer (%s) reaches the client in part', async (how) => {
  const { proxy } = await start()
  proxy.arm({ response: { cut: { after: 1_000, how } } })
  await expect(call(proxy, { path: '/big' })).rejects.toMatchObject({ code: 'ECONNRESET' })
  expect(proxy.log[0]).toMatchObject({ outcome: 'cut', answered: { passed: 1_000 } })
})

test('an answer cut at 0: the server has done it, the client does not know', async () => {
  const { proxy, seen } = await start()
  proxy.arm({ response: { cut: { after: 0 } } })
  await expect(call(proxy, { body: BIG })).rejects.toMatchObject({ code: 'ECONNRESET' })
  expect(seen).toEqual([{ url: '/', bytes: BIG.byteLength, complete: true }])
})

test('a refused connection is reset, and nothing reaches the server', async () => {
  const { proxy, seen } = await start()
  const armed = proxy.arm({ refuse: true }, { times: 2 })
  for (let i = 0; i < 2; i++) await expect(call(proxy)).rejects.toMatchObject({ code: 'ECONNRESET' })
  expect(armed.hits).toBe(2)
  expect(seen).toEqual([])
  expect(String(await call(proxy))).toBe('ok')
})

test('requests on a connection that is kept alive are told apart', async () => {
  const { proxy } = await start()
  const agent = new Agent({ keepAlive: true, maxSockets: 1 })
  cleanups.push(async () => agent.destroy())
  proxy.arm({ response: { cut: { after: 0 } } }, { request: /^GET \/third / })
  await call(proxy, { path: '/first', agent })
  await call(proxy, { path: '/second', body: BIG, agent })
  await expect(call(proxy, { path: '/third', agent })).rejects.toMatchObject({ code: 'ECONNRESET' })
  expect(proxy.log.map(({ request: line, outcome }) => [line, outcome])).toEqual([
    ['GET /first HTTP/1.1', 'passed'],
    ['PUT /second HTTP/1.1', 'passed'],
    ['GET /third HTTP/1.1', 'cut'],
  ])
  expect(new Set(proxy.log.map(({ connection }) => connection)).size).toBe(1)
})

test('when: predicate, skip, times, disarm', async () => {
  const { proxy } = await start()
  const armed = proxy.arm(
    { refuse: true },
    { request: (line) => line.startsWith('GET /a'), skip: 1, times: Number.POSITIVE_INFINITY },
  )
  const outcome = (path: string) => call(proxy, { path }).then(String, () => 'failed')
  expect([await outcome('/b'), await outcome('/a'), await outcome('/a'), await outcome('/b')]).toEqual([
    'ok',
    'ok',
    'failed',
    'ok',
  ])
  expect(await outcome('/a')).toBe('failed')
  armed.disarm()
  expect(await outcome('/a')).toBe('ok')
  expect(armed.hits).toBe(2)
})

test('one bit of the byte at the offset is flipped, in either direction', async () => {
  const { proxy } = await start()
  proxy.arm({ response: { corruptAt: 200_000 } })
  const answer = await call(proxy, { path: '/big' })
  const wrong = [...BIG.keys()].filter((at) => answer[at] !== BIG[at])
  expect(answer.byteLength).toBe(BIG.byteLength)
  expect(wrong).toHaveLength(1)
  const bits = ((answer[wrong[0] ?? 0] ?? 0) ^ (BIG[wrong[0] ?? 0] ?? 0)).toString(2).replaceAll('0', '')
  expect(bits).toBe('1')

  proxy.arm({ request: { corruptAt: 5 } })
  const changed = await call(proxy, { path: '/aaaaaaaa' }).catch(() => Buffer.from('refused'))
  expect(['ok', 'refused']).toContain(String(changed).slice(0, 7))
  expect(proxy.log.at(-1)?.fault).toEqual({ request: { corruptAt: 5 } })
})

test('a black hole swallows and keeps the connection open', async () => {
  const { proxy, seen } = await start()
  proxy.arm({ response: { blackHoleAfter: 0 } })
  let settled = false
  const answer = call(proxy, { body: BIG }).finally(() => {
    settled = true
  })
  answer.catch(() => {})
  await until(() => proxy.log[0]?.outcome === 'swallowed')
  // The server closes the connection after its answer; give that the time to get through.
  await new Promise((resolve) => setTimeout(resolve, 20))
  expect(seen).toHaveLength(1)
  expect(settled).toBe(false)
  proxy.reset()
  await expect(answer).rejects.toMatchObject({ code: 'ECONNRESET' })
})

test('delay and throttle slow one direction down', async () => {
  const { proxy } = await start()
  proxy.arm({ request: { delayMs: 60 } })
  const began = performance.now()
  await call(proxy)
  expect(performance.now() - began).toBeGreaterThan(55)

  proxy.arm({ response: { bytesPerSecond: 3_000_000 } })
  const again = performance.now()
  expect((await call(proxy, { path: '/big' })).equals(BIG)).toBe(true)
  expect(performance.now() - again).toBeGreaterThan(90)
})

test('equal seeds make equal choices', async () => {
  const run = async (seed: number): Promise<string> => {
    const { proxy } = await start(seed)
    proxy.arm({ response: { cut: { after: { from: 0, to: 300_000 } } } }, { chance: 0.5, times: 20 })
    const digest = createHash('sha256')
    for (let i = 0; i < 12; i++) {
      await call(proxy, { path: '/big' }).catch(() => {})
      digest.update(`${proxy.log.at(-1)?.answered.passed} ${proxy.log.at(-1)?.outcome}\n`)
    }
    return digest.digest('hex')
  }
  const [one, again, other] = [await run(7), await run(7), await run(8)]
  expect(again).toBe(one)
  expect(other).not.toBe(one)
})

test('bytes that are no HTTP pass, half-open connections too, and a dead server is a reset', async () => {
  const echo = createTcpServer({ allowHalfOpen: true }, (socket) => socket.pipe(socket))
  await new Promise<void>((resolve) => echo.listen(0, '127.0.0.1', resolve))
  const proxy = await startFaultProxy({ target: { host: '127.0.0.1', port: (echo.address() as AddressInfo).port } })
  cleanups.push(() => proxy.close())
  const socket = connect({ host: proxy.host, port: proxy.port, allowHalfOpen: true })
  socket.end(BIG)
  expect((await buffer(socket)).equals(BIG)).toBe(true)
  await new Promise((resolve) => echo.close(resolve))
  await expect(call(proxy)).rejects.toMatchObject({ code: 'ECONNRESET' })
})

test('close destroys what is open and frees the port', async () => {
  const { proxy } = await start()
  const socket = connect({ host: proxy.host, port: proxy.port })
  socket.on('error', () => {})
  await new Promise((resolve) => socket.once('connect', resolve))
  const closed = new Promise((resolve) => socket.once('close', resolve))
  await proxy.close()
  await closed
  await expect(call(proxy)).rejects.toMatchObject({ code: 'ECONNREFUSED' })
})
