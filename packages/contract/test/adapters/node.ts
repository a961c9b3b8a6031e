import { test } from 'node:test'
import { storageContract, unmetRequirements } from '@resultkit/contract'
import { open } from './open.ts'

for (const contractCase of storageContract)
  test(contractCase.name, async (t) => {
    const storage = await open()
    const unmet = unmetRequirements(contractCase, storage)
    if (unmet.length > 0) return t.skip(`unsupported: ${unmet}`)
    await contractCase.run({ open: () => storage })
  })
