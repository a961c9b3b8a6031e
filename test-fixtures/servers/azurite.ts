import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createRequire } from 'node:module'
import { connect, createServer } from 'node:net'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'

/** The account that every Azurite has; the key is published by Microsoft and opens nothing else. */
const ACCOUNT = 'devstoreaccount1'
const KEY = 'Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw=='
const HOST = '127.0.0.1'
const START_MS = 60_000
/** Ends a process with the one that started it, which a signal may end without a word: the pipe between them closes. */
const WITH_PARENT = "data:text/javascript,process.stdin.on('close',()=>process.exit()).resume()"
/**
 * Idle connections stay open. Azurite closes them after five seconds, whatever `--blobKeepAliveTimeout` says, and a request
 * that is under way at that moment meets a reset.
 */
const KEEP_ALIVE =
  "data:text/javascript,import{Server}from'node:http';Object.defineProperty(Server.prototype,'keepAliveTimeout',{get:()=>0,set(){}})"

/** An Azurite blob service in a process of its own, with its data in that process's memory. */
export interface Azurite {
  readonly host: string
  readonly port: number
  readonly pid: number
  readonly accountName: string
  readonly accountKey: string
  /** `http://127.0.0.1:<port>/devstoreaccount1`; another port, such as a proxy's, can be given. */
  endpoint(port?: number): string
  connectionString(port?: number): string
  /** Ends the process. */
  close(): Promise<void>
}

/** Starts Azurite on a free port of 127.0.0.1 and waits until it answers. It ends with this process at the latest. */
export async function startAzurite(): Promise<Azurite> {
  const port = await freePort()
  const child = launch(port)
  const kill = (): void => {
    child.kill('SIGKILL')
  }
  process.once('exit', kill)
  await waitForPort(port, child)
  const { pid } = child
  if (pid === undefined) throw new Error('Azurite has no process id.')
  const endpoint = (at: number = port): string => `http://${HOST}:${at}/${ACCOUNT}`
  return {
    host: HOST,
    port,
    pid,
    accountName: ACCOUNT,
    accountKey: KEY,
    endpoint,
    connectionString: (at) =>
      `DefaultEndpointsProtocol=http;AccountName=${ACCOUNT};AccountKey=${KEY};BlobEndpoint=${endpoint(at)};`,
    async close() {
      process.off('exit', kill)
      if (child.exitCode !== null || child.signalCode !== null) return
      const exited = once(child, 'exit')
      kill()
      await exited
    },
  }
}

function launch(port: number): ChildProcess {
  const manifest = createRequire(import.meta.url).resolve('azurite/package.json')
  const script = path.join(path.dirname(manifest), 'dist/src/blob/main.js')
  const flags = ['--inMemoryPersistence', '--silent', '--disableTelemetry', '--skipApiVersionCheck']
  const address = ['--blobHost', HOST, '--blobPort', String(port)]
  const command = ['--import', WITH_PARENT, '--import', KEEP_ALIVE, script, ...flags, ...address]
  return spawn(process.execPath, command, { stdio: ['pipe', 'ignore', 'inherit'] })
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, HOST)
  await once(server, 'listening')
  const address = server.address()
  server.close()
  await once(server, 'close')
  if (typeof address !== 'object' || address === null) throw new Error('No free port.')
  return address.port
}

async function waitForPort(port: number, child: ChildProcess): Promise<void> {
  for (const end = performance.now() + START_MS; performance.now() < end; await sleep(20)) {
    if (child.exitCode !== null) throw new Error(`Azurite ended with code ${child.exitCode} before it answered.`)
    if (await answers(port)) return
  }
  child.kill('SIGKILL')
  throw new Error(`Azurite did not answer within ${START_MS} ms.`)
}

function answers(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host: HOST, port })
    const settle = (open: boolean) => (): void => {
      socket.destroy()
      resolve(open)
    }
    socket.once('connect', settle(true)).once('error', settle(false))
  })
}
