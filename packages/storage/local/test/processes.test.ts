import { parseKey } from '@resultkit/core'
import { expect, it } from 'vitest'
import { fileStorage, sweep } from '../src/index.ts'
import { filesBelow, keys, open, put, temporaryDirectory, text } from './support.ts'
import { checkValue, KEY, makeValue } from './workers/worker.ts'
import { startWorker } from './workers.ts'

it('16 processes write and read one key, and no value is torn', { timeout: 60_000 }, async () => {
  const directory = temporaryDirectory()
  const storage = fileStorage({ directory })
  await put(storage, KEY, makeValue(99, 100))
  const start = (name: string, count: number) =>
    Promise.all(Array.from({ length: count }, (_, i) => startWorker(name, [directory, `${i}`])))
  const [writers, readers] = await Promise.all([start('write-many', 10), start('read-many', 6)])
  const [, seen] = await Promise.all([
    Promise.all(writers.map((worker) => worker.ask(60))),
    Promise.all(readers.map((worker) => worker.ask(200))),
  ])
  expect(Math.max(...seen.map(Number))).toBeGreaterThan(1)
  await Promise.all([...writers, ...readers].map((worker) => worker.end()))
  expect(filesBelow(directory)).toEqual([KEY])
})

it('54 processes are killed while they write, and no value is lost or torn', { timeout: 90_000 }, async () => {
  const DAY = 86_400_000
  const lane = async (how: string): Promise<void> => {
    const directory = temporaryDirectory()
    const storage = fileStorage({ directory })
    let there = false
    for (let kill = 0; kill < 18; kill++) {
      const worker = await startWorker('write-forever', [directory, how])
      const writes = Math.floor(Math.random() * 12)
      for (let i = 0; i < writes; i++) await worker.next()
      await worker.kill()
      const object = await open(storage, KEY)
      there ||= writes > 0
      if (there) expect(object).toBeDefined()
      if (object !== undefined) checkValue(await object.bytes())
    }
    const { etag } = (await storage.stat(KEY, { signal: undefined })) ?? (await put(storage, KEY, 'x'))
    await put(storage, KEY, makeValue(1, 5000), { ifMatch: etag })
    await sweep({ directory, clock: () => Date.now() + DAY + 60_000 })
    expect(filesBelow(directory)).toEqual([KEY])
    expect(await keys(storage)).toEqual([KEY])
  }
  await Promise.all(['plain', 'stream', 'match'].map(lane))
})

it('of 6 processes that create one key, one wins', { timeout: 60_000 }, async () => {
  const directory = temporaryDirectory()
  const storage = fileStorage({ directory })
  const workers = await Promise.all(Array.from({ length: 6 }, (_, i) => startWorker('create', [directory, `${i}`])))
  for (let round = 0; round < 60; round++) {
    const won = await Promise.all(workers.map((worker) => worker.ask(round)))
    expect(won.filter(Boolean)).toHaveLength(1)
    const bytes = await (await open(storage, parseKey(`race/${round}`)))?.bytes()
    expect(checkValue(bytes ?? new Uint8Array(8))).toBe(won.indexOf(true))
  }
  await Promise.all(workers.map((worker) => worker.end()))
})

it('4 processes count with ifMatch, and every success counts', { timeout: 60_000 }, async () => {
  const directory = temporaryDirectory()
  const storage = fileStorage({ directory })
  await put(storage, KEY, '0')
  const workers = await Promise.all(Array.from({ length: 4 }, () => startWorker('count', [directory])))
  const successes = await Promise.all(workers.map((worker) => worker.ask(150)))
  const sum = successes.reduce<number>((all, each) => all + Number(each), 0)
  expect(await text(storage, KEY)).toBe(`${sum}`)
  expect(sum).toBeGreaterThanOrEqual(150)
  await Promise.all(workers.map((worker) => worker.end()))
  expect(filesBelow(directory)).toEqual([KEY])
})
