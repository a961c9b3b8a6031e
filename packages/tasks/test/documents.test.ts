import { flow, task } from '@resultkit/tasks'
import { describe, expect, test } from 'vitest'
import { keysOf, kit, rejection, statesOf } from './kit.ts'

describe('the quiz', () => {
  test('Q1: a flow with persistResult true, a task that says nothing: the task result is persisted', async () => {
    const { runtime, store } = kit()
    const answer = task('answer', async () => ({ answer: 42 }))
    const quiz = flow('quiz', async () => (await answer().state()).result, { ...runtime, persistResult: true })
    const reference = await quiz()
    expect(await store.get(reference as never)).toEqual({ answer: 42 })
  })

  test('Q2: a task with retries 3 that says nothing else: its result is persisted', async () => {
    const { runtime, storage } = kit()
    const answer = task('answer', async () => ({ answer: 42 }), { retries: 3 })
    await flow('quiz', () => answer(), runtime)()
    expect(await keysOf(storage)).toEqual([expect.stringMatching(/^runs\/[^/]+\/answer\//)])
  })

  test('Q3: a flow with retries 2, a task that says nothing: the flow result is persisted, the task result is not', async () => {
    const { runtime, storage } = kit()
    const answer = task('answer', async () => ({ answer: 42 }))
    await flow('quiz', () => answer(), { ...runtime, retries: 2 })()
    expect(await keysOf(storage)).toEqual([expect.stringMatching(/^runs\/[^/]+\/quiz\//)])
  })
})

describe('the five circumstances', () => {
  const first = task('first', async () => ({ from: 'first' }), { resultStorage: 'other', persistResult: undefined })
  const plain = task('plain', async () => ({ from: 'plain' }))
  const silent = task('silent', async () => ({ from: 'silent' }), { persistResult: false })

  test('D090-PIPE retry: exactly the upstream inputs, each with its producer store, once, before Retrying is told', async () => {
    const { runtime, storage, other, sink } = kit()
    const seen: string[][] = []
    const target = task(
      'target',
      async (_: { a: object; b: object[] }, { attempt }) => {
        if (attempt > 1) seen.push(await keysOf(storage))
        if (attempt < 4) throw new Error('again')
        return 'done'
      },
      { retries: 3 },
    )
    await flow('around', async () => target({ a: first(), b: [plain(), plain()] }), runtime)()
    expect(other.writes).toEqual([expect.stringContaining('/first/')])
    // As attempts 2, 3 and 4 start: the two inputs, written once, and nothing of the task itself.
    for (const keys of seen)
      expect(keys).toEqual([expect.stringContaining('/plain/'), expect.stringContaining('/plain/')])
    expect(storage.writes).toHaveLength(3)
    expect(storage.writes.at(-1)).toContain('/target/')
    expect(statesOf({ sink }, 'target')).toBe(
      'Pending Running Retrying Running Retrying Running Retrying Running Completed',
    )
  })

  test('D090-PIPE queue: the same, and the output is not written', async () => {
    const { runtime, storage, sink } = kit()
    const { promise: open, resolve } = Promise.withResolvers<void>()
    const busy = task('busy', async (_: { a: object | undefined }) => open, { concurrency: 1 })
    const done = flow(
      'around',
      async () => {
        const holder = busy({ a: undefined })
        const waiter = busy({ a: plain() })
        await until(() => statesOf({ sink }, 'busy').includes('Queued'))
        const written = [...storage.writes]
        resolve()
        await Promise.all([holder, waiter])
        return written
      },
      runtime,
    )()
    expect(await done).toEqual([expect.stringContaining('/plain/')])
    expect(storage.writes).toHaveLength(1)
  })

  test('D091-PIPE cache: the output and every upstream input', async () => {
    const { runtime, storage, other } = kit()
    const cached = task('cached', async ({ a, b }: { a: object; b: object }) => [a, b], { cacheFor: '1h' })
    await flow('around', async () => cached({ a: await plain(), b: first() }), runtime)()
    expect(storage.writes).toEqual([expect.stringContaining('/plain/'), expect.stringMatching(/^cache\//)])
    expect(other.writes).toHaveLength(1)
  })

  test('checkpoint: the output alone', async () => {
    const { runtime, storage } = kit()
    const kept = task('kept', async ({ a }: { a: object }) => [a], { checkpoint: true })
    await flow('around', async () => kept({ a: plain() }), runtime)()
    expect(storage.writes).toEqual([expect.stringContaining('/kept/')])
  })

  test('D089-PIPE parameters: JSON in the state; what JSON cannot hold is named', async () => {
    const { runtime, sink } = kit()
    const around = flow('around', (_: { day: string; deep: object; when: Date; now: unknown }) => null, runtime)
    await around({ day: '2026-11-22', deep: { x: [1] }, when: new Date(0), now: undefined })
    expect(sink.states('around')[0]).toMatchObject({
      state: 'Pending',
      parameters: { day: '2026-11-22', deep: { x: [1] } },
      unrepresentable: ['when', 'now'],
    })
  })

  test('passing the very object that a task returned makes it upstream; an awaited primitive is not tracked', async () => {
    const { runtime, storage } = kit()
    const text = task('text', async () => 'a text')
    const again = task(
      'again',
      async (_: { o: object; t: string }, { attempt }) => {
        if (attempt === 1) throw new Error('once')
        return null
      },
      { retries: 1 },
    )
    await flow('around', async () => again({ o: await plain(), t: await text() }), runtime)()
    expect(storage.writes).toEqual([expect.stringContaining('/plain/')])
  })

  test('an input whose producer is never persisted: an error, and nothing is persisted', async () => {
    const { runtime, storage, sink } = kit()
    const failing = task('failing', (_: { a: object; b: object }) => Promise.reject(new Error('once')), { retries: 1 })
    const error = await rejection(flow('around', async () => failing({ a: plain(), b: silent() }), runtime)())
    expect(error).toMatchObject({ code: 'MISSING_RESULT', message: expect.stringContaining('"silent"') })
    expect(storage.writes).toEqual([])
    expect(sink.states('failing').at(-1)).toMatchObject({ state: 'Failed', reason: 'missing-result' })
  })
})

describe('persistResult false', () => {
  test('D149-PER warns at definition that the key will not help, and raises before the body', async () => {
    const warned = warning()
    const never = task('never', () => 1, { persistResult: false, cacheKey: 'key' })
    expect(await warned).toMatchObject({ code: 'RESULTKIT_NEVER_KEPT', message: expect.stringContaining('"never"') })
    await expect(never()).rejects.toMatchObject({ code: 'MISSING_RESULT' })
  })

  test('D158-PER cacheInMemory false with persistResult false: reading raises, the state alone is fine', async () => {
    const { runtime } = kit()
    const never = task('never', () => ({ a: 1 }), { persistResult: false, cacheInMemory: false })
    const states = await flow(
      'around',
      async () => {
        const run = never()
        const error = await rejection(run)
        return [error.code, (await run.state()).type, (await rejection((await run.state()).get())).code]
      },
      runtime,
    )()
    expect(states).toEqual(['MISSING_RESULT', 'Completed', 'MISSING_RESULT'])
  })

  test('nothing is stored, not a literal and not an error', async () => {
    const { runtime, storage, sink } = kit()
    const literal = task('literal', () => true, { persistResult: false })
    const failing = task('failing', () => Promise.reject(new Error('no')), { persistResult: false })
    await flow(
      'around',
      async () => {
        await literal()
        await failing().state()
      },
      runtime,
    )()
    expect(storage.writes).toEqual([])
    expect(sink.states('literal').at(-1)).toMatchObject({ state: 'Completed', reason: 'not-persisted' })
    expect(sink.states('literal').at(-1)).not.toHaveProperty('result')
  })
})

function warning(): Promise<Error & { code?: string }> {
  return new Promise((resolve) => process.once('warning', resolve))
}

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setImmediate(resolve))
}
