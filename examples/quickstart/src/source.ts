import { readFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { fileURLToPath } from 'node:url'

/** The data set behind HTTP, on this machine. */
export interface Source {
  readonly url: string
  /** How many requests it has answered, and refused. */
  readonly requests: { served: number; refused: number }
  close(): Promise<void>
}

/** Serves the films of the vega-datasets package. Like real ones, the server is busy at first: its first answer is a 503. */
export async function serveMovies(): Promise<Source> {
  const entry = fileURLToPath(import.meta.resolve('vega-datasets'))
  const file = entry.replace(/build.*$/, 'data/movies.json')
  const requests = { served: 0, refused: 0 }
  const server = createServer(async (_, response) => {
    if (requests.refused === 0) {
      requests.refused += 1
      response.writeHead(503).end()
      return
    }
    requests.served += 1
    response.end(await readFile(file))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/movies.json`,
    requests,
    close: () => new Promise((resolve) => server.close(() => resolve())),
  }
}
