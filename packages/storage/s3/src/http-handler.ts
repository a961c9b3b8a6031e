import type { Agent, ClientRequest, IncomingMessage } from 'node:http'

/** What the SDK hands over to be sent. */
interface WireRequest {
  readonly protocol: string
  readonly hostname: string
  readonly port?: number | undefined
  readonly method: string
  readonly path: string
  readonly query?: Readonly<Record<string, string | readonly string[] | null>> | undefined
  readonly headers: Record<string, string>
  readonly body?: unknown
}

/** What the SDK wants back. */
interface WireResponse {
  readonly statusCode: number
  readonly reason: string
  readonly headers: Record<string, string>
  readonly body: IncomingMessage
}

/** The SDK's interface for sending requests, as far as it is used. */
export interface HttpHandler {
  readonly metadata: { readonly handlerProtocol: string }
  handle(request: WireRequest, options?: { readonly abortSignal?: unknown }): Promise<{ response: WireResponse }>
  updateHttpClientConfig(): void
  httpHandlerConfigs(): Record<string, never>
  destroy(): void
}

/** Limits of the connections, in milliseconds and connections. */
export interface HttpLimits {
  readonly connectTimeout: number
  readonly idleTimeout: number
  readonly maxConnections: number
}

/** How long a server that was asked may take to say that it wants the body, in milliseconds. Many never do. */
const CONTINUE_MS = 1000

/**
 * Sends requests with Node's own client: half the work of the SDK's handler, connections that are kept for large bodies too,
 * and an idle timeout that does not take a slow consumer for a silent server.
 */
export function httpHandler(limits: HttpLimits): HttpHandler {
  const settings = { keepAlive: true, maxSockets: limits.maxConnections, noDelay: true }
  const agents = new Map<string, Agent>()
  const agentOf = (protocol: string): Agent => {
    const agent = agents.get(protocol) ?? new (moduleOf(protocol).Agent)(settings)
    agents.set(protocol, agent)
    return agent
  }
  return {
    metadata: { handlerProtocol: 'http/1.1' },
    handle: (request, options) => {
      const signal = options?.abortSignal as AbortSignal | undefined
      return new Promise((resolve, reject) => {
        const sent = open(request, agentOf(request.protocol), limits.idleTimeout)
        watch(sent, limits, signal, reject)
        sent.once('response', (response) => {
          if (!isPage(request, response)) return resolve({ response: toResponse(response) })
          reject(pageError())
          giveUp(sent, response, pageError())
        })
        sendBody(sent, request)
      })
    },
    updateHttpClientConfig: () => {},
    httpHandlerConfigs: () => ({}),
    destroy: () => {
      for (const agent of agents.values()) agent.destroy()
    },
  }
}

function open(request: WireRequest, agent: Agent, timeout: number): ClientRequest {
  const { protocol, hostname, port, method, headers } = request
  const options = {
    host: hostname.startsWith('[') ? hostname.slice(1, -1) : hostname,
    method,
    path: request.path + queryString(request.query),
    // Without it, a proxy may send objects compressed, and they would be taken as stored so.
    headers: method === 'GET' ? { 'accept-encoding': 'identity', ...headers } : headers,
    agent,
    timeout,
    ...(port !== undefined && { port }),
  }
  return moduleOf(protocol).request(options)
}

// Not imported: that would load them before anything is sent.
function moduleOf(protocol: string): typeof import('node:http') | typeof import('node:https') {
  return protocol === 'https:' ? process.getBuiltinModule('node:https') : process.getBuiltinModule('node:http')
}

function watch(
  sent: ClientRequest,
  { connectTimeout, idleTimeout }: HttpLimits,
  signal: AbortSignal | undefined,
  reject: (error: unknown) => void,
): void {
  let response: IncomingMessage | undefined
  sent.once('response', (first) => {
    response = first
    // Whoever reads the body hears of its failure from the stream itself, which may be nobody.
    first.on('error', () => {})
  })
  sent.on('error', reject)
  sent.on('timeout', () => {
    // What has arrived and was not taken: the consumer is slow, not the server.
    if (response !== undefined && (response.complete || response.readableLength > 0)) sent.setTimeout(idleTimeout)
    else giveUp(sent, response, timeoutError(`no byte for ${idleTimeout} ms`))
  })
  sent.once('socket', (socket) => {
    if (!socket.connecting) return
    const timer = setTimeout(
      () => sent.destroy(timeoutError(`no connection within ${connectTimeout} ms`)),
      connectTimeout,
    )
    const stop = (): void => clearTimeout(timer)
    socket.once('connect', stop).once('close', stop)
  })
  if (signal === undefined) return
  const abort = (): void => {
    const error = Object.assign(new Error('aborted'), { name: 'AbortError' })
    giveUp(sent, response, error)
    // A request that still waits for a connection tells of its end only when it gets one.
    reject(error)
  }
  if (signal.aborted) abort()
  else {
    signal.addEventListener('abort', abort, { once: true })
    sent.once('close', () => signal.removeEventListener('abort', abort))
  }
}

function giveUp(sent: ClientRequest, response: IncomingMessage | undefined, error: Error): void {
  response?.destroy(error)
  sent.destroy(error)
}

function sendBody(sent: ClientRequest, { body, headers }: WireRequest): void {
  const expects = headers['Expect'] ?? headers['expect']
  if (expects !== '100-continue') {
    endWith(sent, body)
    return
  }
  let state: 'waiting' | 'sent' | 'refused' = 'waiting'
  const send = (): void => {
    clearTimeout(timer)
    if (state !== 'waiting') return
    state = 'sent'
    endWith(sent, body)
  }
  const timer = setTimeout(send, CONTINUE_MS)
  sent.once('continue', send)
  sent.once('close', () => clearTimeout(timer))
  sent.once('response', (response) => {
    clearTimeout(timer)
    if (state !== 'waiting') return
    state = 'refused'
    // The connection waits for a body that will not come.
    response.once('end', () => sent.destroy())
  })
  sent.flushHeaders()
}

/** Text, or bytes in pieces, which go out together and without a copy. */
function endWith(sent: ClientRequest, body: unknown): void {
  if (body === undefined || typeof body === 'string') return void sent.end(body)
  if (!Array.isArray(body)) throw new TypeError('This handler sends texts and pieces of bytes.')
  sent.cork()
  for (const piece of body as readonly Uint8Array[]) if (piece.byteLength > 0) sent.write(piece)
  sent.end()
  sent.uncork()
}

/** A proxy's page that passes for the answer to a DELETE, the one success of S3 that says nothing. */
function isPage({ method }: WireRequest, { statusCode, headers }: IncomingMessage): boolean {
  return method === 'DELETE' && statusCode === 200 && /^text\/html\b/.test(headers['content-type'] ?? '')
}

function pageError(): Error {
  return Object.assign(new Error('The answer is a page.'), { name: 'NotS3', code: 'NotS3' })
}

function toResponse(body: IncomingMessage): WireResponse {
  return {
    statusCode: body.statusCode ?? 0,
    reason: body.statusMessage ?? '',
    headers: body.headers as Record<string, string>,
    body,
  }
}

function queryString(query: WireRequest['query']): string {
  if (query === undefined) return ''
  const pairs: string[] = []
  for (const name of Object.keys(query).sort()) {
    const value = query[name]
    for (const each of Array.isArray(value) ? value : [value]) {
      pairs.push(each == null ? encode(name) : `${encode(name)}=${encode(String(each))}`)
    }
  }
  return pairs.length === 0 ? '' : `?${pairs.join('&')}`
}

function encode(text: string): string {
  return encodeURIComponent(text).replace(/[!'()*]/g, (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`)
}

function timeoutError(what: string): Error {
  return Object.assign(new Error(`The server gave ${what}.`), { name: 'TimeoutError', code: 'ETIMEDOUT' })
}
