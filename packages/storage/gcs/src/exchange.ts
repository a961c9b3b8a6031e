import type { ClientRequest, IncomingHttpHeaders, IncomingMessage } from 'node:http'
import type { Connection } from './connection.ts'
import { aborted, type Call, networkError, silentError } from './failure.ts'

/** One HTTP request. */
export interface Ask {
  readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE'
  readonly url: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: readonly Uint8Array[]
}

/** Its answer. */
export interface Reply {
  readonly status: number
  readonly headers: IncomingHttpHeaders
  /** The next piece of the body, in memory of its own, `undefined` at its end; rejects with a `ResultError` when it is cut, silent or aborted. */
  next(): Promise<Uint8Array<ArrayBuffer> | undefined>
  /** Lets go of the rest. */
  release(): void
}

/** Pieces are handed to the socket in steps of this size, so that a slow line is seen to move. */
const STEP_BYTES = 256 * 1024
/** An unread body up to this size is read to its end, which keeps the connection; a longer one costs the connection. */
const DRAIN_BYTES = 64 * 1024

/** So many pieces, of 64 KiB at most, are taken from the connection before they are asked for. */
const AHEAD_PIECES = 4

/** One request under way: what ends it early, and who is waiting. */
interface Flight {
  readonly request: ClientRequest
  /** The first reason why it ended early. */
  failure: unknown
  /** Runs when something has happened that a waiter may wait for. */
  wake: (() => void) | undefined
  readonly timer: NodeJS.Timeout
  /** How often something has moved. */
  moves: number
  /** Whether silence counts: not while the caller takes its time. */
  waiting: boolean
  land(): void
}

/** Sends a request and gives its answer as soon as the headers are there. Every failure is a `ResultError`. */
export function exchange(call: Call, { request, agent }: Connection, ask: Ask, silenceMs: number): Promise<Reply> {
  return new Promise((resolve, reject) => {
    const { method, headers } = ask
    let flight: Flight
    try {
      flight = takeOff(call, request(ask.url, { method, headers, agent }), silenceMs)
    } catch (cause) {
      return reject(networkError(call, cause))
    }
    let answered = false
    const fail = (cause: unknown): void => {
      // After that it is the body of the answer that may be cut. What was sent may also be refused before it has all left.
      if (answered) return
      flight.failure ??= networkError(call, cause)
      flight.land()
      reject(flight.failure)
      flight.wake?.()
    }
    flight.request.on('error', fail)
    flight.request.on('close', () => fail(new Error('The connection was closed before the answer.')))
    flight.request.on('response', (response) => {
      answered = true
      flight.waiting = false
      flight.wake?.()
      resolve(replyOf(call, flight, response))
    })
    void send(flight, ask.body)
  })
}

function takeOff(call: Call, request: ClientRequest, silenceMs: number): Flight {
  const { signal } = call
  const end = (failure: unknown): void => {
    flight.failure ??= failure
    request.destroy(flight.failure as Error)
    flight.wake?.()
  }
  const onAbort = (): void => {
    if (signal !== undefined) end(aborted(call, signal))
  }
  const timer = setTimeout(() => {
    const { moves } = flight
    // What arrived while this process was busy has not been looked at yet.
    setImmediate(() => {
      if (flight.waiting && flight.moves === moves) end(silentError(call, silenceMs))
    })
  }, silenceMs)
  const land = (): void => {
    clearTimeout(timer)
    signal?.removeEventListener('abort', onAbort)
  }
  const flight: Flight = { request, failure: undefined, wake: undefined, timer, moves: 0, waiting: true, land }
  signal?.addEventListener('abort', onAbort, { once: true })
  return flight
}

/** Writes the body as fast as the socket takes it; stops when there is an answer or a failure. */
async function send(flight: Flight, body: readonly Uint8Array[]): Promise<void> {
  const { request } = flight
  const only = body[0]
  if (only === undefined) return void request.end()
  if (body.length === 1 && only.byteLength <= STEP_BYTES) return void request.end(only)
  for (const piece of body) {
    for (let at = 0; at < piece.byteLength; at += STEP_BYTES) {
      if (flight.failure !== undefined || !flight.waiting) return
      moved(flight)
      if (!request.write(piece.subarray(at, at + STEP_BYTES))) await drained(flight)
    }
  }
  moved(flight)
  request.end()
}

function moved(flight: Flight): void {
  flight.moves += 1
  flight.timer.refresh()
}

function drained(flight: Flight): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      flight.request.off('drain', done)
      flight.wake = undefined
      resolve()
    }
    flight.request.on('drain', done)
    flight.wake = done
  })
}

function replyOf(call: Call, flight: Flight, response: IncomingMessage): Reply {
  const arrived: Buffer<ArrayBuffer>[] = []
  let begun = false
  response.on('error', (error) => {
    flight.failure ??= networkError(call, error)
  })
  return {
    status: response.statusCode ?? 0,
    headers: response.headers,
    async next() {
      // Not before: with these listeners a body cannot be drained.
      if (!begun) listen(flight, response, arrived)
      begun = true
      try {
        return await nextPiece(call, flight, response, arrived)
      } catch (error) {
        flight.land()
        flight.request.destroy()
        throw error
      }
    },
    release: () => letGo(flight, response, begun),
  }
}

/** Piece by piece by `data`: `read()` would join those that have arrived, and so make each of them twice. */
function listen(flight: Flight, response: IncomingMessage, arrived: Buffer<ArrayBuffer>[]): void {
  const wake = (): void => flight.wake?.()
  response.on('data', (piece: Buffer<ArrayBuffer>) => {
    arrived.push(piece)
    if (arrived.length >= AHEAD_PIECES) response.pause()
    wake()
  })
  for (const event of ['end', 'error', 'close']) response.on(event, wake)
}

async function nextPiece(
  call: Call,
  flight: Flight,
  response: IncomingMessage,
  arrived: Buffer<ArrayBuffer>[],
): Promise<Uint8Array<ArrayBuffer> | undefined> {
  for (;;) {
    if (flight.failure !== undefined) throw flight.failure
    const piece = arrived.shift()
    if (piece !== undefined) return ownMemory(piece)
    if (response.readableEnded) {
      finish(flight)
      return undefined
    }
    if (response.destroyed) throw networkError(call, response.errored ?? new Error('The connection was closed.'))
    response.resume()
    await readable(flight)
  }
}

/** Node's parser makes pieces in memory of their own, but not when something lies between it and the socket. */
function ownMemory(piece: Buffer<ArrayBuffer>): Uint8Array<ArrayBuffer> {
  return piece.byteLength === piece.buffer.byteLength ? new Uint8Array(piece.buffer) : new Uint8Array(piece)
}

async function readable(flight: Flight): Promise<void> {
  flight.waiting = true
  moved(flight)
  await new Promise<void>((resolve) => {
    flight.wake = resolve
  })
  flight.wake = undefined
  flight.waiting = false
}

function finish({ request, land }: Flight): void {
  land()
  // The answer came before the whole body had left: the connection is of no more use.
  if (!request.writableEnded) request.destroy()
}

function letGo(flight: Flight, response: IncomingMessage, begun: boolean): void {
  const { request, timer, land } = flight
  const length = Number(response.headers['content-length'] ?? Number.POSITIVE_INFINITY)
  if (response.readableEnded) finish(flight)
  else if (begun || length > DRAIN_BYTES || !request.writableEnded) {
    land()
    request.destroy()
  } else {
    flight.waiting = true
    timer.refresh().unref()
    response.on('close', land)
    response.resume()
  }
}
