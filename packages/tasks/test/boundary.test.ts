import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { memoryStorage } from '@resultkit/core'
import { consoleSink, flow, jsonlSink, map, memorySink, type RunEvent, type StateSink, task } from '@resultkit/tasks'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { keysOf, kit, rejection, turn } from './kit.ts'

let directory = ''
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'resultkit-sinks-'))
})
afterAll(() => rm(directory, { recursive: true }))

const CANARY = 'canary-4711'

describe('what leaves', () => {
  test('values never do: not from inputs, outputs, keys, caches, retries, queues, targets or literals of others', async () => {
    const file = join(directory, 'canary.jsonl')
    const shown: string[] = []
    const memory = memorySink()
    const { runtime, storage } = kit()
    const secret = (): object => ({ secret: CANARY, nested: new Array(3).fill(CANARY) })
    const make = task('make', async () => secret())
    const keyed = task('keyed', async ({ a }: { a: object }) => ({ a, more: CANARY }), {
      cacheFor: '1d',
      concurrency: 1,
    })
    const target = task('target', async (_: { text: string }) => secret(), { target: 'made/here.json' })
    const flaky = task(
      'flaky',
      async (_: { a: object }, { attempt }) => {
        if (attempt === 1) throw new Error('a plain failure')
        return `${CANARY} as a value`
      },
      { retries: 1, validators: [() => true] },
    )
    const invalid = task('invalid', async () => CANARY, { validators: [() => false] })
    const unhashable = task('unhashable', async (_: { f: unknown }) => secret(), {
      cacheKey: ({ input }) => String((input as { f: string }).f).length.toString(),
    })
    const around = flow(
      'around',
      async (_: { day: string }) => {
        const made = await make()
        await Promise.all(map(keyed, [{ a: made }, { a: made }, { a: make() }]))
        await target({ text: CANARY })
        await invalid().state()
        await unhashable({ f: CANARY })
        return flaky({ a: made })
      },
      {
        ...runtime,
        persistResult: true,
        sink: [memory, jsonlSink(file), consoleSink({ to: { write: (text) => shown.push(text) } })],
      },
    )
    const run = around({ day: '2026-11-22' })
    await run
    await around({ day: '2026-11-22' })
    expect((await keysOf(storage)).length).toBeGreaterThan(4)
    const left = [JSON.stringify(memory.events), await readFile(file, 'utf8'), shown.join('')]
    expect(left.map((text) => text.length > 1000)).toEqual([true, true, true])
    for (const text of left) expect(text).not.toContain(CANARY)
    expect(run.audit()).toEqual(memory.events.slice(0, run.audit().length))
  })

  test('audit lists exactly what left in a run, and nothing without a sink', async () => {
    const { runtime, sink } = kit()
    const one = task('one', async (_: unknown, { log }) => log('a line', { n: 1 }))
    const inner = flow('inner', () => one(), {})
    const outer = flow(
      'outer',
      async () => {
        const run = inner()
        await run
        await one()
        return run.audit().map(({ name }) => name)
      },
      runtime,
    )
    const run = outer()
    expect(new Set(await run)).toEqual(new Set(['inner', 'one']))
    expect(run.audit()).toEqual(sink.events)
    expect(run.audit().filter(({ kind }) => kind === 'log')).toHaveLength(2)
    const alone = one.with({})()
    await alone
    expect(alone.audit()).toEqual([])
  })

  test('redact sees parameters, messages, logs and stacks before they leave', async () => {
    const seen: string[] = []
    const redact = (text: string, kind: string): string => {
      seen.push(kind)
      return text.replaceAll(CANARY, '***')
    }
    const { runtime, sink } = kit({ redact })
    const failing = task('failing', async (_: { key: string }, { log }) => {
      log(`with ${CANARY}`, { also: CANARY })
      throw new Error(`cannot use ${CANARY}`)
    })
    const around = flow('around', ({ key }: { key: string }) => failing({ key }), runtime)
    await expect(around({ key: CANARY })).rejects.toThrow(CANARY)
    expect(new Set(seen)).toEqual(new Set(['parameters', 'message', 'log', 'stack']))
    expect(JSON.stringify(sink.events)).not.toContain(CANARY)
    expect(sink.logs()[0]?.message).toBe('with *** {"also":"***"}')
    expect(sink.states('around')[0]).toMatchObject({ parameters: { key: '***' } })
  })

  test('a redact that throws lets nothing through', async () => {
    const warned = new Promise<Error>((resolve) => process.once('warning', resolve))
    const { runtime, sink } = kit({
      redact: () => {
        throw new Error('broken')
      },
    })
    await flow('around', (_: { key: string }, { log }) => log(CANARY), runtime)({ key: CANARY })
    expect((await warned).message).toContain('redact threw')
    expect(JSON.stringify(sink.events)).not.toContain(CANARY)
    expect(sink.logs()[0]?.message).toBe('[not shown: redact threw]')
  })

  test('RESULTKIT_LOGS=off: no lines leave', async () => {
    vi.stubEnv('RESULTKIT_LOGS', 'off')
    const { runtime, sink } = kit({ redact: (text) => text })
    await flow('around', (_: unknown, { log }) => log('a line'), runtime)()
    vi.unstubAllEnvs()
    expect(sink.logs()).toEqual([])
    expect(sink.states()).toHaveLength(3)
  })

  test('what the body names with track leaves with the final state', async () => {
    const { runtime, sink, store } = kit()
    const reference = await store.result('main').write('big')
    await flow('around', (_: unknown, { track }) => track(reference), runtime)()
    expect(sink.states('around').at(-1)).toMatchObject({ state: 'Completed', tracked: [reference] })
  })

  test('a state is told after its data is durable', async () => {
    const { runtime, storage } = kit()
    const checks: boolean[] = []
    const checking: StateSink = {
      publish(event) {
        if (event.kind !== 'state' || event.result === undefined || typeof event.result === 'string') return
        if (event.result.type === 'reference') checks.push(storage.writes.includes(event.result.key))
      },
      flush: async () => {},
    }
    const kept = task('kept', async ({ n }: { n: number }) => ({ n }), { persistResult: true })
    await flow('around', () => Promise.all(map(kept, [{ n: 1 }, { n: 2 }])), {
      ...runtime,
      sink: checking,
      persistResult: true,
    })()
    expect(checks).toEqual([true, true, true])
  })
})

describe('sinks', () => {
  test('one that throws, or whose flush rejects: the run goes on, and it is said once', async () => {
    const warnings: Error[] = []
    const listen = (warning: Error): void => void warnings.push(warning)
    process.on('warning', listen)
    const broken: StateSink = {
      publish: () => {
        throw new Error('no room')
      },
      flush: () => Promise.reject(new Error('no room')),
    }
    const sink = memorySink()
    const around = flow('around', async () => 'value', { ...kit().runtime, sink: [broken, sink] })
    expect([await around(), await around()]).toEqual(['value', 'value'])
    await turn()
    process.off('warning', listen)
    expect(warnings.filter(({ message }) => message.includes('state sink'))).toHaveLength(1)
    expect(sink.states('around')).toHaveLength(6)
  })

  test('what is no sink is refused at definition', () => {
    expect(() => flow('around', () => 1, { sink: {} as never })).toThrow(expect.objectContaining({ code: 'CONFIG' }))
  })

  test('jsonl: a line per event, in order, appended, all there after flush', async () => {
    const file = join(directory, 'events.jsonl')
    for (let round = 0; round < 2; round++) {
      const sink = jsonlSink(file)
      for (let n = 0; n < 500; n++) sink.publish(event(`run-${round}-${n}`))
      await sink.flush()
    }
    const lines = (await readFile(file, 'utf8')).trimEnd().split('\n')
    expect(lines.map((line) => (JSON.parse(line) as RunEvent).runId)).toEqual(
      [0, 1].flatMap((round) => Array.from({ length: 500 }, (_, n) => `run-${round}-${n}`)),
    )
  })

  test('jsonl: a file where the directory would be is UNAVAILABLE, and nothing is lost once it is gone', async () => {
    await writeFile(join(directory, 'not'), '')
    const sink = jsonlSink(join(directory, 'not/there.jsonl'))
    sink.publish(event('one'))
    expect(await rejection(sink.flush())).toMatchObject({ code: 'UNAVAILABLE' })
    await rm(join(directory, 'not'))
    await sink.flush()
    expect((await readFile(join(directory, 'not/there.jsonl'), 'utf8')).trim()).toBe(JSON.stringify(event('one')))
  })

  test('console: plain lines where it is no terminal, one for each end, retry and log', async () => {
    const shown: string[] = []
    const sink = consoleSink({ to: { write: (text) => shown.push(text) } })
    const flaky = task(
      'flaky',
      async (_: unknown, { attempt, log }) => {
        log('two\nlines \u001b[2J')
        if (attempt === 1) throw new Error('no')
      },
      { retries: 1 },
    )
    await flow('around', () => flaky(), { ...kit().runtime, sink })()
    const text = shown.join('')
    expect(text).not.toContain('\u001b')
    expect(
      text
        .trimEnd()
        .split('\n')
        .map((line) => line.replaceAll(/\s+/g, ' ')),
    ).toEqual([
      ' flaky: two lines [2J',
      '! flaky Retrying 0 ms attempt-failed: Error: no',
      ' flaky: two lines [2J',
      '+ flaky Completed 0 ms persisted, attempt 2',
      '+ around Completed 0 ms not-persisted',
    ])
  })

  test('console: on a terminal a line at the bottom with what goes on, gone at the end', async () => {
    const shown: string[] = []
    const sink = consoleSink({ to: { isTTY: true, columns: 60, write: (text) => shown.push(text) } })
    await flow('around', () => task('work', async () => 1)(), { ...kit().runtime, sink })()
    expect(shown.some((text) => text.includes('0 done, 2 going on: around, work'))).toBe(true)
    expect(shown.every((text) => text.length <= 200)).toBe(true)
    expect(shown.join('').endsWith('not-persisted\n')).toBe(true)
  })
})

test('the uri of a storage given as an instance is in references, so that it can be found again', async () => {
  const own = memoryStorage()
  const reference = await flow(
    'around',
    () => task('t', async () => 'x', { resultStorage: own })().reference(),
    kit().runtime,
  )()
  expect(reference).toMatchObject({ storage: own.uri })
})

function event(runId: string): RunEvent {
  return { kind: 'log', runId, run: 'task', name: 't', message: 'm', at: 0 }
}
