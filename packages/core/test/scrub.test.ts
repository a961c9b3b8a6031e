import { describe, expect, test, vi } from 'vitest'
import { isResultError, ResultError } from '../src/errors.ts'
import type { Key } from '../src/key.ts'
import { memoryStorage } from '../src/memory.ts'
import { TRAILER_BYTES } from '../src/record/trailer.ts'
import { Result } from '../src/result.ts'
import { type ScrubProgress, scrub } from '../src/scrub/index.ts'
import type { ResultStorage } from '../src/storage.ts'
import { READ, WRITE } from './layers/support.ts'

const clock = () => new Date('2026-11-22T10:00:00Z')

async function bytesAt(storage: ResultStorage, key: string): Promise<Uint8Array | undefined> {
  return (await storage.read(key as Key, READ))?.bytes()
}

async function put(storage: ResultStorage, key: string, bytes: Uint8Array): Promise<void> {
  await storage.write(key as Key, bytes, WRITE)
}

/** Three records, one of which is replaced by what `damage` makes of it. */
async function damaged(damage: (record: Uint8Array) => Uint8Array) {
  const storage = memoryStorage()
  const result = new Result({ storage, clock })
  for (const key of ['a', 'b', 'c']) await result.write({ rows: [1, 2, 3] }, key)
  const record = await bytesAt(storage, 'b')
  if (record === undefined) throw new Error('nothing was written')
  const bad = damage(record.slice())
  await put(storage, 'b', bad)
  return { storage, result, record, bad }
}

function flipped(at: number) {
  return (record: Uint8Array): Uint8Array => {
    const index = at < 0 ? record.length + at : at
    record[index] = (record[index] ?? 0) ^ 1
    return record
  }
}

describe('what scrub finds', () => {
  test('intact records, and what has no digest of its own', async () => {
    const storage = memoryStorage()
    const result = new Result({ storage, clock })
    await result.write('kept', 'records/one')
    await result.write(undefined, 'records/two')
    await result.with({ format: 'plain' }).write({ a: 1 }, 'targets/plain.json')
    await put(storage, 'empty', new Uint8Array())
    await put(storage, 'long', new Uint8Array(20_000).fill(65))
    expect(await scrub(result)).toEqual({ intact: 2, corrupt: 0, unverified: 3, skipped: 0, findings: [] })
    expect(await scrub(result, { prefix: 'records/', startAfter: 'records/one' })).toMatchObject({ intact: 1 })
  })

  test.each([
    ['the first byte', flipped(0)],
    ['a byte of the header', flipped(20)],
    ['a byte of the padding', flipped(120)],
    ['a byte of the payload', flipped(130)],
    ['a byte of the size', flipped(-TRAILER_BYTES + 20)],
    ['a digit of the digest', flipped(-TRAILER_BYTES + 40)],
    ['the last byte', flipped(-1)],
    ['its last byte missing', (record: Uint8Array) => record.subarray(0, -1)],
    ['half of it missing', (record: Uint8Array) => record.subarray(0, record.length >> 1)],
    ['a byte too many', (record: Uint8Array) => Uint8Array.of(...record, 10)],
    ['a byte in front', (record: Uint8Array) => Uint8Array.of(123, ...record)],
  ])('a record with %s changed', async (_, damage) => {
    const { result } = await damaged(damage)
    const report = await scrub(result)
    expect(report).toMatchObject({ intact: 2, corrupt: 1, unverified: 0, skipped: 0 })
    expect(report.findings).toMatchObject([{ key: 'b', quarantinedAs: undefined }])
    expect(report.findings[0]?.problem).toMatch(/not intact/)
  })

  test('expected and actual digests', async () => {
    const { result } = await damaged(flipped(130))
    const reference = await result.write({ rows: [1, 2, 3] }, 'a')
    const [finding] = (await scrub(result)).findings
    expect(finding?.expected).toMatchObject({ size: reference.size, sha256: reference.sha256 })
    expect(finding?.actual).toMatchObject({ size: reference.size, header: finding?.expected?.header })
    expect(finding?.actual?.sha256).toMatch(/^[0-9a-f]{64}$/)
    expect(finding?.actual?.sha256).not.toBe(reference.sha256)
  })

  test('a record of a later version is nothing that this one can judge', async () => {
    const { result } = await damaged((record) => {
      const later = record.slice()
      later.set(new TextEncoder().encode('{"resultkit":2'))
      return later
    })
    expect(await scrub(result)).toMatchObject({ intact: 2, unverified: 1 })
  })

  test('without ranges, a record is known by its start alone', async () => {
    const { storage } = await damaged(flipped(20))
    const noRanges = { ...storage, capabilities: { ...storage.capabilities, ranges: false } }
    expect(await scrub(new Result({ storage: noRanges }))).toMatchObject({ corrupt: 1 })
  })
})

describe('quarantine', () => {
  test('keeps the bad bytes, and the next look-up is a miss', async () => {
    const { storage, result, bad } = await damaged(flipped(130))
    const { findings, corrupt } = await scrub(result, { quarantine: true })
    expect(corrupt).toBe(1)
    const [finding] = findings
    expect(finding?.quarantinedAs).toMatch(/^\.resultkit\/quarantine\/b~/)
    expect(await bytesAt(storage, finding?.quarantinedAs ?? '')).toEqual(bad)
    expect(await result.find('b')).toEqual({ status: 'miss' })
    expect(await scrub(result, { quarantine: true })).toMatchObject({ intact: 2, corrupt: 0 })
  })

  test('keys of any length and shape have a place of their own', async () => {
    const storage = memoryStorage()
    const result = new Result({ storage })
    const keys = ['deep/er', 'deep', `long/${'x'.repeat(1010)}`, 'ünï', 'ü'.repeat(500)]
    for (const key of keys) {
      await result.write(1, key)
      const record = await bytesAt(storage, key)
      await put(storage, key, (record ?? new Uint8Array()).subarray(0, -1))
    }
    const { findings } = await scrub(result, { quarantine: true })
    expect(new Set(findings.map(({ key }) => key))).toEqual(new Set(keys))
    expect(new Set(findings.map(({ quarantinedAs }) => quarantinedAs)).size).toBe(keys.length)
  })

  test.each(['read', 'delete'] as const)('what is replaced before the %s stays, and no copy is left', async (when) => {
    const { storage, bad } = await damaged(flipped(130))
    const result = new Result({ storage, clock })
    const written: string[] = []
    let reads = 0
    const racing: ResultStorage = {
      ...storage,
      async read(key, options) {
        if (key === 'b' && ++reads === 2 && when === 'read') await result.write('new', 'b')
        return storage.read(key, options)
      },
      write(key, body, options) {
        written.push(key)
        return storage.write(key, body, options)
      },
      async delete(key, options) {
        if (key === 'b' && when === 'delete') await result.write('new', 'b')
        return storage.delete(key, options)
      },
    }
    const report = await scrub(new Result({ storage: racing }), { quarantine: true })
    expect(report).toMatchObject({ corrupt: 0, skipped: 1, findings: [] })
    expect(await result.read('b')).toBe('new')
    expect(await bytesAt(storage, written[0] ?? '')).toBeUndefined()
    expect(bad).not.toEqual(await bytesAt(storage, 'b'))
  })

  test('is refused where what others write could be lost', async () => {
    const inner = memoryStorage()
    const storage = { ...inner, capabilities: { ...inner.capabilities, deleteIfMatch: false } }
    await expect(scrub(new Result({ storage }), { quarantine: true })).rejects.toMatchObject({ code: 'UNSUPPORTED' })
  })
})

describe('how scrub runs', () => {
  test('progress comes in order of the keys, whatever is ready first', async () => {
    const storage = memoryStorage()
    const keys = Array.from({ length: 20 }, (_, index) => `k${String(index).padStart(2, '0')}`)
    for (const key of keys) await new Result({ storage }).write(key, key)
    let atOnce = 0
    let most = 0
    const slow: ResultStorage = {
      ...storage,
      async read(key, options) {
        most = Math.max(most, ++atOnce)
        for (let turn = keys.indexOf(key); turn < keys.length; turn++) await Promise.resolve()
        atOnce -= 1
        return storage.read(key, options)
      },
    }
    const told: ScrubProgress[] = []
    await scrub(new Result({ storage: slow }), { concurrency: 3, onProgress: (progress) => told.push(progress) })
    expect(told.map(({ key }) => key)).toEqual(keys)
    expect(told.at(-1)).toEqual({ key: 'k19', outcome: 'intact', intact: 20, corrupt: 0, unverified: 0, skipped: 0 })
    expect(most).toBe(3)
  })

  test('an outage ends it and is no damage', async () => {
    const { storage } = await damaged((record) => record)
    const outage = new ResultError({ code: 'UNAVAILABLE', operation: 'read', message: 'The service is away.' })
    const failing: ResultStorage = {
      ...storage,
      read: async (key, options) => (key === 'b' ? Promise.reject(outage) : storage.read(key, options)),
    }
    await expect(scrub(new Result({ storage: failing }), { quarantine: true })).rejects.toBe(outage)
    expect(await bytesAt(storage, 'b')).toBeDefined()
  })

  test('what was deleted since the listing is skipped', async () => {
    const { storage } = await damaged((record) => record)
    const gone: ResultStorage = {
      ...storage,
      read: async (key, options) => (key === 'b' ? undefined : storage.read(key, options)),
    }
    expect(await scrub(new Result({ storage: gone }))).toMatchObject({ intact: 2, skipped: 1 })
  })

  test('a signal ends it', async () => {
    const { result } = await damaged((record) => record)
    const controller = new AbortController()
    const onProgress = vi.fn(() => controller.abort())
    const error = await scrub(result, { signal: controller.signal, onProgress, concurrency: 1 }).catch(
      (thrown) => thrown,
    )
    expect(isResultError(error) && error.code).toBe('ABORTED')
    expect(onProgress).toHaveBeenCalledTimes(1)
  })

  test.each([
    ['no Result', {}, {}],
    ['a wrong concurrency', undefined, { concurrency: 0 }],
    ['an unknown option', undefined, { dryRun: true }],
    ['a quarantine that is a name', undefined, { quarantine: 'bad/' }],
  ])('CONFIG for %s', async (_, first, options) => {
    const result = first ?? new Result({ storage: memoryStorage() })
    await expect(scrub(result as Result, options as object)).rejects.toMatchObject({ code: 'CONFIG' })
  })

  test('UNSUPPORTED without a storage, and for one that cannot list', async () => {
    const inner = memoryStorage()
    const storage = { ...inner, capabilities: { ...inner.capabilities, list: false } }
    await expect(scrub(new Result())).rejects.toMatchObject({ code: 'UNSUPPORTED' })
    await expect(scrub(new Result({ storage }))).rejects.toMatchObject({ code: 'UNSUPPORTED' })
  })
})
