import fs from 'node:fs'
import path from 'node:path'
import { pathToFileURL } from 'node:url'
import { collectBytes, memoryStorage, releaseObject } from '@resultkit/core'
import fc from 'fast-check'
import { describe, expect, it, vi } from 'vitest'
import { fileStorage } from '../src/index.ts'
import {
  entries,
  errorOf,
  filesBelow,
  keys,
  open,
  openFiles,
  put,
  remove,
  stat,
  temporaryDirectory,
  text,
} from './support.ts'

describe('the directory', () => {
  it('is made by the first write, not before', async () => {
    const directory = path.join(temporaryDirectory(), 'a', 'b')
    const storage = fileStorage({ directory })
    expect(await text(storage, 'k')).toBeUndefined()
    expect(await stat(storage, 'a/k')).toBeUndefined()
    expect(await keys(storage)).toEqual([])
    await remove(storage, 'a/k')
    expect(fs.existsSync(directory)).toBe(false)
    await put(storage, 'k', 'v')
    expect(fs.readFileSync(path.join(directory, 'k'), 'utf8')).toBe('v')
  })

  it('is a path or a URL, and the uri', () => {
    const directory = path.join(temporaryDirectory(), 'Zoë #1')
    const uri = pathToFileURL(directory).href
    expect(fileStorage({ directory }).uri).toBe(uri)
    expect(fileStorage({ directory: new URL(uri) }).uri).toBe(uri)
    expect(fileStorage({ directory: uri }).uri).toBe(uri)
    expect(fileStorage({ directory: `${directory}/` }).uri).toBe(uri)
  })

  it('is .resultkit/results, or below RESULTKIT_HOME', () => {
    vi.stubEnv('RESULTKIT_HOME', undefined)
    expect(fileStorage().uri).toBe(pathToFileURL(path.resolve('.resultkit/results')).href)
    vi.stubEnv('RESULTKIT_HOME', '/srv/home')
    expect(fileStorage().uri).toBe('file:///srv/home/results')
    vi.unstubAllEnvs()
  })

  it.each([
    { directory: '' },
    { directory: 'a\0b' },
    { directory: new URL('https://example.org/x') },
    { durability: 'fsync' as 'file' },
    { io: 'fast' as 'auto' },
    { lockTimeout: -1 },
    { lockTimeout: Number.NaN },
  ])('refuses %o', (options) => {
    expect(() => fileStorage(options)).toThrow(expect.objectContaining({ code: 'CONFIG' }))
  })

  it('may be a symlink', async () => {
    const parent = temporaryDirectory()
    fs.mkdirSync(path.join(parent, 'real'))
    fs.symlinkSync('real', path.join(parent, 'link'))
    const storage = fileStorage({ directory: path.join(parent, 'link') })
    await put(storage, 'a/b', 'v')
    expect(await text(storage, 'a/b')).toBe('v')
    expect(await keys(storage)).toEqual(['a/b'])
  })
})

describe.each(['auto', 'sync', 'async'] as const)('with io: %s', (io) => {
  it('gives one etag and time for one version, everywhere', async () => {
    const storage = fileStorage({ directory: temporaryDirectory(), io })
    const written = await put(storage, 'a/b', 'hello')
    expect(written).toMatchObject({ key: 'a/b', size: 5, writeId: undefined })
    expect(await stat(storage, 'a/b')).toEqual(written)
    expect((await open(storage, 'a/b'))?.stat).toEqual(written)
    const { writeId: _, ...entry } = written
    expect(await entries(storage)).toEqual([entry])
    const linked = await put(storage, 'c', 'hello', { ifAbsent: true })
    expect(await stat(storage, 'c')).toEqual(linked)
  })

  it('never gives an etag twice, also within a tick of the clock', async () => {
    const storage = fileStorage({ directory: temporaryDirectory(), io })
    const etags = new Set<string>()
    for (let i = 0; i < 300; i++) {
      etags.add((await put(storage, 'k', 'x')).etag)
      await remove(storage, 'k')
    }
    expect(etags.size).toBe(300)
  })

  it.each([0, 1, 1000, 128 * 1024, 128 * 1024 + 1, 3_000_000])('keeps %i bytes', async (size) => {
    const storage = fileStorage({ directory: temporaryDirectory(), io })
    const value = crypto.getRandomValues(new Uint8Array(Math.min(size, 60_000)))
    const body = new Uint8Array(size).map((_, i) => value[i % value.length] ?? 0)
    const before = openFiles()
    await put(storage, 'k', body)
    const read = await (await open(storage, 'k'))?.bytes()
    expect(read?.byteOffset).toBe(0)
    expect(read?.buffer.byteLength).toBe(size)
    expect(Buffer.compare(read ?? new Uint8Array(1), body)).toBe(0)
    const object = await open(storage, 'k')
    const streamed = await collectBytes(object?.stream() ?? fail())
    expect(Buffer.compare(streamed, body)).toBe(0)
    await put(storage, 'parts', [body.subarray(0, 7), new Uint8Array(0), body.subarray(7)])
    expect(Buffer.compare((await (await open(storage, 'parts'))?.bytes()) ?? body.subarray(1), body)).toBe(0)
    expect(openFiles()).toBe(before)
  })

  it('reads ranges as slice does', async () => {
    const storage = fileStorage({ directory: temporaryDirectory(), io })
    const body = new Uint8Array(400_000).map((_, i) => i % 251)
    await put(storage, 'k', body)
    for (const [start, end] of [
      [0, 10],
      [-10, undefined],
      [399_990, 500_000],
      [500_000, undefined],
      [5, 5],
      [1, 300_001],
      [-500_000, undefined],
    ] as const) {
      const object = await open(storage, 'k', { range: { start, end } })
      expect(object?.stat.size).toBe(400_000)
      const read = (await object?.bytes()) ?? fail()
      expect(Buffer.compare(read, body.slice(start, end))).toBe(0)
    }
    const tail = await open(storage, 'k', { range: { start: 100_000 } })
    expect(Buffer.compare(await collectBytes(tail?.stream() ?? fail()), body.subarray(100_000))).toBe(0)
  })

  it('keeps its conditions', async () => {
    const storage = fileStorage({ directory: temporaryDirectory(), io })
    const codeOf = async (promise: Promise<unknown>): Promise<string> => (await errorOf(promise)).code
    expect(await codeOf(put(storage, 'k', 'v', { ifMatch: 'x' }))).toBe('PRECONDITION_FAILED')
    expect(await codeOf(remove(storage, 'k', { ifMatch: 'x' }))).toBe('PRECONDITION_FAILED')
    const one = await put(storage, 'k', '1', { ifAbsent: true })
    expect(await codeOf(put(storage, 'k', '2', { ifAbsent: true }))).toBe('ALREADY_EXISTS')
    const two = await put(storage, 'k', '2', { ifMatch: one.etag })
    expect(await codeOf(put(storage, 'k', '3', { ifMatch: one.etag }))).toBe('PRECONDITION_FAILED')
    expect(await codeOf(open(storage, 'k', { ifMatch: one.etag }))).toBe('PRECONDITION_FAILED')
    expect(await codeOf(open(storage, 'k', { ifNoneMatch: two.etag }))).toBe('NOT_MODIFIED')
    expect(await codeOf(open(storage, 'k', { maxBytes: 0 }))).toBe('TOO_LARGE')
    expect(await text(storage, 'k', { ifMatch: two.etag, ifNoneMatch: one.etag, maxBytes: 1 })).toBe('2')
    expect(await open(storage, 'absent', { ifMatch: 'x' })).toBeUndefined()
    expect(await codeOf(remove(storage, 'k', { ifMatch: one.etag }))).toBe('PRECONDITION_FAILED')
    await remove(storage, 'k', { ifMatch: two.etag })
    await remove(storage, 'k')
    expect(await stat(storage, 'k')).toBeUndefined()
    expect(filesBelow(path.join(new URL(storage.uri).pathname, '.resultkit'))).toEqual([])
  })

  it('lets one of many win, in one process', async () => {
    const storage = fileStorage({ directory: temporaryDirectory(), io })
    const race = await Promise.allSettled(
      Array.from({ length: 20 }, (_, i) => put(storage, 'd/k', `${i}`, { ifAbsent: true })),
    )
    expect(race.filter(({ status }) => status === 'fulfilled')).toHaveLength(1)
    const { etag } = (await stat(storage, 'd/k')) ?? fail()
    const replaced = await Promise.allSettled(
      Array.from({ length: 20 }, (_, i) => put(storage, 'd/k', `${i}`, { ifMatch: etag })),
    )
    expect(replaced.filter(({ status }) => status === 'fulfilled')).toHaveLength(1)
  })

  it('writes and deletes in one directory at the same time', async () => {
    const storage = fileStorage({ directory: temporaryDirectory(), io })
    await Promise.all(
      Array.from({ length: 16 }, async (_, worker) => {
        for (let i = 0; i < 25; i++) {
          await put(storage, `deep/er/${worker}`, 'v')
          await remove(storage, `deep/er/${worker}`)
        }
      }),
    )
    expect(await keys(storage)).toEqual([])
  })
})

describe('list', () => {
  it('is ordered by the bytes of whole keys', async () => {
    const storage = fileStorage({ directory: temporaryDirectory() })
    const long = 'x'.repeat(199)
    const all = ['a-b', 'a.b', 'a/b', 'a/b-', 'a0', 'b/c/d', 'b/c-/d', '\uffee', '😀', `${long}y`, `${long}éz`]
    all.push(`${long}éa/k`, `${long}ya`, `${long}z/a`)
    for (const name of all) await put(storage, name, name)
    const sorted = all.toSorted((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)))
    expect(await keys(storage)).toEqual(sorted)
    for (const name of sorted) {
      expect(await keys(storage, '', { startAfter: name })).toEqual(sorted.slice(sorted.indexOf(name) + 1))
      expect(await keys(storage, name)).toEqual(sorted.filter((other) => other.startsWith(name)))
    }
  })

  it('agrees with the storage in memory', async () => {
    const unit = fc.constantFrom(
      'a',
      'b',
      '-',
      '.',
      '/',
      '/',
      ':',
      '%',
      'é',
      'e\u0301',
      '😀',
      '\uffee',
      'é'.repeat(60),
      'x'.repeat(120),
    )
    const name = fc.string({ unit, minLength: 1, maxLength: 8 })
    await fc.assert(
      fc.asyncProperty(fc.array(name, { maxLength: 24 }), name, name, async (names, prefix, startAfter) => {
        const directory = temporaryDirectory()
        const storage = fileStorage({ directory })
        const model = memoryStorage()
        for (const each of names) {
          const [{ status }] = await Promise.allSettled([put(storage, each, each)])
          if (status === 'fulfilled') await put(model, each, each)
        }
        for (const options of [{}, { startAfter }, { startAfter: names[0] }]) {
          for (const start of ['', prefix, names[1]?.slice(0, -1) ?? '', names[2]?.slice(0, 3) ?? '']) {
            expect(await keys(storage, start, options)).toEqual(await keys(model, start, options))
          }
        }
      }),
      { numRuns: 150 },
    )
  })

  it('shows nothing but objects', async () => {
    const directory = temporaryDirectory()
    const storage = fileStorage({ directory })
    await put(storage, 'a/b', 'v')
    fs.writeFileSync(path.join(directory, 'bad%zz'), '')
    fs.writeFileSync(path.join(directory, 'con'), '')
    fs.writeFileSync(path.join(directory, '.resultkit', 'tmp', 'left'), '')
    fs.mkdirSync(path.join(directory, 'x%~'))
    fs.mkdirSync(path.join(directory, 'empty'))
    expect(await keys(storage)).toEqual(['a/b'])
    expect(await keys(storage, '../')).toEqual([])
    expect(await keys(storage, '.resultkit/')).toEqual([])
    expect(await keys(storage, '.resultkit/tmp/')).toEqual([])
    expect(await keys(storage, 'a/b/')).toEqual([])
    expect(await keys(storage, 'none/x')).toEqual([])
  })

  it('goes on when entries vanish and the consumer writes', async () => {
    const storage = fileStorage({ directory: temporaryDirectory() })
    for (let i = 0; i < 200; i++) await put(storage, `d${i % 10}/${i}`, '')
    const seen: string[] = []
    for await (const { key } of storage.list('', { startAfter: undefined, signal: undefined })) {
      seen.push(key)
      await remove(storage, key)
      if (seen.length === 1) for (let i = 9; i < 200; i += 10) await remove(storage, `d9/${i}`)
    }
    expect(seen.filter((name) => !name.startsWith('d9/'))).toHaveLength(180)
    expect(await keys(storage)).toEqual([])
  })

  it('stops when it is told to', async () => {
    const storage = fileStorage({ directory: temporaryDirectory() })
    for (let i = 0; i < 5; i++) await put(storage, `k${i}`, '')
    const control = new AbortController()
    const seen: string[] = []
    const listing = (async () => {
      for await (const { key } of storage.list('', { startAfter: undefined, signal: control.signal })) {
        seen.push(key)
        control.abort()
      }
    })()
    expect((await errorOf(listing)).code).toBe('ABORTED')
    expect(seen).toEqual(['k0'])
  })
})

describe('an open object', () => {
  it('stays one version while another is written', async () => {
    const storage = fileStorage({ directory: temporaryDirectory() })
    await put(storage, 'k', new Uint8Array(600_000).fill(1))
    const object = await open(storage, 'k')
    await put(storage, 'k', new Uint8Array(700_000).fill(2))
    const read = (await object?.bytes()) ?? fail()
    expect(read.byteLength).toBe(600_000)
    expect(read.every((byte) => byte === 1)).toBe(true)
  })

  it('lets go of its file however it is left', async () => {
    const storage = fileStorage({ directory: temporaryDirectory() })
    await put(storage, 'k', new Uint8Array(2_000_000))
    const before = openFiles()
    await releaseObject(await open(storage, 'k'))
    for await (const _ of (await open(storage, 'k'))?.stream() ?? fail()) break
    const control = new AbortController()
    const iterator = ((await open(storage, 'k', { signal: control.signal }))?.stream() ?? fail())[
      Symbol.asyncIterator
    ]()
    await iterator.next()
    control.abort(new Error('enough'))
    const error = await errorOf(iterator.next())
    expect(error).toMatchObject({ code: 'ABORTED', storage: storage.uri, key: 'k', cause: control.signal.reason })
    await iterator.return?.()
    expect(await iterator.next()).toEqual({ done: true, value: undefined })
    await errorOf(open(storage, 'k', { maxBytes: 5 }))
    await errorOf(open(storage, 'k', { signal: AbortSignal.abort() }))
    expect(openFiles()).toBe(before)
  })

  it('is given once', async () => {
    const storage = fileStorage({ directory: temporaryDirectory() })
    await put(storage, 'k', new Uint8Array(200_000))
    const object = (await open(storage, 'k')) ?? fail()
    await object.bytes()
    expect((await errorOf(object.bytes())).code).toBe('CONFIG')
  })

  it('is corrupt when it becomes shorter', async () => {
    const directory = temporaryDirectory()
    const storage = fileStorage({ directory })
    await put(storage, 'k', new Uint8Array(900_000))
    const whole = await open(storage, 'k')
    const streamed = await open(storage, 'k')
    fs.truncateSync(path.join(directory, 'k'), 1000)
    expect((await errorOf(whole?.bytes() ?? fail())).code).toBe('CORRUPT')
    expect((await errorOf(collectBytes(streamed?.stream() ?? fail()))).code).toBe('CORRUPT')
  })
})

function fail(): never {
  throw new Error('nothing there')
}
