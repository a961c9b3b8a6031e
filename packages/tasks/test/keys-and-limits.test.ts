import { type Codec, createResultStore, memoryStorage, Result, ResultError } from '@resultkit/core'
import { allInputs, canonicalHash, explain, inputs, map, task, withRuntime } from '@resultkit/tasks'
import { describe, expect, test } from 'vitest'
import { kit, rejection } from './kit.ts'

const bytesOf = async (storage: ReturnType<typeof memoryStorage>, key: string): Promise<string> => {
  const options = { range: undefined, ifMatch: undefined, ifNoneMatch: undefined, maxBytes: undefined }
  const found = await storage.read(key as never, { ...options, signal: undefined })
  return new TextDecoder().decode(await found?.bytes())
}

describe('targets', () => {
  test('the extension of a key that a function gives chooses the serializer, as in a template', async () => {
    const { runtime, storage } = kit()
    const named = task('named', async (_: { name: string }) => 'text', { target: ({ input }) => input.name })
    await withRuntime({ ...runtime, store: { storages: { storage } } }, async () => {
      for (const name of ['a.txt', 'a.json', 'a.constructor']) {
        await named({ name })
        expect(await named({ name })).toBe('text')
      }
      expect((await named.explain({ name: 'a.txt' })).lookup.outcome).toBe('hit')
      const json = named.with({ target: '{name}' })
      await json({ name: 'b.json' })
      expect(await json({ name: 'b.json' })).toBe('text')
      const asked = named.with({ resultSerializer: 'json' })
      await asked({ name: 'asked.txt' })
    })
    expect(await bytesOf(storage, 'a.txt')).toBe('text')
    expect(await bytesOf(storage, 'a.json')).toBe('"text"')
    expect(await bytesOf(storage, 'b.json')).toBe('"text"')
    expect(await bytesOf(storage, 'asked.txt')).toBe('"text"')
    // pickle
    expect(await bytesOf(storage, 'a.constructor')).toContain('text')
  })

  test('an extension that objects have as a property is none', async () => {
    const { runtime, storage } = kit()
    const odd = task('odd', async () => 'x', { target: 'a.constructor' })
    expect(await withRuntime(runtime, () => odd())).toBe('x')
    expect(storage.writes).toEqual(['a.constructor'])
  })
})

describe('keys', () => {
  test('what allInputs cannot hash is no failure: the body runs, and it is like nothing that was stored', async () => {
    const { runtime, sink } = kit()
    let runs = 0
    const checked = task('checked', async (_: { a: unknown }) => ++runs, {
      cacheKey: 'key',
      cacheValidators: [allInputs],
    })
    await withRuntime(runtime, async () => {
      expect(await checked({ a: () => 1 })).toBe(1)
      expect(await checked({ a: () => 1 })).toBe(2)
      expect(await checked({ a: 1 })).toBe(3)
      expect(await checked({ a: 1 })).toBe(3)
    })
    expect(sink.states('checked')[1]).toMatchObject({
      reason: 'unhashable-input',
      message: expect.stringContaining('input.a is a function'),
    })
  })

  test('allInputs is refused with encryption before the body runs', async () => {
    let ran = false
    const unused = (): never => {
      throw new Error('nothing is encrypted')
    }
    const encryption: Codec = {
      name: 'encryption',
      kind: 'encryption',
      minBytes: 0,
      range: undefined,
      pin: () => undefined,
      encode: unused,
      decode: unused,
      encodeStream: unused,
      decodeStream: unused,
    }
    const store = createResultStore({
      storages: { main: memoryStorage() },
      defaults: { serializer: 'json' },
      codecs: [encryption],
    })
    const checked = task('checked', async () => (ran = true), { cacheKey: 'key', cacheValidators: [allInputs] })
    expect((await rejection(withRuntime({ store }, () => checked()))).code).toBe('CONFIG')
    expect(ran).toBe(false)
  })

  test('cacheValidators of a task replace those of its result, also by none', async () => {
    const { runtime, storage } = kit()
    let runs = 0
    const result = new Result({ storage, serializer: 'json', cacheValidators: [() => false] })
    const free = task('free', async () => ++runs, { cacheKey: 'key', result, cacheValidators: [] })
    await withRuntime(runtime, async () => {
      await free()
      expect(await free.with({ cacheInMemory: false })()).toBe(1)
    })
  })

  test.each([{}, [], 5, true])('a key function that gives %j is CONFIG', async (given) => {
    const wrong = task('wrong', async () => 1, { cacheKey: () => given as never })
    expect((await rejection(withRuntime(kit().runtime, () => wrong()))).code).toBe('CONFIG')
  })

  test('a thenable is waited for like a promise', async () => {
    const { runtime, storage } = kit()
    // biome-ignore lint/suspicious/noThenProperty: it is what is tested
    const thenable = { then: (resolve: (key: string) => void) => resolve('mine') }
    const keyed = task('keyed', async () => 1, { cacheKey: () => thenable as never })
    await withRuntime(runtime, () => keyed())
    expect(storage.writes).toEqual(['cache/key/mine'])
  })

  test('subclasses of RegExp, and built-ins and arrays with symbols, have no hash', () => {
    class Own extends RegExp {}
    const mark = Symbol('mark')
    for (const value of [new Own('a'), Object.assign(new Date(0), { [mark]: 1 }), Object.assign([1], { [mark]: 1 })])
      expect(() => canonicalHash(value)).toThrow(/cannot be hashed/)
  })
})

describe('memory', () => {
  test('cacheBytes holds for a store that is known already', async () => {
    const { runtime, storage } = kit()
    const keyed = task('keyed', async ({ n }: { n: number }) => n, { cacheKey: [inputs()] })
    const readsOf = async (cacheBytes: number | undefined): Promise<number> =>
      withRuntime({ ...runtime, cacheBytes }, async () => {
        await keyed({ n: 1 })
        const before = storage.reads.length
        await keyed({ n: 1 })
        return storage.reads.length - before
      })
    expect([await readsOf(undefined), await readsOf(0), await readsOf(1e6), await readsOf(undefined)]).toEqual([
      0, 1, 0, 0,
    ])
  })
})

describe('conflicts with once: storage', () => {
  test('one that the body itself meets is its failure', async () => {
    let runs = 0
    const body = async (): Promise<never> => {
      runs += 1
      throw new ResultError({ code: 'ALREADY_EXISTS', operation: 'write', message: 'of the body' })
    }
    const failing = task('failing', body, { cacheKey: 'key', once: 'storage' })
    expect((await rejection(withRuntime(kit().runtime, () => failing()))).message).toBe('of the body')
    expect(runs).toBe(1)
  })

  test('a storage that refuses what it says is not there is not asked for ever', async () => {
    const { runtime, storage } = kit({ leaseFor: 100 })
    const write = storage.write
    storage.write = async (key, body, options) => {
      if (!key.startsWith('cache/')) return write(key, body, options)
      throw new ResultError({ code: 'ALREADY_EXISTS', operation: 'write', message: 'says the storage' })
    }
    let runs = 0
    const keyed = task('keyed', async () => ++runs, { cacheKey: 'key', once: 'storage' })
    expect((await rejection(withRuntime(runtime, () => keyed()))).code).toBe('ALREADY_EXISTS')
    expect(runs).toBe(6)
  })
})

describe('callers without types', () => {
  test('a log line is text, whatever the message is', async () => {
    const { runtime, sink } = kit({ redact: (text: string) => text.replace('secret', '***') })
    const talking = task('talking', async (_: unknown, { log }) => {
      for (const message of ['secret', new Error('secret'), { value: 'secret' }, Symbol('secret'), undefined])
        log(message as never)
    })
    await withRuntime(runtime, () => talking())
    expect(sink.logs().map(({ message }) => message)).toEqual([
      '***',
      'Error: ***',
      '[object Object]',
      'Symbol(***)',
      'undefined',
    ])
  })

  test('a tracked location is JSON, and a copy', async () => {
    const { runtime, sink } = kit()
    const location = { at: ['x'] }
    const tracking = task('tracking', async (given: unknown, { track }) => {
      track({ type: 'location', location: given as never })
      location.at.push('later')
    })
    await withRuntime(runtime, () => tracking(location))
    expect(sink.states('tracking').at(-1)?.tracked).toEqual([{ type: 'location', location: { at: ['x'] } }])
    expect((await rejection(withRuntime(runtime, () => tracking({ at: () => 1 })))).code).toBe('CONFIG')
  })

  test('validators of a stream that is not stored would see nothing, so it is refused', async () => {
    const rows = async function* (): AsyncGenerator<number> {
      yield 1
    }
    const unseen = task('unseen', rows, { validators: [() => true] })
    expect((await rejection(withRuntime(kit().runtime, () => unseen()))).code).toBe('CONFIG')
  })

  test.each([
    ['map(undefined)', () => map(undefined as never, [])],
    ['explain(undefined)', () => explain(undefined as never)],
    ['explain of a function', () => explain((() => 1) as never)],
    ['classes', () => withRuntime({ classes: [{ name: 'x' } as never] }, () => 1)],
    ['cacheValidators', () => task('t', () => 1, { cacheValidators: [{ kind: 'digest' } as never] })],
  ])('%s is CONFIG', (_, wrong) => {
    expect(wrong).toThrow(expect.objectContaining({ code: 'CONFIG' }))
  })
})
