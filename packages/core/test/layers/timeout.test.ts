import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { abortedError } from '../../src/errors.ts'
import { type TimeoutOptions, timeout } from '../../src/layers/timeout.ts'
import { memoryStorage } from '../../src/memory.ts'
import { type ObjectStat, releaseObject, type StoredObject } from '../../src/storage.ts'
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
const never = <T>(): Promise<T> => new Promise<T>(() => {})

beforeEach(() => void vi.useFakeTimers())
afterEach(() => {
  expect(vi.getTimerCount()).toBe(0)
  vi.useRealTimers()
})

describe('timeout', () => {
  it('rejects at once with TIMEOUT and fires the signal, also when the storage ignores it', async () => {
    const signals: (AbortSignal | undefined)[] = []
    const hang = <T>(options: { signal: AbortSignal | undefined }): Promise<T> => {
      signals.push(options.signal)
      return never<T>()
    }
    const memory = memoryStorage()
    const storage = timeout('1s')(
      faulty(memory, {
        read: (_, options) => hang(options),
        write: (_, __, options) => hang(options),
        stat: (_, options) => hang(options),
        delete: (_, options) => hang(options),
        list: (_, options) => ({ [Symbol.asyncIterator]: () => ({ next: () => hang(options) }) }),
      }),
    )
    const calls = [
      storage.read(key, READ),
      storage.write(key, bytes('x'), WRITE),
      storage.stat(key, CALL),
      storage.delete(key, DELETE),
      all(storage.list('', LIST)),
    ].map((call) => failsWith(call, 'TIMEOUT'))
    await vi.advanceTimersByTimeAsync(999)
    expect(signals.map((signal) => signal?.aborted)).toEqual([false, false, false, false, false])
    await vi.advanceTimersByTimeAsync(1)
    const errors = await Promise.all(calls)
    expect(signals.map((signal) => signal?.aborted)).toEqual([true, true, true, true, true])
    expect(errors.map((error) => error.retryable)).toEqual([true, true, true, true, true])
    expect(errors.map((error) => error.operation)).toEqual(['read', 'write', 'stat', 'delete', 'list'])
    expect(errors[0]?.key).toBe('a')
    expect(errors[0]?.storage).toBe(memory.uri)
    expect(errors[0]?.message).not.toContain(memory.uri)
  })

  it('says TIMEOUT when the storage answers the signal with ABORTED', async () => {
    const storage = faulty(memoryStorage(), {
      stat: (_, { signal }) =>
        new Promise<ObjectStat | undefined>((_resolve, reject) => {
          signal?.addEventListener('abort', () => reject(abortedError('stat', signal)))
        }),
    })
    const outcome = failsWith(timeout(10)(storage).stat(key, CALL), 'TIMEOUT')
    await vi.advanceTimersByTimeAsync(10)
    await outcome
  })

  it("hands the caller's signal on", async () => {
    const controller = new AbortController()
    const storage = faulty(memoryStorage(), {
      stat: (_, { signal }) =>
        new Promise<ObjectStat | undefined>((_resolve, reject) => {
          signal?.addEventListener('abort', () => reject(abortedError('stat', signal)))
        }),
    })
    const outcome = failsWith(timeout(10)(storage).stat(key, { signal: controller.signal }), 'ABORTED')
    controller.abort('enough')
    expect((await outcome).cause).toBe('enough')
  })

  it('clears its timer after an answer and after a failure', async () => {
    const memory = memoryStorage()
    const storage = timeout(10)(memory)
    await storage.write(key, bytes('x'), WRITE)
    expect(vi.getTimerCount()).toBe(0)
    expect(text(await (await present(storage.read(key, READ))).bytes())).toBe('x')
    expect(await all(storage.list('', LIST))).toHaveLength(1)
    await failsWith(storage.write(key, bytes('x'), { ...WRITE, ifAbsent: true }), 'ALREADY_EXISTS')
    const broken = timeout(10)(
      faulty(memory, {
        stat: () => {
          throw unavailable()
        },
      }),
    )
    await failsWith(broken.stat(key, CALL), 'UNAVAILABLE')
  })

  it('limits only what is named', async () => {
    const slow = deferred<ObjectStat | undefined>()
    const storage = timeout({ read: 5 })(faulty(memoryStorage(), { stat: () => slow.promise, read: never }))
    const stat = storage.stat(key, CALL)
    const read = failsWith(storage.read(key, READ), 'TIMEOUT')
    await vi.advanceTimersByTimeAsync(1000)
    await read
    slow.resolve(undefined)
    expect(await stat).toBeUndefined()
  })

  it('lets go of an object that comes too late', async () => {
    const { object, released } = holding()
    const answer = deferred<StoredObject | undefined>()
    const storage = timeout(5)(faulty(memoryStorage(), { read: () => answer.promise }))
    const outcome = failsWith(storage.read(key, READ), 'TIMEOUT')
    await vi.advanceTimersByTimeAsync(5)
    await outcome
    answer.resolve(object)
    await vi.advanceTimersByTimeAsync(0)
    expect(released()).toBe(true)
  })

  it('ignores a failure that comes too late', async () => {
    const unhandled = vi.fn()
    process.on('unhandledRejection', unhandled)
    const answer = deferred<ObjectStat | undefined>()
    const storage = timeout(5)(faulty(memoryStorage(), { stat: () => answer.promise }))
    const outcome = failsWith(storage.stat(key, CALL), 'TIMEOUT')
    await vi.advanceTimersByTimeAsync(5)
    await outcome
    answer.reject(unavailable())
    vi.useRealTimers()
    await new Promise((resolve) => setTimeout(resolve, 5))
    process.off('unhandledRejection', unhandled)
    expect(unhandled).not.toHaveBeenCalled()
    vi.useFakeTimers()
  })

  it('covers bytes() as a whole', async () => {
    const { object } = holding()
    const storage = timeout(5)(faulty(memoryStorage(), { read: async () => ({ ...object, bytes: never }) }))
    const found = await present(storage.read(key, READ))
    await vi.advanceTimersByTimeAsync(100)
    const outcome = failsWith(found.bytes(), 'TIMEOUT')
    await vi.advanceTimersByTimeAsync(5)
    await outcome
  })

  it('covers each next() of a stream, not the time between them, and lets go of a stalled one', async () => {
    const { object, released } = holding()
    let chunks = 0
    const stalling: StoredObject = {
      ...object,
      stream() {
        const iterator = object.stream()[Symbol.asyncIterator]()
        return {
          [Symbol.asyncIterator]: () => ({
            next: () => (chunks++ < 3 ? iterator.next() : never<IteratorResult<Uint8Array>>()),
            return: () => iterator.return?.() ?? never<IteratorResult<Uint8Array>>(),
          }),
        }
      },
    }
    const storage = timeout(5)(faulty(memoryStorage(), { read: async () => stalling }))
    const stream = (await present(storage.read(key, READ))).stream()[Symbol.asyncIterator]()
    for (let i = 0; i < 3; i++) {
      expect((await stream.next()).done).toBe(false)
      await vi.advanceTimersByTimeAsync(100)
    }
    const outcome = failsWith(stream.next(), 'TIMEOUT')
    await vi.advanceTimersByTimeAsync(5)
    await outcome
    expect(released()).toBe(true)
    expect((await stream.next()).done).toBe(true)
  })

  it('lets go of an object that is not read', async () => {
    const { object, released } = holding()
    await releaseObject(await timeout(5)(faulty(memoryStorage(), { read: async () => object })).read(key, READ))
    expect(released()).toBe(true)
  })

  it('does not fire early on a limit that setTimeout cannot hold', async () => {
    const answer = deferred<ObjectStat | undefined>()
    const stat = timeout('30d')(faulty(memoryStorage(), { stat: () => answer.promise })).stat(key, CALL)
    await vi.advanceTimersByTimeAsync(1000)
    answer.resolve(undefined)
    expect(await stat).toBeUndefined()
  })

  it.each([0, -1, Number.NaN, Number.POSITIVE_INFINITY, { read: 0 }])('refuses %j', async (limit) => {
    await failsWith((async () => timeout(limit as TimeoutOptions))(), 'CONFIG')
  })
})
