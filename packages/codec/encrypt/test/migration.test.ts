import {
  collectBytes,
  createResultStore,
  type Key,
  memoryStorage,
  parseKey,
  Result,
  type ResultStorage,
  type WriteOptions,
} from '@resultkit/core'
import { encrypt, generateKey, keyring } from '@resultkit/encrypt'
import { describe, expect, test } from 'vitest'

const AT = parseKey('a')
const codec = encrypt({ keyring: keyring({ primary: generateKey() }) })
const WRITE: WriteOptions = {
  ifAbsent: false,
  ifMatch: undefined,
  contentType: undefined,
  size: undefined,
  writeId: 'w',
  signal: undefined,
}

async function bytesOf(storage: ResultStorage, key: Key): Promise<Uint8Array> {
  const read = { range: undefined, ifMatch: undefined, ifNoneMatch: undefined, maxBytes: undefined, signal: undefined }
  return (await (await storage.read(key, read))?.bytes()) ?? new Uint8Array()
}

describe('a migration to encryption, where older results may be in clear', () => {
  test('a reference to an encrypted result never reads a plain one that was put in its place', async () => {
    const storage = memoryStorage()
    const migrating = new Result({ storage, location: 'a', codecs: [codec], accepts: [{ codecs: [] }] })
    const reference = await migrating.write('mine')
    await new Result({ storage, location: 'a' }).write('forged')
    await expect(migrating.read(reference)).rejects.toMatchObject({ code: 'REPLACED' })
    expect(await migrating.find(reference).catch((error: { code: string }) => error.code)).toBe('REPLACED')
    // By key there is no reference to hold it against, and accepting plain ones was asked for.
    expect(await migrating.read()).toBe('forged')
  })

  test('back to clear, references to encrypted results are still read', async () => {
    const storage = memoryStorage()
    const reference = await new Result({ storage, location: 'a', codecs: [codec] }).write('kept')
    const back = new Result({ storage, location: 'a', accepts: [{ codecs: [codec] }] })
    expect(await back.read(reference)).toBe('kept')
    await new Result({ storage, location: 'a', codecs: [codec] }).write('another')
    await expect(back.read(reference)).rejects.toMatchObject({ code: 'REPLACED' })
    const plain = await back.write('plain')
    await back.write('plain again')
    await expect(back.read(plain)).rejects.toMatchObject({ code: 'REPLACED' })
  })
})

test('a range of a record that was cut before its trailer is DECRYPT', async () => {
  const storage = memoryStorage()
  const result = new Result({ storage, location: 'a', codecs: [codec] })
  const reference = await result.write('x'.repeat(100))
  const bytes = await bytesOf(storage, AT)
  for (const size of [bytes.byteLength - 200, bytes.byteLength - 10, 300]) {
    await storage.write(AT, bytes.slice(0, size), WRITE)
    await expect(collectBytes(result.stream(reference, { range: { start: 0, end: 5 } }))).rejects.toMatchObject({
      code: 'DECRYPT',
    })
  }
})

test('a stream that failed fails again, and never says that it is done', async () => {
  const storage = memoryStorage()
  const result = new Result({ storage, location: 'a', codecs: [codec] })
  await result.write('x'.repeat(100_000))
  const bytes = await bytesOf(storage, AT)
  bytes[bytes.byteLength - 500] = (bytes[bytes.byteLength - 500] ?? 0) ^ 1
  await storage.write(AT, bytes, WRITE)
  const stream = result.stream()
  const failures: unknown[] = []
  for (let step = 0; step < 20; step++) {
    try {
      expect((await stream.next()).done).toBe(false)
    } catch (error) {
      failures.push((error as { code?: string }).code)
    }
  }
  expect(failures.length).toBeGreaterThan(5)
  expect(new Set(failures)).toEqual(new Set(['DECRYPT']))
})

test('a store that encrypts describes nothing of a damaged header but DECRYPT', async () => {
  const storage = memoryStorage()
  const store = createResultStore({ storages: { m: storage }, codecs: [codec] })
  const reference = await store.result('m', { location: 'a' }).write('x')
  const bytes = await bytesOf(storage, AT)
  bytes[3] = 0
  await storage.write(AT, bytes, WRITE)
  await expect((await store.open(reference)).describe()).rejects.toMatchObject({ code: 'DECRYPT' })
})
