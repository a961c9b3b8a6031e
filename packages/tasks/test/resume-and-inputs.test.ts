import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { Result } from '@resultkit/core'
import { flow, inputs, task, withRuntime } from '@resultkit/tasks'
import { describe, expect, test } from 'vitest'
import { keysOf, kit, rejection, turn } from './kit.ts'

describe('places of unkeyed results', () => {
  test('a flow and a task of its name and input do not meet', async () => {
    const { runtime, store, storage } = kit()
    const inner = task('report', async (_: { day: number }) => ({ from: 'task' }), { persistResult: true })
    const outer = flow(
      'report',
      async (input: { day: number }) => ({ from: 'flow', inner: await inner(input).reference() }),
      { ...runtime, persistResult: true, runId: 'r' },
    )
    const run = outer({ day: 1 })
    const { inner: ofTask } = await run
    expect(await store.get(ofTask as never)).toEqual({ from: 'task' })
    expect(await store.get((await run.reference()) as never)).toMatchObject({ from: 'flow' })
    expect(await keysOf(storage)).toHaveLength(2)
    expect(await outer({ day: 1 })).toMatchObject({ from: 'flow' })
  })

  test.each([{ sinks: true }, { sinks: false }])(
    'inner flows have their ids by the order of calls, whoever has its inputs first ($sinks)',
    async ({ sinks }) => {
      const { runtime } = kit()
      const nightly = (order: readonly string[]) => {
        const gates = { a: Promise.withResolvers<string>(), b: Promise.withResolvers<string>() }
        const given = task('given', ({ name }: { name: 'a' | 'b' }) => gates[name].promise)
        const inner = flow('inner', async ({ x }: { x: string }) =>
          task('load', async () => ({ of: x }), { persistResult: true })(),
        )
        const outer = flow(
          'outer',
          () => Promise.all([inner({ x: given({ name: 'a' }) }), inner({ x: given({ name: 'b' }) })]),
          { ...runtime, sink: sinks ? runtime.sink : undefined, runId: 'r' },
        )
        const run = outer()
        return turn().then(async () => {
          for (const name of order) {
            gates[name as 'a'].resolve(name)
            await turn()
          }
          return run
        })
      }
      expect(await nightly(['a', 'b'])).toEqual([{ of: 'a' }, { of: 'b' }])
      expect(await nightly(['b', 'a'])).toEqual([{ of: 'a' }, { of: 'b' }])
    },
  )

  test('the persisted result of an inner flow is found when the outer one is resumed', async () => {
    const { runtime, sink } = kit()
    let ran = 0
    const inner = flow('inner', async () => ({ ran: ++ran }), { persistResult: true })
    const outer = flow('outer', () => inner(), { ...runtime, runId: 'r' })
    expect([await outer(), await outer()]).toEqual([{ ran: 1 }, { ran: 1 }])
    expect(sink.states('inner').at(-1)).toMatchObject({ state: 'Cached', reason: 'resumed' })
  })

  test('long names do not meet, whatever they have in common', async () => {
    const { runtime } = kit()
    // 9 letters each in a key.
    const name = '\u8a08'.repeat(23)
    const one = task(`${name}1`, async () => ({ by: 1 }), { persistResult: true })
    const two = task(`${name}2`, async () => ({ by: 2 }), { persistResult: true })
    const inOrder = (tasks: readonly (typeof one)[]) =>
      flow('f', async () => (await Promise.all(tasks.map((each) => each()))).map(({ by }) => by), {
        ...runtime,
        runId: 'r',
      })()
    expect(await inOrder([one, two])).toEqual([1, 2])
    expect(await inOrder([two, one])).toEqual([2, 1])
  })

  test('below a flow whose result has a location of its own, tasks take their numbers as they start', async () => {
    const { runtime, storage } = kit()
    const gates = [Promise.withResolvers<void>(), Promise.withResolvers<void>()]
    let ran = 0
    const numbered = task('numbered', async () => {
      const n = ran++
      await gates[n]?.promise
      return { n }
    })
    const outer = flow('outer', () => Promise.all([numbered(), numbered()]), {
      ...runtime,
      runId: 'r',
      result: new Result({ storage, location: 'outer.json', serializer: 'json' }),
    })
    const first = outer()
    await turn()
    gates[1]?.resolve()
    await turn()
    gates[0]?.resolve()
    expect([await first, await outer(), ran]).toEqual([[{ n: 0 }, { n: 1 }], [{ n: 0 }, { n: 1 }], 2])
  })

  test('a storage or location that cannot be is told before the body runs', async () => {
    const { runtime, storage, sink } = kit()
    let ran = 0
    const unplaced = task('unplaced', async () => ++ran, { result: new Result({ storage, location: '{nobody}/x' }) })
    const unknown = task('unknown', async () => ++ran, { resultStorage: 'nowhere' })
    const codes = await withRuntime(runtime, () => Promise.all([rejection(unplaced()), rejection(unknown())]))
    expect(codes.map(({ code }) => code)).toEqual(['INVALID_LOCATION', 'CONFIG'])
    expect(ran).toBe(0)
    for (const name of ['unplaced', 'unknown'])
      expect(sink.states(name).map(({ reason }) => reason)).toEqual(['created', 'configuration'])
  })

  test('a literal stays in the state also where a flow is resumed or retried', async () => {
    const { runtime, storage } = kit()
    const yes = task('yes', async () => true, { persistResult: true })
    const outer = flow('outer', () => yes().reference(), { ...runtime, runId: 'r' })
    expect([await outer(), await outer()]).toEqual(Array(2).fill({ type: 'literal', value: true }))
    expect(storage.writes).toEqual([])
  })
})

describe('inputs', () => {
  const failingOnce = <I>(name: string) => {
    let runs = 0
    const body = async (_: I) => {
      runs += 1
      if (runs === 1) throw new Error('again')
      return runs
    }
    return task(name, body, { retries: 1 })
  }

  test('an array that a task returned stays the same object beside promises, and upstream', async () => {
    const { runtime, storage } = kit()
    const rows = task('rows', async () => [{ n: 1 }])
    const other = task('other', async () => ({ n: 2 }))
    const seen: object[] = []
    const see = task('see', async (input: { rows: object; other: object }) => seen.push(input.rows))
    const use = failingOnce<{ rows: object; other: object }>('use')
    await flow(
      'around',
      async () => {
        const given = await rows()
        await see({ rows: given, other: other() })
        expect(seen[0]).toBe(given)
        await use({ rows: given, other: other() })
      },
      runtime,
    )()
    expect(storage.writes.map((key) => key.split('/')[2]).sort()).toEqual(['other', 'rows', 'use'])
  })

  test('an object of the outer flow is upstream in an inner one', async () => {
    const { runtime, storage } = kit()
    const rows = task('rows', async () => ({ n: 1 }))
    const use = failingOnce<{ rows: object }>('use')
    const inner = flow('inner', async (input: { rows: object }) => use(input))
    await flow('outer', async () => inner({ rows: await rows() }), runtime)()
    expect(storage.writes.map((key) => key.split('/')[2])).toEqual(['rows', 'use'])
  })

  test('properties with symbols are passed on beside promises', async () => {
    const mark = Symbol('mark')
    const one = task('one', async () => 1)
    const read = task('read', async (input: { n: number; [mark]: string }) => input[mark])
    expect(await read({ [mark]: 'kept', n: one() })).toBe('kept')
  })

  test('a stream that was not stored is not read to be stored: whoever was given it would miss its items', async () => {
    const { runtime, storage } = kit({ defaults: { resultSerializer: 'ndjson' } })
    let read = 0
    const rows = task('rows', async function* (): AsyncGenerator<number> {
      read += 1
      yield 1
    })
    const use = failingOnce<{ rows: AsyncIterable<number> }>('use')
    const error = await rejection(flow('around', () => use({ rows: rows() }), runtime)())
    expect(error).toMatchObject({ code: 'MISSING_RESULT', message: expect.stringContaining('gave a stream') })
    expect([read, storage.writes]).toEqual([0, []])
  })

  test('whose signal fires does not end the storing of an input that others need as well', async () => {
    const { runtime, storage } = kit()
    const rows = task('rows', async () => ({ n: 1 }))
    const controller = new AbortController()
    const write = storage.write
    const writing = Promise.withResolvers<void>()
    const go = Promise.withResolvers<void>()
    const watched = {
      ...storage,
      async write(...[key, body, options]: Parameters<typeof write>) {
        writing.resolve()
        await go.promise
        options.signal?.throwIfAborted()
        return write(key, body, options)
      },
    }
    const states = await flow(
      'around',
      async () => {
        const given = rows()
        const use = failingOnce<{ given: object }>('use').with({ persistResult: undefined, signal: controller.signal })
        const other = failingOnce<{ given: object }>('other')
        const both = [use({ given }).state(), other({ given }).state()]
        await writing.promise
        controller.abort()
        go.resolve()
        return (await Promise.all(both)).map(({ type }) => type)
      },
      { ...runtime, store: { storages: { main: watched }, defaults: { serializer: 'json' } } },
    )()
    expect(states).toEqual(['Cancelled', 'Completed'])
  })

  test('a run that has ended lets go of what it was given: folding holds one state, not all', async () => {
    setFlagsFromString('--expose-gc')
    const collect = runInNewContext('gc') as () => void
    const states: WeakRef<object>[] = []
    const step = task('step', async ({ state }: { state: object }) => ({ next: Object.keys(state).length }))
    const stored = step.with({ persistResult: true })
    const { runtime } = kit()
    await flow(
      'fold',
      async () => {
        let state: object = {}
        for (let round = 0; round < 20; round++) {
          state = await (round % 2 === 0 ? step : stored)({ state: round % 3 === 0 ? step({ state }) : state })
          states.push(new WeakRef(state))
        }
        await turn()
        collect()
        expect(state).toBe(states.at(-1)?.deref())
        expect(states.filter((each) => each.deref() !== undefined).length).toBeLessThan(4)
      },
      { ...runtime, sink: undefined },
    )()
  })
})

test('an input named like a key does not take its place in a location', async () => {
  const { runtime, storage } = kit()
  let runs = 0
  const keyed = (location: string) =>
    task('keyed', async ({ n }: { cacheKey: string; n: number }) => ({ n, runs: ++runs }), {
      result: new Result({ storage, location, serializer: 'json' }),
      cacheKey: [inputs()],
      cacheInMemory: false,
    })
  for (const location of ['named/{cacheKey}', 'literal/{{cacheKey}}'])
    await withRuntime(runtime, async () => {
      const task = keyed(location)
      expect((await task({ cacheKey: 'same', n: 1 })).n).toBe(1)
      expect((await task({ cacheKey: 'same', n: 2 })).n).toBe(2)
    })
  expect(runs).toBe(4)
})
