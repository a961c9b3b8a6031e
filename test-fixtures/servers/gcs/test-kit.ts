import { createHash } from 'node:crypto'
import { crc32c, encodeCrc32c } from './crc32c.ts'
import type { GcsServer } from './server.ts'

/** A request of `fetch`, with headers as an object. */
export type Init = RequestInit & { readonly headers?: Record<string, string> }

/** Where the objects of the bucket are. */
export const OBJECT = '/storage/v1/b/bucket/o/'

/** Requests made by hand, good and bad. */
export interface Hand {
  ask(path: string, init?: Init): Promise<Response>
  /** Uploads a body of {@link related}. */
  upload(query: string, init: Init): Promise<Response>
  /** Starts a session; its path. */
  start(query: string, metadata?: unknown, headers?: Record<string, string>): Promise<string>
  /** Sends to a session. */
  chunk(place: string, range: string, bytes: Uint8Array<ArrayBuffer>, more?: object): Promise<Response>
}

/** Requests to a server that is there by the time of the first one. */
export function byHand(server: () => GcsServer): Hand {
  const ask: Hand['ask'] = (path, init = {}) => fetch(server().url + path, { redirect: 'manual', ...init })
  return {
    ask,
    upload: (query, init) => ask(`/upload/storage/v1/b/bucket/o?uploadType=multipart&${query}`, init),
    async start(query, metadata = {}, headers = {}) {
      const response = await ask(`/upload/storage/v1/b/bucket/o?uploadType=resumable&${query}`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', ...headers },
        body: JSON.stringify(metadata),
      })
      const location = response.headers.get('location')
      if (location === null) throw new Error(`No session: ${response.status}.`)
      return location.slice(server().url.length)
    },
    chunk: (place, range, bytes, more = {}) =>
      ask(place, { method: 'PUT', headers: { 'content-range': range, ...more }, body: bytes }),
  }
}

/** A multipart/related upload; `change` spoils its body. */
export function related(
  metadata: unknown,
  bytes: string | Uint8Array,
  change: (body: Buffer) => Buffer = (body) => body,
): Init {
  const json = typeof metadata === 'string' ? metadata : JSON.stringify(metadata)
  const head = `--xx\r\ncontent-type: application/json\r\n\r\n${json}\r\n--xx\r\ncontent-type: text/plain\r\n\r\n`
  const body = change(Buffer.concat([Buffer.from(head), Buffer.from(bytes), Buffer.from('\r\n--xx--')]))
  return { method: 'POST', headers: { 'content-type': 'multipart/related; boundary=xx' }, body: new Uint8Array(body) }
}

/** CRC-32C as the service writes it. */
export const sum = (bytes: Uint8Array): string => encodeCrc32c(crc32c(bytes))

/** MD5 as the service writes it. */
export const md5 = (bytes: string | Uint8Array): string => createHash('md5').update(bytes).digest('base64')
