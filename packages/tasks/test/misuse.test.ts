import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { inspect } from 'node:util'
import { createResultStore, json, memoryResult, memoryStorage, type ResultReference } from '@resultkit/core'
import {
  constantResult,
  flow,
  fromHandler,
  inputs,
  jsonlSink,
  map,
  partialInputsOnly,
  partialParametersOnly,
  type RunEvent,
  reviveState,
  secretResult,
  task,
  withRuntime,
} from '@resultkit/tasks'
import { describe, expect, test } from 'vitest'
import { kit, rejection } from './kit.ts'

const config = (hint: string): unknown =>
  expect.objectContaining({ code: 'CONFIG', message: expect.stringContaining(hint) })

describe('options of callers without types', () => {
  const wrong: readonly (readonly [string, unknown])[] = [
    ['persistResult', 'yes'],
    ['persistResult', null],
    ['resultStorage', { directory: 'x' }],
    ['resultStorage', memoryResult()],
    ['resultSerializer', {}],
    ['result', { location: 'x' }],
    ['result', memoryStorage()],
    ['target', null],
    ['target', ''],
    ['target', { location: 'x', format: 'raw' }],
    ['validators', () => false],
    ['validators', [5]],
    ['onUnreadable', true],
    ['cacheFor', 'soon'],
    ['cacheKey', null],
    ['cacheKey', { x: 1 }],
    ['cacheKey', [5]],
    ['cacheValidators', [5]],
    ['retries', 1.5],
    ['retryDelay', 'soon'],
    ['retryDelay', []],
    ['retryIf', [RangeError]],
    ['timeout', 0],
    ['concurrency', { limit: 2 }],
    ['once', 'galaxy'],
    ['cacheInMemory', 1],
    ['signal', {}],
  ]
  test.each(wrong)('%s: %o', (name, value) => {
    const options = { retries: 1, [name]: value }
    expect(() => task('t', () => 1, options as never)).toThrow(config(`task "t": ${name} is`))
    expect(() => flow('f', () => 1, options as never)).toThrow(config(`flow "f": ${name} is`))
    expect(() => task('t', () => 1, { retries: 1 }).with({ [name]: value } as never)).toThrow(config(name))
  })

  const wrongRuntime: readonly (readonly [string, unknown])[] = [
    ['store', 's3/prod'],
    ['sink', 5],
    ['sink', { publish() {}, flush: 1 }],
    ['clock', 5],
    ['redact', 'x'],
    ['defaults', 'x'],
    ['classes', {}],
    ['cacheBytes', '1 MB'],
    ['leaseFor', 'soon'],
  ]
  test.each(wrongRuntime)('of a runtime: %s: %o', (name, value) => {
    expect(() => flow('f', () => 1, { [name]: value } as never)).toThrow(config(`${name} is`))
    expect(() => withRuntime({ [name]: value } as never, () => 1)).toThrow(config(`${name} is`))
  })

  test('one that does not exist is named, with those that do', () => {
    expect(() => task('t', () => 1, { retrys: 3 } as never)).toThrow(
      config('no option "retrys"; there are persistResult'),
    )
    expect(() => task('t', () => 1, { runId: 'x' } as never)).toThrow(config('"runId"'))
    expect(() => flow('f', () => 1, { storage: 'x' } as never)).toThrow(config('"storage"'))
    expect(() => withRuntime({ storage: 'x' } as never, () => 1)).toThrow(config('"storage"'))
    expect(() => withRuntime({ defaults: { persist: true } } as never, () => 1)).toThrow(config('"persist"'))
    expect(() => task('t', () => 1, { toString: 1 } as never)).toThrow(config('"toString"'))
  })

  test('no object, no function', () => {
    expect(() => task('t', () => 1, null as never)).toThrow(config('options'))
    expect(() => flow('f', () => 1, null as never)).toThrow(config('options'))
    expect(() => withRuntime(null as never, () => 1)).toThrow(config('options'))
    expect(() => withRuntime({}, undefined as never)).toThrow(config('second argument'))
  })
})

describe('arguments', () => {
  test('map: the promise of a list is no empty list', () => {
    const one = task('one', async (n: number) => n)
    for (const given of [Promise.resolve([1]), undefined, null, 5, 'ab'])
      expect(() => map(one, given as never)).toThrow(config('iterable'))
  })

  test('names of partial validators', () => {
    for (const make of [partialInputsOnly, partialParametersOnly]) {
      expect(make(null)).toMatchObject({ name: make().name })
      for (const given of ['x', { validateOn: ['x'] }, [1]]) expect(() => make(given as never)).toThrow(config('list'))
    }
  })

  test('result types without their functions', () => {
    expect(() => secretResult('TOKEN' as never)).toThrow(config('secretResult'))
    expect(() => fromHandler({ read: () => 1 } as never)).toThrow(config('write'))
    expect(() => fromHandler(undefined as never)).toThrow(config('read'))
  })

  test('a handler whose location is no JSON: nothing of it leaves', async () => {
    const { runtime, sink } = kit()
    const handler = fromHandler({ read: () => 1, write: () => ({ open: () => 'CANARY' }) as never })
    const run = withRuntime(runtime, () => task('kept', () => 1, { result: handler })())
    expect(await run.state()).toMatchObject({ type: 'Failed', error: config('location') })
    expect(inspect(sink.events, { depth: 9 })).not.toContain('open')
    expect(await rejection(fromHandler({ read: () => 1, write: () => undefined as never }).write(1))).toEqual(
      config('location'),
    )
  })

  test('track takes what says where a value is, and no values', async () => {
    const { runtime, sink } = kit()
    const given: unknown[] = [{ rows: 'CANARY' }, 'CANARY', null, { type: 'literal', value: 'CANARY' }, undefined]
    for (const value of given) {
      const state = await withRuntime(runtime, () => task('t', (_, run) => run.track(value as never))().state())
      expect(state).toMatchObject({ type: 'Failed', error: config('reference') })
    }
    await withRuntime(runtime, () =>
      task('tracks', (_, run) => {
        run.track({ type: 'literal', value: null })
        run.track('sealed:x')
      })(),
    )
    expect(sink.states('tracks').at(-1)?.tracked).toEqual([{ type: 'literal', value: null }, 'sealed:x'])
    expect(JSON.stringify(sink.events)).not.toContain('CANARY')
  })

  test('a state is revived from text as well', async () => {
    const { runtime, store } = kit()
    const state = await withRuntime(runtime, () => task('t', () => ({ a: 1 }), { persistResult: true })().state())
    expect(await reviveState(JSON.stringify(state)).get({ store })).toEqual({ a: 1 })
    expect(() => reviveState('{')).toThrow(config('state'))
    const literal = { state: 'Completed', reason: 'literal', attempt: 1, result: { type: 'literal', value: 5 } }
    expect(() => reviveState(literal as never)).toThrow(config('literal'))
  })

  test('what the console shows of a run has neither its input nor its surroundings', async () => {
    const { runtime } = kit()
    const shown = task('shown', async (_: { token: string }) => 1)
    const run = withRuntime(runtime, () => shown({ token: 'CANARY' }))
    await run
    expect(inspect(run, { depth: 9 })).toContain('task "shown": Completed (not-persisted)')
    expect(inspect(run, { depth: 9 })).not.toContain('CANARY')
  })
})

describe('what a stranger would try first', () => {
  test('one policy without a list', async () => {
    const { runtime } = kit()
    let calls = 0
    const keyed = task('keyed', (_: { x: number }) => ++calls, { cacheKey: inputs() })
    expect(
      await withRuntime(runtime, async () => [await keyed({ x: 1 }), await keyed({ x: 1 }), await keyed({ x: 2 })]),
    ).toEqual([1, 1, 2])
  })

  test('a sink without flush; one that throws at everything', async () => {
    const events: RunEvent[] = []
    const run = task('t', () => 1)
    expect(
      await withRuntime({ sink: { publish: (event: RunEvent) => events.push(event) } as never }, () => run()),
    ).toBe(1)
    expect(events.at(-1)).toMatchObject({ state: 'Completed' })
    const hostile = () => {
      throw new Error('sink')
    }
    expect(await withRuntime({ sink: { publish: hostile } as never }, () => run())).toBe(1)
  })

  test('jsonlSink makes its directory, from a path and from a URL', async () => {
    const directory = await mkdtemp(join(tmpdir(), 'resultkit-jsonl-'))
    const [one, two] = [join(directory, 'a/b/run.jsonl'), join(directory, 'c/run.jsonl')]
    try {
      await withRuntime({ sink: [jsonlSink(one), jsonlSink(pathToFileURL(two))] }, () => task('t', () => 1)())
      expect((await readFile(one, 'utf8')).split('\n')).toHaveLength(4)
      expect(await readFile(two, 'utf8')).toBe(await readFile(one, 'utf8'))
    } finally {
      await rm(directory, { recursive: true })
    }
  })

  test('a serializer by name beside a result: the store knows it where the result does not', async () => {
    const dated = task('dated', () => new Date(5), { result: memoryResult(), resultSerializer: 'pickle' })
    const reference = (await withRuntime({ store: { storages: { main: memoryStorage() } } }, () =>
      dated().reference(),
    )) as ResultReference
    expect(reference.serializer).toBe('pickle')
    const inFlow = flow('around', () => task('t', () => 1, { resultSerializer: 'pickle' })().reference(), {
      result: memoryResult(),
      store: { storages: { main: memoryStorage() } },
    })
    expect(await inFlow()).toMatchObject({ serializer: 'pickle' })
    const none = createResultStore({ storages: { main: memoryStorage() }, serializers: [] })
    expect(await rejection(withRuntime({ store: none }, () => dated()))).toEqual(
      config('task "dated": The serializer "pickle"'),
    )
  })

  test('an unknown slug is named with the task that asks for it, a uri is not', async () => {
    const { runtime } = kit()
    const ask = (resultStorage: string) =>
      rejection(withRuntime(runtime, () => task('asks', () => 1, { resultStorage })()))
    expect(await ask('s3/nope')).toEqual(config('task "asks": the storage "s3/nope" is unknown'))
    expect(await ask('s3/nope')).toEqual(config('known are: main, other'))
    const error = (await ask('s3://bucket/secret')) as Error
    expect(error).toEqual(config('task "asks": the storage asked for is unknown'))
    expect(error.message).not.toContain('bucket')
  })

  test('a target that names what is not there says which, and of which task', async () => {
    const { runtime } = kit()
    const lost = task('lost', (_: { x: number }) => 1, { target: '{x}/{nope}.json' })
    expect(await rejection(withRuntime(runtime, () => lost({ x: 1 })))).toMatchObject({
      code: 'INVALID_LOCATION',
      message: expect.stringMatching(/^task "lost": .*"nope"/),
    })
  })

  test('explain says as data, too, what stands against a hit', async () => {
    const { runtime, store } = kit()
    await store.result('main', { format: 'plain' }).write({ a: 1 }, 'bad.json')
    const refused = task('refused', () => ({ a: 1 }), { target: 'bad.json', validators: [() => false] })
    const { lookup, problem } = await withRuntime(runtime, () => refused.explain())
    expect(lookup).toMatchObject({ kind: 'target', outcome: 'none', why: problem })
    expect(problem).toContain('VALIDATION_FAILED')
  })

  test('cacheFor on a result is the task own, and caches; the option beats it', async () => {
    const control = kit({ clock: () => control.time })
    let calls = 0
    const result = memoryResult({ serializer: json(), cacheFor: '1h' })
    const cached = task('cached', (_: { x: number }) => ++calls, { result })
    const run = (of: typeof cached) =>
      withRuntime(control.runtime, async () => [await of({ x: 1 }), await of({ x: 1 })])
    expect(await run(cached)).toEqual([1, 1])
    control.time += 2 * 3_600_000
    expect(await run(cached.with({ cacheFor: '1d' }))).toEqual([1, 1])
    expect(await run(cached)).toEqual([2, 2])
    expect((await withRuntime(control.runtime, () => cached.explain({ x: 1 }))).persistence.because).toContain(
      'cacheFor',
    )
  })

  test('a constant takes no serializer', () => {
    expect(() => constantResult(1, { serializer: json() } as never)).toThrow(config('serializer'))
  })
})
