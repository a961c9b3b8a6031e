import { bytes, memoryStorage, prefix, Result } from '@resultkit/core'
import { expect, test } from 'vitest'

test('the parts of a Result are its storage with layers, its format, and all pipelines that it reads', () => {
  const storage = memoryStorage()
  const older = bytes()
  const result = new Result({
    storage,
    layers: [prefix('below')],
    location: '{user}',
    accepts: [{ serializer: older }],
  })
  const parts = Result.parts(result)
  expect(parts.storage?.uri).toBe(`${storage.uri}/below`)
  expect(parts.format).toBe('record')
  expect(parts.accepted.map(({ serializer }) => serializer.name)).toEqual(['json', 'bytes'])
  expect(parts.accepted[1]?.serializer).toBe(older)
  expect(Result.parts(new Result()).storage).toBeUndefined()
})
