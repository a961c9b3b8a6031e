import { once } from 'node:events'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { type Answer, jsonAnswer } from './answer.ts'
import { createFaults, type Fault, type FaultAction, type Faults } from './fault.ts'
import { answerObjects } from './objects.ts'
import { isRefusal, refusal, refusalBody } from './refusal.ts'
import { createSessions, type Sessions } from './session.ts'
import { createStore, type Store } from './store.ts'
import { parseTarget, type RequestKind, type Target } from './target.ts'
import { cancelSession, putChunk, startSession, type UploadRequest, uploadMultipart } from './uploads.ts'

/** Options of {@link startGcsServer}. */
export interface GcsServerOptions {
  /** @default a free one */
  readonly port?: number
  /** Buckets to begin with. @default ['bucket'] */
  readonly buckets?: readonly string[]
  /** Bearer tokens that are accepted; `undefined`: nobody is asked for one. @default undefined */
  readonly tokens?: readonly string[] | undefined
  /** The longest page of a listing. @default 1000 */
  readonly pageSize?: number
}

/** One request, as it was answered. */
export interface LoggedRequest {
  readonly kind: RequestKind | 'unknown'
  readonly method: string
  readonly url: string
  readonly name: string
  readonly query: URLSearchParams
  readonly headers: IncomingMessage['headers']
  /** Bytes of the body that have arrived. */
  bodyBytes: number
  /** `undefined` until it is answered, and where it is not. */
  status: number | undefined
}

/** A server that speaks a part of the JSON API of Google Cloud Storage, on 127.0.0.1. */
export interface GcsServer {
  readonly url: string
  readonly http: Server
  readonly store: Store
  readonly sessions: Sessions
  readonly faults: Faults
  readonly log: LoggedRequest[]
  /** Accepted bearer tokens; `undefined`: everybody is. */
  tokens: ReadonlySet<string> | undefined
  inject(...faults: readonly Fault[]): void
  /** The kinds of the requests since the last call. */
  takeKinds(): readonly string[]
  close(): Promise<void>
}

/** Starts a server. It refuses what the service would refuse; stop it with `close()`. */
export async function startGcsServer(options: GcsServerOptions = {}): Promise<GcsServer> {
  const { port = 0, buckets = ['bucket'], tokens, pageSize = 1000 } = options
  const store = createStore()
  const sessions = createSessions()
  for (const name of buckets) store.createBucket(name)
  const log: LoggedRequest[] = []
  const faults = createFaults()
  const http = createServer({ requestTimeout: 0, keepAliveTimeout: 0 }, (request, response) => {
    void serve({ server, request, response, pageSize })
  })
  http.listen(port, '127.0.0.1')
  await once(http, 'listening')
  const server: GcsServer = {
    url: `http://127.0.0.1:${(http.address() as AddressInfo).port}`,
    http,
    store,
    sessions,
    faults,
    log,
    tokens: tokens && new Set(tokens),
    inject: (...more) => more.forEach(faults.add),
    takeKinds: () => log.splice(0).map(({ kind }) => kind),
    async close() {
      http.close()
      http.closeAllConnections()
      if (http.listening) await once(http, 'close')
    },
  }
  return server
}

interface Exchange {
  readonly server: GcsServer
  readonly request: IncomingMessage
  readonly response: ServerResponse
  readonly pageSize: number
}

async function serve(exchange: Exchange): Promise<void> {
  const { server, request, response } = exchange
  request.on('error', () => {})
  response.on('error', () => {})
  const entry = logged(request)
  server.log.push(entry)
  let fault: FaultAction | undefined
  try {
    const target = parseTarget(entry.method, entry.url, request.headers['content-range'])
    const session = target.query.get('upload_id')
    Object.assign(entry, { kind: target.kind, name: target.name, query: target.query })
    fault = server.faults.take(target.kind, target.name)
    if (fault !== undefined && (await strike(exchange, fault))) return
    if (session === null) authorize(server, target, request)
    const answer = await dispatch(exchange, target, entry, fault)
    send(exchange, entry, answer, fault)
  } catch (error) {
    // A body that was cut has nobody to answer to.
    if (!isRefusal(error)) return void response.destroy()
    request.resume()
    send(exchange, entry, refusalAnswer(entry.kind, error), fault)
  }
}

function logged(request: IncomingMessage): LoggedRequest {
  const { method = '', url = '', headers } = request
  const query = new URLSearchParams()
  return { kind: 'unknown', method, url, name: '', query, headers, bodyBytes: 0, status: undefined }
}

/** Whether the fault is all that happens. */
async function strike({ request, response }: Exchange, fault: FaultAction): Promise<boolean> {
  if (fault.kind === 'reset') request.socket.resetAndDestroy()
  else if (fault.kind === 'stall') request.resume()
  else if (fault.kind === 'hold') await fault.until
  else if (fault.kind === 'delay') await sleep(fault.ms)
  else if (fault.kind === 'answer') {
    const { status, reason = 'backendError', message = 'Injected.', headers = {}, body } = fault
    request.resume()
    const text = body ?? refusalBody({ status, reason, message })
    response.writeHead(status, {
      'content-type': 'application/json',
      'content-length': Buffer.byteLength(text),
      ...headers,
    })
    response.end(text)
  }
  return ['reset', 'stall', 'answer'].includes(fault.kind)
}

function authorize({ tokens, store }: GcsServer, { bucket, query }: Target, request: IncomingMessage): void {
  const [, token] = /^Bearer (\S+)$/.exec(request.headers.authorization ?? '') ?? []
  if (tokens !== undefined && (token === undefined || !tokens.has(token)))
    throw refusal(401, 'authError', 'Invalid Credentials')
  const userProject = query.get('userProject') ?? request.headers['x-goog-user-project']
  if (store.buckets.get(bucket)?.requesterPays && !userProject)
    throw refusal(400, 'required', 'Bucket is a requester pays bucket but no user project provided.')
}

async function dispatch(
  { server, request, pageSize }: Exchange,
  target: Target,
  entry: LoggedRequest,
  fault: FaultAction | undefined,
): Promise<Answer> {
  const { store, sessions, url: origin } = server
  const body = counted(request, entry, fault?.kind === 'cut-request' ? fault.after : undefined)
  const upload: UploadRequest = { store, sessions, request, body, target, fault, origin }
  switch (target.kind) {
    case 'multipart':
      return uploadMultipart(upload)
    case 'start':
      return startSession(upload)
    case 'chunk':
    case 'status':
      return putChunk(upload)
    case 'cancel':
      return cancelSession(upload)
    default:
      return answerObjects(store, target, request, body, pageSize)
  }
}

async function* counted(
  request: IncomingMessage,
  entry: LoggedRequest,
  cutAfter: number | undefined,
): AsyncGenerator<Uint8Array> {
  for await (const piece of request as AsyncIterable<Buffer>) {
    entry.bodyBytes += piece.byteLength
    if (cutAfter !== undefined && entry.bodyBytes >= cutAfter) {
      const over = entry.bodyBytes - cutAfter
      yield piece.subarray(0, piece.byteLength - over)
      request.socket.resetAndDestroy()
      throw new Error('cut')
    }
    yield piece
  }
}

function refusalAnswer(kind: LoggedRequest['kind'], error: Parameters<typeof refusalBody>[0]): Answer {
  // Downloads, and what is no URL of the API, fail in plain text.
  const plain = kind === 'media' || error.reason === 'unknownUrl'
  if (!plain) return jsonAnswer(error.status, JSON.parse(refusalBody(error)))
  const headers = { 'content-type': 'text/html; charset=UTF-8' }
  return { status: error.status, headers, body: [Buffer.from(error.message)] }
}

function send(
  { request, response }: Exchange,
  entry: LoggedRequest,
  answer: Answer,
  fault: FaultAction | undefined,
): void {
  if (fault?.kind === 'drop-answer') return void request.socket.resetAndDestroy()
  if (fault?.kind === 'swallow') return
  const { status, headers, chunked = false } = answer
  const body = fault?.kind === 'alter' ? [altered(answer.body, fault.members)] : answer.body
  const size = body.reduce((sum, { byteLength }) => sum + byteLength, 0)
  const length = chunked || status === 304 || status === 204 ? {} : { 'content-length': String(size) }
  entry.status = status
  response.writeHead(status, { ...headers, ...length })
  if (fault?.kind === 'cut-response' || fault?.kind === 'stall-response') {
    const part = Buffer.concat(body).subarray(0, fault.after)
    response.write(part, () => fault.kind === 'cut-response' && request.socket.destroy())
    return
  }
  void pour(response, body)
}

function altered(body: readonly Uint8Array[], members: Readonly<Record<string, unknown>>): Uint8Array {
  const json = JSON.parse(Buffer.concat(body).toString()) as Record<string, unknown>
  return Buffer.from(JSON.stringify({ ...json, ...members }))
}

async function pour(response: ServerResponse, body: readonly Uint8Array[]): Promise<void> {
  const closed = once(response, 'close').catch(() => {})
  for (const piece of body) {
    if (response.destroyed) return
    if (!response.write(piece)) await Promise.race([once(response, 'drain'), closed])
  }
  response.end()
}
