import { storageContract, unmetRequirements } from '@resultkit/contract'
import { test } from 'vitest'
import { open } from './open.ts'

for (const contractCase of storageContract)
  test(contractCase.name, async ({ skip }) => {
    const storage = await open()
    const unmet = unmetRequirements(contractCase, storage)
    if (unmet.length > 0) skip(`unsupported: ${unmet}`)
    await contractCase.run({ open: () => storage })
  })
