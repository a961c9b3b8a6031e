import { type AddressInfo, createConnection, createServer, type Socket } from 'node:net'
import { armory, type Exchange, type Fault, type Target, type When } from './fault-proxy/fault.ts'
import { forward } from './fault-proxy/forward.ts'
import { seededRandom } from './fault-proxy/random.ts'

export type { ByteCount, DirectionFault, Exchange, Fault, When } from './fault-proxy/fault.ts'

/** What {@link startFaultProxy} takes. */
export interface FaultProxyOptions {
  /** The server behind the proxy. */
  readonly target: Target
  /** Equal seeds make equal choices: which bit is flipped, where in a span a cut falls, whether a chance comes true. @default 1 */
  readonly seed?: number
}

/** A fault that was armed. */
export interface Armed {
  /** How many exchanges it has struck. */
  readonly hits: number
  disarm(): void
}

/** A TCP proxy on 127.0.0.1 that passes everything through until a fault is armed. */
export interface FaultProxy {
  readonly host: string
  readonly port: number
  /** `http://127.0.0.1:<port>` */
  readonly url: string
  /** Every exchange since the start, or since `clearLog`, in the order of their first bytes. */
  readonly log: readonly Exchange[]
  /**
   * Makes the next exchange (`when.times`: the next ones) go wrong. An exchange is a request and its answer; a
   * connection that speaks no HTTP/1.1 is one exchange. With several armed faults the first that fits strikes.
   */
  arm(fault: Fault, when?: When): Armed
  /** Disarms all faults; those that have struck go on. */
  disarm(): void
  clearLog(): void
  /** Resets all open connections; new ones are accepted. */
  reset(): void
  /** Stops listening and destroys every connection. */
  close(): Promise<void>
}

/** Starts a proxy on a free port in front of `target`. */
export async function startFaultProxy({ target, seed = 1 }: FaultProxyOptions): Promise<FaultProxy> {
  const host = '127.0.0.1'
  const random = seededRandom(seed)
  const faults = armory(random)
  const sockets = new Set<Socket>()
  const log: Exchange[] = []
  const track = (socket: Socket): Socket => {
    sockets.add(socket)
    return socket.on('error', () => {}).on('close', () => sockets.delete(socket))
  }

  const server = createServer({ allowHalfOpen: true, noDelay: true }, (client) => {
    const upstream = createConnection({ ...target, allowHalfOpen: true, noDelay: true })
    forward({ client: track(client), upstream: track(upstream), faults, log, random })
  })
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject).listen(0, host, resolve)
  })
  const { port } = server.address() as AddressInfo
  const reset = (): void => {
    for (const socket of sockets) socket.resetAndDestroy()
  }

  return {
    host,
    port,
    url: `http://${host}:${port}`,
    log,
    arm: faults.arm,
    disarm: faults.disarm,
    clearLog: () => {
      log.length = 0
    },
    reset,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        for (const socket of sockets) socket.destroy()
      }),
  }
}
