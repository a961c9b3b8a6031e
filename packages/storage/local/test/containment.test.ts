import { execFileSync } from 'node:child_process'
import fs from 'node:fs'
import path from 'node:path'
import type { ResultStorage } from '@resultkit/core'
import { describe, expect, it } from 'vitest'
import { fileStorage, sweep } from '../src/index.ts'
import { errorOf, filesBelow, keys, open, put, remove, stat, temporaryDirectory, text } from './support.ts'

/** What every operation says; a write without conditions comes last, because it may replace what is at the key. */
async function codes(storage: ResultStorage, name: string): Promise<string[]> {
  const all = [
    put(storage, name, 'new', { ifAbsent: true }),
    put(storage, name, 'new', { ifMatch: 'x' }),
    open(storage, name),
    stat(storage, name),
    remove(storage, name),
  ]
  const refused = await Promise.all(all.map(async (each) => (await errorOf(each)).code))
  const written = await put(storage, name, 'new').then(
    () => 'replaced',
    (error) => error.code as string,
  )
  return [...refused, written]
}
const REFUSED = Array.from({ length: 6 }, () => 'INVALID_KEY')
const REPLACED_AT_LAST = [...REFUSED.slice(1), 'replaced']

describe('a symlink below the directory', () => {
  it('is not followed to a directory', async () => {
    const [directory, outside] = [temporaryDirectory(), temporaryDirectory()]
    const storage = fileStorage({ directory })
    await put(storage, 'a/b/k', 'v')
    fs.writeFileSync(path.join(outside, 'k'), 'secret')
    fs.symlinkSync(outside, path.join(directory, 'link'))
    fs.symlinkSync(outside, path.join(directory, 'a', 'link'))
    fs.symlinkSync('a', path.join(directory, 'inner'))
    for (const name of ['link/k', 'link/deeper/k', 'a/link/k', 'inner/b/k'])
      expect(await codes(storage, name)).toEqual(REFUSED)
    expect(await keys(storage)).toEqual(['a/b/k'])
    expect(await keys(storage, 'link/')).toEqual([])
    expect(await keys(storage, 'a/link/')).toEqual([])
    expect(fs.readFileSync(path.join(outside, 'k'), 'utf8')).toBe('secret')
    expect(filesBelow(outside)).toEqual(['k'])
  })

  it('is replaced by a write to its very key, and what it points to stays', async () => {
    const [directory, outside] = [temporaryDirectory(), temporaryDirectory()]
    const storage = fileStorage({ directory })
    fs.writeFileSync(path.join(outside, 'k'), 'secret')
    fs.symlinkSync(outside, path.join(directory, 'link'))
    expect(await codes(storage, 'link')).toEqual(REPLACED_AT_LAST)
    expect(await text(storage, 'link')).toBe('new')
    expect(filesBelow(outside)).toEqual(['k'])
  })

  it('is not followed to a file, or to nothing', async () => {
    const [directory, outside] = [temporaryDirectory(), temporaryDirectory()]
    const storage = fileStorage({ directory })
    fs.writeFileSync(path.join(outside, 'k'), 'secret')
    fs.symlinkSync(path.join(outside, 'k'), path.join(directory, 'file'))
    fs.symlinkSync(path.join(outside, 'none'), path.join(directory, 'nothing'))
    for (const name of ['file', 'nothing']) expect(await codes(storage, name)).toEqual(REPLACED_AT_LAST)
    expect(filesBelow(outside)).toEqual(['k'])
    expect(fs.readFileSync(path.join(outside, 'k'), 'utf8')).toBe('secret')
  })

  it('is not followed where temporaries are kept', async () => {
    const [directory, outside] = [temporaryDirectory(), temporaryDirectory()]
    fs.symlinkSync(outside, path.join(directory, '.resultkit'))
    expect((await errorOf(put(fileStorage({ directory }), 'k', 'v'))).code).toBe('CONFIG')
    fs.mkdirSync(path.join(outside, 'tmp'))
    fs.writeFileSync(path.join(outside, 'tmp', 'x'), '')
    expect(await sweep({ directory, clock: () => Date.now() * 2 })).toEqual({ removed: [], bytes: 0 })
    expect(filesBelow(outside)).toEqual(['tmp/x'])
  })

  it('is seen when it takes the place of a directory', async () => {
    const [directory, outside] = [temporaryDirectory(), temporaryDirectory()]
    const storage = fileStorage({ directory })
    await put(storage, 'a/k', 'v')
    fs.rmSync(path.join(directory, 'a'), { recursive: true })
    fs.symlinkSync(outside, path.join(directory, 'a'))
    expect(await codes(storage, 'a/k')).toEqual(REFUSED)
    expect(filesBelow(outside)).toEqual([])
  })
})

it.skipIf(process.platform === 'win32')('a pipe is refused or replaced, and nothing waits for it', async () => {
  const directory = temporaryDirectory()
  execFileSync('mkfifo', [path.join(directory, 'pipe')])
  const storage = fileStorage({ directory })
  expect(await codes(storage, 'pipe')).toEqual(REPLACED_AT_LAST)
  expect(await keys(storage)).toEqual(['pipe'])
})

describe('a key beside a key below it', () => {
  it('is refused', async () => {
    const storage = fileStorage({ directory: temporaryDirectory() })
    await put(storage, 'a', 'v')
    await put(storage, 'b/c/d', 'v')
    for (const name of ['a/b', 'a/b/c', 'b', 'b/c', 'b/c/d/e'])
      expect((await errorOf(put(storage, name, 'new'))).code).toBe('INVALID_KEY')
    for (const name of ['a/b', 'a/b/c', 'b', 'b/c', 'b/c/d/e']) {
      expect(await text(storage, name)).toBeUndefined()
      expect(await stat(storage, name)).toBeUndefined()
      await remove(storage, name)
    }
    expect(await keys(storage)).toEqual(['a', 'b/c/d'])
  })

  it('is refused where a directory is, also an empty one', async () => {
    const directory = temporaryDirectory()
    const storage = fileStorage({ directory })
    fs.mkdirSync(path.join(directory, 'a', 'b'), { recursive: true })
    for (const name of ['a', 'a/b'])
      for (const options of [{}, { ifAbsent: true }]) {
        const error = await errorOf(put(storage, name, 'v', options))
        expect(error.code).toBe('INVALID_KEY')
        expect(error.message).toMatch(/^write: the key is not a file: a directory is there/)
        expect(await text(storage, name)).toBeUndefined()
      }
    expect(fs.readdirSync(path.join(directory, 'a'))).toEqual(['b'])
    expect(fs.readdirSync(path.join(directory, 'a', 'b'))).toEqual([])
  })

  it('is taken when the one below was deleted', async () => {
    const directory = temporaryDirectory()
    const storage = fileStorage({ directory })
    await put(storage, 'a/b/c', 'v')
    await put(storage, 'a/x', 'v')
    await remove(storage, 'a/b/c')
    expect(fs.readdirSync(path.join(directory, 'a'))).toEqual(['x'])
    await remove(storage, 'a/x')
    await put(storage, 'a', 'v')
    expect(filesBelow(directory)).toEqual(['a'])
  })

  it('may be a long one', async () => {
    const storage = fileStorage({ directory: temporaryDirectory() })
    const names = ['x'.repeat(200), 'x'.repeat(201), `${'x'.repeat(400)}/${'é'.repeat(150)}`, ':'.repeat(1024)]
    for (const name of names) await put(storage, name, name)
    for (const name of names) expect(await text(storage, name)).toBe(name)
    expect(new Set(await keys(storage))).toEqual(new Set(names))
    for (const name of names) await remove(storage, name)
    expect(await keys(storage)).toEqual([])
  })
})
