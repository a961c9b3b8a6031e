import { type Codec, createResultStore, memoryStorage, Result, ResultError } from '@resultkit/core'
import {
  flow,
  inlineResult,
  inputs,
  jsonlSink,
  map,
  memorySink,
  reviveState,
  type StateSink,
  task,
  withRuntime,
} from '@resultkit/tasks'
import { afterEach, describe, expect, test, vi } from 'vitest'
import { keysOf, kit, rejection, statesOf, turn, watchedStorage } from './kit.ts'

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
    const error = await rejection(flow('around', () => child(), { ...runtime, timeout: 300 })())
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

  test('a key function that throws: configuration, and the body has not run', async () => {
    const { runtime, sink } = kit()
    const subject = task('subject', async () => 1, {
      cacheKey: () => {
        throw new Error('no key')
      },
    })
    const later = subject.with({ cacheKey: () => Promise.reject(new Error('no key')) })
    await expect(withRuntime(runtime, () => subject())).rejects.toThrow('no key')
    await expect(withRuntime(runtime, () => later())).rejects.toThrow('no key')
    expect(sink.states().map(({ state, reason }) => `${state} ${reason}`)).toEqual(
      Array(2).fill(['Pending created', 'Failed configuration']).flat(),
    )
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

test('with a store that seals, no message of a hit names the target either', async () => {
  const keyring = {
    seal: async (text: string) => `sealed:${Buffer.from(text).toString('hex')}`,
    open: async (token: string) => Buffer.from(token.slice(7), 'hex').toString(),
  }
  const store = createResultStore({ storages: { main: memoryStorage() }, keyring, seal: true })
  const sink = memorySink()
  const one = task('one', async ({ user }: { user: string }) => ({ user }), { target: '{user}/one.json' })
  const many = task(
    'many',
    async function* ({ user }: { user: string }) {
      yield { user }
    },
    { target: '{user}/many.ndjson' },
  )
  const around = flow('around', async (user: string) => void (await Promise.all([one({ user }), many({ user })])), {
    store,
    sink,
    redact: (text, kind) => (kind === 'parameters' ? '{}' : text),
  })
  await around('canary')
  await around('canary')
  expect(sink.states().filter(({ state }) => state === 'Cached')).toHaveLength(2)
  expect(JSON.stringify(sink.events)).not.toContain('canary')
})

describe('what is thrown', () => {
  test('undefined is a failure like any other, not a cancellation', async () => {
    const { runtime, sink } = kit()
    const subject = task('subject', () => Promise.reject(undefined))
    const around = flow('around', async () => [
      await subject().state(),
      await subject.with({ timeout: '1h' })().state(),
    ])
    for (const state of await around.with(runtime)()) expect(state).toMatchObject({ type: 'Failed', reason: 'error' })
    for (const state of await around()) expect(state.type).toBe('Failed')
    expect(statesOf({ sink }, 'subject')).toContain('Pending Running Failed')
  })

  test('an object without text, an error whose stack throws: Failed, and the caller has what was thrown', async () => {
    const odd = Object.defineProperty(new Error('odd'), 'stack', {
      get: () => {
        throw new Error('no stack')
      },
    })
    for (const thrown of [Object.create(null) as object, odd]) {
      const { runtime } = kit()
      const run = withRuntime(runtime, () => task('subject', () => Promise.reject(thrown))())
      expect(await run.then(undefined, (error: unknown) => error)).toBe(thrown)
      expect(await run.state()).toMatchObject({ type: 'Failed', reason: 'error' })
    }
  })
})

describe('sinks in trouble', () => {
  afterEach(() => vi.useRealTimers())

  test('an async publish that rejects is warned about, and nothing else', async () => {
    const unhandled: unknown[] = []
    const note = (error: unknown): void => void unhandled.push(error)
    process.on('unhandledRejection', note)
    const sink: StateSink = { publish: () => Promise.reject(new Error('down')), flush: async () => {} }
    expect(await flow('around', async () => 1, { ...kit().runtime, sink })()).toBe(1)
    await turn()
    process.off('unhandledRejection', note)
    expect(unhandled).toEqual([])
  })

  test('a flush that hangs holds a run up once, for ten seconds', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
    const sink: StateSink = { publish: () => {}, flush: () => new Promise(() => {}) }
    const around = flow('around', async () => 1, { ...kit().runtime, sink })
    const first = around()
    await turn()
    await vi.advanceTimersByTimeAsync(10_000)
    expect([await first, await around()]).toEqual([1, 1])
  })
})

test('jsonlSink on a disk that is full in the middle of a line goes on with the rest of it', async () => {
  const bytes: number[] = []
  let room = 10
  const handle = {
    async write(data: Uint8Array): Promise<{ bytesWritten: number }> {
      if (room === 0) throw Object.assign(new Error('full'), { code: 'ENOSPC' })
      const taken = data.subarray(0, room)
      room -= taken.byteLength
      bytes.push(...taken)
      return { bytesWritten: taken.byteLength }
    },
    close: async () => {},
    appendFile: (text: string) => handle.write(Buffer.from(text)).then(() => handle.write(Buffer.from('rest'))),
  }
  const builtin = vi.spyOn(process, 'getBuiltinModule').mockReturnValue({ open: async () => handle } as never)
  const sink = jsonlSink('events.jsonl')
  for (const message of ['one', 'two'])
    sink.publish({ kind: 'log', runId: 'r', run: 'task', name: 't', message, at: 0 })
  await expect(sink.flush()).rejects.toMatchObject({ code: 'UNAVAILABLE' })
  room = Number.POSITIVE_INFINITY
  await sink.flush()
  builtin.mockRestore()
  const lines = Buffer.from(bytes).toString().trimEnd().split('\n')
  expect(lines.map((line) => (JSON.parse(line) as { message: string }).message)).toEqual(['one', 'two'])
})

describe('time', () => {
  afterEach(() => vi.useRealTimers())

  test('timeouts and delays longer than a timer holds (24.8 days) are as long as they say', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
    const day = 86_400_000
    const slow = task('slow', () => new Promise(() => {}), { timeout: '60d' })()
    slow.catch(() => {})
    let attempts = 0
    const again = task(
      'again',
      async () => {
        attempts += 1
        if (attempts === 1) throw new Error('not yet')
      },
      { retries: 1, retryDelay: '30d' },
    )
    const waiting = withRuntime(kit().runtime, () => again())
    await turn()
    await vi.advanceTimersByTimeAsync(29 * day)
    expect(attempts).toBe(1)
    await vi.advanceTimersByTimeAsync(2 * day)
    await waiting
    let ended = false
    slow.catch(() => (ended = true))
    await vi.advanceTimersByTimeAsync(28 * day)
    expect(ended).toBe(false)
    await vi.advanceTimersByTimeAsync(2 * day)
    expect(ended).toBe(true)
  })

  test('a clock that was given is that of a task with a result of its own', async () => {
    const made = kit()
    let ran = 0
    const result = new Result({ storage: memoryStorage(), serializer: 'json' })
    const subject = task('subject', async () => ++ran, {
      result,
      cacheKey: 'key',
      cacheFor: '1h',
      cacheInMemory: false,
    })
    const around = flow('around', () => subject(), made.runtime)
    expect([await around(), await around()]).toEqual([1, 1])
    made.time += 2 * 3_600_000
    expect(await around()).toBe(2)
  })
})

describe('memory and sharing', () => {
  test('validators of a task see what another with its key has left in memory', async () => {
    const { runtime } = kit()
    const any = task('any', async () => -1, { cacheKey: 'key' })
    const positive = task('positive', async () => 1, {
      cacheKey: 'key',
      validators: [(n: number) => n > 0],
      onInvalid: 'run',
    })
    await withRuntime(runtime, async () => {
      expect(await any()).toBe(-1)
      expect(await positive()).toBe(1)
      expect((await positive().state()).reason).toBe('memory-hit')
    })
  })

  test('many small values do not fill the memory without end', async () => {
    const { runtime, storage } = kit()
    const small = task('small', async ({ n }: { n: number }) => n, { cacheKey: [inputs()] })
    const all = Array.from({ length: 100 }, (_, n) => ({ n }))
    await withRuntime(runtime, () => Promise.all(map(small, all)))
    // Another store on the same storage: it remembers what it has read, of one or two bytes each.
    const store = createResultStore({ storages: { main: storage }, defaults: { serializer: 'json' } })
    await withRuntime({ ...runtime, store, cacheBytes: 2_560 }, async () => {
      await Promise.all(map(small, all))
      storage.reads.length = 0
      await Promise.all(map(small, all))
    })
    expect(storage.reads.length).toBeGreaterThanOrEqual(90)
  })

  test('cacheFor and cacheValidators of a result are for copies in memory as well', async () => {
    const made = kit()
    const storage = memoryStorage()
    let ran = 0
    const aged = new Result({ storage, serializer: 'json', cacheFor: '1h' })
    const never = new Result({ storage, serializer: 'json', cacheValidators: [() => false] })
    const one = task('one', async () => ++ran, { result: aged as never, cacheKey: 'one' })
    const two = task('two', async () => ++ran, { result: never as never, cacheKey: 'two' })
    const around = flow('around', async () => [await one(), await two()], made.runtime)
    expect(await around()).toEqual([1, 2])
    expect(await around()).toEqual([1, 3])
    made.time += 2 * 3_600_000
    expect(await around()).toEqual([4, 5])
  })

  test('a failure that is due to the options of one caller is not that of another', async () => {
    const { runtime } = kit()
    const gate = Promise.withResolvers<void>()
    const slow = task('slow', () => gate.promise.then(() => 'value'), { cacheKey: 'key' })
    await withRuntime(runtime, async () => {
      const [hasty, patient] = [slow.with({ timeout: 1 })(), slow()]
      expect((await rejection(hasty)).code).toBe('TIMEOUT')
      gate.resolve()
      expect(await patient).toBe('value')
    })
  })

  test('nor is the end of the flow around one that of another outside of it', async () => {
    const { runtime } = kit()
    const [started, gate] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()]
    let ran = 0
    const slow = task(
      'slow',
      async (_: unknown, { signal }) => {
        ran += 1
        started.resolve()
        await gate.promise
        signal.throwIfAborted()
        return ran
      },
      { cacheKey: 'key' },
    )
    await withRuntime(runtime, async () => {
      const failing = flow('failing', async () => {
        slow().catch(() => {})
        await started.promise
        throw new Error('the flow fails')
      })().state()
      await started.promise
      const outside = slow()
      await turn()
      gate.resolve()
      expect(await outside).toBe(2)
      expect((await failing).type).toBe('Failed')
    })
  })

  test('refresh does not join who takes what is stored', async () => {
    const { runtime } = kit()
    let ran = 0
    const subject = task('subject', async () => ++ran, { cacheKey: 'key', cacheInMemory: false })
    await withRuntime(runtime, async () => {
      await subject()
      expect(await Promise.all([subject(), subject.with({ refresh: true })()])).toEqual([1, 2])
    })
  })

  test('who joins a look-up that hits is told of the hit', async () => {
    const { runtime } = kit()
    const subject = task('subject', async () => 1, { cacheKey: 'key', cacheInMemory: false })
    await withRuntime(runtime, async () => {
      await subject()
      const states = await Promise.all([subject().state(), subject().state()])
      expect(states.map(({ reason }) => reason)).toEqual(['cache-hit', 'cache-hit'])
    })
  })

  test('a run that waits for itself is refused', async () => {
    const { runtime } = kit()
    const inner = task('inner', async () => 1, { cacheKey: 'key' })
    const outer = task('outer', async () => inner(), { cacheKey: 'key' })
    const around = flow('around', () => withRuntime(runtime, () => outer()), { ...runtime, target: 'key' })
    await expect(around()).rejects.toMatchObject({ code: 'CONFIG', message: expect.stringContaining('"inner"') })
    const named = task('named', async () => 1, { target: 'same.json' })
    await expect(flow('f', () => named(), { ...runtime, target: 'same.json' })()).rejects.toMatchObject({
      code: 'CONFIG',
    })
  })

  test('keys that differ in lone surrogates only are two', async () => {
    const { runtime } = kit()
    const subject = task('subject', async (key: string) => key.charCodeAt(0), {
      cacheKey: ({ input }) => input,
      cacheInMemory: false,
    })
    await withRuntime(runtime, async () =>
      expect([await subject('\ud800'), await subject('\ud801')]).toEqual([0xd800, 0xd801]),
    )
  })
})

test('reviveState refuses what is no state', () => {
  for (const from of [null, 'x', {}, { state: 'Done', reason: 'persisted', attempt: 1 }])
    expect(() => reviveState(from as never)).toThrow(expect.objectContaining({ code: 'CONFIG' }))
})

describe('resuming', () => {
  test('what has no hash is never taken for another call, and says why it runs', async () => {
    const { runtime, storage, sink } = kit()
    const work = task('work', async ({ make }: { make: () => string }) => ({ by: make() }), { persistResult: true })
    const run = (name: string): Promise<{ by: string }> =>
      flow('around', () => work({ make: () => name }), { ...runtime, runId: 'r' })()
    expect([await run('a'), await run('b')]).toEqual([{ by: 'a' }, { by: 'b' }])
    expect(await keysOf(storage)).toHaveLength(2)
    expect(sink.states('work').at(-2)).toMatchObject({ reason: 'unhashable-input' })
  })

  test('calls with the same inputs are numbered as they start, not as they end', async () => {
    const { runtime, sink } = kit()
    const gates = [Promise.withResolvers<void>(), Promise.withResolvers<void>()]
    let calls = 0
    const next = task(
      'next',
      async () => {
        const call = calls++
        await gates[call]?.promise
        return { call }
      },
      { persistResult: true },
    )
    const around = flow('around', () => Promise.all([next(), next()]), runtime)
    const first = around()
    await turn()
    gates[1]?.resolve()
    await turn()
    gates[0]?.resolve()
    expect(await first).toEqual([{ call: 0 }, { call: 1 }])
    expect(await around.with({ runId: sink.states('around')[0]?.runId })()).toEqual([{ call: 0 }, { call: 1 }])
  })

  test('refresh computes again what a resumed run has stored; explain knows of it', async () => {
    const { runtime } = kit()
    let ran = 0
    const around = flow('around', async () => ({ ran: ++ran }), { ...runtime, runId: 'r', persistResult: true })
    await around()
    expect((await around.explain()).lookup).toMatchObject({
      kind: 'run',
      outcome: 'hit',
      location: 'runs/r/around/none-flow',
    })
    expect(await around.with({ refresh: true })()).toEqual({ ran: 2 })
    expect(await around()).toEqual({ ran: 2 })
    expect(() => around.with({ runId: '..' })).toThrow(expect.objectContaining({ code: 'CONFIG' }))
  })

  test('each run in a flow that retries has an id of its own, and one final state', async () => {
    const { runtime, sink } = kit()
    let attempts = 0
    const child = task('child', async () => 1)
    const around = flow(
      'around',
      async () => {
        await child()
        if (++attempts < 3) throw new Error('again')
      },
      { ...runtime, retries: 2 },
    )
    await around()
    const finals = sink.states('child').filter(({ state }) => state === 'Completed')
    expect(new Set(finals.map(({ runId }) => runId)).size).toBe(3)
  })
})

describe('cancelling', () => {
  test('a signal that has fired before: Cancelled, without Running, also where memory has the value', async () => {
    const { runtime, sink } = kit()
    const subject = task('subject', async () => 1, { cacheKey: 'key' })
    await withRuntime(runtime, async () => {
      await subject()
      for (const options of [{}, { cacheKey: undefined }]) {
        const run = subject.with({ ...options, signal: AbortSignal.abort() })()
        expect((await run.state()).type).toBe('Cancelled')
      }
    })
    expect(statesOf({ sink }, 'subject')).toBe('Pending Running Completed Pending Cancelled Pending Cancelled')
    await withRuntime({ ...runtime, sink: [] }, async () =>
      expect((await subject.with({ signal: AbortSignal.abort() })().state()).type).toBe('Cancelled'),
    )
  })

  test('a run with a signal of its own leaves the queue when the flow around it ends', async () => {
    const { runtime, sink } = kit()
    const concurrency = { name: 'cancelling', limit: 1 }
    const gate = Promise.withResolvers<void>()
    const holder = task('holder', () => gate.promise, { concurrency })()
    const queued = task('queued', async () => 1, { concurrency, signal: new AbortController().signal })
    const controller = new AbortController()
    const run = flow('around', () => queued(), { ...runtime, signal: controller.signal })()
    const ended = rejection(run)
    await turn()
    controller.abort()
    expect((await ended).code).toBe('ABORTED')
    expect(statesOf({ sink }, 'queued')).toBe('Pending Queued Cancelled')
    gate.resolve()
    await holder
  })

  test('thousands may wait for one signal, which has few listeners', async () => {
    const on = new Map<EventTarget, number>()
    const add = vi.spyOn(EventTarget.prototype, 'addEventListener').mockImplementation(function (this: EventTarget) {
      on.set(this, (on.get(this) ?? 0) + 1)
    })
    const subject = task('subject', async ({ i }: { i: number }) => i, { concurrency: 5, timeout: '1h' })
    const runs = Array.from({ length: 1_000 }, (_, i) => ({ i }))
    const { signal } = new AbortController()
    await flow('around', () => Promise.all(map(subject, runs)), { ...kit().runtime, signal })()
    add.mockRestore()
    expect(on.size).toBeGreaterThan(0)
    expect(Math.max(...on.values())).toBeLessThan(20)
  })
})

describe('what is stored', () => {
  test('with checkpointing off nothing is, also not for a retry or a queue', async () => {
    const { runtime, storage } = kit({ defaults: { checkpointing: false } })
    const rows = task('rows', async () => ({ rows: 1 }))
    const use = task(
      'use',
      async ({ given }: { given: { rows: number } }, { attempt }) => {
        if (attempt === 1) throw new Error('again')
        return given
      },
      { retries: 1, concurrency: 1 },
    )
    await flow('around', () => Promise.all([use({ given: rows() }), use({ given: rows() })]), runtime)()
    expect(storage.writes).toEqual([])
  })

  test('a lease that cannot be given back is no reason to fail: the value is published', async () => {
    const { runtime, storage, sink } = kit()
    const down = new ResultError({ code: 'UNAVAILABLE', operation: 'delete', message: 'down' })
    const stubborn = { ...storage, delete: () => Promise.reject(down) }
    const subject = task('subject', async () => 1, { cacheKey: 'key', once: 'storage', resultStorage: stubborn })
    expect(await flow('around', () => subject(), runtime)()).toBe(1)
    expect(statesOf({ sink }, 'subject')).toBe('Pending Running Completed')
  })
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
