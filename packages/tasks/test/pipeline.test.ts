import { createResultStore, json, memoryResult, memoryStorage, Result } from '@resultkit/core'
import { flow, task, withRuntime } from '@resultkit/tasks'
import { describe, expect, test } from 'vitest'
import { keysOf, kit, noted, rejection, statesOf, watchedStorage } from './kit.ts'

describe('order of a run', () => {
  test('D076-PIPE pending, upstream, inputs, look-up, running, body, write, state', async () => {
    const steps: string[] = []
    const storage = watchedStorage()
    const store = createResultStore({
      storages: {
        main: {
          ...storage,
          read: (key, options) => noted(steps, 'look-up', storage.read(key, options)),
          write: (key, body, options) => noted(steps, 'write', storage.write(key, body, options)),
        },
      },
    })
    const sink = {
      publish: (event: { kind: string; name: string; state?: string }) => {
        if (event.name === 'subject') steps.push(String(event.state))
      },
      flush: async () => {},
    }
    const upstream = task('upstream', async () => noted(steps, 'upstream', 'input'))
    const subject = task('subject', async ({ a }: { a: string }) => noted(steps, `body with ${a}`, 'output'), {
      cacheKey: (context) => noted(steps, 'key', (context.input as { a: string }).a),
    })
    await flow('around', async () => subject({ a: upstream() }), { store, sink })()
    // Where the documents have a step for scheduled times and skipped upstreams, there is nothing: no scheduler, no skipping.
    expect(steps).toEqual([
      'Pending',
      'upstream',
      'key',
      'look-up',
      'Running',
      'body with input',
      'write',
      'write',
      'Completed',
    ])
  })

  test('a Cached run never enters Running', async () => {
    const { runtime, sink } = kit()
    const subject = task('subject', async () => 'value', { cacheKey: 'key', cacheInMemory: false })
    const around = flow('around', () => subject(), runtime)
    await around()
    sink.clear()
    await around()
    expect(statesOf({ sink }, 'subject')).toBe('Pending Cached')
  })
})

describe('checkpointing', () => {
  const value = task('value', async () => ({ a: 1 }))

  test('D079-PIPE checkpoint false with checkpointing on: in memory, nowhere else', async () => {
    const { runtime, storage } = kit({ defaults: { checkpointing: true } })
    const out = task('out', async () => ({ a: 1 }), { checkpoint: false })
    const state = await flow('around', () => out().state(), { ...runtime, checkpoint: false })()
    expect(state).toMatchObject({ type: 'Completed', result: undefined })
    expect(await state.get()).toEqual({ a: 1 })
    expect(storage.writes).toEqual([])
  })

  test.each([
    [false, undefined, 0],
    [false, true, 0],
    [true, undefined, 1],
    [true, true, 1],
  ])('D080-PIPE the switch is %s, the task says %s: %s written', async (checkpointing, checkpoint, written) => {
    const { runtime, storage } = kit({ defaults: { checkpointing } })
    await flow('around', () => value.with({ checkpoint })().state(), { ...runtime, checkpoint: false })()
    expect(storage.writes).toHaveLength(written)
  })

  test('with the switch off nothing is looked for either, and an explicit true still writes', async () => {
    const { runtime, storage, sink } = kit({ defaults: { checkpointing: false } })
    await flow('around', () => value.with({ target: 'there.json' })(), runtime)()
    expect([storage.reads, storage.writes]).toEqual([[], []])
    expect(sink.states('value')[1]).toMatchObject({ state: 'Running', reason: 'not-persisted' })
    await flow('around', () => value.with({ persistResult: true })(), runtime)()
    expect(storage.writes).toHaveLength(1)
  })

  test('D082-PIPE a write that fails: the task fails, its class is named, and the value is not passed on', async () => {
    const { runtime, storage, sink } = kit()
    storage.fail = new RangeError('disk on fire')
    let passed = false
    const next = task('next', async (_: { a: object }) => {
      passed = true
    })
    const error = await rejection(
      flow('around', async () => next({ a: value.with({ persistResult: true })() }), runtime)(),
    )
    expect(error).toBe(storage.fail)
    expect(passed).toBe(false)
    expect(sink.states('value').at(-1)).toMatchObject({
      state: 'Failed',
      reason: 'write-failed',
      message: 'RangeError: disk on fire',
    })
    expect(sink.states('next').at(-1)).toMatchObject({ state: 'Failed', reason: 'upstream-failed' })
  })

  test('D085-PIPE D156-PER a task that fails writes nothing under its key, and the next run is not a hit', async () => {
    const { runtime, storage } = kit()
    let runs = 0
    const failing = task(
      'failing',
      async () => {
        runs += 1
        if (runs === 1) throw new Error('first')
        return 'second'
      },
      { cacheKey: 'key' },
    )
    const around = flow('around', () => failing(), runtime)
    await expect(around()).rejects.toThrow('first')
    expect(storage.writes).toEqual([])
    expect(await around()).toBe('second')
  })

  test('D087-PIPE the task result, else that of the flow, else the default', async () => {
    const { runtime, storage } = kit()
    const [own, flows] = [memoryStorage(), memoryStorage()]
    const around = flow(
      'around',
      async () => {
        await value()
        await value.with({ result: memoryResult({ storage: own }) })()
      },
      { ...runtime, result: new Result({ storage: flows }) },
    )
    await around()
    expect([(await keysOf(own)).length, (await keysOf(flows)).length, storage.writes.length]).toEqual([1, 2, 0])
    await flow('around', () => value.with({ persistResult: true })(), runtime)()
    expect(storage.writes).toHaveLength(1)
  })

  test('D096-PIPE a location with the name of the task, and with its inputs', async () => {
    const { runtime } = kit()
    const storage = memoryStorage()
    const named = new Result({ storage, location: '{task_name}.txt' })
    const fn = task('fn', async ({ x }: { x: number }) => `${x}`, { result: named })
    const byInput = fn.with({ result: named.with({ location: '{x}.txt' }) })
    await flow('around', async () => [await fn({ x: 1 }), await byInput({ x: 2 })], runtime)()
    expect(await keysOf(storage)).toEqual(['2.txt', 'fn.txt'])
  })

  test('a location of the flow is for tasks only where it tells them apart', async () => {
    const { runtime } = kit()
    const storage = memoryStorage()
    const result = new Result({ storage, location: 'report.json' })
    await flow('around', async () => void (await value()), { ...runtime, result })()
    expect(await keysOf(storage)).toEqual(['report.json', expect.stringMatching(/^runs\/.*\/value\//)])
  })
})

describe('failures', () => {
  test('D093-PIPE n retries are n + 1 attempts; retryIf filters by type, subclasses included', async () => {
    const { runtime, sink } = kit()
    class Passing extends TypeError {}
    let attempts = 0
    const failed = (error: Error): Promise<never> => {
      attempts += 1
      return Promise.reject(error)
    }
    const failing = (error: Error) =>
      task('failing', () => failed(error), {
        retries: 2,
        retryIf: (thrown) => thrown instanceof TypeError,
      })
    await expect(flow('around', () => failing(new Passing('a'))(), runtime)()).rejects.toThrow('a')
    expect(attempts).toBe(3)
    expect(sink.states('failing').at(-1)).toMatchObject({ state: 'Failed', attempt: 3 })
    attempts = 0
    await expect(flow('around', () => failing(new RangeError('b'))(), runtime)()).rejects.toThrow('b')
    expect(attempts).toBe(1)
  })

  test('a validator that refuses the output: ValidationFailed, nothing stored', async () => {
    const { runtime, storage, sink } = kit()
    const subject = task('subject', async () => [1, -1], {
      persistResult: true,
      validators: [(value) => value.every((each) => each > 0)],
    })
    await expect(flow('around', () => subject(), runtime)()).rejects.toMatchObject({ code: 'VALIDATION_FAILED' })
    expect(storage.writes).toEqual([])
    expect(sink.states('subject').at(-1)).toMatchObject({ state: 'ValidationFailed', reason: 'output-invalid' })
  })

  test('validators are checked also where nothing is stored, and those of the result come first', async () => {
    const seen: string[] = []
    const result = memoryResult({ validators: [(_: number) => noted(seen, 'result', true)] })
    const subject = task('subject', async () => 1, { result, validators: [(_) => noted(seen, 'task', true)] })
    await withRuntime(kit().runtime, () => subject())
    expect(seen).toEqual(['result', 'task'])
    const refused = task('refused', async () => 1, { validators: [() => false] })
    await expect(refused()).rejects.toMatchObject({ code: 'VALIDATION_FAILED' })
  })

  test('a timeout fires the signal, and a late value goes nowhere', async () => {
    const { runtime, storage, sink } = kit()
    let aborted = false
    const { promise: late, resolve } = Promise.withResolvers<string>()
    const slow = task(
      'slow',
      async (_: unknown, { signal }) => {
        signal.addEventListener('abort', () => {
          aborted = true
          resolve('late')
        })
        return late
      },
      { timeout: 5, persistResult: true },
    )
    await expect(flow('around', () => slow(), runtime)()).rejects.toMatchObject({ code: 'TIMEOUT' })
    await late
    expect(aborted).toBe(true)
    expect(storage.writes).toEqual([])
    expect(sink.states('slow').at(-1)).toMatchObject({ state: 'Failed', reason: 'timeout' })
  })

  test('a given signal cancels, also while it waits in a queue or between attempts', async () => {
    const { runtime, sink } = kit()
    const controller = new AbortController()
    const forever = task('forever', () => new Promise<void>(() => {}), { concurrency: 1, signal: controller.signal })
    const retrying = task('retrying', () => Promise.reject(new Error('no')), {
      retries: 1,
      retryDelay: '1h',
      signal: controller.signal,
    })
    const all = withRuntime(runtime, () => [forever(), forever(), retrying()].map((run) => run.state()))
    while (!statesOf({ sink }, 'retrying').includes('Retrying')) await new Promise((resolve) => setImmediate(resolve))
    controller.abort(new Error('enough'))
    expect((await Promise.all(all)).map(({ type }) => type)).toEqual(['Cancelled', 'Cancelled', 'Cancelled'])
  })

  test('when a flow throws, the signals of what still runs in it fire, and it ends after them', async () => {
    const { runtime, sink } = kit()
    const child = task('child', (_: unknown, { signal }) => {
      const { promise, reject } = Promise.withResolvers<void>()
      signal.addEventListener('abort', () => reject(signal.reason))
      return promise
    })
    const around = flow(
      'around',
      async () => {
        child()
        await Promise.resolve()
        throw new Error('the flow fails')
      },
      runtime,
    )
    await expect(around()).rejects.toThrow('the flow fails')
    expect(sink.states().map(({ name, state }) => `${name} ${state}`)).toEqual([
      'around Pending',
      'around Running',
      'child Pending',
      'child Running',
      'child Cancelled',
      'around Failed',
    ])
  })

  test('a flow ends after what it did not wait for', async () => {
    const { runtime, sink } = kit()
    const child = task('child', async () => new Promise((resolve) => setImmediate(resolve)))
    await flow('around', async () => void child(), runtime)()
    expect(sink.states().at(-1)).toMatchObject({ name: 'around', state: 'Completed' })
    expect(statesOf({ sink }, 'child')).toBe('Pending Running Completed')
  })

  test('a concurrency limit lets so many in, in their order', async () => {
    const { runtime } = kit()
    let [inside, most] = [0, 0]
    const order: number[] = []
    const work = task(
      'work',
      async ({ n }: { n: number }) => {
        inside += 1
        most = Math.max(most, inside)
        order.push(n)
        await new Promise((resolve) => setImmediate(resolve))
        inside -= 1
      },
      { concurrency: { name: 'database', limit: 2 } },
    )
    await flow('around', () => Promise.all([0, 1, 2, 3, 4].map((n) => work({ n }))), runtime)()
    expect(most).toBe(2)
    expect(order).toEqual([0, 1, 2, 3, 4])
    const other = task('other', async () => 1, { concurrency: { name: 'database', limit: 3 } })
    await expect(other()).rejects.toMatchObject({ code: 'CONFIG' })
  })
})

describe('inheritance', () => {
  const value = task('value', async () => ({ a: 1 }), { persistResult: true })

  test('D160-PER storage of the parent flow; its own wins', async () => {
    const { runtime, storage, other } = kit()
    const child = flow('child', () => value(), {})
    await flow('parent', () => child(), { ...runtime, resultStorage: 'other', persistResult: false })()
    expect([storage.writes.length, other.writes.length]).toEqual([0, 1])
    await flow('parent', () => value.with({ resultStorage: 'main' })(), {
      ...runtime,
      resultStorage: 'other',
      persistResult: false,
    })()
    expect([storage.writes.length, other.writes.length]).toEqual([1, 1])
  })

  test('D161-PER serializer of the parent flow; its own wins; else the configured default; an unknown one is an error', async () => {
    const storage = watchedStorage()
    const store = { storages: { main: storage }, defaults: { serializer: 'text' } } as const
    const names = async (options: object, own: object): Promise<unknown> => {
      const text = task('text', async () => 'text', { persistResult: true, ...own })
      const reference = await flow('parent', () => text().reference(), { store, ...options, persistResult: false })()
      return (reference as { serializer: unknown }).serializer
    }
    expect(await names({}, {})).toBe('text')
    expect(await names({ resultSerializer: 'json' }, {})).toBe('json')
    expect(await names({ resultSerializer: 'json' }, { resultSerializer: 'text' })).toBe('text')
    expect(await names({ defaults: { resultSerializer: json() } }, {})).toBe('json')
    await expect(names({ resultSerializer: 'no-such' }, {})).rejects.toMatchObject({ code: 'CONFIG' })
    await expect(names({ resultStorage: 'no-such' }, {})).rejects.toMatchObject({ code: 'CONFIG' })
    await expect(names({ defaults: { resultStorage: 'no-such' } }, {})).rejects.toMatchObject({ code: 'CONFIG' })
  })

  test('D146-PER the task says no in a flow that says yes, and yes in one that says no', async () => {
    const { runtime, storage } = kit()
    await flow('yes', async () => void (await value.with({ persistResult: false })()), {
      ...runtime,
      persistResult: true,
    })()
    expect(storage.writes.filter((key) => key.includes('/value/'))).toEqual([])
    await flow('no', () => value(), { ...runtime, persistResult: false })()
    expect(storage.writes.filter((key) => key.includes('/value/'))).toHaveLength(1)
  })
})
