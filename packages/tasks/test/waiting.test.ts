import { flow, map, task, withRuntime } from '@resultkit/tasks'
import { afterEach, describe, expect, test, vi } from 'vitest'
import { kit, rejection, turn } from './kit.ts'

describe('waiting', () => {
  afterEach(() => {
    vi.useRealTimers()
  })

  test.each(['retryIf', 'retryDelay'] as const)('a signal that fires in %s ends the run at once', async (where) => {
    vi.useFakeTimers()
    const controller = new AbortController()
    const never = task('never', () => Promise.reject(new Error('no')), {
      retries: 1,
      signal: controller.signal,
      retryIf: () => {
        if (where === 'retryIf') controller.abort()
        return true
      },
      retryDelay: () => {
        controller.abort()
        return '1h'
      },
    })
    // No time passes.
    expect((await rejection(never())).code).toBe('ABORTED')
  })

  test('memory serves nobody who is cancelled', async () => {
    const controller = new AbortController()
    const keyed = task('keyed', async () => 1, { cacheKey: 'key' })
    const { runtime } = kit()
    const silent = { ...runtime, sink: undefined }
    await flow('first', () => keyed(), silent)()
    const after = Promise.withResolvers<string>()
    const second = flow(
      'second',
      async () => {
        await keyed()
        controller.abort()
        after.resolve((await keyed().state()).type)
      },
      { ...silent, signal: controller.signal },
    )
    await second().state()
    expect(await after.promise).toBe('Cancelled')
  })

  test('retryIf may take its time', async () => {
    let runs = 0
    const never = task('never', async () => Promise.reject(new Error(`no ${++runs}`)), {
      retries: 5,
      retryIf: async (_, attempt) => attempt < 2,
    })
    expect((await rejection(never())).message).toBe('no 2')
  })

  test.each([
    ['that rejects', () => Promise.reject(new Error('mine'))],
    ['that gives no duration', () => 'soon' as never],
    ['that throws at once', () => JSON.parse('{')],
  ])('a retryDelay %s is CONFIG, and no reason to run again', async (_, retryDelay) => {
    let runs = 0
    const failing = task('failing', async () => Promise.reject(new Error(`${++runs}`)), { retries: 2, retryDelay })
    const state = await failing().state()
    expect([(state.error as { code: string }).code, state.reason, runs]).toEqual(['CONFIG', 'configuration', 1])
  })

  test('a signal reaches who waits in a queue, however deep', async () => {
    const controller = new AbortController()
    const gate = Promise.withResolvers<void>()
    const limited = task('limited', () => gate.promise, { concurrency: 1 })
    const deep = Promise.withResolvers<string>()
    const middle = task('middle', () => {
      const waiting = limited()
      waiting.state().then(({ type }) => deep.resolve(type))
      return waiting
    })
    const outer = task('outer', () => middle(), { signal: controller.signal })
    await withRuntime({}, async () => {
      const first = limited()
      const state = outer().state()
      await turn()
      controller.abort()
      expect([await deep.promise, (await state).type]).toEqual(['Cancelled', 'Cancelled'])
      gate.resolve()
      await first
    })
  })

  test('a task and one made of it by with() with another limit keep their own', async () => {
    let [inside, most] = [0, 0]
    const limited = task(
      'limited',
      async (_: { n: number }) => {
        most = Math.max(most, ++inside)
        await turn()
        inside -= 1
      },
      { concurrency: 1 },
    )
    const wider = limited.with({ concurrency: 2 })
    await Promise.all([1, 2, 3, 4].flatMap((n) => [...map(limited, [{ n }]), wider({ n })]))
    expect(most).toBe(3)
  })
})
