import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'

/** Another process that runs one of the scripts in `workers/`. It says `ready` when it has started. */
export interface Worker {
  readonly child: ChildProcess
  /** Sends a message and waits for the next one. */
  ask(message: unknown): Promise<unknown>
  /** The next message. */
  next(): Promise<unknown>
  /** Lets it come to its end. */
  end(): Promise<void>
  /** Kills it at once, and waits until it is gone. */
  kill(): Promise<void>
}

/** Starts a script and waits until it is ready. */
export async function startWorker(name: string, args: readonly string[]): Promise<Worker> {
  const script = fileURLToPath(new URL(`workers/${name}.ts`, import.meta.url))
  const child = fork(script, args, {
    execPath: process.execPath,
    execArgv: ['--conditions=resultkit:source'],
    serialization: 'advanced',
  })
  const received: unknown[] = []
  const waiting: ((message: unknown) => void)[] = []
  child.on('message', (message) => {
    const take = waiting.shift()
    if (take === undefined) received.push(message)
    else take(message)
  })
  const exited = once(child, 'exit')
  const gone = exited.then(([code, signal]) => {
    throw new Error(`The worker ended (${signal ?? code}).`)
  })
  gone.catch(() => {})
  const next = async (): Promise<unknown> => {
    if (received.length > 0) return received.shift()
    return Promise.race([new Promise((resolve) => waiting.push(resolve)), gone])
  }
  await next()
  return {
    child,
    next,
    ask: (message) => {
      child.send(message as object)
      return next()
    },
    async end() {
      if (child.connected) child.disconnect()
      await exited
    },
    async kill() {
      child.kill('SIGKILL')
      await exited
    },
  }
}
