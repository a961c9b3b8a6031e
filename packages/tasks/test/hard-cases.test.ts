import { type Codec, createResultStore, memoryStorage, Result } from '@resultkit/core'
import { flow, inlineResult, inputs, map, memorySink, type StateSink, task, withRuntime } from '@resultkit/tasks'
import { describe, expect, test } from 'vitest'
import { keysOf, kit, rejection, statesOf, watchedStorage } from './kit.ts'

describe('flows', () => {
  test('a flow with a target is Cached as a whole, and with a key as well', async () => {
    const { runtime, storage, sink } = kit()
    let ran = 0
    const report = flow('report', async ({ day }: { day: string }) => ({ day, ran: ++ran }), {
      ...runtime,
      target: 'reports/{day}.json',
    })
    expect([await report({ day: 'monday' }), await report({ day: 'monday' })]).toEqual(
      Array(2).fill({ day: 'monday', ran: 1 }),
    )
    expect(await keysOf(storage)).toEqual(['reports/monday.json'])
    expect(statesOf({ sink }, 'report')).toBe('Pending Running Completed Pending Cached')
    const keyed = report.with({ target: undefined, cacheKey: [inputs()] })
    await keyed({ day: 'x' })
    expect((await keyed({ day: 'x' }).state()).type).toBe('Cached')
  })

  test('the timeout of a flow cancels what runs in it, with the TIMEOUT as the reason', async () => {
    const { runtime, sink } = kit()
    const reasons: unknown[] = []
    const child = task('child', (_: unknown, { signal }) => {
      const { promise, reject } = Promise.withResolvers<void>()
      signal.addEventListener('abort', () => {
        reasons.push((signal.reason as { code: string }).code)
        reject(signal.reason)
      })
      return promise
    })
    const error = await rejection(flow('around', () => child(), { ...runtime, timeout: 5 })())
    expect(error.code).toBe('TIMEOUT')
    expect(reasons).toEqual(['TIMEOUT'])
    await new Promise((resolve) => setImmediate(resolve))
    expect(sink.states('child').at(-1)).toMatchObject({ state: 'Cancelled', reason: 'aborted' })
    expect(sink.states('around').at(-1)).toMatchObject({ state: 'Failed', reason: 'timeout' })
  })

  test('an inner flow given promises tells its parameters when it starts', async () => {
    const { runtime, sink } = kit()
    const day = task('day', async () => 'monday')
    const inner = flow('inner', async ({ day: given }: { day: string }) => given)
    await flow('outer', () => inner({ day: day() }), runtime)()
    expect(sink.states('inner')[1]).toMatchObject({ state: 'Running', parameters: { day: 'monday' } })
  })

  test('an inner flow has the runtime of the outer, and its own where it says so', async () => {
    const { runtime, sink } = kit()
    const own = memorySink()
    const inner = flow('inner', async () => 1, {})
    await flow('outer', () => Promise.all([inner(), inner.with({ sink: own })()]), runtime)()
    expect(statesOf({ sink }, 'inner')).toBe('Pending Running Completed')
    expect(own.events).toHaveLength(3)
  })

  test('a result type without a storage is for the flow, not for its tasks', async () => {
    const { runtime, storage } = kit()
    const kept = task('kept', async () => ({ a: 1 }), { cacheKey: 'key' })
    const state = await flow('around', async () => kept(), { ...runtime, result: inlineResult() })().state()
    expect(state.result).toEqual({ type: 'location', location: '{"a":1}' })
    expect(storage.writes).toEqual(['cache/key/key'])
  })

  test('ids of runs in a flow follow from its id, so that inner flows resume as well', async () => {
    const { runtime, storage } = kit()
    let ran = 0
    const kept = task('kept', async () => ({ ran: ++ran }), { persistResult: true })
    const inner = flow('inner', () => kept())
    const outer = flow('outer', () => Promise.all([inner(), inner()]), { ...runtime, runId: 'r' })
    expect(await outer()).toEqual([{ ran: 1 }, { ran: 2 }])
    expect(await outer()).toEqual([{ ran: 1 }, { ran: 2 }])
    expect(await keysOf(storage)).toEqual(['runs/r.0/kept/none-0', 'runs/r.1/kept/none-0'])
  })
})

describe('upstream', () => {
  test('what was found in a storage is not written again, also where it is a stream', async () => {
    const { runtime, storage } = kit()
    await new Result({ storage, format: 'plain', serializer: 'ndjson' }).write([{ n: 1 }], 'rows.ndjson')
    const rows = task('rows', async function* (): AsyncGenerator<{ n: number }> {}, { target: 'rows.ndjson' })
    const sum = task(
      'sum',
      async ({ rows: given }: { rows: AsyncIterable<{ n: number }> }) => (await Array.fromAsync(given)).length,
      {
        cacheKey: 'sum',
      },
    )
    expect(await flow('around', () => sum({ rows: rows() }), runtime)()).toBe(1)
    // The first write is that of this test.
    expect(storage.writes).toEqual(['rows.ndjson', 'cache/key/sum'])
  })

  test('many failing inputs: each is handled, the first in order is told', async () => {
    const { runtime, sink } = kit()
    const failing = task('failing', (n: number) => Promise.reject(new Error(`no ${n}`)))
    const take = task('take', async ({ list }: { list: never[] }) => list)
    await expect(flow('around', () => take({ list: map(failing, [1, 2, 3]) }), runtime)()).rejects.toThrow('no 1')
    expect(sink.states('take').at(-1)).toMatchObject({ state: 'Failed', reason: 'upstream-failed' })
  })
})

describe('trouble of others', () => {
  test('a storage that throws something of its own on a look-up: lookup-failed, never a miss', async () => {
    const { runtime, storage, sink } = kit()
    const broken = { ...storage, read: () => Promise.reject(new TypeError('socket')) }
    let ran = false
    const subject = task('subject', async () => (ran = true), {
      cacheKey: 'key',
      resultStorage: broken,
      onUnreadable: 'run',
    })
    await expect(flow('around', () => subject(), runtime)()).rejects.toThrow('socket')
    expect(ran).toBe(false)
    expect(sink.states('subject').at(-1)).toMatchObject({ state: 'Failed', reason: 'lookup-failed' })
  })

  test('details that JSON cannot hold are no reason to fail', async () => {
    const { runtime, sink } = kit()
    await flow('around', (_: unknown, { log }) => log('line', { big: 1n } as never), runtime)()
    expect(sink.logs()[0]?.message).toBe('line [details that JSON cannot hold]')
  })

  test('retryIf that throws, retryDelay that is none: CONFIG', async () => {
    const failing = task('failing', () => Promise.reject(new Error('no')), {
      retries: 1,
      retryIf: () => {
        throw new Error('broken')
      },
    })
    const { runtime } = kit()
    await expect(withRuntime(runtime, () => failing())).rejects.toMatchObject({ code: 'CONFIG' })
    const odd = failing.with({ retryIf: undefined, retryDelay: () => 'soon' as never })
    await expect(withRuntime(runtime, () => odd())).rejects.toMatchObject({ code: 'CONFIG' })
  })

  test('a sink that is told about a run sees it end before the caller does', async () => {
    const order: string[] = []
    const sink: StateSink = {
      publish: (event) => void (event.kind === 'state' && order.push(event.state)),
      flush: async () => void order.push('flush'),
    }
    await flow('around', async () => 1, { ...kit().runtime, sink })()
    order.push('awaited')
    expect(order).toEqual(['Pending', 'Running', 'Completed', 'flush', 'awaited'])
  })

  test('a value that the serializer refuses fails the task, names the place, and leaves nothing', async () => {
    const { runtime, storage } = kit()
    const subject = task('subject', async () => ({ rows: [{ when: new Date() }] }), { cacheKey: 'key' })
    expect(await rejection(flow('around', () => subject(), runtime)())).toMatchObject({
      code: 'SERIALIZE',
      message: expect.stringContaining('result.rows[0].when'),
    })
    expect(storage.writes).toEqual([])
  })
})

describe('storages', () => {
  test('a store that encrypts does so for targets, and for a storage that a task brings along', async () => {
    const storage = watchedStorage()
    const store = createResultStore({
      storages: { main: storage },
      codecs: [scramble],
      defaults: { serializer: 'json', codecs: [scramble] },
    })
    const own = memoryStorage()
    const target = task('target', async () => ({ secret: 'canary' }), { target: 't.json' })
    const brought = task('brought', async () => ({ secret: 'canary' }), { resultStorage: own })
    const references = await flow('around', () => Promise.all([target().reference(), brought().reference()]), {
      store,
    })()
    for (const reference of references) expect(reference).toMatchObject({ format: 'record', codecs: ['scramble'] })
    for (const each of [storage, own]) {
      const [key = ''] = await keysOf(each)
      const object = await each.read(key as never, {
        range: undefined,
        ifMatch: undefined,
        ifNoneMatch: undefined,
        maxBytes: undefined,
        signal: undefined,
      })
      expect(Buffer.from((await object?.bytes()) ?? []).toString('latin1')).not.toContain('canary')
    }
    expect((await flow('around', () => target().state(), { store })()).reason).toBe('target-found')
  })

  test('a slug overrides the storage of a result, and keeps the rest of it', async () => {
    const { runtime, other } = kit()
    const result = new Result({ storage: memoryStorage(), serializer: 'text', location: 'here.txt' })
    const subject = task('subject', async () => 'text', { result, resultStorage: 'other' })
    expect(await flow('around', () => subject().reference(), runtime)()).toMatchObject({
      storage: 'other',
      serializer: 'text',
      key: 'here.txt',
    })
    expect(other.writes).toEqual(['here.txt'])
  })

  test('the key of a run may be part of the location of a result', async () => {
    const { runtime } = kit()
    const storage = memoryStorage()
    const result = new Result({ storage, location: 'by-key/{cacheKey}.json', serializer: 'json' })
    const subject = task('subject', async ({ n }: { n: number }) => n, { result, cacheKey: [inputs()] })
    const around = flow('around', () => Promise.all(map(subject, [{ n: 1 }, { n: 2 }, { n: 1 }])), runtime)
    expect(await around()).toEqual([1, 2, 1])
    expect(await keysOf(storage)).toEqual([
      expect.stringMatching(/^by-key\/[0-9a-f]{64}\.json$/),
      expect.stringMatching(/^by-key\//),
    ])
  })

  test('a store given as options knows pickle, one that was made writes what it can read', async () => {
    const dated = task('dated', async () => new Date(5), { persistResult: true })
    const options = { storages: { main: watchedStorage() } }
    expect(await (await flow('around', () => dated().state(), { store: options })()).get()).toEqual(new Date(5))
    const made = createResultStore(options)
    expect((await flow('around', () => dated().state(), { store: made })()).reason).toBe('write-failed')
  })
})

test('with a store that seals, references leave sealed, and still read, hit and resume', async () => {
  const keyring = {
    seal: async (text: string) => `sealed:${Buffer.from(text).toString('base64url')}`,
    open: async (token: string) => Buffer.from(token.slice(7), 'base64url').toString(),
  }
  const store = createResultStore({ storages: { main: memoryStorage() }, keyring, seal: true })
  const sink = memorySink()
  const kept = task('kept', async () => ({ a: 1 }), { cacheKey: 'the-key', cacheInMemory: false })
  const around = flow('around', () => kept().reference(), { store, sink })
  const [first, second] = [await around(), await around()]
  expect(first).toMatch(/^sealed:/)
  expect(second).toBe(first)
  expect(await store.get(first as string)).toEqual({ a: 1 })
  expect(JSON.stringify(sink.events)).not.toContain('the-key')
})

const flip = (bytes: Uint8Array): Uint8Array => bytes.map((byte) => byte ^ 0x55)

/** Hides nothing from anybody who looks; enough to see what goes through it. */
const scramble: Codec = {
  name: 'scramble',
  kind: 'encryption',
  minBytes: 0,
  range: undefined,
  pin: () => undefined,
  encode: flip,
  decode: flip,
  async *encodeStream(bytes) {
    for await (const piece of bytes) yield flip(piece)
  },
  async *decodeStream(bytes) {
    for await (const piece of bytes) yield flip(piece)
  },
}
