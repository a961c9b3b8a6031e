import { describe, expect, it } from 'vitest'
import { collectBytes } from '../../src/bytes.ts'
import { prefix } from '../../src/layers/prefix.ts'
import { memoryStorage } from '../../src/memory.ts'
import { applyLayers, releaseObject } from '../../src/storage.ts'
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
  WRITE,
} from './support.ts'

const key = k('a')

describe('prefix', () => {
  it('maps every operation there and back', async () => {
    const memory = memoryStorage({ name: 'm' })
    const storage = prefix('team/x')(memory)
    expect(storage.uri).toBe('memory://m/team/x')
    const written = await storage.write(k('r/1'), bytes('hello'), WRITE)
    expect(written.key).toBe('r/1')
    expect((await present(memory.stat(k('team/x/r/1'), CALL))).etag).toBe(written.etag)
    expect(await storage.stat(k('r/1'), CALL)).toEqual(written)
    const object = await present(storage.read(k('r/1'), READ))
    expect(object.stat).toEqual(written)
    expect(text(await object.bytes())).toBe('hello')
    expect(text(await collectBytes((await present(storage.read(k('r/1'), READ))).stream()))).toBe('hello')
    await storage.delete(k('r/1'), DELETE)
    expect(await memory.stat(k('team/x/r/1'), CALL)).toBeUndefined()
    expect(await storage.stat(k('r/1'), CALL)).toBeUndefined()
    expect(await storage.read(k('r/1'), READ)).toBeUndefined()
  })

  it('encodes each segment in the uri', () => {
    expect(prefix('a b/ü?#')(memoryStorage({ name: 'm' })).uri).toBe('memory://m/a%20b/%C3%BC%3F%23')
  })

  it('lists what is below it, not its siblings, itself, or what no key can name', async () => {
    const memory = memoryStorage()
    const names = [
      't',
      't-other/a',
      't/a',
      't/a/b',
      't/b',
      't/.resultkit/lease',
      't/.resultkit',
      't/.resultkits',
      'u/t/a',
    ]
    for (const name of names) await memory.write(k(name), bytes(name), WRITE)
    const storage = prefix('t')(memory)
    const keys = async (text: string, startAfter?: string) =>
      (await all(storage.list(text, { ...LIST, startAfter }))).map((entry) => entry.key)
    expect(await keys('')).toEqual(['.resultkits', 'a', 'a/b', 'b'])
    expect(await keys('a')).toEqual(['a', 'a/b'])
    expect(await keys('', 'a')).toEqual(['a/b', 'b'])
    expect(await keys('a', 'a')).toEqual(['a/b'])
    expect(await keys('', '')).toEqual(['.resultkits', 'a', 'a/b', 'b'])
  })

  it('takes the prefix off errors, and keeps code and cause', async () => {
    const memory = memoryStorage()
    const storage = prefix('team')(memory)
    await storage.write(key, bytes('x'), WRITE)
    const error = await failsWith(storage.write(key, bytes('y'), { ...WRITE, ifAbsent: true }), 'ALREADY_EXISTS')
    expect(error.key).toBe('a')
    expect(error.storage).toBe(storage.uri)
    const controller = new AbortController()
    controller.abort('enough')
    const aborted = await failsWith(storage.stat(key, { signal: controller.signal }), 'ABORTED')
    expect(aborted.cause).toBe('enough')
  })

  it('takes the prefix off errors of bodies and listings', async () => {
    const memory = memoryStorage()
    await memory.write(k('team/a'), bytes('x'), WRITE)
    const broken = failure('UNAVAILABLE', true, memory.uri, 'team/a')
    const storage = prefix('team')(
      faulty(memory, {
        async read(...args) {
          return cutAfter(await present(memory.read(...args)), 0, broken)
        },
        async *list() {
          yield* []
          throw broken
        },
      }),
    )
    const object = await present(storage.read(key, READ))
    const errors = [
      await failsWith(object.bytes(), 'UNAVAILABLE'),
      await failsWith(collectBytes(object.stream()), 'UNAVAILABLE'),
      await failsWith(all(storage.list('', LIST)), 'UNAVAILABLE'),
    ]
    expect(errors.map((error) => [error.key, error.storage, error.retryable])).toEqual(
      Array.from({ length: 3 }, () => ['a', storage.uri, true]),
    )
  })

  it("leaves another storage's error as it is", async () => {
    const foreign = failure('CORRUPT', false, 'memory://elsewhere', 'team/a')
    const body = async function* () {
      yield* []
      throw foreign
    }
    const storage = prefix('team')(memoryStorage())
    await expect(storage.write(key, body, WRITE)).rejects.toBe(foreign)
  })

  it('subtracts itself from the longest key, and refuses longer ones before any I/O', async () => {
    const inner = faulty(memoryStorage(), {})
    const storage = prefix('tüam')(inner)
    expect(storage.capabilities.maxKeyBytes).toBe(1024 - 6)
    await storage.write(k('x'.repeat(1018)), bytes('x'), WRITE)
    inner.calls.length = 0
    const long = k('x'.repeat(1019))
    const error = await failsWith(storage.read(long, READ), 'INVALID_KEY')
    expect(error.key).toBe(long)
    await failsWith(storage.write(k('ü'.repeat(510)), bytes('x'), WRITE), 'INVALID_KEY')
    await failsWith(storage.stat(long, CALL), 'INVALID_KEY')
    await failsWith(storage.delete(long, DELETE), 'INVALID_KEY')
    expect(inner.calls).toEqual([])
    const narrow = faulty(inner, { capabilities: { ...inner.capabilities, maxKeyBytes: 4 } })
    expect(prefix('team')(narrow).capabilities.maxKeyBytes).toBe(0)
  })

  it('nests', async () => {
    const memory = memoryStorage({ name: 'm' })
    const storage = applyLayers(memory, [prefix('outer'), prefix('inner')])
    expect(storage.uri).toBe('memory://m/outer/inner')
    await storage.write(key, bytes('x'), WRITE)
    expect(await memory.stat(k('outer/inner/a'), CALL)).toBeDefined()
    const error = await failsWith(storage.write(key, bytes('y'), { ...WRITE, ifAbsent: true }), 'ALREADY_EXISTS')
    expect([error.key, error.storage]).toEqual(['a', storage.uri])
  })

  it('lets go of an object that is not read', async () => {
    const { object, released } = holding()
    const storage = prefix('team')(faulty(memoryStorage(), { read: async () => object }))
    await releaseObject(await storage.read(key, READ))
    expect(released()).toBe(true)
  })

  it.each(['', '/a', 'a/', 'a//b', '../a', '.resultkit', '.resultkit/a'])('refuses %j', async (wrong) => {
    await failsWith((async () => prefix(wrong))(), 'INVALID_KEY')
  })
})
