import fs from 'node:fs'
import path from 'node:path'
import { describe, expect, it } from 'vitest'
import { fileStorage } from '../src/index.ts'
import { keys, put, remove, temporaryDirectory, text } from './support.ts'

describe.each(['none', 'file', 'full'] as const)('with durability: %s', (durability) => {
  it.each(['auto', 'sync', 'async'] as const)('and io: %s, all writes and deletes work', async (io) => {
    const directory = path.join(temporaryDirectory(), 'new', 'root')
    const storage = fileStorage({ directory, durability, io })
    const { etag } = await put(storage, 'a/b/c', '1', { ifAbsent: true })
    await put(storage, 'a/b/c', '2', { ifMatch: etag })
    await put(storage, 'top', new Uint8Array(200_000))
    await put(storage, 'a/s', async function* () {
      yield new Uint8Array(200_000)
    })
    expect(await text(storage, 'a/b/c')).toBe('2')
    expect(await keys(storage)).toEqual(['a/b/c', 'a/s', 'top'])
    await remove(storage, 'a/b/c')
    expect(fs.existsSync(path.join(directory, 'a/b'))).toBe(false)
  })
})
