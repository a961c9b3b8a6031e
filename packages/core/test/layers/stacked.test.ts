import { expect, it } from 'vitest'
import { collectBytes } from '../../src/bytes.ts'
import { limit } from '../../src/layers/limit.ts'
import { prefix } from '../../src/layers/prefix.ts'
import { readOnly } from '../../src/layers/read-only.ts'
import { retry } from '../../src/layers/retry.ts'
import { timeout } from '../../src/layers/timeout.ts'
import { type TraceEvent, trace } from '../../src/layers/trace.ts'
import { memoryStorage } from '../../src/memory.ts'
import { applyLayers, type Layer, type ObjectStat, releaseObject } from '../../src/storage.ts'
import {
  all,
  bytes,
  CALL,
  cutAfter,
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

function everyLayer(events: TraceEvent[] = []): Layer[] {
  return [
    prefix('team'),
    timeout('10s'),
    limit({ concurrency: 1 }),
    retry({ random: () => 0 }),
    trace((event) => void events.push(event)),
  ]
}

it('works with all layers on top of each other', async () => {
  const events: TraceEvent[] = []
  const storage = applyLayers(memoryStorage({ name: 'm' }), everyLayer(events))
  expect(storage.uri).toBe('memory://m/team')
  const stat = await storage.write(
    key,
    async function* () {
      yield bytes('hello')
    },
    { ...WRITE, ifAbsent: true },
  )
  expect(stat).toEqual(await storage.stat(key, CALL))
  expect(text(await (await present(storage.read(key, READ))).bytes())).toBe('hello')
  expect(text(await collectBytes((await present(storage.read(key, READ))).stream()))).toBe('hello')
  expect((await all(storage.list('', LIST))).map((entry) => entry.key)).toEqual(['a'])
  await failsWith(readOnly()(storage).delete(key, DELETE), 'UNSUPPORTED')
  await storage.delete(key, { ...DELETE, ifMatch: stat.etag })
  expect(await storage.read(key, READ)).toBeUndefined()
  expect(events).toHaveLength(7)
})

it('releases an unread object through all layers', async () => {
  const { object, released } = holding()
  const storage = applyLayers(faulty(memoryStorage(), { read: async () => object }), [...everyLayer(), readOnly()])
  await releaseObject(await storage.read(key, READ))
  expect(released()).toBe(true)
})

it('resumes a cut stream below all layers', async () => {
  const memory = memoryStorage()
  await memory.write(k('team/a'), bytes('0123456789'), WRITE)
  let reads = 0
  const cutting = faulty(memory, {
    async read(...args) {
      const object = await present(memory.read(...args))
      return reads++ < 3 ? cutAfter(object, 3, unavailable()) : object
    },
  })
  const object = await present(applyLayers(cutting, everyLayer()).read(key, READ))
  expect(text(await collectBytes(object.stream()))).toBe('0123456789')
})

it('recognises a write that was stored after its timeout', async () => {
  const memory = memoryStorage()
  const committed = deferred<ObjectStat>()
  let calls = 0
  const slow = faulty(memory, {
    async write(target, body, options) {
      if (calls++ > 0) return memory.write(target, body, options)
      await memory.write(target, body, { ...options, signal: undefined })
      return committed.promise
    },
  })
  const storage = applyLayers(slow, [timeout(20), retry({ random: () => 0 })])
  const stat = await storage.write(key, bytes('mine'), { ...WRITE, ifAbsent: true })
  expect(stat.writeId).toBe('w')
  expect(slow.calls).toEqual(['write w', 'write w.1', 'stat'])
})
