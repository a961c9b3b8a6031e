import { describe, expect, it } from 'vitest'
import { collectBytes } from '../../src/bytes.ts'
import { type TraceEvent, type TraceOptions, trace } from '../../src/layers/trace.ts'
import { memoryStorage } from '../../src/memory.ts'
import { type ResultStorage, releaseObject } from '../../src/storage.ts'
import {
  all,
  bytes,
  CALL,
  cutAfter,
  DELETE,
  failsWith,
  faulty,
  k,
  LIST,
  present,
  READ,
  unavailable,
  WRITE,
} from './support.ts'

const key = k('a')

/** A clock that goes on by 5 ms with each look. */
function traced(inner: ResultStorage = memoryStorage(), options: TraceOptions = {}) {
  const events: TraceEvent[] = []
  let time = 0
  const storage = trace((event) => void events.push(event), { now: () => (time += 5), ...options })(inner)
  return {
    storage,
    events,
    outcomes: () => events.map((event) => [event.operation, event.outcome, event.bytes]),
  }
}

describe('trace', () => {
  it('reports each operation once', async () => {
    const { storage, events, outcomes } = traced()
    await storage.read(key, READ)
    await storage.stat(key, CALL)
    await storage.write(key, bytes('12345'), WRITE)
    await storage.stat(key, CALL)
    await (await present(storage.read(key, READ))).bytes()
    await collectBytes((await present(storage.read(key, { ...READ, range: { start: 2 } }))).stream())
    await all(storage.list('', LIST))
    await storage.delete(key, DELETE)
    expect(outcomes()).toEqual([
      ['read', 'absent', undefined],
      ['stat', 'absent', undefined],
      ['write', 'ok', 5],
      ['stat', 'ok', undefined],
      ['read', 'ok', 5],
      ['read', 'ok', 3],
      ['list', 'ok', undefined],
      ['delete', 'ok', undefined],
    ])
    expect(events.map((event) => event.durationMs)).toEqual(events.map(() => 5))
  })

  it('reports failures by code', async () => {
    const memory = memoryStorage()
    await memory.write(key, bytes('12345'), WRITE)
    const { storage, outcomes } = traced(
      faulty(memory, {
        stat: () => Promise.reject(new TypeError('a bug')),
        async *list() {
          yield* []
          throw unavailable()
        },
        delete: () => Promise.reject(unavailable()),
      }),
    )
    await expect(storage.stat(key, CALL)).rejects.toThrow('a bug')
    await failsWith(storage.write(key, bytes(''), { ...WRITE, ifAbsent: true }), 'ALREADY_EXISTS')
    await failsWith(storage.read(key, { ...READ, ifMatch: 'other' }), 'PRECONDITION_FAILED')
    await failsWith(all(storage.list('', LIST)), 'UNAVAILABLE')
    await failsWith(storage.delete(key, DELETE), 'UNAVAILABLE')
    expect(outcomes()).toEqual([
      ['stat', 'ERROR', undefined],
      ['write', 'ALREADY_EXISTS', undefined],
      ['read', 'PRECONDITION_FAILED', undefined],
      ['list', 'UNAVAILABLE', undefined],
      ['delete', 'UNAVAILABLE', undefined],
    ])
  })

  it('reports a read when its body ends, fails or is let go', async () => {
    const memory = memoryStorage()
    await memory.write(key, bytes('12345'), WRITE)
    const cut = faulty(memory, {
      read: async (...args) => cutAfter(await present(memory.read(...args)), 2, unavailable()),
    })
    const { storage, events, outcomes } = traced(cut)
    const object = await present(storage.read(key, READ))
    expect(events).toEqual([])
    await failsWith(collectBytes(object.stream()), 'UNAVAILABLE')
    await failsWith((await present(storage.read(key, READ))).bytes(), 'UNAVAILABLE')
    await releaseObject(await storage.read(key, READ))
    for await (const _ of (await present(storage.read(key, READ))).stream()) break
    expect(outcomes()).toEqual([
      ['read', 'UNAVAILABLE', 2],
      ['read', 'UNAVAILABLE', undefined],
      ['read', 'ok', 0],
      ['read', 'ok', 1],
    ])
  })

  it('reports a listing that is left', async () => {
    const { storage, outcomes } = traced()
    await storage.write(k('a'), bytes(''), WRITE)
    await storage.write(k('b'), bytes(''), WRITE)
    for await (const _ of storage.list('', LIST)) break
    expect(outcomes().at(-1)).toEqual(['list', 'ok', undefined])
  })

  it('shows keys only when asked', async () => {
    const secret = k('secret/name')
    for (const keys of [false, true]) {
      const { storage, events } = traced(memoryStorage({ name: 'secret' }), { keys })
      await storage.write(secret, bytes('x'), WRITE)
      await all(storage.list('secret/', LIST))
      expect(JSON.stringify(events).includes('secret')).toBe(keys)
      expect(events.map((event) => event.key)).toEqual(keys ? [secret, 'secret/'] : [undefined, undefined])
    }
  })

  it('ignores what the callback throws, now or later', async () => {
    const callbacks = [
      () => {
        throw new Error('now')
      },
      async () => {
        throw new Error('later')
      },
    ]
    for (const callback of callbacks) {
      const storage = trace(callback)(memoryStorage())
      await storage.write(key, bytes('x'), WRITE)
      expect(await storage.stat(key, CALL)).toBeDefined()
    }
  })

  it('measures with performance.now', async () => {
    const events: TraceEvent[] = []
    await trace((event) => void events.push(event))(memoryStorage()).stat(key, CALL)
    expect(events[0]?.durationMs).toBeGreaterThanOrEqual(0)
    expect(events[0]?.durationMs).toBeLessThan(10_000)
  })
})
