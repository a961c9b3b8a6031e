import { bytes, json, jsonTypes, memoryResult, memoryStorage, Result } from '@resultkit/core'
import {
  constantResult,
  flow,
  fromHandler,
  inlineResult,
  map,
  reviveState,
  type StateJson,
  secretResult,
  type TaskPromise,
  task,
  withRuntime,
} from '@resultkit/tasks'
import { describe, expect, expectTypeOf, test } from 'vitest'
import { kit, rejection } from './kit.ts'

describe('states', () => {
  test.each(['Pending', 'Queued', 'Running', 'Retrying'] as const)(
    'D136-STA the value of one that is %s: an error',
    async (state) => {
      const revived = reviveState({ state, reason: 'created', attempt: 1 })
      expect(await rejection(revived.get())).toMatchObject({
        code: 'MISSING_RESULT',
        message: expect.stringContaining(state),
      })
    },
  )

  test('D137-STA the value of a finished one; of a failed one its error', async () => {
    const { runtime, store } = kit()
    await withRuntime(runtime, async () => {
      const kept = await task('kept', async () => ({ a: 1 }), { persistResult: true })().state()
      expect(await kept.get()).toEqual({ a: 1 })
      expect(await reviveState(JSON.parse(JSON.stringify(kept)) as StateJson).get({ store })).toEqual({ a: 1 })
      const failed = await task('failed', () => Promise.reject(new Error('why')))().state()
      expect(failed.type).toBe('Failed')
      await expect(failed.get()).rejects.toThrow('why')
    })
  })

  test('D138-STA completed without data: MISSING_RESULT that says why', async () => {
    const { runtime, store, storage } = kit()
    const over = async (state: object): Promise<StateJson> => JSON.parse(JSON.stringify(state)) as StateJson
    await withRuntime(runtime, async () => {
      const free = await over(await task('free', async () => 1)().state())
      expect(await rejection(reviveState(free).get({ store }))).toMatchObject({
        code: 'MISSING_RESULT',
        message: expect.stringContaining('not persisted'),
      })
      const kept = await over(await task('kept', async () => 1, { cacheKey: 'key' })().state())
      expect(await rejection(reviveState(kept).get())).toMatchObject({
        code: 'MISSING_RESULT',
        message: expect.stringContaining('store'),
      })
      await storage.delete('cache/key/key' as never, { ifMatch: undefined, signal: undefined })
      expect(await rejection(reviveState(kept).get({ store }))).toMatchObject({
        code: 'MISSING_RESULT',
        message: expect.stringContaining('deleted'),
      })
    })
  })

  test('D139-STA a reference whose value is not there yet: so many attempts, so much between them, then the last error', async () => {
    const { runtime, storage, store } = kit()
    const state = await withRuntime(runtime, () => task('kept', async () => 1, { cacheKey: 'key' })().state())
    const revived = reviveState<number>(JSON.parse(JSON.stringify(state)) as StateJson)
    await storage.delete('cache/key/key' as never, { ifMatch: undefined, signal: undefined })
    storage.reads.length = 0
    const started = performance.now()
    await expect(revived.get({ store, attempts: 3, delay: 20 })).rejects.toMatchObject({ code: 'MISSING_RESULT' })
    expect(storage.reads).toHaveLength(3)
    expect(performance.now() - started).toBeGreaterThan(35)
    const late = revived.get({ store, attempts: 50, delay: 1 })
    await store.result('main').write(1, 'cache/key/key')
    expect(await late).toBe(1)
  })

  test('D143-STA JSON keeps the reference of a written result, and drops an unwritten value', async () => {
    const { runtime } = kit()
    const [written, unwritten] = await withRuntime(runtime, () =>
      Promise.all([
        task('a', async () => ({ a: 1 }), { persistResult: true })().state(),
        task('b', async () => ({ b: 1 }))().state(),
      ]),
    )
    expect(JSON.parse(JSON.stringify(written))).toEqual({
      state: 'Completed',
      reason: 'persisted',
      attempt: 1,
      result: expect.objectContaining({ type: 'reference' }),
    })
    expect(JSON.parse(JSON.stringify(unwritten))).toEqual({ state: 'Completed', reason: 'not-persisted', attempt: 1 })
  })

  test.each([{}, [], { type: 'literal' }, { type: 'reference' }, { type: 'reference', sha256: 'x', key: 'k' }])(
    'D144-STA user data that looks like an envelope comes back as it is: %j',
    async (value) => {
      const { runtime } = kit()
      await withRuntime(runtime, async () => {
        expect(await task('plain', async () => value)()).toBe(value)
        const kept = task('kept', async () => value, { cacheKey: 'key', cacheInMemory: false })
        await kept()
        expect(await kept()).toEqual(value)
        const pass = task('pass', async (input: unknown) => input)
        expect(await pass(value)).toBe(value)
      })
    },
  )

  test('D013-R no result, and a result that is null or undefined, are different', async () => {
    const { runtime, store } = kit()
    const states = await withRuntime(runtime, () =>
      Promise.all([
        task('null', async () => null, { persistResult: true })().state(),
        task('undefined', async () => undefined, { persistResult: true })().state(),
        task('never', async () => null, { persistResult: true, signal: AbortSignal.abort() })().state(),
      ]),
    )
    expect(states.map(({ result }) => (result === undefined ? undefined : (result as { type: string }).type))).toEqual([
      'literal',
      'reference',
      undefined,
    ])
    expect(await store.get(states[1]?.result as never)).toBe(undefined)
    expect(states[2]?.type).toBe('Cancelled')
  })

  test('reference() of a run that is not persisted is MISSING_RESULT, of one that failed its failure', async () => {
    await withRuntime(kit().runtime, async () => {
      await expect(task('a', async () => 1)().reference()).rejects.toMatchObject({ code: 'MISSING_RESULT' })
      await expect(task('b', () => Promise.reject(new Error('b')))().reference()).rejects.toThrow('b')
    })
  })
})

describe('calling', () => {
  test('outside of flows, with nothing configured, and nested in other tasks', async () => {
    const inner = task('inner', async ({ n }: { n: number }) => n + 1)
    const outer = task('outer', async ({ n }: { n: number }) => inner({ n: inner({ n }) }))
    expect(await outer({ n: 1 })).toBe(3)
    expect(await task('none', () => 'no input')()).toBe('no input')
  })

  test('inputs: promises as the input, as properties, in arrays; everything else as it is', async () => {
    const n = task('n', async (value: number) => value)
    const all = task('all', async (input: { a: number; list: number[]; keep: Map<string, number> }) => input)
    const keep = new Map([['x', 1]])
    expect(await all({ a: n(1), list: [n(2), 3], keep })).toEqual({ a: 1, list: [2, 3], keep })
    expect((await all({ a: 1, list: [], keep })).keep).toBe(keep)
    expect(await n(n(5))).toBe(5)
  })

  test('types: inputs and outputs are inferred', () => {
    const length = task('length', async ({ text }: { text: string }) => text.length)
    expectTypeOf<ReturnType<typeof length>>().toEqualTypeOf<TaskPromise<number>>()
    const report = flow('report', ({ n }: { n: number }) => `${n}`)
    expectTypeOf<ReturnType<typeof report>>().toEqualTypeOf<TaskPromise<string>>()
    expectTypeOf(map(length, [{ text: 'a' }])).toEqualTypeOf<TaskPromise<number>[]>()
    const unused = (): void => {
      // @ts-expect-error the input is missing
      length()
      // @ts-expect-error a number is no text
      length({ text: 1 })
      // @ts-expect-error nor is the promise of one
      length({ text: length({ text: 'a' }) })
      length({ text: report({ n: 1 }) })
      task('keyed', async ({ a }: { a: number }) => a, {
        cacheKey: ({ input }) => String(input.a),
        validators: [(value) => value > 0],
      })
    }
    expect(unused).toBeTypeOf('function')
  })

  test('with replaces options and leaves the original alone', async () => {
    const { runtime, storage } = kit()
    const value = task('value', async () => ({ a: 1 }))
    const kept = value.with({ persistResult: true })
    await withRuntime(runtime, async () => [await value(), await kept()])
    expect(storage.writes).toHaveLength(1)
    expect([value.name, kept.name]).toEqual(['value', 'value'])
  })

  test('map gives the index to bodies and locations', async () => {
    const indexes = task('indexes', async (_: string, { index }) => index)
    expect(await Promise.all(map(indexes, ['a', 'b', 'c']))).toEqual([0, 1, 2])
    expect(() => map((async () => 1) as never, [])).toThrow(expect.objectContaining({ code: 'CONFIG' }))
  })
})

describe('options that are wrong', () => {
  const cases: readonly (readonly [string, object, string])[] = [
    ['retryDelay without retries', { retryDelay: '1s' }, 'retries'],
    ['once storage with nothing to look up', { once: 'storage' }, 'cacheKey'],
    [
      'allInputs with a plain target',
      { target: 't.json', cacheValidators: [{ kind: 'digest', name: 'inputs', part: () => 1 }] },
      'record',
    ],
    ['a key with a result without a storage', { result: inlineResult(), cacheKey: 'k' }, 'storage'],
    ['a negative number of retries', { retries: -1 }, 'retries'],
    ['a limit of 0', { concurrency: 0 }, 'concurrency'],
    ['an unknown duration', { cacheFor: '1 year' }, 'duration'],
    ['an empty key', { cacheKey: '' }, 'cacheKey'],
    ['an unknown reaction', { onInvalid: 'ignore' }, 'onInvalid'],
  ]
  test.each(cases)('%s is CONFIG, with the way out', (_, options, hint) => {
    expect(() => task('subject', () => 1, options)).toThrow(
      expect.objectContaining({ code: 'CONFIG', message: expect.stringContaining(hint) }),
    )
  })

  test('names and functions', () => {
    expect(() => task('', () => 1)).toThrow(expect.objectContaining({ code: 'CONFIG' }))
    expect(() => task('x', undefined as never)).toThrow(expect.objectContaining({ code: 'CONFIG' }))
    expect(() => flow('x', () => 1, { runId: '../x' })).toThrow(expect.objectContaining({ code: 'CONFIG' }))
  })
})

describe('result types without a storage', () => {
  test('D045-INL D048-INL the location is the JSON text; no storage; the result itself keeps nothing', async () => {
    const inline = inlineResult<{ x: number[] }>()
    const location = await inline.write({ x: [1, 2] })
    expect(location).toBe('{"x":[1,2]}')
    expect(await inline.read(location)).toEqual({ x: [1, 2] })
    await inline.write({ x: [3] })
    expect(await inline.read(location)).toEqual({ x: [1, 2] })
    const long = await inlineResult<string>().write('x'.repeat(5000))
    expect(String(long)).toHaveLength(5002)
  })

  test('D046-INL exists', async () => {
    const inline = inlineResult()
    expect([await inline.exists('{"a":1}'), await inline.exists('null'), await inline.exists('{bad')]).toEqual([
      true,
      true,
      false,
    ])
  })

  test('D047-INL a binary serializer is refused; JSON and Dates are accepted', async () => {
    expect(() => inlineResult({ serializer: bytes() })).toThrow(expect.objectContaining({ code: 'CONFIG' }))
    const dated = inlineResult<Date>({ serializer: json({ types: [jsonTypes.date] }) })
    expect(await dated.read(await dated.write(new Date(5)))).toEqual(new Date(5))
    const byDefault = inlineResult<Date>()
    expect(await byDefault.read(await byDefault.write(new Date(6)))).toEqual(new Date(6))
  })

  test('D054-CON a constant', async () => {
    const constant = constantResult(42)
    expect([await constant.read('anything'), await constant.exists('anything')]).toEqual([42, true])
    await expect(constant.write(42)).rejects.toMatchObject({ code: 'UNSUPPORTED' })
    expect(() => constantResult(42, { serializer: json() } as never)).toThrow(
      expect.objectContaining({ code: 'CONFIG' }),
    )
  })

  test('D055-SEC a secret is asked for at every read', async () => {
    let asked = 0
    const secret = secretResult((name) => `${name} ${++asked}`)
    expect([await secret.read('token'), await secret.read('token')]).toEqual(['token 1', 'token 2'])
    await expect(secret.write('x')).rejects.toMatchObject({ code: 'UNSUPPORTED' })
    expect(() => secretResult(() => 1, { serializer: json() } as never)).toThrow(
      expect.objectContaining({ code: 'CONFIG' }),
    )
  })

  test('an old handler: what its write gives is what leaves', async () => {
    const kept: unknown[] = []
    const handler = fromHandler<{ a: number }>({
      write: (value) => `db://row/${kept.push(value)}`,
      read: async (location) => kept[Number(String(location).split('/').at(-1)) - 1] as { a: number },
    })
    const { runtime, sink } = kit()
    const state = await flow(
      'around',
      () => task('t', async () => ({ a: 1 }), { result: handler })().state(),
      runtime,
    )()
    expect(state.result).toEqual({ type: 'location', location: 'db://row/1' })
    expect(sink.states('t').at(-1)?.result).toEqual({ type: 'location', location: 'db://row/1' })
    expect(await handler.read('db://row/1')).toEqual({ a: 1 })
    await expect(handler.exists('db://row/1')).rejects.toMatchObject({ code: 'UNSUPPORTED' })
    expect(await fromHandler({ write: () => 'x', read: () => 1, exists: () => true }).exists('x')).toBe(true)
  })
})

test('a result with options of its own is overridden field by field', async () => {
  const own = memoryStorage()
  const result = memoryResult({ serializer: 'json', cacheFor: 1, location: 'fixed' })
  const fixed = task('fixed', async () => 'text', { result, resultStorage: own, resultSerializer: 'text' })
  expect(await fixed().reference()).toMatchObject({ key: 'fixed', serializer: 'text', storage: own.uri })
  expect(await new Result({ storage: own, serializer: 'text' }).read('fixed')).toBe('text')
})
