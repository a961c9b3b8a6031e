import { execFileSync } from 'node:child_process'
import fs from 'node:fs'
import path from 'node:path'
import type { ResultStorage } from '@resultkit/core'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { fileStorage, sweep } from '../src/index.ts'
import { errorOf, filesBelow, key, keys, open, put, remove, stat, temporaryDirectory, text } from './support.ts'
import { startWorker } from './workers.ts'

/** Why no file system can be mounted here; `undefined` when it can. */
const cannotMount = ((): string | undefined => {
  if (process.platform !== 'linux' || process.getuid?.() !== 0) return 'only root on Linux may mount'
  const directory = fs.mkdtempSync('/tmp/resultkit-mount-')
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=64k', 'tmpfs', directory], { stdio: 'ignore' })
    execFileSync('umount', [directory])
    return undefined
  } catch {
    return 'mount is not permitted'
  } finally {
    fs.rmdirSync(directory)
  }
})()

function mount(directory: string, options: string): void {
  fs.mkdirSync(directory, { recursive: true })
  execFileSync('mount', ['-t', 'tmpfs', '-o', options, 'tmpfs', directory])
  onTestFinished(() => void execFileSync('umount', [directory]))
}

async function codes(storage: ResultStorage, name: string): Promise<string[]> {
  const all = [put(storage, name, 'v'), open(storage, name), stat(storage, name), remove(storage, name), keys(storage)]
  return Promise.all(all.map(async (each) => (await errorOf(each)).code))
}

describe('a directory that is none', () => {
  const wrong = ['CONFIG', 'CONFIG', 'CONFIG', 'CONFIG', 'CONFIG']

  it.each(['file', 'file/below', 'nothing', 'loop'])('is never taken for an empty one: %s', async (name) => {
    const parent = temporaryDirectory()
    fs.writeFileSync(path.join(parent, 'file'), '')
    fs.symlinkSync('unmounted', path.join(parent, 'nothing'))
    fs.symlinkSync('loop', path.join(parent, 'loop'))
    const directory = path.join(parent, name)
    const storage = fileStorage({ directory })
    expect(await codes(storage, 'k')).toEqual(wrong)
    expect(await codes(storage, 'a/k')).toEqual(wrong)
    expect((await errorOf(keys(storage, 'a/'))).code).toBe('CONFIG')
    expect((await errorOf(keys(storage, 'a/b/'))).code).toBe('CONFIG')
  })

  it('is one whose own folder is a file', async () => {
    const directory = temporaryDirectory()
    fs.writeFileSync(path.join(directory, '.resultkit'), '')
    expect((await errorOf(put(fileStorage({ directory }), 'k', 'v'))).code).toBe('CONFIG')
  })
})

describe('a directory that others remove while it is being made', () => {
  it('is no wrong directory: the write may be tried again', async () => {
    const directory = path.join(temporaryDirectory(), 'root')
    const make = fs.mkdirSync
    const spy = vi.spyOn(fs, 'mkdirSync').mockImplementation((made) => {
      make(made)
      fs.rmSync(directory, { recursive: true, force: true })
      return undefined
    })
    onTestFinished(() => spy.mockRestore())
    const error = await errorOf(put(fileStorage({ directory, io: 'sync' }), 'k', 'v'))
    expect(error).toMatchObject({ code: 'UNAVAILABLE', retryable: true })
  })

  it('is made once more', async () => {
    const directory = path.join(temporaryDirectory(), 'root')
    const spy = vi.spyOn(fs, 'mkdirSync').mockImplementationOnce(() => {
      throw Object.assign(new Error('it was there'), { code: 'EEXIST' })
    })
    onTestFinished(() => spy.mockRestore())
    await put(fileStorage({ directory, io: 'sync' }), 'k', 'v')
    expect(fs.readdirSync(directory)).toContain('k')
  })
})

it('a path that is too long is refused before any I/O', async () => {
  const directory = path.join(temporaryDirectory(), ...Array.from({ length: 18 }, () => 'd'.repeat(200)))
  const storage = fileStorage({ directory })
  const error = await errorOf(put(storage, `${'x/'.repeat(300)}x`, 'v'))
  expect(error).toMatchObject({ code: 'INVALID_KEY', retryable: false })
  expect(error.cause).toBeUndefined()
})

it('an error names neither key nor directory, and has both', async () => {
  const directory = temporaryDirectory()
  const storage = fileStorage({ directory })
  await put(storage, 'classified', 'v')
  const error = await errorOf(put(storage, 'classified', 'v', { ifAbsent: true }))
  expect(error).toMatchObject({ key: 'classified', storage: storage.uri, operation: 'write' })
  expect(error.message).not.toMatch(/classified|resultkit-/)
  expect(error.stack?.split('\n    at')[0]).not.toMatch(/classified/)
})

it('an aborted call is ABORTED, with the reason', async () => {
  const storage = fileStorage({ directory: temporaryDirectory() })
  await put(storage, 'k', 'v')
  const signal = AbortSignal.abort('why')
  for (const call of [
    () => put(storage, 'k', 'new', { signal }),
    () => open(storage, 'k', { signal }),
    () => storage.stat(key('k'), { signal }),
    () => remove(storage, 'k', { signal }),
    () => keys(storage, '', { signal }),
  ])
    expect(await errorOf(call())).toMatchObject({ code: 'ABORTED', cause: 'why', storage: storage.uri })
  expect(await text(storage, 'k')).toBe('v')
})

it('an object whose temporary is taken away is not written', async () => {
  const directory = temporaryDirectory()
  const storage = fileStorage({ directory })
  async function* body(): AsyncGenerator<Uint8Array> {
    yield new Uint8Array(100)
    await sweep({ directory, graceMs: 0, clock: () => Date.now() + 1000 })
    yield new Uint8Array(100)
  }
  expect(await errorOf(put(storage, 'k', body))).toMatchObject({ code: 'UNAVAILABLE', retryable: true })
  expect(filesBelow(directory)).toEqual([])
})

it('too many open files are a reason to try again', async () => {
  const directory = temporaryDirectory()
  await put(fileStorage({ directory }), 'k', new Uint8Array(200_000))
  const worker = await startWorker('open-many', [directory])
  expect(await worker.ask('go')).toEqual({ code: 'UNAVAILABLE', retryable: true, after: 200_000 })
  await worker.end()
})

it.skipIf(process.platform !== 'linux')('a directory where none can be made is an error, and soon', async () => {
  for (const directory of ['/proc/none', '/proc/self/none/at/all'])
    for (const options of [{}, { ifAbsent: true }, { ifMatch: 'x' }]) {
      const storage = fileStorage({ directory, io: 'async' })
      expect((await errorOf(put(storage, 'k', 'v', options))).code).toMatch(
        /^(CONFIG|ACCESS_DENIED|PRECONDITION_FAILED)$/,
      )
    }
})

describe.skipIf(cannotMount !== undefined)(`on a file system of its own (${cannotMount ?? 'mounted'})`, () => {
  it('a full disk keeps the old value and no temporary', async () => {
    const directory = path.join(temporaryDirectory(), 'small')
    mount(directory, 'size=256k')
    const storage = fileStorage({ directory })
    await put(storage, 'k', 'old')
    const large = new Uint8Array(400_000).fill(7)
    async function* body(): AsyncGenerator<Uint8Array> {
      for (let i = 0; i < 8; i++) yield large.subarray(i * 50_000, (i + 1) * 50_000)
    }
    for (const value of [large, [large, large], body]) {
      const error = await errorOf(put(storage, 'k', value))
      expect(error).toMatchObject({ code: 'UNAVAILABLE', retryable: false, key: 'k' })
      expect(error.message).toMatch(/full.*ENOSPC/)
    }
    expect(await text(storage, 'k')).toBe('old')
    expect(filesBelow(directory)).toEqual(['k'])
    await put(storage, 'k', 'new')
  })

  it('a read-only disk is ACCESS_DENIED', async () => {
    const directory = path.join(temporaryDirectory(), 'fixed')
    mount(directory, 'size=256k')
    const storage = fileStorage({ directory })
    await put(storage, 'a/k', 'v')
    execFileSync('mount', ['-o', 'remount,ro', directory])
    expect(await text(storage, 'a/k')).toBe('v')
    expect((await errorOf(put(storage, 'a/k', 'new'))).code).toBe('ACCESS_DENIED')
    expect((await errorOf(put(fileStorage({ directory }), 'new', 'new'))).code).toBe('ACCESS_DENIED')
    expect((await errorOf(remove(storage, 'a/k'))).code).toBe('ACCESS_DENIED')
  })

  it('a directory over two of them is CONFIG', async () => {
    const directory = temporaryDirectory()
    mount(path.join(directory, 'other'), 'size=256k')
    const storage = fileStorage({ directory })
    expect((await errorOf(put(storage, 'other/k', 'v'))).code).toBe('CONFIG')
    expect((await errorOf(put(storage, 'other/k', 'v', { ifAbsent: true }))).code).toBe('CONFIG')
    expect((await errorOf(put(storage, 'other/made/for/this/k', 'v'))).code).toBe('CONFIG')
    expect(filesBelow(directory)).toEqual([])
    expect(fs.readdirSync(path.join(directory, 'other'))).toEqual([])
  })
})
