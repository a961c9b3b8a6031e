import { type ChildProcess, fork, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { gcsStorage } from '../src/index.ts'
import { key, pattern, put } from './support.ts'

let server: ChildProcess
let url: string
const workers: ChildProcess[] = []

beforeAll(async () => {
  const main = fileURLToPath(new URL('../../../../test-fixtures/servers/gcs/main.ts', import.meta.url))
  server = spawn(process.execPath, ['--conditions=resultkit:source', main, '--port', '0'], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  if (server.stdout === null) throw new Error('no output')
  const [line] = await once(createInterface(server.stdout), 'line')
  url = String(line)
}, 60_000)
afterAll(() => {
  for (const worker of workers) worker.disconnect()
  server.kill()
})

async function start(...args: readonly string[]): Promise<ChildProcess> {
  const script = fileURLToPath(new URL('workers/race.ts', import.meta.url))
  const worker = fork(script, [url, ...args], { execArgv: ['--conditions=resultkit:source'] })
  workers.push(worker)
  await once(worker, 'message')
  return worker
}

interface Said {
  readonly won: boolean
  readonly code?: string
  readonly etag?: string
}

/** All at once; what each of them says. */
async function race(racers: readonly ChildProcess[], message: object): Promise<Said[]> {
  const answers = racers.map((racer) => once(racer, 'message'))
  for (const racer of racers) racer.send(message)
  return (await Promise.all(answers)).map(([said]) => said as Said)
}

describe.each(['bytes', 'stream'])('two processes race with %s', (body) => {
  test('on ifAbsent and on ifMatch: one wins each time', async () => {
    const name = `race-${body}`
    const racers = await Promise.all([start(name, body), start(name, body)])
    for (let round = 0; round < 8; round++) {
      const said = await race(racers, { round })
      expect(said.filter(({ won }) => won)).toHaveLength(1)
      expect(said.find(({ won }) => !won)?.code).toBe('ALREADY_EXISTS')
    }
    const storage = gcsStorage({ bucket: 'bucket', apiEndpoint: url })
    let { etag } = await put(storage, name, pattern(3))
    for (let round = 0; round < 8; round++) {
      const said = await race(racers, { round, ifMatch: etag })
      const winner = said.find(({ won }) => won)
      expect(said.find(({ won }) => !won)?.code).toBe('PRECONDITION_FAILED')
      expect((await storage.stat(key(name), { signal: undefined }))?.etag).toBe(winner?.etag)
      etag = winner?.etag ?? ''
    }
  })
})

test('a process that has nothing more to do ends, in spite of open connections', async () => {
  const code = `
    import { gcsStorage } from ${JSON.stringify(new URL('../src/index.ts', import.meta.url).href)}
    const storage = gcsStorage({ bucket: 'bucket', apiEndpoint: ${JSON.stringify(url)} })
    await storage.stat('none', { signal: undefined })
    console.log(performance.now())`
  const child = spawn(process.execPath, ['--conditions=resultkit:source', '--input-type=module', '-e', code], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const [exit] = await once(child, 'exit')
  expect(exit).toBe(0)
})
