import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'

const FLAGS = ['--expose-gc', '--conditions=resultkit:source', '--disable-warning=ExperimentalWarning']

/** Runs a module in a fresh process; it gets the job as JSON and prints its answer as JSON. */
export async function runChild<T>(module: URL, job: object): Promise<T> {
  const child = spawn(process.execPath, [...FLAGS, fileURLToPath(module), JSON.stringify(job)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  let output = ''
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    output += text
  })
  const [status] = await once(child, 'close')
  if (status !== 0) throw new Error(`A process of the benchmark ended with ${status}.`)
  return JSON.parse(output) as T
}
