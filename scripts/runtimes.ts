import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { createServer, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { build } from 'esbuild'
import { ROOT } from './packages.ts'

// node scripts/runtimes.ts [node] [bun] [deno] [chromium]
// Runs the contracts on the built packages in other runtimes than the tests': Bun and Deno come from npm into a temporary
// directory, Chromium is Debian's chromium or chromium-headless-shell. A browser runs what needs web standards alone,
// in a page and in a worker. Closes with a line that counts the cases.

const run = promisify(execFile)
const MINUTES = 60_000

interface Outcome {
  readonly passed: number
  readonly failures: readonly string[]
  readonly skipped: number
}

const VERSIONS = { '@oven/bun-linux-x64': '1.4.5', '@deno/linux-x64-glibc': '2.9.6' } as const
const FIXTURES = join(ROOT, 'test-fixtures/runtimes')
const PAGE = `<!doctype html><title>resultkit</title>
<script>onerror = (message) => fetch('/failure', { method: 'POST', body: message })</script>
<script type="module" src="/page.js"></script>`
const BROWSERS = ['/usr/bin/chromium-headless-shell', '/usr/bin/chromium']

process.exitCode = await main(process.argv.slice(2))

async function main(asked: readonly string[]): Promise<number> {
  const directory = mkdtempSync(join(tmpdir(), 'resultkit-runtimes-'))
  const runtimes: Readonly<Record<string, () => Promise<Outcome>>> = {
    node: () => serve(process.execPath, []),
    bun: async () => serve(join(await fetched(directory, '@oven/bun-linux-x64'), 'bin/bun'), []),
    deno: async () => serve(join(await fetched(directory, '@deno/linux-x64-glibc'), 'deno'), ['run', '--allow-all']),
    chromium: () => browse(directory),
  }
  const names = asked.length > 0 ? asked : Object.keys(runtimes)
  const unknown = names.find((name) => !(name in runtimes))
  if (unknown !== undefined) {
    console.error(`there is no runtime "${unknown}"; there are ${Object.keys(runtimes).join(', ')}`)
    return 2
  }
  const total = { passed: 0, failed: 0, skipped: 0 }
  try {
    for (const name of names) {
      const { passed, failures, skipped } = await (runtimes[name] as () => Promise<Outcome>)()
      for (const failure of failures) console.log(`${name}: ${failure}`)
      console.log(`${name}: ${passed} passed, ${failures.length} failed, ${skipped} skipped`)
      total.passed += passed
      total.failed += failures.length
      total.skipped += skipped
    }
  } finally {
    rmSync(directory, { recursive: true })
  }
  console.log(`resultkit: ${total.passed} passed, ${total.failed} failed, ${total.skipped} skipped`)
  return total.failed === 0 ? 0 : 1
}

/** The directory of a package of the registry, which is no dependency: most who test need none of these. */
async function fetched(directory: string, name: keyof typeof VERSIONS): Promise<string> {
  const prefix = join(directory, name.replace('/', '-'))
  const options = ['--silent', '--no-audit', '--no-fund', '--ignore-scripts', '--prefix', prefix]
  await run('npm', ['install', ...options, `${name}@${VERSIONS[name]}`], { timeout: 30 * MINUTES })
  return join(prefix, 'node_modules', name)
}

async function serve(binary: string, args: readonly string[]): Promise<Outcome> {
  const command = [...args, join(FIXTURES, 'server.ts')]
  const { stdout } = await run(binary, command, { timeout: 10 * MINUTES, maxBuffer: 2 ** 26 })
  return JSON.parse(stdout) as Outcome
}

async function browse(directory: string): Promise<Outcome> {
  const binary = BROWSERS.find((path) => existsSync(path))
  if (binary === undefined) throw new Error('There is no Chromium. Install the package chromium-headless-shell.')
  const script = await bundled()
  const outcomes: (Outcome & { readonly where: string })[] = []
  const done = Promise.withResolvers<void>()
  const server = createServer(async (request, response) => {
    if (request.url === '/') return void response.setHeader('content-type', 'text/html').end(PAGE)
    if (request.url === '/page.js') return void response.setHeader('content-type', 'text/javascript').end(script)
    if (request.url === '/failure') done.reject(new Error(`In the browser: ${await textOf(request)}`))
    if (request.url === '/outcome') outcomes.push(JSON.parse(await textOf(request)) as (typeof outcomes)[number])
    response.end()
    if (outcomes.length === 2) done.resolve()
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`
  const flags = ['--headless', '--no-sandbox', '--disable-gpu', `--user-data-dir=${join(directory, 'profile')}`]
  const browser = spawn(binary, [...flags, '--remote-debugging-port=0', address], { stdio: 'ignore', detached: true })
  const late = setTimeout(() => done.reject(new Error('The browser took longer than 3 minutes.')), 3 * MINUTES)
  browser.once('exit', (code) => done.reject(new Error(`The browser ended with ${code}.`)))
  try {
    await done.promise
  } finally {
    clearTimeout(late)
    browser.removeAllListeners('exit')
    await endOf(browser)
    server.closeAllConnections()
    server.close()
  }
  return {
    passed: outcomes.reduce((sum, { passed }) => sum + passed, 0),
    failures: outcomes.flatMap(({ where, failures }) => failures.map((failure) => `${where}: ${failure}`)),
    skipped: outcomes.reduce((sum, { skipped }) => sum + skipped, 0),
  }
}

/** Debian's chromium is a script that starts others: all of them are stopped. */
async function endOf(browser: ChildProcess): Promise<void> {
  if (browser.pid === undefined || browser.exitCode !== null) return
  const ended = once(browser, 'exit')
  process.kill(-browser.pid)
  await ended
}

async function bundled(): Promise<Uint8Array> {
  const { outputFiles } = await build({
    entryPoints: [join(FIXTURES, 'page.ts')],
    bundle: true,
    write: false,
    format: 'esm',
    platform: 'browser',
  })
  return outputFiles[0]?.contents ?? new Uint8Array()
}

async function textOf(request: IncomingMessage): Promise<string> {
  const pieces: Buffer[] = []
  for await (const piece of request) pieces.push(piece as Buffer)
  return Buffer.concat(pieces).toString()
}
