import type { Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Armory, ByteCount, DirectionFault, Exchange, Fault } from './fault.ts'

/** A client, the server it wants to talk to, and what may go wrong between them. */
export interface Connection {
  readonly client: Socket
  readonly upstream: Socket
  readonly faults: Armory
  readonly log: Exchange[]
  readonly random: () => number
}

type Mutable<T> = { -readonly [K in keyof T]: T[K] }

interface OpenExchange extends Mutable<Omit<Exchange, 'sent' | 'answered'>> {
  readonly sent: Mutable<Exchange['sent']>
  readonly answered: Mutable<Exchange['answered']>
}

/** One direction of an exchange. The offsets are decided when it begins. */
interface Way {
  readonly fault: DirectionFault
  readonly count: Mutable<Exchange['sent']>
  readonly cutAfter: number
  readonly corruptAt: number
  readonly swallowAfter: number
}

interface Current {
  readonly record: OpenExchange
  readonly request: Way
  readonly response: Way
}

const REQUEST_LINE = /^[A-Z]+ \S+ HTTP\/1\.[01](?=\r\n)/
const MAX_REQUEST_LINE = 16 * 1024
const TICK_MS = 20

let connections = 0

/** Carries bytes both ways until both sides have ended or a fault ends them. */
export function forward(connection: Connection): void {
  const { client, upstream, faults, log } = connection
  const number = ++connections
  // Without a request line to look at: an unconditional refusal.
  const refusal = faults.strike(undefined)
  if (refusal !== undefined) {
    const { record } = begin(connection, number, '', refusal)
    log.push(record)
    refuse(connection, record)
    return
  }
  let current: Current | undefined
  const atRequest = (chunk: Uint8Array): Current => {
    const line = requestLineOf(chunk)
    // Requests are not pipelined: a new one begins only after the one before was answered.
    const next = line !== '' && (current?.record.answered.received ?? 0) > 0
    if (current !== undefined && !next) return current
    current = begin(connection, number, line, faults.strike(line))
    log.push(current.record)
    return current
  }
  client.once('close', (failed) => (failed ? upstream.resetAndDestroy() : upstream.destroy()))
  upstream.once('close', (failed) => {
    // Nothing comes out of a black hole, no end either.
    if (current !== undefined && swallows(current.response)) return
    if (failed) client.resetAndDestroy()
    else client.destroySoon()
  })
  void pump(connection, client, upstream, (chunk) => {
    const exchange = atRequest(chunk)
    return { exchange, way: exchange.request }
  })
  void pump(connection, upstream, client, () => {
    // A server that speaks first has an exchange as well.
    const exchange = current ?? atRequest(new Uint8Array())
    return { exchange, way: exchange.response }
  })
}

function begin({ random }: Connection, connection: number, request: string, fault: Fault | undefined): Current {
  const count = (): Way['count'] => ({ received: 0, passed: 0 })
  const record: OpenExchange = { connection, request, fault, sent: count(), answered: count(), outcome: 'passed' }
  const way = (chosen: DirectionFault = {}, counter: Way['count']): Way => ({
    fault: chosen,
    count: counter,
    cutAfter: decide(chosen.cut?.after, random),
    corruptAt: decide(chosen.corruptAt, random),
    swallowAfter: decide(chosen.blackHoleAfter, random),
  })
  return { record, request: way(fault?.request, record.sent), response: way(fault?.response, record.answered) }
}

function decide(count: ByteCount | undefined, random: () => number): number {
  if (count === undefined) return Number.POSITIVE_INFINITY
  if (typeof count === 'number') return count
  return count.from + Math.floor(random() * (count.to - count.from + 1))
}

function requestLineOf(chunk: Uint8Array): string {
  return REQUEST_LINE.exec(Buffer.from(chunk.subarray(0, MAX_REQUEST_LINE)).toString('latin1'))?.[0] ?? ''
}

type Find = (chunk: Uint8Array) => { readonly exchange: Current; readonly way: Way }

async function pump(connection: Connection, from: Socket, to: Socket, find: Find): Promise<void> {
  try {
    let last: Way | undefined
    for await (const chunk of from.iterator({ destroyOnReturn: false })) {
      const { exchange, way } = find(chunk)
      last = way
      if (exchange.record.fault?.refuse) return refuse(connection, exchange.record)
      if (!(await pass(connection, exchange, way, chunk, to))) return
    }
    if (last === undefined || !swallows(last)) to.end()
  } catch {
    // One side was destroyed, and takes the other one with it.
  }
}

/** Passes on what the fault lets through; false when the connection is over. */
async function pass(
  connection: Connection,
  { record }: Current,
  way: Way,
  chunk: Buffer,
  to: Socket,
): Promise<boolean> {
  const { count, fault, cutAfter, corruptAt, swallowAfter } = way
  const start = count.received
  count.received += chunk.byteLength
  if (start === 0 && fault.delayMs !== undefined) await sleep(fault.delayMs, undefined, { ref: false })
  if (corruptAt >= start && corruptAt < count.received) flipBit(chunk, corruptAt - start, connection.random)
  const room = Math.max(0, Math.min(cutAfter, swallowAfter) - start)
  for (const piece of pieces(chunk.subarray(0, room), fault.bytesPerSecond)) {
    await send(to, piece)
    count.passed += piece.byteLength
    if (fault.bytesPerSecond !== undefined) await sleep(TICK_MS, undefined, { ref: false })
  }
  if (swallows(way)) record.outcome = 'swallowed'
  if (cutAfter > swallowAfter || count.received < cutAfter) return true
  record.outcome = 'cut'
  end(connection, fault.cut?.how ?? 'rst')
  return false
}

function swallows({ count, swallowAfter }: Way): boolean {
  return count.received > swallowAfter
}

function* pieces(chunk: Uint8Array, bytesPerSecond: number | undefined): Generator<Uint8Array> {
  const step =
    bytesPerSecond === undefined ? chunk.byteLength : Math.max(1, Math.floor((bytesPerSecond * TICK_MS) / 1000))
  for (let at = 0; at < chunk.byteLength; at += step) yield chunk.subarray(at, at + step)
}

function send(to: Socket, piece: Uint8Array): Promise<void> {
  return new Promise((resolve, reject) => {
    to.write(piece, (error) => (error ? reject(error) : resolve()))
  })
}

function flipBit(chunk: Uint8Array, at: number, random: () => number): void {
  chunk[at] = (chunk[at] ?? 0) ^ (1 << Math.floor(random() * 8))
}

function refuse(connection: Connection, record: OpenExchange): void {
  record.outcome = 'refused'
  end(connection, 'rst')
}

function end({ client, upstream }: Connection, how: 'rst' | 'fin'): void {
  for (const socket of [client, upstream]) {
    if (how === 'rst') socket.resetAndDestroy()
    else socket.destroySoon()
  }
}
