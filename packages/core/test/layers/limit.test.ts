import { getEventListeners } from 'node:events'
import { describe, expect, it } from 'vitest'
import { collectBytes } from '../../src/bytes.ts'
import { limit } from '../../src/layers/limit.ts'
import { memoryStorage } from '../../src/memory.ts'
import { type ObjectStat, releaseObject } from '../../src/storage.ts'
import {
  all,
  bytes,
  CALL,
  DELETE,
  deferred,
  failsWith,
  faulty,
  holding,
  k,
  LIST,
  present,
  READ,
  text,
  unavailable,
  WRITE,
} from './support.ts'

const key = k('a')
const settled = () => new Promise((resolve) => setTimeout(resolve, 0))

/** A storage whose `stat` waits for the test; `waiting` are the calls in flight, in order. */
function gated() {
  const waiting: { key: string; done: () => void; fail: (error: unknown) => void }[] = []
  const storage = faulty(memoryStorage(), {
    stat(target) {
      const { promise, resolve, reject } = deferred<ObjectStat | undefined>()
      waiting.push({ key: target, done: () => resolve(undefined), fail: reject })
      return promise
    },
  })
  return { storage, waiting, keys: () => waiting.map((call) => call.key) }
}

describe('limit', () => {
  it('lets at most that many operations run, in order', async () => {
    const { storage, waiting, keys } = gated()
    const limited = limit({ concurrency: 2 })(storage)
    const calls = ['a', 'b', 'c', 'd'].map((name) => limited.stat(k(name), CALL))
    await settled()
    expect(keys()).toEqual(['a', 'b'])
    waiting[1]?.done()
    await settled()
    expect(keys()).toEqual(['a', 'b', 'c'])
    waiting[0]?.done()
    waiting[2]?.done()
    await settled()
    expect(keys()).toEqual(['a', 'b', 'c', 'd'])
    waiting[3]?.done()
    await Promise.all(calls)
  })

  it('passes the place on after a failure', async () => {
    const { storage, waiting, keys } = gated()
    const limited = limit({ concurrency: 1 })(storage)
    const first = failsWith(limited.stat(k('a'), CALL), 'UNAVAILABLE')
    const second = limited.stat(k('b'), CALL)
    waiting[0]?.fail(unavailable())
    await first
    await settled()
    expect(keys()).toEqual(['a', 'b'])
    waiting[1]?.done()
    await second
  })

  it('takes a waiting call out of the queue when its signal fires', async () => {
    const { storage, waiting, keys } = gated()
    const limited = limit({ concurrency: 1 })(storage)
    const controller = new AbortController()
    const calls = [
      limited.stat(k('a'), CALL),
      limited.stat(k('b'), { signal: controller.signal }),
      limited.stat(k('c'), CALL),
    ]
    const aborted = failsWith(Promise.resolve(calls[1]), 'ABORTED')
    controller.abort('enough')
    expect((await aborted).cause).toBe('enough')
    waiting[0]?.done()
    await settled()
    expect(keys()).toEqual(['a', 'c'])
    waiting[1]?.done()
    await Promise.all([calls[0], calls[2]])
    await failsWith(limited.stat(key, { signal: controller.signal }), 'ABORTED')
  })

  it('leaves no listener on the signal', async () => {
    const { storage, waiting } = gated()
    const limited = limit({ concurrency: 1 })(storage)
    const { signal } = new AbortController()
    const calls = [limited.stat(k('a'), { signal }), limited.stat(k('b'), { signal })]
    expect(getEventListeners(signal, 'abort')).toHaveLength(1)
    waiting[0]?.done()
    await settled()
    expect(getEventListeners(signal, 'abort')).toHaveLength(0)
    waiting[1]?.done()
    await Promise.all(calls)
  })

  it('runs everything with one place, also with unread objects, open streams and listings', async () => {
    const storage = limit({ concurrency: 1 })(memoryStorage())
    await storage.write(k('a'), bytes('a'), WRITE)
    await storage.write(k('b'), bytes('b'), WRITE)
    const unread = await present(storage.read(k('a'), READ))
    const stream = (await present(storage.read(k('b'), READ))).stream()[Symbol.asyncIterator]()
    await stream.next()
    for await (const entry of storage.list('', LIST)) {
      expect(await storage.stat(k(entry.key), CALL)).toBeDefined()
      const object = await present(storage.read(k(entry.key), READ))
      expect(text(await collectBytes(object.stream()))).toBe(entry.key)
    }
    expect(text(await unread.bytes())).toBe('a')
    await stream.return?.()
    await storage.delete(k('a'), DELETE)
    expect(await all(storage.list('', LIST))).toHaveLength(1)
  })

  it('lets bytes() wait for a place, and releases the object when the signal fires first', async () => {
    const { storage, waiting } = gated()
    const { object, released } = holding()
    const limited = limit({ concurrency: 1 })(faulty(storage, { read: async () => object }))
    const controller = new AbortController()
    const found = await present(limited.read(key, { ...READ, signal: controller.signal }))
    const busy = limited.stat(key, CALL)
    const outcome = failsWith(found.bytes(), 'ABORTED')
    controller.abort()
    await outcome
    expect(released()).toBe(true)
    waiting[0]?.done()
    await busy
  })

  it('releases a stream whose next() was aborted in the queue', async () => {
    const { storage, waiting } = gated()
    const { object, released } = holding()
    const limited = limit({ concurrency: 1 })(faulty(storage, { read: async () => object }))
    const controller = new AbortController()
    const found = await present(limited.read(key, { ...READ, signal: controller.signal }))
    const busy = limited.stat(key, CALL)
    const outcome = failsWith(collectBytes(found.stream()), 'ABORTED')
    controller.abort()
    await outcome
    expect(released()).toBe(true)
    waiting[0]?.done()
    await busy
  })

  it('lets go of an object that is not read', async () => {
    const { object, released } = holding()
    const limited = limit({ concurrency: 1 })(faulty(memoryStorage(), { read: async () => object }))
    await releaseObject(await limited.read(key, READ))
    expect(released()).toBe(true)
  })

  it.each([0, -1, 1.5, Number.NaN, Number.POSITIVE_INFINITY])('refuses a concurrency of %s', async (concurrency) => {
    await failsWith((async () => limit({ concurrency }))(), 'CONFIG')
  })
})
