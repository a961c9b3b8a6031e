import { expect, it, vi } from 'vitest'
import { readOnly } from '../../src/layers/read-only.ts'
import { memoryStorage } from '../../src/memory.ts'
import { all, bytes, CALL, DELETE, failsWith, faulty, k, LIST, present, READ, text, WRITE } from './support.ts'

const key = k('a')

it('refuses write and delete before any I/O and without the body', async () => {
  const inner = faulty(memoryStorage(), {})
  const storage = readOnly()(inner)
  const body = vi.fn()
  const error = await failsWith(storage.write(key, body, WRITE), 'UNSUPPORTED')
  expect(error.message).toContain('read only')
  expect([error.key, error.storage, error.retryable]).toEqual(['a', inner.uri, false])
  await failsWith(storage.delete(key, DELETE), 'UNSUPPORTED')
  expect(body).not.toHaveBeenCalled()
  expect(inner.calls).toEqual([])
})

it('lets everything else through', async () => {
  const memory = memoryStorage()
  const stat = await memory.write(key, bytes('x'), WRITE)
  const storage = readOnly()(memory)
  expect(storage.uri).toBe(memory.uri)
  expect(text(await (await present(storage.read(key, READ))).bytes())).toBe('x')
  expect(await storage.stat(key, CALL)).toEqual(stat)
  expect(await all(storage.list('', LIST))).toHaveLength(1)
})

it('has no conditional writes', () => {
  const memory = memoryStorage()
  expect(readOnly()(memory).capabilities).toEqual({
    ...memory.capabilities,
    ifAbsent: false,
    ifMatch: false,
    ifAbsentStream: false,
    ifMatchStream: false,
    deleteIfMatch: false,
  })
})
