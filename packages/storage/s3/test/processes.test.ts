import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { testServer } from './server.ts'
import { newPrefix, put, text } from './support.ts'

const server = await testServer()
const prefix = newPrefix()
const connection = { endpoint: server.url, region: server.region, credentials: server.credentials }
const RACERS = ['a', 'b', 'c', 'd']
const ROUNDS = 15

interface Told {
  readonly etag?: string
  readonly code?: string
}

let racers: readonly ChildProcess[] = []

beforeAll(async () => {
  const script = fileURLToPath(new URL('workers/racer.ts', import.meta.url))
  const options = JSON.stringify({ bucket: server.bucket, prefix, ...connection, capabilities: server.lacks })
  const execArgv = ['--conditions=resultkit:source']
  racers = RACERS.map((id) => fork(script, [options, id], { execArgv }))
  await Promise.all(racers.map((racer) => once(racer, 'message')))
}, 60_000)

afterAll(async () => {
  await Promise.all(
    racers.map(async (racer) => {
      const exited = once(racer, 'exit')
      racer.disconnect()
      await exited
    }),
  )
})

async function race(task: object): Promise<readonly Told[]> {
  return Promise.all(
    racers.map(async (racer) => {
      const answer = once(racer, 'message')
      racer.send(task)
      const [told] = (await answer) as [Told]
      return told
    }),
  )
}

describe.each([{ stream: false }, { stream: true }])('of 4 processes that write one key ($stream)', ({ stream }) => {
  const lacks = stream && 'ifAbsentStream' in server.lacks

  it.skipIf(lacks)('with ifAbsent, one wins', { timeout: 60_000 }, async () => {
    const storage = server.storage({ prefix })
    for (let round = 0; round < ROUNDS; round++) {
      const name = `absent/${stream}/${round}`
      const told = await race({ name, ifAbsent: true, stream })
      expect(told.filter(({ etag }) => etag !== undefined)).toHaveLength(1)
      expect(told.filter(({ code }) => code === 'ALREADY_EXISTS')).toHaveLength(RACERS.length - 1)
      const winner = told.findIndex(({ etag }) => etag !== undefined)
      expect(await text(storage, name)).toBe(RACERS[winner]?.repeat(1000))
    }
  })

  it.skipIf(lacks)('with ifMatch, one wins', { timeout: 60_000 }, async () => {
    const storage = server.storage({ prefix })
    const name = `match/${stream}`
    for (let round = 0; round < ROUNDS; round++) {
      const { etag } = await put(storage, name, `start ${round}`)
      const told = await race({ name, ifAbsent: false, ifMatch: etag, stream })
      expect(told.filter((each) => each.etag !== undefined)).toHaveLength(1)
      expect(told.filter(({ code }) => code === 'PRECONDITION_FAILED')).toHaveLength(RACERS.length - 1)
    }
  })
})

it('a lost answer in a race leaves one winner, who knows it', { timeout: 60_000 }, async () => {
  const storage = server.storage({ prefix })
  for (let round = 0; round < ROUNDS; round++) {
    const name = `lost/${round}`
    server.faults.clear()
    server.faults.add({ kind: 'drop-answer' }, { operation: 'PutObject', skip: round % 4, times: 1 })
    const told = await race({ name, ifAbsent: true, stream: false })
    const winner = told.findIndex(({ etag }) => etag !== undefined)
    expect(told.filter(({ etag }) => etag !== undefined)).toHaveLength(1)
    expect(await text(storage, name)).toBe(RACERS[winner]?.repeat(1000))
  }
})
