import { memoryStorage, Result } from '@resultkit/core'
import { defineClass } from '@resultkit/pickle'
import {
  allInputs,
  allParameters,
  durationOnly,
  explain,
  flow,
  flowParameters,
  inputs,
  map,
  neverUse,
  partialInputsOnly,
  partialParametersOnly,
  runId,
  source,
  type TaskOptions,
  task,
  withRuntime,
} from '@resultkit/tasks'
import { describe, expect, test } from 'vitest'
import { keysOf, kit, noted, rejection, statesOf } from './kit.ts'

type Inputs = Readonly<Record<string, unknown>>

/** Runs a task once per input, each in a flow of its own with its parameters; tells which were hits. */
async function hits(
  options: TaskOptions<Inputs | undefined, unknown>,
  calls: readonly { readonly input?: Inputs; readonly parameters?: Inputs; readonly later?: number }[],
): Promise<string> {
  const made = kit()
  const subject = task<Inputs | undefined, unknown>('subject', async () => ({ some: 'value' }), options)
  const around = flow('around', ({ input }: { input: Inputs | undefined }) => subject(input).state(), made.runtime)
  const answers: string[] = []
  for (const { input, parameters, later = 0 } of calls) {
    made.time += later
    const state = await around({ input, ...parameters })
    answers.push(state.type === 'Cached' ? 'hit' : 'run')
  }
  return answers.join(' ')
}

describe('cache validators', () => {
  const key = { cacheKey: 'key' }

  test('D111-CV neverUse never; durationOnly in time, not after, for ever without cacheFor', async () => {
    expect(await hits({ ...key, cacheValidators: [neverUse] }, [{}, {}])).toBe('run run')
    const limited = { ...key, cacheFor: '1h', cacheValidators: [durationOnly] } as const
    expect(await hits(limited, [{}, { later: 3_599_999 }, { later: 1 }, {}])).toBe('run hit run hit')
    expect(await hits({ ...key, cacheValidators: [durationOnly] }, [{}, { later: 1e12 }])).toBe('run hit')
    expect(await hits({ ...key, cacheFor: '1h' }, [{}, { later: 3_599_999 }, { later: 1 }])).toBe('run hit run')
  })

  test('D112-CV allInputs: the same; one changed, added, removed', async () => {
    const calls = [
      { x: 1, y: 2 },
      { y: 2, x: 1 },
      { x: 1, y: 3 },
      { x: 1, y: 3, z: 4 },
      { x: 1, y: 3 },
    ]
    const answers = await hits(
      { ...key, cacheValidators: [allInputs] },
      calls.map((input) => ({ input })),
    )
    expect(answers).toBe('run hit run run run')
  })

  test('D113-CV allParameters: the same; one changed, added, removed', async () => {
    const calls = [{ p: 1 }, { p: 1 }, { p: 2 }, { p: 2, q: 3 }, { p: 2 }]
    const answers = await hits(
      { ...key, cacheValidators: [allParameters] },
      calls.map((parameters) => ({ parameters })),
    )
    expect(answers).toBe('run hit run run run')
  })

  test('D114-CV partial ones: only what is named counts; nothing named: only the duration', async () => {
    const calls = [
      { x: 1, y: 1 },
      { x: 1, y: 2 },
      { x: 2, y: 2 },
    ].map((input) => ({ input }))
    expect(await hits({ ...key, cacheValidators: [partialInputsOnly(['x'])] }, calls)).toBe('run hit run')
    expect(await hits({ ...key, cacheValidators: [partialInputsOnly()] }, calls)).toBe('run hit hit')
    const flows = calls.map(({ input }) => ({ parameters: input }))
    expect(await hits({ ...key, cacheValidators: [partialParametersOnly(['x'])] }, flows)).toBe('run hit run')
    expect(await hits({ ...key, cacheValidators: [partialParametersOnly()] }, flows)).toBe('run hit hit')
  })

  test('D117-CV the copy in memory first, then the stored one; a validator of your own sees the stored record', async () => {
    const { runtime, storage } = kit()
    const subject = task('subject', async () => ({ n: 1 }), key)
    const around = flow('around', () => subject().state(), runtime)
    await around()
    storage.reads.length = 0
    expect((await around()).reason).toBe('memory-hit')
    expect(storage.reads).toEqual([])
    const seen: unknown[] = []
    const watching = subject.with({
      cacheValidators: [
        ({ value, record }) => {
          seen.push(value, record.serializer)
          return true
        },
      ],
    })
    expect((await flow('around', () => watching().state(), runtime)()).reason).toBe('cache-hit')
    expect(seen).toEqual([{ n: 1 }, 'json'])
  })

  test('D121-CV a validator with nothing to cache by: a warning', async () => {
    const warned = new Promise<Error & { code?: string }>((resolve) => process.once('warning', resolve))
    task('subject', async () => 1, { cacheValidators: [allInputs] })
    expect((await warned).code).toBe('RESULTKIT_NOT_CACHED')
  })
})

describe('keys', () => {
  test('D119-CV two tasks with one key share what is stored', async () => {
    const { runtime } = kit()
    const one = task('one', async () => 'from one', { cacheKey: 'shared' })
    const two = task('two', async () => 'from two', { cacheKey: 'shared', cacheInMemory: false })
    expect(await flow('around', async () => [await one(), await two()], runtime)()).toEqual(['from one', 'from one'])
  })

  test('D162-KEY D163-KEY inputs by value and in any order; excluded ones do not count; a change does', async () => {
    const calls = [
      { x: 1, y: [2] },
      { y: [2], x: 1 },
      { x: 1, y: [3] },
    ].map((input) => ({ input }))
    expect(await hits({ cacheKey: [inputs()] }, calls)).toBe('run hit run')
    expect(await hits({ cacheKey: [inputs({ exclude: ['y'] })] }, calls)).toBe('run hit hit')
  })

  test('D162-KEY no inputs at all: no key', async () => {
    expect(await hits({ cacheKey: [inputs()] }, [{}, {}])).toBe('run run')
    expect(await hits({ cacheKey: [inputs()] }, [{ input: {} }, { input: {} }])).toBe('run run')
  })

  test('D163-KEY any part that changes changes the key; parts without a key are ignored; none left: no key', async () => {
    const calls = [
      { input: { x: 1 }, parameters: { p: 1 } },
      { input: { x: 1 }, parameters: { p: 1 } },
      { input: { x: 1 }, parameters: { p: 2 } },
      { input: { x: 2 }, parameters: { p: 2 } },
    ]
    expect(await hits({ cacheKey: [inputs(), flowParameters()] }, calls)).toBe('run hit run run')
    const { runtime } = kit()
    const outside = (cacheKey: TaskOptions['cacheKey']): Promise<string> =>
      withRuntime(runtime, async () => {
        const subject = task('subject', async (_: object) => 'x', { cacheKey })
        await subject({ x: 1 })
        return (await subject({ x: 1 }).state()).type
      })
    expect(await outside([inputs(), flowParameters()])).toBe('Cached')
    expect(await outside([flowParameters()])).toBe('Completed')
  })

  test('D164-KEY lists of policies are plain data: longer ones leave shorter ones alone, nested ones flatten, none is none', async () => {
    const base = [inputs(), source()] as const
    const longer = [base, [], runId()] as const
    expect(base).toHaveLength(2)
    const calls = [{ input: { x: 1 } }, { input: { x: 1 } }]
    expect(await hits({ cacheKey: base }, calls)).toBe('run hit')
    expect(await hits({ cacheKey: longer }, calls)).toBe('run run')
    expect(await hits({ cacheKey: [base, []] }, calls)).toBe('run hit')
    expect(await hits({ cacheKey: [[], []] }, calls)).toBe('run run')
    expect(() => Object.assign(inputs(), { exclude: ['x'] })).toThrow(TypeError)
  })

  test('D165-KEY two excluded; excluding what is not there is nothing; what is no text is refused', async () => {
    const calls = [
      { a: 1, b: 1, c: 1 },
      { a: 2, b: 2, c: 1 },
      { a: 2, b: 2, c: 2 },
    ].map((input) => ({ input }))
    expect(await hits({ cacheKey: [inputs({ exclude: ['a', 'b', 'z'] })] }, calls)).toBe('run hit run')
    expect(() => inputs({ exclude: [1 as never] })).toThrow(expect.objectContaining({ code: 'CONFIG' }))
  })

  test('D168-KEY an input that cannot be hashed: the body runs, and the reason names it and the ways out', async () => {
    const { runtime, sink, storage } = kit()
    const subject = task('subject', async ({ callback }: { callback: () => number }) => callback(), {
      cacheKey: [inputs()],
    })
    const around = flow('around', () => subject({ callback: () => 7 }), runtime)
    expect([await around(), await around()]).toEqual([7, 7])
    const running = sink.states('subject').find(({ state }) => state === 'Running')
    expect(running).toMatchObject({ reason: 'unhashable-input' })
    for (const hint of ['input.callback', 'function', 'exclude', 'classes', 'cacheKey function']) {
      expect(running?.message).toContain(hint)
    }
    expect(storage.writes.every((key) => key.startsWith('runs/'))).toBe(true)
  })

  test('D170-KEY a key function gets the context and resolved inputs; null and undefined are no caching', async () => {
    const { runtime } = kit()
    const seen: unknown[] = []
    const upstream = task('upstream', async () => 5)
    const subject = task('subject', async (_: { x: number }) => 'v', {
      cacheKey: ({ input, taskName, flowName }) => {
        seen.push(input, taskName, flowName)
        return null
      },
    })
    await flow('around', () => subject({ x: upstream() }), runtime)()
    expect(seen).toEqual([{ x: 5 }, 'subject', 'around'])
    expect(await hits({ cacheKey: () => undefined }, [{}, {}])).toBe('run run')
    expect(await hits({ cacheKey: async () => 'later' }, [{}, {}])).toBe('run hit')
  })

  test('a key function that throws fails the run, and is called once', async () => {
    let calls = 0
    const subject = task('subject', async () => 1, {
      cacheKey: () => {
        calls += 1
        throw new Error('no key today')
      },
    })
    await withRuntime(kit().runtime, async () => {
      await expect(subject()).rejects.toThrow('no key today')
    })
    expect(calls).toBe(1)
  })

  test('D172-KEY another source is another key; without source text the name stands in', async () => {
    const { runtime } = kit()
    const define = (fn: () => string, name = 'subject') => task(name, fn, { cacheKey: [source()] })
    const states = await withRuntime(runtime, async () => {
      const answers: string[] = []
      const bound = (() => 'x').bind(null)
      for (const subject of [
        define(() => 'a'),
        define(() => 'a'),
        define(() => 'b'),
        define(bound),
        define(bound),
        define(bound, 'other'),
      ])
        answers.push((await subject().state()).type)
      return answers
    })
    expect(states).toEqual(['Completed', 'Cached', 'Completed', 'Completed', 'Cached', 'Completed'])
  })

  test('D173-KEY refresh replaces; the default for all applies unless the task says false', async () => {
    const { runtime } = kit()
    let runs = 0
    const subject = task('subject', async () => (runs += 1), { cacheKey: 'key' })
    const run = (options: TaskOptions, defaults = {}): Promise<number> =>
      withRuntime({ ...runtime, defaults }, () => subject.with(options as never)())
    expect([await run({}), await run({}), await run({ refresh: true }), await run({})]).toEqual([1, 1, 2, 2])
    expect(await run({}, { refresh: true })).toBe(3)
    expect(await run({ refresh: false }, { refresh: true })).toBe(3)
  })

  test('D174-KEY cacheFor: a hit before, a miss after, and the new one counts anew', async () => {
    const calls = [{}, { later: 59_000 }, { later: 2_000 }, { later: 59_000 }]
    expect(await hits({ cacheKey: 'key', cacheFor: '1m' }, calls)).toBe('run hit run hit')
    expect(await hits({ cacheKey: 'key', cacheFor: '1m', cacheInMemory: false }, calls)).toBe('run hit run hit')
  })

  test('D176-KEY with runId: a hit within one flow run, a miss in another; outside a flow never', async () => {
    const { runtime } = kit()
    const subject = task('subject', async (_: { x: number }) => 'v', { cacheKey: [inputs(), source(), runId()] })
    const around = flow(
      'around',
      async () => [(await subject({ x: 1 }).state()).type, (await subject({ x: 1 }).state()).type],
      runtime,
    )
    expect([await around(), await around()]).toEqual([
      ['Completed', 'Cached'],
      ['Completed', 'Cached'],
    ])
    await withRuntime(runtime, async () => {
      expect([(await subject({ x: 1 }).state()).type, (await subject({ x: 1 }).state()).type]).toEqual([
        'Completed',
        'Completed',
      ])
    })
  })

  test('D177-KEY another location between runs: a miss', async () => {
    const { runtime } = kit()
    const subject = task('subject', async () => 'v')
    const states = await withRuntime(runtime, async () => [
      (await subject.with({ cacheKey: 'one' })().state()).type,
      (await subject.with({ cacheKey: 'two' })().state()).type,
      (await subject.with({ cacheKey: 'two' })().state()).type,
    ])
    expect(states).toEqual(['Completed', 'Completed', 'Cached'])
  })

  test('a text and a hash of the same characters are different places, and hostile keys stay below cache/', async () => {
    const { runtime, storage } = kit()
    const subject = task('subject', async () => 'v')
    await withRuntime(runtime, async () => {
      for (const cacheKey of ['..', '../../x', 'a/b', 'a%2Fb', '\ud800', 'x'.repeat(5000)])
        await subject.with({ cacheKey })()
    })
    const keys = await keysOf(storage)
    expect(keys).toHaveLength(6)
    expect(keys.every((key) => /^cache\/key(-hash)?\/[^/]+$/.test(key))).toBe(true)
  })
})

test('classes that the runtime knows may be inputs, given as pickle takes them', async () => {
  class Point {
    x = 0
  }
  const point = (x: number): Point => Object.assign(new Point(), { x })
  const classes = [defineClass({ name: 'Point', class: Point, encode: ({ x }) => x, decode: point })]
  const { runtime } = kit({ classes })
  const subject = task('subject', async ({ at }: { at: Point }) => at.x, { cacheKey: [inputs()] })
  const states = await withRuntime(runtime, async () => [
    (await subject({ at: point(1) }).state()).type,
    (await subject({ at: point(1) }).state()).type,
    (await subject({ at: point(2) }).state()).type,
  ])
  expect(states).toEqual(['Completed', 'Cached', 'Completed'])
})

describe('memory', () => {
  const subject = task('subject', async () => ({ n: 1 }), { cacheKey: 'key', cacheFor: '1h' })

  test('D130-STO cacheInMemory false reads the storage each time; the default once', async () => {
    const { runtime, storage } = kit()
    await withRuntime(runtime, () => subject())
    storage.reads.length = 0
    await withRuntime(runtime, async () => [await subject(), await subject()])
    expect(storage.reads).toHaveLength(0)
    const off = subject.with({ cacheInMemory: false })
    await withRuntime(runtime, async () => [await off(), await off()])
    expect(storage.reads).toHaveLength(2)
  })

  test('D127-STO a copy that is too old is dropped, and the storage is asked', async () => {
    const made = kit()
    await withRuntime(made.runtime, () => subject())
    made.storage.reads.length = 0
    made.time += 3_600_000
    expect((await withRuntime(made.runtime, () => subject().state())).reason).toBe('persisted')
    expect(made.storage.reads).toHaveLength(1)
  })

  test('copies leave when there are too many bytes, the least recently used first', async () => {
    const { runtime, storage } = kit({ cacheBytes: 1600 })
    const sized = task('sized', async (_: { n: number }) => 'x'.repeat(100), { cacheKey: [inputs()] })
    await withRuntime(runtime, async () => {
      for (let n = 0; n < 5; n++) await sized({ n })
      storage.reads.length = 0
      await sized({ n: 4 })
      await sized({ n: 0 })
    })
    expect(storage.reads).toHaveLength(1)
  })
})

describe('single flight', () => {
  test('50 callers of a keyed task: one execution, the others Cached with its value', async () => {
    const { runtime, sink } = kit()
    let runs = 0
    const slow = task(
      'slow',
      async () => {
        runs += 1
        await new Promise((resolve) => setImmediate(resolve))
        return { n: runs }
      },
      { cacheKey: 'key' },
    )
    const values = await flow('around', () => Promise.all(Array.from({ length: 50 }, () => slow())), runtime)()
    expect(runs).toBe(1)
    expect(new Set(values).size).toBe(1)
    expect(sink.states('slow').filter(({ reason }) => reason === 'joined')).toHaveLength(49)
    expect(sink.states('slow').filter(({ state }) => state === 'Running')).toHaveLength(1)
  })

  test('a failure is shared as well, and the next caller tries again', async () => {
    let runs = 0
    const failing = task('failing', () => Promise.reject(new Error(`run ${++runs}`)), { cacheKey: 'key' })
    await withRuntime(kit().runtime, async () => {
      const settled = await Promise.allSettled([failing(), failing()])
      expect(settled.map((each) => (each as PromiseRejectedResult).reason.message)).toEqual(['run 1', 'run 1'])
      await expect(failing()).rejects.toThrow('run 2')
    })
  })

  test('who waits may leave, and the other goes on', async () => {
    const controller = new AbortController()
    const { promise: open, resolve } = Promise.withResolvers<string>()
    const work = task('work', () => open, { cacheKey: 'key' })
    await withRuntime(kit().runtime, async () => {
      const first = work()
      const second = work.with({ signal: controller.signal })()
      controller.abort()
      expect((await second.state()).type).toBe('Cancelled')
      const third = work.with({ signal: AbortSignal.abort() })()
      expect((await third.state()).type).toBe('Cancelled')
      resolve('first')
      expect(await first).toBe('first')
    })
  })

  test('who waits for one that is cancelled computes it', async () => {
    const controller = new AbortController()
    let runs = 0
    const work = task(
      'work',
      async (_: unknown, { signal }) => {
        runs += 1
        if (runs > 1) return 'second'
        return new Promise<string>((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)))
      },
      { cacheKey: 'key' },
    )
    await withRuntime(kit().runtime, async () => {
      const first = work.with({ signal: controller.signal })()
      const second = work()
      while (runs === 0) await new Promise((resolve) => setImmediate(resolve))
      controller.abort()
      expect((await first.state()).type).toBe('Cancelled')
      expect(await second).toBe('second')
    })
  })
})

describe('explain', () => {
  test('says why, as data and as text, before and after, and runs and writes nothing', async () => {
    const { runtime, storage } = kit()
    let runs = 0
    const subject = task('subject', async (_: { x: number }) => (runs += 1), {
      cacheKey: [inputs()],
      cacheFor: '1h',
      cacheInMemory: false,
    })
    await withRuntime(runtime, async () => {
      const before = await explain(subject, { x: 1 })
      expect(before).toMatchObject({
        persistence: {
          persist: true,
          decidedBy: 'features',
          because: ['cacheKey', 'cacheFor', 'cacheInMemory: false'],
        },
        lookup: { kind: 'cache', outcome: 'miss' },
      })
      expect([runs, storage.writes]).toEqual([0, []])
      await subject({ x: 1 })
      expect((await subject.explain({ x: 1 })).lookup.outcome).toBe('hit')
      expect((await subject.explain({ x: 2 })).text).toContain('would run: nothing is stored there')
      const never = await explain(subject.with({ persistResult: false }), { x: 1 })
      expect(never).toMatchObject({
        persistence: { persist: false, conflicts: ['cacheKey', 'cacheFor', 'cacheInMemory: false'] },
      })
      expect(never.text).toContain('would fail')
    })
  })

  test('names what cannot be hashed, an unknown name in a target, and what nobody asks for', async () => {
    await withRuntime(kit().runtime, async () => {
      const fn = task('fn', async (_: object) => 1)
      expect((await explain(fn.with({ cacheKey: [inputs()] }), { f() {} })).lookup).toMatchObject({
        outcome: 'unhashable-input',
      })
      expect((await explain(fn.with({ target: '{no}' }), {})).problem).toContain('"no"')
      expect((await explain(fn, {})).text).toBe(
        'task "fn"\n  persisted: no, nobody asks for it\n  would run: it has no cacheKey, cacheFor or target',
      )
    })
  })
})

describe('resuming', () => {
  test('persisted results of the run are found, unpersisted tasks run again; another run finds nothing', async () => {
    const { runtime, sink } = kit()
    const ran: string[] = []
    let broken = true
    const kept = task('kept', async ({ n }: { n: number }) => noted(ran, `kept ${n}`, { n }), { persistResult: true })
    const free = task('free', async () => noted(ran, 'free', 1))
    const last = task('last', async () => {
      if (broken) throw new Error('broken')
      return 'done'
    })
    const around = flow(
      'around',
      async () => {
        await Promise.all(map(kept, [{ n: 1 }, { n: 1 }, { n: 2 }]))
        await free()
        return last()
      },
      { ...runtime, runId: 'monday' },
    )
    await rejection(around())
    broken = false
    ran.length = 0
    sink.clear()
    expect(await around()).toBe('done')
    expect(ran).toEqual(['free'])
    expect(statesOf({ sink }, 'kept')).toBe('Pending Pending Pending Cached Cached Cached')
    expect(sink.states('kept').at(-1)?.reason).toBe('resumed')
    ran.length = 0
    await around.with({ runId: 'tuesday' })()
    expect(ran).toHaveLength(4)
  })

  test('what a retried flow has stored is found at its next attempt', async () => {
    const { runtime } = kit()
    let [runs, attempts] = [0, 0]
    const kept = task('kept', async () => (runs += 1), { persistResult: true })
    const around = flow(
      'around',
      async () => {
        const value = await kept()
        attempts += 1
        if (attempts === 1) throw new Error('once')
        return value
      },
      { ...runtime, retries: 1 },
    )
    expect(await around()).toBe(1)
    expect([runs, attempts]).toEqual([1, 2])
  })
})

test('storages of one uri share keys, others do not', async () => {
  const shared = memoryStorage()
  const subject = task('subject', async () => ({ n: 1 }), { cacheKey: 'key', resultStorage: shared })
  const state = await withRuntime(kit().runtime, async () => {
    await subject()
    return subject.with({ resultStorage: memoryStorage() })().state()
  })
  expect(state.type).toBe('Completed')
  expect((await withRuntime(kit().runtime, () => subject().state())).reason).toBe('cache-hit')
})

test('a copy in memory is as old as the clock of its own Result says', async () => {
  let now = Date.UTC(2026, 10, 22)
  const result = new Result({ storage: memoryStorage(), clock: () => now, cacheFor: '1m' })
  let runs = 0
  const counted = task('counted', async () => ++runs, { result, cacheKey: 'key' })
  await withRuntime({}, async () => {
    expect(await counted()).toBe(1)
    now += 59_999
    expect(await counted()).toBe(1)
    now += 1
    expect(await counted()).toBe(2)
  })
})
