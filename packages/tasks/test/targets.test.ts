import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { memoryResult, memoryStorage, ndjson, Result } from '@resultkit/core'
import { fileStorage } from '@resultkit/local'
import { flow, map, task, withRuntime } from '@resultkit/tasks'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { keysOf, kit, noted, rejection, statesOf } from './kit.ts'

let directory = ''
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'resultkit-targets-'))
})
afterAll(() => rm(directory, { recursive: true }))

describe('a target', () => {
  test('D099-TGT D109-TGT data is there: no body, Cached with it, told once, the location named', async () => {
    const { runtime, storage, sink } = kit()
    await new Result({ storage, format: 'plain' }).write({ made: 'before' }, 'day/1.json')
    const subject = task(
      'subject',
      async (_: { day: number }): Promise<object> => Promise.reject(new Error('not called')),
      {
        target: 'day/{day}.json',
      },
    )
    expect(await flow('around', () => subject({ day: 1 }), runtime)()).toEqual({ made: 'before' })
    expect(statesOf({ sink }, 'subject')).toBe('Pending Cached')
    expect(sink.states('subject')[1]).toMatchObject({
      reason: 'target-found',
      message: expect.stringContaining('day/1.json'),
      result: { type: 'reference', key: 'day/1.json', format: 'plain' },
    })
  })

  test('D100-TGT nothing is there: the body runs, and the output is written to exactly that location, as plain bytes', async () => {
    const { runtime, storage } = kit()
    const subject = task('subject', async ({ day }: { day: string }) => ({ day }), { target: 'day/{day}.json' })
    await flow('around', () => subject({ day: 'a b' }), runtime)()
    expect(await keysOf(storage)).toEqual(['day/a%20b.json'])
    expect(await (await storage.read('day/a%20b.json' as never, ALL))?.bytes()).toEqual(
      new TextEncoder().encode('{"day":"a b"}'),
    )
  })

  test('D098-TGT no target: nothing is looked for', async () => {
    const { runtime, storage, sink } = kit()
    await flow('around', () => task('subject', async () => 1)(), runtime)()
    expect(storage.reads).toEqual([])
    expect(statesOf({ sink }, 'subject')).toBe('Pending Running Completed')
  })

  test('D101-TGT run 1 Completed, run 2 Cached, also with nothing but the directory in common', async () => {
    const subject = () => task('subject', async () => ({ n: 1 }), { target: 'stable.json' })
    const states = async (): Promise<unknown> => {
      const store = { storages: { main: fileStorage({ directory }) } }
      return (await withRuntime({ store }, () => subject()()).state()).type
    }
    expect([await states(), await states()]).toEqual(['Completed', 'Cached'])
  })

  test('D102-TGT a function is called once, with input, parameters and context; look-up and write agree', async () => {
    const { runtime, storage } = kit()
    const contexts: unknown[] = []
    const subject = task('subject', async (_: { a: number }) => 'text', {
      target: (context) => {
        contexts.push({ ...context })
        return `f/${contexts.length}.txt`
      },
    })
    await flow('around', (_: { p: string }) => subject({ a: 1 }), { ...runtime, runId: 'run-1' })({ p: 'q' })
    expect(contexts).toEqual([
      {
        input: { a: 1 },
        parameters: { p: 'q' },
        taskName: 'subject',
        flowName: 'around',
        runId: 'run-1',
        index: undefined,
        date: expect.any(Date),
      },
    ])
    expect([storage.reads, storage.writes]).toEqual([['f/1.txt'], ['f/1.txt']])
  })

  test('D105-TGT with a result of another location: a warning, and the target is used', async () => {
    const warned = new Promise<Error & { code?: string }>((resolve) => process.once('warning', resolve))
    const storage = memoryStorage()
    const result = new Result({ storage, location: 'elsewhere.json', serializer: 'json' })
    const subject = task('subject', async () => 1, { result, target: 'target.json' })
    expect((await warned).code).toBe('RESULTKIT_TARGET_WINS')
    await subject()
    expect(await keysOf(storage)).toEqual(['target.json'])
  })

  test('D077-PIPE with cacheFor: the target alone is looked for, and is too old when cacheFor says so', async () => {
    const made = kit()
    const { runtime, storage, sink } = made
    let runs = 0
    const subject = task('subject', async () => (runs += 1), { target: 't.json', cacheFor: '1h', cacheKey: 'key' })
    const at = memoryStorage({})
    const around = flow('around', () => subject.with({ resultStorage: at })(), runtime)
    expect([await around(), await around()]).toEqual([1, 1])
    expect(await keysOf(at)).toEqual(['t.json'])
    expect(storage.reads).toEqual([])
    made.time = Date.now() + 2 * 3_600_000
    expect(await around()).toBe(2)
    expect(sink.states('subject').findLast(({ state }) => state === 'Running')).toMatchObject({ reason: 'expired' })
  })

  test('targets are not served from memory', async () => {
    const { runtime, storage } = kit()
    const subject = task('subject', async () => 'made', { target: 't.txt' })
    const around = flow('around', () => subject(), runtime)
    await around()
    await new Result({ storage, format: 'plain', serializer: 'text' }).write('changed by hand', 't.txt')
    expect(await around()).toBe('changed by hand')
  })

  test('a file made by another tool works, by its extension', async () => {
    const store = { storages: { main: fileStorage({ directory }) } }
    await writeFile(join(directory, 'table.csv'), 'a,b\n1,2\n')
    await writeFile(join(directory, 'lines.ndjson'), '{"n":1}\n{"n":2}\n')
    await writeFile(join(directory, 'object.json'), '{ "n": [1, 2] }\n')
    const never = (): Promise<never> => Promise.reject(new Error('not called'))
    const read = (target: string): Promise<unknown> => withRuntime({ store }, () => task('read', never, { target })())
    expect(await read('table.csv')).toBe('a,b\n1,2\n')
    expect(await read('object.json')).toEqual({ n: [1, 2] })
    expect(await Array.fromAsync((await read('lines.ndjson')) as AsyncIterable<unknown>)).toEqual([{ n: 1 }, { n: 2 }])
  })

  test('a stream of items goes through the file, and can be read again and again', async () => {
    const store = { storages: { main: fileStorage({ directory }) } }
    const rows = task(
      'rows',
      async function* () {
        for (let n = 0; n < 3; n++) yield { n }
      },
      { target: 'rows.ndjson', validators: [] },
    )
    const sum = task('sum', async ({ rows: given }: { rows: AsyncIterable<{ n: number }> }) => {
      const twice = [await Array.fromAsync(given), await Array.fromAsync(given)]
      return twice.flat().reduce((total, { n }) => total + n, 0)
    })
    const around = flow('around', async () => sum({ rows: await rows() }), { store })
    expect([await around(), await around()]).toEqual([6, 6])
    expect(await readFile(join(directory, 'rows.ndjson'), 'utf8')).toBe('{"n":0}\n{"n":1}\n{"n":2}\n')
  })

  test('a record target keeps its format', async () => {
    const { runtime } = kit()
    const subject = task('subject', async () => ({ a: 1 }), { target: { location: 'r', format: 'record' } })
    const reference = await flow('around', () => subject().reference(), runtime)()
    expect(reference).toMatchObject({ key: 'r', format: 'record' })
  })
})

describe('trouble', () => {
  test('an unknown name in the template: INVALID_LOCATION before anything is read or run', async () => {
    const { runtime, storage, sink } = kit()
    let ran = false
    const subject = task('subject', async (_: { day: number }) => (ran = true), { target: '{dya}.json' })
    const error = await rejection(flow('around', () => subject({ day: 1 }), runtime)())
    expect(error).toMatchObject({ code: 'INVALID_LOCATION', message: expect.stringContaining('"dya"') })
    expect([ran, storage.reads, storage.writes]).toEqual([false, [], []])
    expect(sink.states('subject').at(-1)).toMatchObject({ state: 'Failed', reason: 'configuration' })
  })

  test('an input cannot lead out of the storage', async () => {
    const { runtime, storage } = kit()
    const subject = task('subject', async (_: { name: string }) => 'text', { target: 'files/{name}.txt' })
    await flow('around', () => subject({ name: '../../etc/passwd' }), runtime)()
    expect(await keysOf(storage)).toEqual(['files/..%2F..%2Fetc%2Fpasswd.txt'])
  })

  test('what is stored is invalid: ValidationFailed, or with onInvalid run it is replaced', async () => {
    const { runtime, storage, sink } = kit()
    await new Result({ storage, format: 'plain' }).write([-1], 't.json')
    const subject = task('subject', async () => [1], {
      target: 't.json',
      validators: [(value: number[]) => value.every((each) => each > 0)],
    })
    await expect(flow('around', () => subject(), runtime)()).rejects.toMatchObject({ code: 'VALIDATION_FAILED' })
    expect(sink.states('subject').at(-1)).toMatchObject({ state: 'ValidationFailed', reason: 'stored-invalid' })
    expect(await flow('around', () => subject.with({ onInvalid: 'run' })(), runtime)()).toEqual([1])
    expect(await flow('around', () => subject(), runtime)()).toEqual([1])
  })

  test('what is stored is unreadable: an error, or with onUnreadable run it is replaced; an outage is always one', async () => {
    const { runtime, storage, sink } = kit()
    await new Result({ storage, format: 'plain', serializer: 'text' }).write('{not json', 't.json')
    const subject = task('subject', async () => ({ a: 1 }), { target: 't.json' })
    await expect(flow('around', () => subject(), runtime)()).rejects.toMatchObject({ code: 'DESERIALIZE' })
    expect(sink.states('subject').at(-1)).toMatchObject({ state: 'Failed', reason: 'unreadable' })
    const replacing = subject.with({ onUnreadable: 'run' })
    expect(await flow('around', () => replacing(), runtime)()).toEqual({ a: 1 })
    const broken = { ...storage, read: () => Promise.reject(new Error('no network')) }
    const onBroken = replacing.with({ resultStorage: broken })
    await expect(flow('around', () => onBroken(), runtime)()).rejects.toThrow('no network')
  })

  test('two mapped children with one target: the later is refused before anything is overwritten', async () => {
    const { runtime, storage, sink } = kit()
    const ran: number[] = []
    const subject = task('subject', async ({ n }: { n: number }) => noted(ran, n, n), { target: 'same.json' })
    const states = await flow(
      'around',
      () => Promise.all(map(subject, [{ n: 1 }, { n: 2 }]).map((run) => run.state())),
      runtime,
    )()
    expect(states.map(({ type, reason }) => [type, reason])).toEqual([
      ['Completed', 'persisted'],
      ['Failed', 'target-clash'],
    ])
    expect(states[1]?.error).toMatchObject({ code: 'CONFIG', message: expect.stringContaining('Children 0 and 1') })
    expect([ran, storage.writes]).toEqual([[1], ['same.json']])
    expect(sink.states('subject').at(-1)).toMatchObject({ state: 'Completed' })
    const apart = subject.with({ target: '{index}.json' })
    expect(await flow('around', () => Promise.all(map(apart, [{ n: 1 }, { n: 2 }])), runtime)()).toEqual([1, 2])
  })

  test('refresh ignores what is there, and replaces it', async () => {
    const { runtime } = kit()
    let runs = 0
    const subject = task('subject', async () => (runs += 1), { target: 't.json' })
    const around = flow('around', () => subject(), runtime)
    await around()
    expect(await flow('around', () => subject.with({ refresh: true })(), runtime)()).toBe(2)
    expect(await around()).toBe(2)
  })

  test('validators of a stream belong to its result', async () => {
    const result = memoryResult({ serializer: ndjson(), validators: [(item: { n: number }) => item.n > 0] })
    const rows = task(
      'rows',
      async function* () {
        yield { n: -1 }
      },
      { result, target: 'rows.ndjson' },
    )
    expect((await rows().state()).type).toBe('ValidationFailed')
    expect(await Array.fromAsync(result.list())).toEqual([])
  })
})

const ALL = { range: undefined, ifMatch: undefined, ifNoneMatch: undefined, maxBytes: undefined, signal: undefined }
