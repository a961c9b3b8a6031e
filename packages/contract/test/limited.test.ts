import { applies, storageContract, unmetRequirements } from '@resultkit/contract'
import { type ResultStorage, restrict, type StorageCapabilities } from '@resultkit/core'
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

const flagCases = storageContract.filter(({ name }) => name.startsWith('flag '))

async function complaints(open: () => ResultStorage, claims: Partial<StorageCapabilities> = {}): Promise<string> {
  const claiming = (storage: ResultStorage): ResultStorage => ({
    ...storage,
    capabilities: { ...storage.capabilities, ...claims },
  })
  const outcomes = flagCases.map(({ name, run }) => run({ open: () => claiming(open()) }).catch(() => name))
  return (await Promise.all(outcomes)).filter((name) => name !== undefined).join()
}

test('a flag that says too much or too little is found out, whatever the flag', async () => {
  const flags = Object.entries(faithfulStorage().capabilities).filter(([, value]) => typeof value === 'boolean')
  expect(flagCases).toHaveLength(flags.length)
  expect(flagCases.flatMap(({ requires }) => requires)).toEqual([])
  for (const [flag] of flags) {
    expect(await complaints(faithfulStorage, { [flag]: false })).toContain(`flag ${flag}: `)
    expect(await complaints(limitedStorage, { [flag]: true })).toContain(`flag ${flag}: `)
  }
  expect(await complaints(faithfulStorage)).toBe('')
  expect(await complaints(limitedStorage)).toBe('')
})

test('a case that is run though a requirement is unmet says so', async () => {
  for (const contractCase of storageContract) {
    const unmet = unmetRequirements(contractCase, limitedStorage())
    if (unmet.length === 0) continue
    await expect(contractCase.run({ open: () => limitedStorage() })).rejects.toThrow(
      `unsupported: "${contractCase.name}" requires ${unmet}; report it as skipped`,
    )
  }
})

test('names are unique', () => {
  const names = storageContract.map((contractCase) => contractCase.name)
  expect(new Set(names).size).toBe(names.length)
})
