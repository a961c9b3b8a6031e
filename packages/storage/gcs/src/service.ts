import { type Connect, type Connection, withCredentials } from './connection.ts'
import { type Ask, exchange, type Reply } from './exchange.ts'
import {
  aborted,
  type Call,
  checkSignal,
  failure,
  noBucket,
  type Refused,
  refusedError,
  silentError,
} from './failure.ts'
import type { Settings } from './options.ts'
import { retryAfterOf } from './retry-after.ts'

/** A bucket that can be asked. */
export interface Service {
  readonly settings: Settings
  readonly connect: Connect
}

/** A request, with its URL made from the connection. */
export interface ServiceAsk {
  readonly method: Ask['method']
  url(connection: Connection): string
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: readonly Uint8Array[]
  /** The URL is a secret that stands for the credentials. @default false */
  readonly preauthorized?: boolean
}

/** Query parameters; those that are `undefined` are left out. */
export type Query = Readonly<Record<string, string | undefined>>

/** A body that was read to its end. */
export interface Answered {
  readonly status: number
  readonly headers: Reply['headers']
  readonly text: string
}

/** `?a=b`, with the project that pays. */
export function queryText({ userProject }: Settings, query: Query): string {
  const all = Object.entries({ ...query, userProject }).filter(([, value]) => value !== undefined)
  return all.length === 0
    ? ''
    : `?${all.map(([name, value]) => `${name}=${encodeURIComponent(value ?? '')}`).join('&')}`
}

/** One request and its answer, whatever it is. A token that is refused is renewed once. */
export async function ask({ settings, connect }: Service, call: Call, request: ServiceAsk): Promise<Reply> {
  checkSignal(call)
  const { silenceMs } = settings
  const connection = await within(call, undefined, connect(call))
  const url = request.url(connection)
  const { method, body = [], preauthorized = false } = request
  const credentials = <T>(work: Promise<T>): Promise<T> => within(call, silenceMs, withCredentials(call, work))
  const attempt = async (): Promise<{ readonly reply: Reply; readonly token: string | undefined }> => {
    const identity = preauthorized ? {} : await credentials(connection.authorize(url))
    checkSignal(call)
    const headers = { ...identity, ...request.headers }
    return {
      reply: await exchange(call, connection, { method, url, headers, body }, silenceMs),
      token: identity['authorization'],
    }
  }
  const { reply, token } = await attempt()
  if (reply.status !== 401 || preauthorized) return reply
  let repeats = true
  try {
    repeats = await credentials(connection.renew(token))
  } finally {
    if (repeats) reply.release()
  }
  return repeats ? (await attempt()).reply : reply
}

/** One request, and its answer read to the end. */
export async function askText(service: Service, call: Call, request: ServiceAsk): Promise<Answered> {
  const reply = await ask(service, call, request)
  return { status: reply.status, headers: reply.headers, text: await readText(reply) }
}

/** The whole body of an answer that is metadata or an error. */
export async function readText(reply: Reply): Promise<string> {
  const decoder = new TextDecoder()
  let text = ''
  for (let piece = await reply.next(); piece !== undefined; piece = await reply.next())
    text += decoder.decode(piece, { stream: true })
  return text + decoder.decode()
}

/** What the service says against it. */
export function refusedOf({ status, headers, text }: Answered): Refused {
  const retryAfterMs = retryAfterOf(headers['retry-after'], headers['date'])
  const error = (parseJson(text) as { readonly error?: unknown } | undefined)?.error
  if (typeof error !== 'object' || error === null)
    return { status, reason: '', message: text.slice(0, 1000), known: false, retryAfterMs }
  const { message, errors } = error as { readonly message?: unknown; readonly errors?: readonly { reason?: unknown }[] }
  const reason = Array.isArray(errors) ? errors[0]?.reason : undefined
  return { status, reason: String(reason ?? ''), message: String(message ?? ''), known: true, retryAfterMs }
}

/** Throws unless a 404 says that the object is missing: neither the bucket, nor some other server's page. */
export function assertObjectAbsent(call: Call, refused: Refused): void {
  const { known, message, reason } = refused
  if (/^No such object: /.test(message)) return
  if (isOfBucket(message)) throw noBucket(call, refused)
  if (!known || (reason !== 'notFound' && reason !== '')) throw refusedError(call, refused)
}

/** The service says "The specified bucket does not exist.", servers that speak its protocol something like it. */
function isOfBucket(message: string): boolean {
  return /\bbucket\b/i.test(message) && !/\bobject\b/i.test(message)
}

/** The error of an answer to a request that has no object to be absent. */
export function bucketError(call: Call, refused: Refused): Error {
  return refused.status === 404 && refused.known ? noBucket(call, refused) : refusedError(call, refused)
}

/** An answer's JSON object; UNAVAILABLE when it is none. */
export function jsonOf(call: Call, { status, text }: Answered): Readonly<Record<string, unknown>> {
  const value = parseJson(text)
  if (typeof value === 'object' && value !== null) return value as Readonly<Record<string, unknown>>
  const what = `the answer is not JSON (HTTP ${status}). Look at apiEndpoint, and at proxies on the way`
  throw failure(call, 'UNAVAILABLE', what, { cause: new Error(text.slice(0, 1000)) })
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

/** The outcome of work that takes no signal, or ABORTED, or after `ms` TIMEOUT; the work then goes on unheeded. */
async function within<T>(call: Call, ms: number | undefined, work: Promise<T>): Promise<T> {
  const { signal } = call
  let stop = (): void => {}
  const ended = new Promise<never>((_, reject) => {
    const abort = (): void => reject(signal === undefined ? undefined : aborted(call, signal))
    if (signal?.aborted) abort()
    const timer = ms === undefined ? undefined : setTimeout(() => reject(silentError(call, ms)), ms)
    signal?.addEventListener('abort', abort, { once: true })
    stop = () => {
      clearTimeout(timer)
      signal?.removeEventListener('abort', abort)
    }
  })
  try {
    return await Promise.race([ended, work])
  } finally {
    stop()
  }
}
