import { createServer, type IncomingHttpHeaders, request, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

/** A request as it came. */
export interface Seen {
  readonly method: string
  /** Without the host, with the query. */
  readonly url: string
  readonly headers: IncomingHttpHeaders
}

/** An answer instead of the server's. */
export interface Scripted {
  readonly status: number
  /** Azure's error code, sent in the header and in the body. */
  readonly code?: string
  readonly body?: string
}

/** An HTTP proxy that notes requests and answers some of them itself. */
export interface ScriptedProxy {
  readonly port: number
  readonly seen: Seen[]
  /** What the next requests are answered with, in turn; after them the server answers. */
  answer(...answers: readonly Scripted[]): void
  close(): Promise<void>
}

/** Starts a proxy in front of a server on 127.0.0.1. */
export async function startScriptedProxy(target: number): Promise<ScriptedProxy> {
  const seen: Seen[] = []
  const queue: Scripted[] = []
  const server = createServer({ keepAliveTimeout: 0 }, (incoming, answer) => {
    const { method = '', url = '', headers } = incoming
    seen.push({ method, url, headers })
    const scripted = queue.shift()
    if (scripted !== undefined) {
      incoming.resume().once('end', () => reply(answer, scripted, method))
      return
    }
    const outgoing = request({ host: '127.0.0.1', port: target, method, path: url, headers }, (found) => {
      answer.writeHead(found.statusCode ?? 0, found.headers)
      found.pipe(answer)
    })
    outgoing.on('error', () => answer.destroy())
    incoming.pipe(outgoing)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    port: (server.address() as AddressInfo).port,
    seen,
    answer: (...answers) => queue.push(...answers),
    close: () => new Promise((resolve) => server.close(() => resolve()).closeAllConnections()),
  }
}

function reply(answer: ServerResponse, { status, code, body }: Scripted, method: string): void {
  const xml = code === undefined ? '' : `<?xml version="1.0"?><Error><Code>${code}</Code><Message>no</Message></Error>`
  answer.writeHead(status, {
    'content-type': code === undefined ? 'text/html' : 'application/xml',
    ...(code !== undefined && { 'x-ms-error-code': code }),
  })
  answer.end(method === 'HEAD' ? undefined : (body ?? xml))
}
