import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import { ndjson, parseKey, type ResultStorage, type } from '@resultkit/core'
import { afterAll, describe, expect, expectTypeOf, it } from 'vitest'
import { toResultError } from '../src/failure.ts'
import { sqliteResult, sqliteStorage } from '../src/sqlite-storage.ts'

const MIB = 1024 * 1024
const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'custom-storage-'))
afterAll(() => fs.rmSync(folder, { recursive: true, force: true }))

let files = 0
const freshFile = (): string => path.join(folder, `${files++}.db`)
const key = parseKey('shared/key')

function child(mode: string, file: string, name = mode): ChildProcess {
  const script = fileURLToPath(new URL('writer.ts', import.meta.url))
  return spawn(process.execPath, ['--conditions=resultkit:source', script, mode, file, name], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
}

async function output(running: ChildProcess): Promise<string> {
  if (running.stdout === null) throw new Error('no stdout')
  return (await text(running.stdout)).trim()
}

function put(storage: ResultStorage, body: Uint8Array | (() => AsyncIterable<Uint8Array>), ifAbsent = false) {
  const rest = { ifMatch: undefined, contentType: undefined, size: undefined, writeId: 'test', signal: undefined }
  return storage.write(key, body, { ...rest, ifAbsent })
}

async function get(storage: ResultStorage): Promise<Uint8Array | undefined> {
  const conditions = { range: undefined, ifMatch: undefined, ifNoneMatch: undefined, maxBytes: undefined }
  return (await storage.read(key, { ...conditions, signal: undefined }))?.bytes()
}

/** Rows of a table, seen by a program that is not the storage. */
function count(file: string, table: 'object' | 'chunk' | 'draft'): number {
  using database = new DatabaseSync(file)
  return Number(database.prepare(`SELECT count(*) AS rows FROM ${table}`).get()?.['rows'])
}

describe('making a storage', () => {
  it('does no I/O', async () => {
    const file = freshFile()
    const storage = sqliteStorage({ file })
    expect(fs.existsSync(file)).toBe(false)
    expect(storage.uri).toBe(`sqlite://${file}`)
    await storage.stat(key, { signal: undefined })
    expect(fs.existsSync(file)).toBe(true)
  })

  it.each(['', ':memory:'])('refuses the file %o', (file) => {
    expect(() => sqliteStorage({ file })).toThrow(expect.objectContaining({ code: 'CONFIG' }))
  })

  it('refuses a file of another program, and works once that is gone', async () => {
    const file = freshFile()
    {
      using foreign = new DatabaseSync(file)
      foreign.exec('PRAGMA user_version = 7')
    }
    const storage = sqliteStorage({ file })
    await expect(put(storage, new Uint8Array(1))).rejects.toMatchObject({ code: 'CONFIG', retryable: false })
    fs.rmSync(file)
    await put(storage, new Uint8Array(1))
  })
})

describe('several processes', () => {
  it('of 8 that create the same key, and the file, one wins', async () => {
    const file = freshFile()
    const racers = Array.from({ length: 8 }, (_, racer) => output(child('race', file, `racer ${racer}`)))
    const outcomes = await Promise.all(racers)
    expect(outcomes.toSorted()).toEqual([...Array(7).fill('ALREADY_EXISTS'), 'won'])
    const winner = new TextDecoder().decode(await get(sqliteStorage({ file })))
    expect(winner).toBe(`racer ${outcomes.indexOf('won')}`)
  })

  it('3 that write at the same time wait for each other', async () => {
    const file = freshFile()
    const outcomes = await Promise.all(['a', 'b', 'c'].map((name) => output(child('many', file, name))))
    expect(outcomes).toEqual(['wrote all', 'wrote all', 'wrote all'])
    const listed = await Array.fromAsync(sqliteStorage({ file }).list('b/', { startAfter: 'b/1', signal: undefined }))
    expect(listed.length).toBe(298)
    expect(count(file, 'object')).toBe(900)
  })

  it('what a killed one has left is invisible, and reclaimed at the next open', async () => {
    const file = freshFile()
    const killed = child('stall', file)
    await once(killed.stdout ?? killed, 'data')
    killed.kill('SIGKILL')
    await once(killed, 'exit')
    expect(count(file, 'chunk')).toBe(12)

    expect(await get(sqliteStorage({ file }))).toBeUndefined()
    expect(count(file, 'chunk')).toBe(12)

    expect(await get(sqliteStorage({ file, leftoverAge: 0 }))).toBeUndefined()
    expect(count(file, 'chunk')).toBe(0)
    expect(count(file, 'draft')).toBe(0)
  })

  it('one that holds the lock for too long is UNAVAILABLE, and retryable', async () => {
    const file = freshFile()
    const storage = sqliteStorage({ file, busyTimeout: '10ms' })
    await put(storage, new Uint8Array([1]))
    {
      using other = new DatabaseSync(file)
      other.exec('BEGIN IMMEDIATE')
      const busy = { code: 'UNAVAILABLE', retryable: true, key, storage: storage.uri }
      await expect(put(storage, new Uint8Array([2]))).rejects.toMatchObject(busy)
      expect(await get(storage)).toEqual(new Uint8Array([1]))
    }
    await put(storage, new Uint8Array([3]))
  })
})

describe('space', () => {
  it('a stream of 256 MiB is written and read in constant memory', async () => {
    const { size, maxRssBytes } = JSON.parse(await output(child('large', freshFile()))) as Record<string, number>
    expect(size).toBe(256 * MIB)
    expect(maxRssBytes).toBeLessThan(192 * MIB)
  })

  it('the chunks of replaced, deleted and failed versions are deleted', async () => {
    const file = freshFile()
    const storage = sqliteStorage({ file })
    const large = new Uint8Array(17 * MIB)
    await put(storage, large)
    await put(storage, large)
    expect(count(file, 'chunk')).toBe(68)
    await expect(
      put(storage, async function* () {
        yield large
        throw new Error('the stream broke')
      }),
    ).rejects.toThrow('the stream broke')
    await expect(put(storage, large, true)).rejects.toMatchObject({ code: 'ALREADY_EXISTS' })
    expect(count(file, 'chunk')).toBe(68)
    await storage.delete(key, { ifMatch: undefined, signal: undefined })
    expect([count(file, 'chunk'), count(file, 'draft'), count(file, 'object')]).toEqual([0, 0, 0])
  })

  it('a stream that paused for too long fails whole', async () => {
    const file = freshFile()
    const storage = sqliteStorage({ file })
    const write = put(storage, async function* () {
      yield new Uint8Array(MIB)
      await sqliteStorage({ file, leftoverAge: 0 }).stat(key, { signal: undefined })
      yield new Uint8Array(MIB)
    })
    await expect(write).rejects.toMatchObject({ code: 'UNAVAILABLE', retryable: true })
    expect(await get(storage)).toBeUndefined()
    expect(count(file, 'chunk')).toBe(0)
  })

  it('a part that is missing from the file is CORRUPT', async () => {
    const file = freshFile()
    const storage = sqliteStorage({ file })
    await put(storage, new Uint8Array(MIB))
    {
      using other = new DatabaseSync(file)
      other.exec('DELETE FROM chunk WHERE position = 2')
    }
    await expect(get(storage)).rejects.toMatchObject({ code: 'CORRUPT', key })
  })
})

it('keys below .resultkit/ can be used by layers, and are not listed', async () => {
  const storage = sqliteStorage({ file: freshFile() })
  const lease = '.resultkit/leases/x' as typeof key
  const rest = { ifMatch: undefined, contentType: undefined, size: undefined, writeId: 'x', signal: undefined }
  await storage.write(lease, new Uint8Array(1), { ...rest, ifAbsent: true })
  await put(storage, new Uint8Array(1))
  const entries = await Array.fromAsync(storage.list('', { startAfter: undefined, signal: undefined }))
  expect(entries.map((entry) => entry.key)).toEqual([key])
  expect(await storage.stat(lease, { signal: undefined })).toBeDefined()
})

describe('errors of SQLite', () => {
  it.each([
    { name: 'SQLITE_BUSY_SNAPSHOT', errcode: 517, code: 'UNAVAILABLE', retryable: true },
    { name: 'SQLITE_FULL', errcode: 13, code: 'UNAVAILABLE', retryable: false },
    { name: 'SQLITE_IOERR_WRITE', errcode: 778, code: 'UNAVAILABLE', retryable: false },
    { name: 'SQLITE_READONLY_DIRECTORY', errcode: 1544, code: 'ACCESS_DENIED', retryable: false },
    { name: 'SQLITE_PERM', errcode: 3, code: 'ACCESS_DENIED', retryable: false },
    { name: 'SQLITE_CANTOPEN_ISDIR', errcode: 526, code: 'CONFIG', retryable: false },
    { name: 'SQLITE_NOTADB', errcode: 26, code: 'CONFIG', retryable: false },
    { name: 'SQLITE_CORRUPT', errcode: 11, code: 'CORRUPT', retryable: false },
    { name: 'anything else', errcode: undefined, code: 'UNAVAILABLE', retryable: false },
  ])('$name is $code, retryable: $retryable', ({ errcode, code, retryable }) => {
    const cause = Object.assign(new Error('from SQLite'), { errcode })
    const call = { operation: 'read', uri: 'sqlite:///x', key: 'secret/key', signal: undefined } as const
    const error = toResultError(call, cause)
    expect(error).toMatchObject({ code, retryable, cause, key: 'secret/key', storage: 'sqlite:///x' })
    expect(`${error.stack}`).not.toContain('secret')
  })
})

describe('sqliteResult', () => {
  it('infers the location and the value', async () => {
    const scores = sqliteResult({ file: freshFile(), location: 'scores/{user}', validators: [type<number[]>()] })
    const reference = await scores.write([1], { user: 'ada' })
    const value = await scores.read(reference)
    expectTypeOf(value).toEqualTypeOf<number[]>()
    expect(value).toEqual([1])
    // @ts-expect-error the location needs a user
    await expect(scores.read({})).rejects.toMatchObject({ code: 'INVALID_LOCATION' })
  })

  it('keeps streams of items', async () => {
    const rows = sqliteResult({ file: freshFile(), location: 'rows', serializer: ndjson() })
    await rows.write(Array.from({ length: 100_000 }, (_, row) => ({ row })))
    let sum = 0
    for await (const item of await rows.read()) sum += (item as { row: number }).row
    expect(sum).toBe(4_999_950_000)
  })
})
