import { outageContract } from '@resultkit/contract'
import { memoryStorage, ResultError, type ResultStorage } from '@resultkit/core'
import { describe, expect, test } from 'vitest'

/** A storage whose service is down. */
function down(): ResultStorage {
  const { uri, capabilities } = memoryStorage()
  const fail = async (operation: string, key?: string): Promise<never> => {
    const message = 'The service does not answer.'
    const cause = new Error('ECONNREFUSED')
    throw new ResultError({ code: 'UNAVAILABLE', operation, message, key, storage: uri, retryable: true, cause })
  }
  return {
    uri,
    capabilities,
    read: (key) => fail('read', key),
    write: (key) => fail('write', key),
    stat: (key) => fail('stat', key),
    delete: (key) => fail('delete', key),
    async *list() {
      yield await fail('list')
    },
  }
}

describe('a storage that is down', () => {
  for (const contractCase of outageContract) test(contractCase.name, () => contractCase.run({ open: down }))
})

const lies: Record<string, Partial<ResultStorage>> = {
  read: { read: async () => undefined },
  'write of bytes': { write: async (key) => ({ key, size: 0, lastModified: undefined, etag: '', writeId: undefined }) },
  stat: { stat: async () => undefined },
  delete: { delete: async () => {} },
  list: { async *list() {} },
}

describe('an outage that is reported as an answer is found out', () => {
  for (const [operation, change] of Object.entries(lies))
    test(operation, async () => {
      const found = outageContract.find(({ name }) => name.startsWith(`outage: ${operation} `))
      await expect(found?.run({ open: () => ({ ...down(), ...change }) })).rejects.toThrow(/^promised: /)
    })
})
