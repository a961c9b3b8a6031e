import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { decodeRecord, type Key, memoryStorage, Result } from '@resultkit/core'
import { expect, test } from 'vitest'

const DIRECTORY = join(import.meta.dirname, '../../../test-fixtures/golden/records')
const INDEX = JSON.parse(readFileSync(join(DIRECTORY, 'index.json'), 'utf8')) as Record<
  string,
  { readonly value?: unknown; readonly error?: string }
>

test.each(Object.entries(INDEX))('%s of a released version reads as it was written', async (name, expected) => {
  const bytes = readFileSync(join(DIRECTORY, name))
  const storage = memoryStorage()
  await storage.write('x' as Key, bytes, {
    ifAbsent: false,
    ifMatch: undefined,
    contentType: undefined,
    size: undefined,
    writeId: 'w',
    signal: undefined,
  })
  const result = new Result({
    storage,
    location: 'x',
    clock: () => 0,
    accepts: [{ serializer: 'text' }, { serializer: 'bytes' }],
  })
  if (expected.error !== undefined) {
    await expect(result.read()).rejects.toMatchObject({ code: expected.error })
  } else if ('value' in expected) {
    expect(await result.read()).toEqual(expected.value)
  } else {
    expect(decodeRecord(bytes).header.createdAt).toEqual(new Date('2026-11-22T10:00:00.000Z'))
  }
})

test('every golden file is in the index', () => {
  expect(
    readdirSync(DIRECTORY)
      .filter((name) => name !== 'index.json')
      .sort(),
  ).toEqual(Object.keys(INDEX).sort())
})
