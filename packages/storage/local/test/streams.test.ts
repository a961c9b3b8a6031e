import { collectBytes } from '@resultkit/core'
import { describe, expect, it } from 'vitest'
import { localResult } from '../src/index.ts'
import { runScript } from './run.ts'
import { KINDS, type Kind } from './stream-kit.ts'
import { errorOf, filesBelow, openFiles, temporaryDirectory } from './support.ts'

/** More than a storage reads at once, so that a file stays open while it is read. */
const ITEMS = 40

async function* items(kind: Kind, count: number = ITEMS): AsyncGenerator<unknown> {
  for (let index = 0; index < count; index++) yield KINDS[kind].item(index)
}

async function drain(stream: AsyncIterable<unknown>): Promise<number> {
  let count = 0
  for await (const _ of stream) count++
  return count
}

/** How many more files are open after `work`, which may fail. */
async function leftOpen(work: () => Promise<unknown>): Promise<number> {
  const before = openFiles()
  await work().catch(() => {})
  return openFiles() - before
}

const kinds = Object.keys(KINDS) as Kind[]

describe.each(kinds)('a stream of %s', (kind) => {
  const { open } = KINDS[kind]

  it('of 256 MiB is written and read in constant memory, and never made ahead', { timeout: 120_000 }, async () => {
    const directory = temporaryDirectory()
    const { code, stdout, stderr } = await runScript('workers/stream-memory.ts', [directory, kind], ['--expose-gc'])
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
    const { size, count, ahead, writing, reading } = JSON.parse(stdout) as Record<string, number>
    expect(size).toBeGreaterThan(255)
    expect(count).toBeGreaterThan(1000)
    expect(writing, 'MiB more while writing').toBeLessThan(32)
    expect(reading, 'MiB more while reading').toBeLessThan(80)
    expect(ahead, 'MiB made and not on disk').toBeLessThan(4)
  })

  it('comes back as it was', async () => {
    const result = open({ directory: temporaryDirectory() })
    const reference = await result.write(() => items(kind), 'k')
    const written = kind === 'ndjson' ? ndjsonOf(items(kind)) : (items(kind) as AsyncIterable<Uint8Array>)
    expect(Buffer.compare(await collectBytes(result.stream(reference)), await collectBytes(written))).toBe(0)
    if (kind === 'ndjson') expect(await Array.fromAsync(await result.read(reference))).toEqual(await all(items(kind)))
    else expect(await collectBytes((await result.read('k')) as AsyncIterable<Uint8Array>)).toHaveLength(ITEMS * 65_536)
  })

  it('that is aborted midway leaves nothing, and the old value stays', async () => {
    const directory = temporaryDirectory()
    const result = open({ directory })
    const old = await result.write(() => items(kind), 'old')
    for (const at of ['old', 'new/k']) {
      const control = new AbortController()
      let ended = false
      async function* source(): AsyncGenerator<unknown> {
        try {
          yield* items(kind, 20)
          control.abort('enough')
          yield* items(kind, 20)
        } finally {
          ended = true
        }
      }
      const error = await errorOf(result.write(source, at, { signal: control.signal }))
      expect(error).toMatchObject({ code: 'ABORTED', cause: 'enough', key: at, storage: result.uri })
      await new Promise(setImmediate)
      expect(ended).toBe(true)
    }
    expect(filesBelow(directory)).toEqual(['old'])
    expect(await collectBytes(result.stream('old'))).toHaveLength(old.size)
  })

  it('whose source throws leaves nothing, and its error comes out', async () => {
    const directory = temporaryDirectory()
    const result = open({ directory })
    const old = await result.write(() => items(kind), 'old')
    const mine = new Error('mine')
    for (const [at, count] of [
      ['old', 30],
      ['new/k', 30],
      ['new/k', 0],
    ] as const) {
      async function* source(): AsyncGenerator<unknown> {
        yield* items(kind, count)
        throw mine
      }
      await expect(result.write(source, at)).rejects.toBe(mine)
      await expect(result.write(source(), at, { ifAbsent: at !== 'old' })).rejects.toBe(mine)
    }
    expect(filesBelow(directory)).toEqual(['old'])
    expect(await collectBytes(result.stream('old'))).toHaveLength(old.size)
  })

  describe('closes its file', () => {
    const start = async (format: 'record' | 'plain') => {
      const result = open({ directory: temporaryDirectory(), format })
      return { result, reference: await result.write(() => items(kind), 'k') }
    }
    const first = async (stream: AsyncIterable<unknown>): Promise<void> => {
      for await (const _ of stream) return
    }

    it.each(['record', 'plain'] as const)('when its reader stops early (%s)', async (format) => {
      const { result, reference } = await start(format)
      for (const at of ['k', reference]) {
        expect(await leftOpen(async () => first(await result.read(at)))).toBe(0)
        expect(await leftOpen(async () => first(result.stream(at)))).toBe(0)
      }
    })

    it.each(['record', 'plain'] as const)('when its reader stops before it starts (%s)', async (format) => {
      const { result, reference } = await start(format)
      for (const at of ['k', reference]) {
        const stop = async () => (await result.read(at))[Symbol.asyncIterator]().return?.()
        expect(await leftOpen(stop)).toBe(0)
      }
    })

    it.each(['record', 'plain'] as const)('when a validator refuses it (%s)', async (format) => {
      const { result, reference } = await start(format)
      const refusing = result.with({ validators: [() => false] })
      const stale = result.with({ cacheValidators: [() => false] })
      const failing = result.with({ cacheValidators: [() => Promise.reject(new Error('mine'))] })
      for (const at of ['k', reference]) {
        expect(await leftOpen(async () => drain(await refusing.read(at)))).toBe(0)
        expect(await leftOpen(() => stale.find(at))).toBe(0)
        expect(await leftOpen(() => failing.find(at))).toBe(0)
        expect(await leftOpen(() => result.find(at, { maxAge: 0 }))).toBe(0)
      }
    })

    it.each(['record', 'plain'] as const)('when the reader has another serializer (%s)', async (format) => {
      const { result, reference } = await start(format)
      const reader = result.with({ serializer: 'json' })
      expect(await leftOpen(() => reader.read(reference))).toBe(0)
      expect(await leftOpen(() => drain(reader.stream(reference)))).toBe(0)
    })
  })
})

it('a value that is read whole closes its file when the reader has another serializer', async () => {
  const directory = temporaryDirectory()
  const reference = await localResult({ directory, format: 'plain', serializer: 'text' }).write('x'.repeat(200_000))
  const reader = localResult({ directory, format: 'plain', serializer: 'json' })
  expect(await leftOpen(() => reader.read(reference))).toBe(0)
})

function all(source: AsyncIterable<unknown>): Promise<unknown[]> {
  return Array.fromAsync(source)
}

async function* ndjsonOf(source: AsyncIterable<unknown>): AsyncGenerator<Uint8Array> {
  for await (const item of source) yield Buffer.from(`${JSON.stringify(item)}\n`)
}
