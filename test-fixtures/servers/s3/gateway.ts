import { once } from 'node:events'
import http, { type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { type Faults, withFaults } from './faults.ts'

/** A gateway that runs. */
export interface S3Gateway {
  readonly url: string
  readonly faults: Faults
  close(): Promise<void>
}

/**
 * The same switches and log before a server that has none, such as Ceph. Requests go on as they came, so that their
 * signatures stay valid.
 */
export async function startGateway(upstream: string): Promise<S3Gateway> {
  const target = new URL(upstream)
  const agent = new http.Agent({ keepAlive: true })
  const { handler, faults } = withFaults((request, response) => forward(target, agent, request, response))
  const server = http.createServer({ keepAliveTimeout: 0, requestTimeout: 0 }, handler)
  server.on('checkContinue', (request: IncomingMessage, response: ServerResponse) => {
    response.writeContinue()
    handler(request, response)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    faults,
    async close() {
      const closed = once(server, 'close')
      server.close()
      server.closeAllConnections()
      await closed
      agent.destroy()
    },
  }
}

function forward(target: URL, agent: http.Agent, request: IncomingMessage, response: ServerResponse): void {
  const { method = 'GET', url = '/', rawHeaders } = request
  const headers = withoutExpect(rawHeaders)
  const sent = http.request({ host: target.hostname, port: target.port, method, path: url, headers, agent })
  sent.on('response', (answer) => {
    response.writeHead(answer.statusCode ?? 502, answer.headers)
    answer.pipe(response)
  })
  sent.on('error', () => request.socket.destroy())
  request.on('close', () => {
    if (!request.complete) sent.destroy()
  })
  request.pipe(sent)
}

/** The gateway has answered it. It is never signed. */
function withoutExpect(rawHeaders: readonly string[]): string[] {
  const headers: string[] = []
  for (let i = 0; i < rawHeaders.length; i += 2) {
    const [name = '', value = ''] = rawHeaders.slice(i, i + 2)
    if (name.toLowerCase() !== 'expect') headers.push(name, value)
  }
  return headers
}
