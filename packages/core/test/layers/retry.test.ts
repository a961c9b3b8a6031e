import { inspect } from 'node:util'
import { describe, expect, it, vi } from 'vitest'
import { collectBytes } from '../../src/bytes.ts'
import { ResultError, withDetails } from '../../src/errors.ts'
import { type RetryEvent, type RetryOptions, retry } from '../../src/layers/retry.ts'
import { memoryStorage } from '../../src/memory.ts'
import {
  applyLayers,
  type ObjectStat,
  type ReadOptions,
  type ResultStorage,
  releaseObject,
  type StoredObject,
} from '../../src/storage.ts'
import {
  all,
  bytes,
  CALL,
  cutAfter,
  DELETE,
  failsWith,
  failure,
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
const now = { random: () => 1, sleep: async () => {} }

/** A memory storage whose first `count` calls of `write` commit and then lose the answer. */
function losingAnswers(count: number, memory: ResultStorage = memoryStorage()) {
  let lost = 0
  return faulty(memory, {
    async write(target, body, options) {
      const stat = await memory.write(target, body, options)
      if (lost++ < count) throw unavailable()
      return stat
    },
  })
}

/** Reads of the first `count` attempts are cut after `after` bytes. */
function cutting(memory: ResultStorage, count: number, after: number, error = unavailable) {
  let cuts = 0
  return faulty(memory, {
    async read(target, options: ReadOptions): Promise<StoredObject | undefined> {
      const object = await memory.read(target, options)
      return object && cuts++ < count ? cutAfter(object, after, error()) : object
    },
  })
}

describe('attempts', () => {
  const failing = (error = unavailable()) =>
    faulty(memoryStorage(), {
      stat: async () => {
        throw error
      },
    })

  it('gives up after three calls with the last error, not retryable any more', async () => {
    const last = unavailable()
    const storage = failing(last)
    const error = await failsWith(retry(now)(storage).stat(key, CALL), 'UNAVAILABLE')
    expect(error.retryable).toBe(false)
    expect(error.cause).toBe(last)
    expect(storage.calls).toHaveLength(3)
  })

  it('makes three calls, not nine, when two are stacked', async () => {
    const storage = failing()
    await failsWith(applyLayers(storage, [retry(now), retry(now)]).stat(key, CALL), 'UNAVAILABLE')
    expect(storage.calls).toHaveLength(3)
  })

  it('does not repeat what is not retryable', async () => {
    const storage = failing(failure('ACCESS_DENIED', false))
    await failsWith(retry(now)(storage).stat(key, CALL), 'ACCESS_DENIED')
    expect(storage.calls).toHaveLength(1)
    const other = new TypeError('a bug')
    const broken = faulty(memoryStorage(), { stat: () => Promise.reject(other) })
    await expect(retry(now)(broken).stat(key, CALL)).rejects.toBe(other)
    expect(broken.calls).toHaveLength(1)
  })

  describe('a service that says how long to wait', () => {
    const asking = (retryAfterMs: number | undefined): ResultError => withDetails(unavailable(), { retryAfterMs })

    async function waits(retryAfterMs: number | undefined, options: RetryOptions = {}) {
      const delays: number[] = []
      const storage = failing(asking(retryAfterMs))
      const sleep = async (ms: number): Promise<void> => void delays.push(ms)
      const layer = retry({ minDelay: 100, random: () => 0.5, sleep, ...options })
      return {
        error: await failsWith(layer(storage).stat(key, CALL), 'UNAVAILABLE'),
        delays,
        calls: storage.calls.length,
      }
    }

    it('is given that time, and a part of the usual one', async () => {
      expect(await waits(7000)).toMatchObject({ delays: [7050, 7100], calls: 3 })
      expect(await waits(7000, { maxDelay: 0 })).toMatchObject({ delays: [7000, 7000] })
      expect(await waits(undefined)).toMatchObject({ delays: [50, 100] })
    })

    it('is not asked again when that is longer than maxRetryAfter; the error says how long', async () => {
      expect(await waits(60_000)).toMatchObject({ calls: 3 })
      const given = { delays: [], calls: 1, error: { retryable: false, retryAfterMs: 60_001 } }
      expect(await waits(60_001)).toMatchObject(given)
      expect(await waits(1, { maxRetryAfter: 0 })).toMatchObject({ delays: [], calls: 1 })
      expect(await waits(60_001, { maxRetryAfter: '2m' })).toMatchObject({ calls: 3 })
      expect(() => retry({ maxRetryAfter: -1 })).toThrow('not a duration')
    })

    it('is never waited for longer than setTimeout can', async () => {
      expect(await waits(2 ** 31, { attempts: 2, maxRetryAfter: '99d' })).toMatchObject({ delays: [2 ** 31 - 1] })
    })

    it('is kept by every copy of the error, and not printed', () => {
      const error = ResultError.locate(asking(5000), 'k', 'memory://x')
      expect(error).toMatchObject({ retryAfterMs: 5000, key: 'k' })
      expect(withDetails(error as ResultError, { message: 'other' }).retryAfterMs).toBe(5000)
      expect(`${inspect(error)}${JSON.stringify(error)}`).not.toContain('5000')
      expect(unavailable().retryAfterMs).toBeUndefined()
    })

    it('is left when the signal fires meanwhile', async () => {
      const controller = new AbortController()
      const sleep = async (): Promise<void> => controller.abort()
      const storage = failing(asking(5000))
      await failsWith(retry({ sleep })(storage).stat(key, { signal: controller.signal }), 'ABORTED')
      expect(storage.calls).toHaveLength(1)
    })
  })

  it('waits a part of a time that doubles up to maxDelay', async () => {
    const delays: number[] = []
    const events: RetryEvent[] = []
    const options: RetryOptions = {
      attempts: 5,
      minDelay: '1s',
      maxDelay: '3s',
      random: () => 0.5,
      sleep: async (ms) => void delays.push(ms),
      onRetry(event) {
        events.push(event)
        throw new Error('ignored')
      },
    }
    await failsWith(retry(options)(failing()).stat(key, CALL), 'UNAVAILABLE')
    expect(delays).toEqual([500, 1000, 1500, 1500])
    expect(events[1]).toEqual({ operation: 'stat', attempt: 2, delayMs: 1000, code: 'UNAVAILABLE' })
    expect(events).toHaveLength(4)
  })

  it('ends the default wait when the signal fires', async () => {
    vi.useFakeTimers()
    try {
      const controller = new AbortController()
      const storage = failing()
      const call = retry({ random: () => 1 })(storage).stat(key, { signal: controller.signal })
      await vi.advanceTimersByTimeAsync(99)
      expect(storage.calls).toHaveLength(1)
      const outcome = failsWith(call, 'ABORTED')
      controller.abort('enough')
      expect((await outcome).cause).toBe('enough')
      expect(vi.getTimerCount()).toBe(0)
      expect(storage.calls).toHaveLength(1)
    } finally {
      vi.useRealTimers()
    }
  })

  it('does not wait when the signal fired during the call', async () => {
    const controller = new AbortController()
    const waited = vi.fn(async () => {})
    const storage = faulty(memoryStorage(), {
      stat: async () => {
        controller.abort()
        throw unavailable()
      },
    })
    const call = retry({ sleep: waited, onRetry: waited })(storage).stat(key, { signal: controller.signal })
    await failsWith(call, 'ABORTED')
    expect(waited).not.toHaveBeenCalled()
  })

  it('makes the second call when the default wait is over', async () => {
    vi.useFakeTimers()
    try {
      const storage = failing()
      const outcome = failsWith(retry({ random: () => 1 })(storage).stat(key, CALL), 'UNAVAILABLE')
      await vi.advanceTimersByTimeAsync(100)
      expect(storage.calls).toHaveLength(2)
      await vi.advanceTimersByTimeAsync(200)
      await outcome
      expect(storage.calls).toHaveLength(3)
    } finally {
      vi.useRealTimers()
    }
  })

  it.each([0, -1, 1.5, Number.NaN])('refuses %s attempts', async (attempts) => {
    await failsWith((async () => retry({ attempts }))(), 'CONFIG')
  })
})

describe('write', () => {
  it('names each attempt after the passes over the body, and asks for a fresh one', async () => {
    const storage = losingAnswers(2)
    let asked = 0
    const body = async function* () {
      asked += 1
      yield bytes(`pass ${asked}`)
    }
    const stat = await retry(now)(storage).write(key, body, { ...WRITE, writeId: 'base' })
    expect(asked).toBe(3)
    expect(stat.writeId).toBe('base.2')
    expect(storage.calls).toEqual(['write base', 'write base.1', 'write base.2'])
    const object = await present(storage.read(key, READ))
    expect(text(await object.bytes())).toBe('pass 3')
  })

  it('does not count a pass that was not asked for', async () => {
    const memory = memoryStorage()
    let calls = 0
    const storage = faulty(memory, {
      async write(...args) {
        if (calls++ === 0) throw unavailable()
        return memory.write(...args)
      },
    })
    const body = async function* () {
      yield bytes('x')
    }
    await retry(now)(storage).write(key, body, WRITE)
    expect(storage.calls).toEqual(['write w', 'write w'])
  })

  it('numbers the attempts for arrays', async () => {
    const storage = losingAnswers(1)
    await retry(now)(storage).write(key, [bytes('x'), bytes('y')], WRITE)
    expect(storage.calls).toEqual(['write w', 'write w.1'])
  })

  it('recognises its own ifAbsent write whose answer was lost', async () => {
    const storage = losingAnswers(1)
    const stat = await retry(now)(storage).write(key, bytes('mine'), { ...WRITE, ifAbsent: true })
    expect(storage.calls).toEqual(['write w', 'write w.1', 'stat'])
    expect(stat.writeId).toBe('w')
    expect(stat.size).toBe(4)
  })

  it('recognises its own ifMatch write whose answer was lost', async () => {
    const memory = memoryStorage()
    const before = await memory.write(key, bytes('old'), WRITE)
    const storage = losingAnswers(1, memory)
    const options = { ...WRITE, writeId: 'second', ifMatch: before.etag }
    const stat = await retry(now)(storage).write(key, bytes('new'), options)
    expect(stat.writeId).toBe('second')
    expect(stat.etag).not.toBe(before.etag)
  })

  it('recognises it through two layers', async () => {
    const storage = losingAnswers(1)
    const twice = applyLayers(storage, [retry(now), retry(now)])
    const stat = await twice.write(key, bytes('mine'), { ...WRITE, ifAbsent: true })
    expect(stat.writeId).toBe('w')
  })

  /** The first attempt fails without a trace while someone else writes under `writeId`. */
  const overtaken = (writeId: string, capable = true) => {
    const memory = memoryStorage()
    let calls = 0
    return faulty(memory, {
      capabilities: { ...memory.capabilities, writeId: capable },
      async write(target, body, options) {
        if (calls++ > 0) return memory.write(target, body, options)
        await memory.write(target, bytes('theirs'), { ...WRITE, writeId })
        throw failure('TIMEOUT', true)
      },
    })
  }

  it.each(['other', 'w2', 'w2.1', 'v.w', 'v.w.1'])("does not take someone else's write %j for its own", async (id) => {
    const storage = overtaken(id)
    const call = retry(now)(storage).write(key, bytes('mine'), { ...WRITE, ifAbsent: true })
    await failsWith(call, 'ALREADY_EXISTS')
    expect(storage.calls).toEqual(['write w', 'write w.1', 'stat'])
  })

  it('lets the conflict stand where the storage keeps no writeId', async () => {
    const storage = overtaken('w', false)
    const call = retry(now)(storage).write(key, bytes('mine'), { ...WRITE, ifAbsent: true })
    await failsWith(call, 'ALREADY_EXISTS')
    expect(storage.calls).toEqual(['write w', 'write w.1'])
  })

  it('asks nobody when the first attempt meets a conflict', async () => {
    const storage = faulty(memoryStorage(), {})
    await storage.write(key, bytes('x'), { ...WRITE, writeId: 'w' })
    storage.calls.length = 0
    await failsWith(retry(now)(storage).write(key, bytes('y'), { ...WRITE, ifAbsent: true }), 'ALREADY_EXISTS')
    expect(storage.calls).toEqual(['write w'])
  })

  it('lets the conflict stand when nothing is there any more', async () => {
    const memory = memoryStorage()
    const storage = faulty(losingAnswers(1, memory), { stat: async () => undefined })
    const call = retry(now)(storage).write(key, bytes('x'), { ...WRITE, ifAbsent: true })
    await failsWith(call, 'ALREADY_EXISTS')
  })

  const failingStats = (count: number) => {
    const storage = losingAnswers(1)
    let stats = 0
    return faulty(storage, {
      stat: (...args): Promise<ObjectStat | undefined> =>
        stats++ < count ? Promise.reject(unavailable()) : storage.stat(...args),
    })
  }

  it('repeats the deciding stat within the attempts, without writing again', async () => {
    const storage = failingStats(1)
    const stat = await retry(now)(storage).write(key, bytes('x'), { ...WRITE, ifAbsent: true })
    expect(stat.writeId).toBe('w')
    expect(storage.calls).toEqual(['write w', 'write w.1', 'stat', 'stat'])
  })

  it('says that the outcome is unknown when the deciding stat fails', async () => {
    const storage = failingStats(2)
    const call = retry(now)(storage).write(key, bytes('x'), { ...WRITE, ifAbsent: true })
    expect((await failsWith(call, 'UNAVAILABLE')).retryable).toBe(false)
  })
})

describe('delete', () => {
  const losing = (after: (memory: ResultStorage) => Promise<unknown> = async () => {}) => {
    const memory = memoryStorage()
    let calls = 0
    return faulty(memory, {
      async delete(target, options) {
        await memory.delete(target, options)
        if (calls++ > 0) return
        await after(memory)
        throw unavailable()
      },
    })
  }

  it('takes an absent object for deleted when the answer was lost', async () => {
    const storage = losing()
    const { etag } = await storage.write(key, bytes('x'), WRITE)
    storage.calls.length = 0
    await retry(now)(storage).delete(key, { ...DELETE, ifMatch: etag })
    expect(storage.calls).toEqual(['delete', 'delete', 'stat'])
  })

  it('lets the conflict stand when there is another object', async () => {
    const storage = losing((memory) => memory.write(key, bytes('theirs'), WRITE))
    const { etag } = await storage.write(key, bytes('x'), WRITE)
    await failsWith(retry(now)(storage).delete(key, { ...DELETE, ifMatch: etag }), 'PRECONDITION_FAILED')
  })

  it('lets the conflict of a first attempt stand', async () => {
    const storage = losing()
    await failsWith(retry(now)(storage).delete(key, { ...DELETE, ifMatch: '1' }), 'PRECONDITION_FAILED')
    expect(storage.calls).toEqual(['delete'])
  })
})

describe('read', () => {
  const stored = async () => {
    const memory = memoryStorage()
    const { etag } = await memory.write(key, bytes('0123456789'), WRITE)
    return { memory, etag }
  }

  it('answers absent as absent', async () => {
    expect(await retry(now)(memoryStorage()).read(key, READ)).toBeUndefined()
  })

  it('reads the bytes again, pinned to the version', async () => {
    const { memory, etag } = await stored()
    const storage = cutting(memory, 2, 0)
    const range = { start: -4 }
    const object = await present(retry(now)(storage).read(key, { ...READ, range, ifNoneMatch: 'x' }))
    expect(text(await object.bytes())).toBe('6789')
    expect(storage.calls).toEqual(['read -4- unless x', `read -4- if ${etag}`, `read -4- if ${etag}`])
  })

  it('counts a failed answer and a failed body together', async () => {
    const { memory } = await stored()
    const storage = cutting(memory, 9, 0)
    const object = await present(retry(now)(storage).read(key, READ))
    expect((await failsWith(object.bytes(), 'UNAVAILABLE')).retryable).toBe(false)
    expect(storage.calls).toHaveLength(3)
  })

  it('goes on with a stream where it was cut, as often as there is progress', async () => {
    const { memory, etag } = await stored()
    const storage = cutting(memory, 4, 2)
    const object = await present(retry({ ...now, attempts: 2 })(storage).read(key, READ))
    expect(text(await collectBytes(object.stream()))).toBe('0123456789')
    const pinned = [2, 4, 6, 8].map((at) => `read ${at}-10 if ${etag}`)
    expect(storage.calls).toEqual(['read', ...pinned])
  })

  it('goes on within the range', async () => {
    const { memory, etag } = await stored()
    const storage = cutting(memory, 1, 2)
    const object = await present(retry(now)(storage).read(key, { ...READ, range: { start: -5 } }))
    expect(text(await collectBytes(object.stream()))).toBe('56789')
    expect(storage.calls).toEqual(['read -5-', `read 7-10 if ${etag}`])
  })

  it('asks for the empty rest when the failure came after the last byte', async () => {
    const { memory, etag } = await stored()
    const storage = cutting(memory, 1, 10)
    const object = await present(retry(now)(storage).read(key, READ))
    expect(text(await collectBytes(object.stream()))).toBe('0123456789')
    expect(storage.calls).toEqual(['read', `read 10-10 if ${etag}`])
  })

  it('gives up on a stream without progress', async () => {
    const { memory } = await stored()
    const storage = cutting(memory, 9, 0)
    const object = await present(retry(now)(storage).read(key, READ))
    expect((await failsWith(collectBytes(object.stream()), 'UNAVAILABLE')).retryable).toBe(false)
    expect(storage.calls).toHaveLength(3)
  })

  it('makes three calls, not nine, when two are stacked', async () => {
    const { memory } = await stored()
    for (const take of [(o: StoredObject) => o.bytes(), (o: StoredObject) => collectBytes(o.stream())]) {
      const storage = cutting(memory, 99, 0)
      const object = await present(applyLayers(storage, [retry(now), retry(now)]).read(key, READ))
      await failsWith(take(object), 'UNAVAILABLE')
      expect(storage.calls).toHaveLength(3)
    }
  })

  it('without ranges, starts again only when nothing was given out', async () => {
    const { memory, etag } = await stored()
    const capabilities = { ...memory.capabilities, ranges: false }
    const early = faulty(cutting(memory, 1, 0), { capabilities })
    const first = await present(retry(now)(early).read(key, READ))
    expect(text(await collectBytes(first.stream()))).toBe('0123456789')
    expect(early.calls).toEqual(['read', `read if ${etag}`])

    const late = faulty(cutting(memory, 1, 3), { capabilities })
    const events: RetryEvent[] = []
    const options = { ...now, onRetry: (event: RetryEvent) => void events.push(event) }
    const second = await present(retry(options)(late).read(key, READ))
    expect((await failsWith(collectBytes(second.stream()), 'UNAVAILABLE')).retryable).toBe(false)
    expect(late.calls).toEqual(['read'])
    expect(events).toEqual([])
  })

  it.each([
    ['replaced', true],
    ['replaced', false],
    ['deleted', true],
  ])('gives the failure itself when the object was %s (readConditions %s)', async (how, readConditions) => {
    for (const take of [(o: StoredObject) => o.bytes(), (o: StoredObject) => collectBytes(o.stream())]) {
      const { memory } = await stored()
      const capabilities = { ...memory.capabilities, readConditions }
      const storage = faulty(cutting(memory, 1, 3), { capabilities })
      const object = await present(retry(now)(storage).read(key, READ))
      if (how === 'replaced') await memory.write(key, bytes('abcdefghij'), WRITE)
      else await memory.delete(key, DELETE)
      const error = await failsWith(take(object), 'UNAVAILABLE')
      expect(error.retryable).toBe(false)
      expect(error.message).toContain('replaced or deleted')
      expect(storage.calls[1]?.includes('if')).toBe(readConditions)
    }
  })

  it('does not repeat a body that is wrong', async () => {
    const { memory } = await stored()
    const storage = cutting(memory, 1, 3, () => failure('CORRUPT', false))
    const object = await present(retry(now)(storage).read(key, READ))
    await failsWith(collectBytes(object.stream()), 'CORRUPT')
    expect(storage.calls).toEqual(['read'])
  })

  it('lets go of an object that is not read', async () => {
    const { object, released } = holding()
    const storage = faulty(memoryStorage(), { read: async () => object })
    await releaseObject(await retry(now)(storage).read(key, READ))
    expect(released()).toBe(true)
  })

  it('lets go of a stream that is left', async () => {
    const { object, released } = holding()
    const storage = faulty(memoryStorage(), { read: async () => object })
    const found = await present(retry(now)(storage).read(key, READ))
    for await (const _ of found.stream()) break
    expect(released()).toBe(true)
  })
})

describe('list', () => {
  const stored = async (cuts: number, after: number) => {
    const memory = memoryStorage()
    for (const name of ['a', 'b', 'c', 'd', 'e']) await memory.write(k(name), bytes(name), WRITE)
    let calls = 0
    return faulty(memory, {
      async *list(prefix, options) {
        const cut = calls++ < cuts
        let given = 0
        for await (const entry of memory.list(prefix, options)) {
          if (cut && given++ === after) throw unavailable()
          yield entry
        }
      },
    })
  }
  const keys = async (storage: ResultStorage, startAfter?: string) =>
    (await all(retry({ ...now, attempts: 2 })(storage).list('', { ...LIST, startAfter }))).map((e) => e.key)

  it('goes on after the last key, without repeating one', async () => {
    const storage = await stored(2, 2)
    expect(await keys(storage)).toEqual(['a', 'b', 'c', 'd', 'e'])
    expect(storage.calls.filter((call) => call.startsWith('list'))).toEqual(['list ', 'list b', 'list d'])
  })

  it('keeps startAfter when the first page fails', async () => {
    const storage = await stored(1, 0)
    expect(await keys(storage, 'c')).toEqual(['d', 'e'])
    expect(storage.calls.filter((call) => call.startsWith('list'))).toEqual(['list c', 'list c'])
  })

  it('gives up without progress', async () => {
    const error = await failsWith(keys(await stored(9, 0)), 'UNAVAILABLE')
    expect(error.retryable).toBe(false)
  })

  it('can be left', async () => {
    const storage = await stored(0, 0)
    for await (const entry of retry(now)(storage).list('', LIST)) {
      expect(entry.key).toBe('a')
      break
    }
    const unread = retry(now)(storage).list('', LIST)[Symbol.asyncIterator]()
    await unread.return?.()
    expect((await unread.next()).done).toBe(true)
  })
})
