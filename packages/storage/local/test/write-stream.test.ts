import { getEventListeners } from 'node:events'
import { setImmediate } from 'node:timers/promises'
import { collectBytes } from '@resultkit/core'
import { describe, expect, it } from 'vitest'
import { fileStorage } from '../src/index.ts'
import { errorOf, filesBelow, open, openFiles, put, temporaryDirectory, text } from './support.ts'

async function* chunks(...sizes: readonly number[]): AsyncGenerator<Uint8Array, void, undefined> {
  let at = 0
  for (const size of sizes) yield new Uint8Array(size).map(() => at++ % 251)
}

describe.each(['auto', 'sync', 'async'] as const)('a stream written with io: %s', (io) => {
  it('has all its bytes in order, whatever the chunks', async () => {
    const storage = fileStorage({ directory: temporaryDirectory(), io })
    const sizes = [0, 1, 70_000, 5, 5, 262_144, 1, 300_000, ...Array.from({ length: 3000 }, (_, i) => i % 400), 65_535]
    const written = await put(storage, 'a/k', () => chunks(...sizes), { ifAbsent: true })
    const expected = await collectBytes(chunks(...sizes))
    expect(written.size).toBe(expected.byteLength)
    const read = await (await open(storage, 'a/k'))?.bytes()
    expect(Buffer.compare(read ?? new Uint8Array(), expected)).toBe(0)
    const replaced = await put(storage, 'a/k', () => chunks(), { ifMatch: written.etag })
    expect(replaced.size).toBe(0)
  })

  it('passes on what it throws, and leaves nothing', async () => {
    const directory = temporaryDirectory()
    const storage = fileStorage({ directory, io })
    await put(storage, 'k', 'old')
    const before = openFiles()
    const problem = Object.assign(new Error('mine'), { code: 'ENOENT' })
    async function* body(): AsyncGenerator<Uint8Array> {
      yield* chunks(300_000, 300_000)
      throw problem
    }
    await expect(put(storage, 'k', body)).rejects.toBe(problem)
    const atOnce = (): AsyncIterable<Uint8Array> => {
      throw problem
    }
    await expect(put(storage, 'k', atOnce)).rejects.toBe(problem)
    expect(await text(storage, 'k')).toBe('old')
    expect(filesBelow(directory)).toEqual(['k'])
    expect(openFiles()).toBe(before)
  })

  it.each([299_999, 300_001])('must have the size that was announced: %i', async (size) => {
    const directory = temporaryDirectory()
    const storage = fileStorage({ directory, io })
    let closed = false
    async function* body(): AsyncGenerator<Uint8Array> {
      try {
        yield* chunks(100_000, 100_000, 100_000)
      } finally {
        closed = true
      }
    }
    expect((await errorOf(put(storage, 'k', body, { size }))).code).toBe('CONFIG')
    expect((await errorOf(put(storage, 'k', new Uint8Array(300_000), { size }))).code).toBe('CONFIG')
    expect(closed).toBe(true)
    expect(filesBelow(directory)).toEqual([])
    await put(storage, 'k', body, { size: 300_000 })
  })

  it('is closed and leaves nothing when the signal fires', async () => {
    const directory = temporaryDirectory()
    const storage = fileStorage({ directory, io })
    const control = new AbortController()
    let closed = false
    async function* body(): AsyncGenerator<Uint8Array> {
      try {
        yield* chunks(300_000)
        control.abort('enough')
        yield* chunks(300_000, 300_000)
      } finally {
        closed = true
      }
    }
    const error = await errorOf(put(storage, 'k', body, { signal: control.signal }))
    expect(error).toMatchObject({ code: 'ABORTED', cause: 'enough', key: 'k', storage: storage.uri })
    await setImmediate()
    expect(closed).toBe(true)
    expect(filesBelow(directory)).toEqual([])
    expect(getEventListeners(control.signal, 'abort')).toEqual([])
  })

  it('is given up by the signal while it stands still', async () => {
    const directory = temporaryDirectory()
    const storage = fileStorage({ directory, io })
    const control = new AbortController()
    let returned = false
    const stuck: AsyncIterator<Uint8Array> = {
      next: () => {
        setImmediate().then(() => control.abort())
        return new Promise(() => {})
      },
      return: async () => {
        returned = true
        return { done: true, value: undefined }
      },
    }
    const writing = put(storage, 'k', () => ({ [Symbol.asyncIterator]: () => stuck }), { signal: control.signal })
    expect((await errorOf(writing)).code).toBe('ABORTED')
    expect(returned).toBe(true)
    expect(filesBelow(directory)).toEqual([])
  })

  it('is not started when the answer is known', async () => {
    const storage = fileStorage({ directory: temporaryDirectory(), io })
    const { etag } = await put(storage, 'k', 'old')
    const body = (): AsyncIterable<Uint8Array> => {
      throw new Error('started')
    }
    expect((await errorOf(put(storage, 'k', body, { ifAbsent: true }))).code).toBe('ALREADY_EXISTS')
    expect((await errorOf(put(storage, 'k', body, { ifMatch: `${etag}0` }))).code).toBe('PRECONDITION_FAILED')
    expect((await errorOf(put(storage, 'k/x', body))).code).toBe('INVALID_KEY')
    expect((await errorOf(put(storage, 'k', body, { signal: AbortSignal.abort() }))).code).toBe('ABORTED')
  })
})
