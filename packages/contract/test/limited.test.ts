import { applies, storageContract, unmetRequirements } from '@resultkit/contract'
import { type ResultStorage, restrict } from '@resultkit/core'
import { describe, expect, test } from 'vitest'
import { faithfulStorage, limitedStorage } from './storages.ts'

const EVERYTHING = {
  ifAbsent: false,
  ifMatch: false,
  ifAbsentStream: false,
  ifMatchStream: false,
  deleteIfMatch: false,
  readConditions: false,
  list: false,
  ranges: false,
  writeId: false,
} as const

const storages: Record<string, () => ResultStorage> = {
  'a storage that can do everything': faithfulStorage,
  'a storage that can do nothing but the minimum': () => limitedStorage(),
  'a storage that lists, with nested keys refused': () => limitedStorage({ list: true, ranges: true }),
  'a storage with conditions for bytes alone': () =>
    limitedStorage({ ifAbsent: true, ifMatch: true, deleteIfMatch: true, readConditions: true }),
  'a storage that is restricted to the minimum': () => restrict(EVERYTHING)(faithfulStorage()),
}

for (const [name, open] of Object.entries(storages))
  describe(name, () => {
    for (const contractCase of storageContract)
      test(contractCase.name, async ({ skip }) => {
        const storage = open()
        if (!applies(contractCase, storage)) skip(`unsupported: ${unmetRequirements(contractCase, storage)}`)
        await contractCase.run({ open: () => storage })
      })
  })

test('every capability has a case for true and one for false', () => {
  const required = new Set(storageContract.flatMap((contractCase) => contractCase.requires))
  const flags = Object.entries(faithfulStorage().capabilities).filter(([, value]) => typeof value === 'boolean')
  for (const [flag] of flags) {
    expect(required).toContain(flag)
    expect(required).toContain(`!${flag}`)
  }
})

test('names are unique', () => {
  const names = storageContract.map((contractCase) => contractCase.name)
  expect(new Set(names).size).toBe(names.length)
})
