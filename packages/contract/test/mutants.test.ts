import { storageContract } from '@resultkit/contract'
import { describe, expect, test } from 'vitest'
import { callersMutants } from './mutants/callers.ts'
import { conditionsMutants } from './mutants/conditions.ts'
import { keysMutants } from './mutants/keys.ts'
import { listsMutants } from './mutants/lists.ts'
import { readsMutants } from './mutants/reads.ts'
import { statsMutants } from './mutants/stats.ts'
import { writesMutants } from './mutants/writes.ts'
import { faithfulStorage } from './storages.ts'

const mutants = {
  ...writesMutants,
  ...conditionsMutants,
  ...listsMutants,
  ...readsMutants,
  ...keysMutants,
  ...statsMutants,
  ...callersMutants,
}

async function outcome(name: string, open: typeof faithfulStorage): Promise<string> {
  const found = storageContract.find((contractCase) => contractCase.name === name)
  if (found === undefined) throw new Error(`no case "${name}"`)
  return found.run({ open }).then(
    () => 'kept',
    (error: unknown) => (error as Error).message,
  )
}

describe('a storage with a fault is found out', () => {
  for (const [fault, { open, caughtBy }] of Object.entries(mutants))
    test(fault, async () => {
      expect(caughtBy).not.toHaveLength(0)
      for (const name of caughtBy) {
        expect(await outcome(name, open), name).toMatch(/^promised: .+; happened: ./s)
        expect(await outcome(name, faithfulStorage), name).toBe('kept')
      }
    })
})
