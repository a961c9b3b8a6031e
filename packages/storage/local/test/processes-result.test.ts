import { createResultStore, ndjson, type ResultReference } from '@resultkit/core'
import { expect, it } from 'vitest'
import { fileStorage, localResult, sweep } from '../src/index.ts'
import { filesBelow, temporaryDirectory } from './support.ts'
import { AT, checkRows, checkStory, makeRows, makeStory } from './workers/result-worker.ts'
import { startWorker } from './workers.ts'

const WRITERS = 16
const READERS = 2

it('16 processes write one key, and others that know only a directory read whole values, also by reference', {
  timeout: 120_000,
}, async () => {
  const directory = temporaryDirectory()
  await localResult({ directory }).write(makeStory(99, 0), AT)
  const numbers = Array.from({ length: WRITERS }, (_, writer) => writer)
  const [writers, readers] = await Promise.all([
    Promise.all(numbers.map((writer) => startWorker('result-writer', [directory, `${writer}`, 'count']))),
    Promise.all(numbers.slice(0, READERS).map(() => startWorker('result-reader', [directory, 'local/shared']))),
  ])
  const [references, seen] = await Promise.all([
    Promise.all(writers.map((writer) => writer.ask(10))) as Promise<ResultReference[]>,
    Promise.all(readers.map((reader) => reader.ask({ references: [], count: 100 }))),
  ])
  for (const { seen: writersSeen } of seen as { seen: number[] }[]) {
    expect(writersSeen.length).toBeGreaterThan(0)
    expect([99, ...numbers]).toEqual(expect.arrayContaining(writersSeen))
  }
  const answers = await Promise.all(readers.map((reader) => reader.ask({ references, count: 1 })))
  for (const { referenced } of answers as { referenced: number[] }[]) expect(referenced).toEqual(numbers)
  await Promise.all([...writers, ...readers].map((worker) => worker.end()))
  expect(filesBelow(directory)).toEqual([...numbers.map((n) => `references/${n}`), AT].sort())

  const store = createResultStore({ storages: { here: fileStorage({ directory }) } })
  expect(await store.get(references[3] as ResultReference)).toEqual(makeStory(3, 10))
})

it('50 processes are killed while they write, and the old value or a new one is whole', {
  timeout: 120_000,
}, async () => {
  const lane = async (how: 'stream' | 'value', kills: number, seed: number): Promise<number> => {
    const directory = temporaryDirectory()
    const random = seeded(seed)
    const values = localResult({ directory })
    const streams = localResult({ directory, serializer: ndjson() })
    const isStream = how === 'stream'
    await (isStream ? streams.write(makeRows(0, 0), AT) : values.write(makeStory(0, 0), AT))
    for (let kill = 1; kill <= kills; kill++) {
      const worker = await startWorker('result-writer', [directory, `${kill}`, how])
      const messages = Math.floor(random() * 40)
      let written = false
      for (let i = 0; i < messages; i++) {
        const message = await worker.next()
        written ||= `${message}`.startsWith('written')
      }
      await worker.kill()
      const writer = isStream
        ? checkRows(await Array.fromAsync((await streams.read(AT)) as AsyncIterable<unknown>))
        : checkStory(await values.read(AT))
      expect(writer).toBeLessThanOrEqual(kill)
      if (written) expect(writer).toBe(kill)
    }
    const left = filesBelow(directory).length - 1
    const { removed } = await sweep({ directory, graceMs: 0, clock: () => Date.now() + 1000 })
    expect(removed).toHaveLength(left)
    expect(filesBelow(directory)).toEqual([AT])
    return left
  }
  const [streamed] = await Promise.all([lane('stream', 25, 1), lane('value', 25, 2)])
  // Most are killed between two rows, when the temporary is there.
  expect(streamed).toBeGreaterThan(0)
})

/** Numbers from 0 to 1, the same ones for a seed (mulberry32). */
function seeded(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}
