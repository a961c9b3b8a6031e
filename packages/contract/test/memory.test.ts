import { applies, storageContract, unmetRequirements } from '@resultkit/contract'
import { memoryStorage } from '@resultkit/core'
import { describe, test } from 'vitest'

describe('memoryStorage', () => {
  for (const contractCase of storageContract) {
    test(contractCase.name, async ({ skip }) => {
      const storage = memoryStorage()
      if (!applies(contractCase, storage)) skip(`unsupported: ${unmetRequirements(contractCase, storage)}`)
      await contractCase.run({ open: () => storage })
    })
  }
})
