import { describe, expect, test } from 'vitest'
import { memoryStorage } from '../src/memory.ts'
import { probeCapabilities } from '../src/probe-capabilities.ts'
import type { ResultStorage, StorageCapabilities } from '../src/storage.ts'
import { unavailable } from './layers/support.ts'

const streamBytes = 300_000

/** Memory that takes some options and ignores them, as some services do. */
function ignoring(change: (inner: ResultStorage) => Partial<ResultStorage>): ResultStorage {
  const inner = memoryStorage()
  return { ...inner, ...change(inner) }
}

type Liar = (inner: ResultStorage) => Partial<ResultStorage>

const liars: readonly (readonly [what: string, Liar, (keyof StorageCapabilities)[]])[] = [
  ['nothing', () => ({}), []],
  [
    'ifAbsent',
    (inner) => ({ write: (key, body, options) => inner.write(key, body, { ...options, ifAbsent: false }) }),
    ['ifAbsent', 'ifAbsentStream'],
  ],
  [
    'ifAbsent of streams',
    (inner) => ({
      write: (key, body, options) =>
        inner.write(key, body, { ...options, ifAbsent: options.ifAbsent && typeof body !== 'function' }),
    }),
    ['ifAbsentStream'],
  ],
  [
    'ifMatch of bytes at hand',
    (inner) => ({
      write: (key, body, options) =>
        inner.write(key, body, { ...options, ifMatch: typeof body === 'function' ? options.ifMatch : undefined }),
    }),
    ['ifMatch'],
  ],
  [
    'ifMatch of deletes',
    (inner) => ({ delete: (key, options) => inner.delete(key, { ...options, ifMatch: undefined }) }),
    ['deleteIfMatch'],
  ],
  [
    'ifNoneMatch of reads',
    (inner) => ({ read: (key, options) => inner.read(key, { ...options, ifNoneMatch: undefined }) }),
    ['readConditions'],
  ],
  ['ranges', (inner) => ({ read: (key, options) => inner.read(key, { ...options, range: undefined }) }), ['ranges']],
  [
    'writeId',
    (inner) => ({
      stat: async (key, options) => {
        const stat = await inner.stat(key, options)
        return stat && { ...stat, writeId: undefined }
      },
    }),
    ['writeId'],
  ],
]

describe('a storage that ignores', () => {
  test.each(liars)('%s', async (_, liar, expected) => {
    const storage = ignoring(liar)
    const honest = await probeCapabilities(storage, { streamBytes })
    const taken = Object.entries(storage.capabilities)
      .filter(([name, value]) => value !== honest.capabilities[name as keyof StorageCapabilities])
      .map(([name]) => name)
    expect(taken).toEqual(expected)
    expect(honest.uri).toBe(storage.uri)
  })
})

test('a condition that always fails is not kept either', async () => {
  const never: Liar = (inner) => ({
    write: (key, body, options) =>
      inner.write(key, body, options.ifMatch === undefined ? options : { ...options, ifMatch: 'another' }),
  })
  const { capabilities } = await probeCapabilities(ignoring(never), { streamBytes })
  expect(capabilities).toMatchObject({ ifMatch: false, ifMatchStream: false, ifAbsent: true })
})

test('what proves true is the very storage, and nothing is left behind', async () => {
  const deleted: string[] = []
  const written = new Set<string>()
  const storage = ignoring((inner) => ({
    write: (key, body, options) => {
      written.add(key)
      return inner.write(key, body, options)
    },
    delete: (key, options) => {
      deleted.push(key)
      return inner.delete(key, options)
    },
  }))
  expect(await probeCapabilities(storage, { streamBytes })).toBe(storage)
  expect(written.size).toBeGreaterThan(5)
  for (const key of written) {
    expect(key.startsWith('.resultkit/probe/')).toBe(true)
    expect(deleted).toContain(key)
  }
})

test('what is taken is refused before any I/O, and the rest works', async () => {
  const lying = ignoring((inner) => ({
    write: (key, body, options) => inner.write(key, body, { ...options, ifAbsent: false }),
  }))
  const honest = await probeCapabilities(lying, { streamBytes })
  const write = { ifMatch: undefined, contentType: undefined, size: undefined, writeId: 'w', signal: undefined }
  const key = 'a' as Parameters<ResultStorage['write']>[0]
  await expect(honest.write(key, new Uint8Array(1), { ...write, ifAbsent: true })).rejects.toMatchObject({
    code: 'UNSUPPORTED',
  })
  expect(await honest.stat(key, { signal: undefined })).toBeUndefined()
  expect(await honest.write(key, new Uint8Array(1), { ...write, ifAbsent: false })).toMatchObject({ size: 1 })
})

test('streams are left alone on request, and small probes are cheap', async () => {
  let largest = 0
  const storage = ignoring((inner) => ({
    write: async (key, body, options) => {
      const stat = await inner.write(key, body, options)
      largest = Math.max(largest, stat.size)
      return stat
    },
  }))
  await probeCapabilities(storage, { streamBytes: 0 })
  expect(largest).toBeLessThan(10)
})

test('an outage is no answer', async () => {
  let calls = 0
  const storage = ignoring((inner) => ({
    write: (key, body, options) => {
      calls += 1
      if (calls > 3) throw unavailable()
      return inner.write(key, body, options)
    },
  }))
  await expect(probeCapabilities(storage, { streamBytes })).rejects.toMatchObject({ code: 'UNAVAILABLE' })
})
