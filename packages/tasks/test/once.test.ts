import { spawn } from 'node:child_process'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { memoryStorage, Result, type ResultStorage, reservedKey } from '@resultkit/core'
import { canonicalHash, memorySink, task, withRuntime } from '@resultkit/tasks'
import { describe, expect, test } from 'vitest'
import { keysOf, rejection } from './kit.ts'

/** A process of its own, as far as stores, memory and flights go. */
function elsewhere<R>(storage: ResultStorage, fn: () => R, { sink = memorySink(), leaseFor = 300 } = {}): R {
  const store = { storages: { main: storage }, defaults: { serializer: 'json' } } as const
  return withRuntime({ store, sink, leaseFor }, fn)
}

const leaseOf = (at: string) => reservedKey(`leases/${sha256(at)}`)

describe('once: storage', () => {
  test('8 callers that share nothing but the storage: one execution, one value', async () => {
    const storage = memoryStorage()
    let runs = 0
    const slow = task(
      'slow',
      async () => {
        runs += 1
        await new Promise((resolve) => setTimeout(resolve, 30))
        return { n: runs }
      },
      { cacheKey: 'key', once: 'storage' },
    )
    const values = await Promise.all(
      Array.from({ length: 8 }, () => elsewhere(storage, () => slow(), { leaseFor: 5000 })),
    )
    expect(runs).toBe(1)
    expect(values).toEqual(Array.from({ length: 8 }, () => ({ n: 1 })))
    expect(await storage.read(leaseOf('cache/key/key'), EVERYTHING)).toBe(undefined)
    expect(await keysOf(storage)).toEqual(['cache/key/key'])
  })

  test('a lease whose holder has died is taken over, with the next generation', async () => {
    const storage = memoryStorage()
    await leave(storage, { owner: 'dead', generation: 7, released: false })
    const subject = task('subject', async () => (await note(storage)).generation, { cacheKey: 'key', once: 'storage' })
    const started = performance.now()
    expect(await elsewhere(storage, () => subject())).toBe(8)
    expect(performance.now() - started).toBeGreaterThan(290)
  })

  test.each([{ owner: 'gone', generation: 2, released: true }, 'no JSON'])(
    'one that was given up, or is unreadable, is taken',
    async (left) => {
      const storage = memoryStorage()
      await leave(storage, left)
      const subject = task('subject', async () => 'made', { cacheKey: 'key', once: 'storage' })
      expect(await elsewhere(storage, () => subject())).toBe('made')
    },
  )

  test('a holder that was taken over is told by its signal, and its value goes nowhere', async () => {
    const storage = memoryStorage()
    let runs = 0
    const subject = task(
      'subject',
      async (_: unknown, { signal }) => {
        runs += 1
        // Somebody else takes over while this one stalls, and publishes.
        await leave(storage, { owner: 'other', generation: 9, released: true })
        await new Promise((resolve) => signal.addEventListener('abort', resolve))
        await new Result({ storage, serializer: 'json' }).write('of the other', 'cache/key/key')
        return 'of the one that stalled'
      },
      { cacheKey: 'key', once: 'storage' },
    )
    expect(await elsewhere(storage, () => subject())).toBe('of the other')
    expect(runs).toBe(1)
  })

  test('who is late publishes nothing, and takes what is there', async () => {
    const storage = memoryStorage()
    const sink = memorySink()
    const subject = task(
      'subject',
      async () => {
        await new Result({ storage, serializer: 'json' }).write('first', 'cache/key/key')
        return 'second'
      },
      { cacheKey: 'key', once: 'storage' },
    )
    expect(await elsewhere(storage, () => subject.with({ retries: 2 })(), { sink })).toBe('first')
    expect(sink.states('subject').filter(({ state }) => state === 'Retrying')).toEqual([])
    expect(sink.states('subject').at(-1)).toMatchObject({ state: 'Completed', reason: 'persisted' })
  })

  test('refresh replaces the version that was seen', async () => {
    const storage = memoryStorage()
    let runs = 0
    const subject = task('subject', async () => (runs += 1), { target: 't.json', once: 'storage' })
    await elsewhere(storage, () => subject())
    expect(await elsewhere(storage, () => subject.with({ refresh: true })())).toBe(2)
    expect(await elsewhere(storage, () => subject())).toBe(2)
  })

  test('a failure gives the lease back', async () => {
    const storage = memoryStorage()
    const failing = task('failing', () => Promise.reject(new Error('no')), { cacheKey: 'key', once: 'storage' })
    await expect(elsewhere(storage, () => failing())).rejects.toThrow('no')
    expect(await storage.read(leaseOf('cache/key/key'), EVERYTHING)).toBe(undefined)
  })

  test('a storage without conditions is UNSUPPORTED, before the body', async () => {
    const inner = memoryStorage()
    const storage = { ...inner, capabilities: { ...inner.capabilities, ifMatch: false } }
    const subject = task('subject', async () => 1, { cacheKey: 'key', once: 'storage' })
    expect(await rejection(elsewhere(storage, () => subject()))).toMatchObject({ code: 'UNSUPPORTED' })
  })

  test('three processes, one killed while it computes: one value, and nobody waits for ever', {
    timeout: 60_000,
  }, async () => {
    const directory = await mkdtemp(join(tmpdir(), 'resultkit-once-'))
    try {
      const start = (name: string) =>
        spawn(process.execPath, [
          '--conditions=resultkit:source',
          join(import.meta.dirname, 'workers/once.ts'),
          directory,
          name,
        ])
      const victim = start('victim')
      await new Promise((resolve) => victim.stdout.once('data', resolve))
      const others = [start('b'), start('c')].map(async (child) => {
        let text = ''
        for await (const piece of child.stdout) text += String(piece)
        return text.trim().split('\n').at(-1)
      })
      victim.kill('SIGKILL')
      const answers = await Promise.all(others)
      expect(new Set(answers).size).toBe(1)
      expect((await readFile(join(directory, 'runs.log'), 'utf8')).trim().split('\n')).toHaveLength(2)
    } finally {
      await rm(directory, { recursive: true })
    }
  })
})

const EVERYTHING = {
  range: undefined,
  ifMatch: undefined,
  ifNoneMatch: undefined,
  maxBytes: undefined,
  signal: undefined,
}

/** The name of a lease follows from the place: the digest of its text. */
function sha256(text: string): string {
  return process.getBuiltinModule('node:crypto').hash('sha256', text, 'hex')
}

async function leave(storage: ResultStorage, left: unknown): Promise<void> {
  const body = new TextEncoder().encode(typeof left === 'string' ? left : JSON.stringify(left))
  await storage.write(leaseOf('cache/key/key'), body, {
    ifAbsent: false,
    ifMatch: undefined,
    contentType: undefined,
    size: undefined,
    writeId: canonicalHash(left),
    signal: undefined,
  })
}

async function note(storage: ResultStorage): Promise<{ generation: number }> {
  const object = await storage.read(leaseOf('cache/key/key'), EVERYTHING)
  return JSON.parse(new TextDecoder().decode(await object?.bytes())) as { generation: number }
}
