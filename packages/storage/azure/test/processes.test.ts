import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { azureStorage } from '../src/index.ts'
import { type Account, get, openAccount, put, text } from './support.ts'

let account: Account
let prefix: string
let workers: ChildProcess[]
let died: Promise<'died'>[]

beforeAll(async () => {
  account = await openAccount()
  prefix = account.fresh().prefix
  const script = fileURLToPath(new URL('workers/racer.ts', import.meta.url))
  workers = [0, 1, 2, 3].map((id) =>
    fork(script, [account.connectionString, account.container, prefix, `${id}`], {
      execPath: process.execPath,
      execArgv: ['--conditions=resultkit:source'],
    }),
  )
  died = workers.map((worker) => once(worker, 'exit').then(() => 'died' as const))
  await Promise.all(workers.map((worker) => once(worker, 'message')))
})
afterAll(async () => {
  for (const worker of workers) worker.kill()
  await account.close()
})

function askAll(message: object): Promise<unknown[]> {
  return Promise.all(
    workers.map((worker, index) => {
      const answer = new Promise((resolve) => worker.once('message', resolve))
      worker.send(message)
      return Promise.race([answer, died[index]])
    }),
  )
}

it('of 4 processes that create one key, whole or in blocks, one wins', async () => {
  const storage = azureStorage({ ...account.fresh(), prefix })
  for (let round = 0; round < 12; round++) {
    const won = await askAll({ do: 'create', key: `race/${round}` })
    expect(won.filter((outcome) => outcome === true)).toHaveLength(1)
    expect(won.filter((outcome) => outcome === false)).toHaveLength(3)
    expect((await get(storage, `race/${round}`))?.every((byte) => byte === won.indexOf(true))).toBe(true)
  }
})

it('4 processes count with ifMatch, and none is lost', async () => {
  const storage = azureStorage({ ...account.fresh(), prefix })
  await put(storage, 'count', '0')
  expect(await askAll({ do: 'increment', key: 'count' })).toEqual(Array(4).fill('done'))
  expect(Number(await text(storage, 'count'))).toBe(40)
})
