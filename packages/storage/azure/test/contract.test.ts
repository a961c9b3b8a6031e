import { outageContract, resultContract, storageContract, unmetRequirements } from '@resultkit/contract'
import { afterAll, beforeAll, describe, it } from 'vitest'
import { azureResult, azureStorage } from '../src/index.ts'
import { type Account, openAccount } from './support.ts'

const NOWHERE = { accountName: 'nobody', accountKey: 'AAAA', container: 'none', endpoint: 'http://127.0.0.1:9/nobody' }

let account: Account
beforeAll(async () => {
  account = await openAccount()
})
afterAll(() => account.close())

describe.concurrent('a storage in Azure', () => {
  for (const contractCase of storageContract) {
    const { name, run } = contractCase
    const unmet = unmetRequirements(contractCase, azureStorage(NOWHERE))
    it.skipIf(unmet.length > 0)(name, { timeout: 60_000 }, () =>
      run({ open: () => azureStorage({ ...account.fresh(), retry: false }) }),
    )
  }
})

describe.concurrent('a storage in blocks of 64 KiB, with a client passed in', () => {
  // Two writes in blocks of one key at the same time: see faults.test.ts.
  const small = storageContract.filter(
    ({ name }) =>
      /^(?:round trip|atomicity|abort: during the write)|\(stream\)|streams into/.test(name) &&
      !name.includes('concurrent writers leave'),
  )
  for (const contractCase of small) {
    const { name, run } = contractCase
    const unmet = unmetRequirements(contractCase, azureStorage(NOWHERE))
    if (unmet.length > 0) continue
    it(name, { timeout: 60_000 }, () => {
      const { prefix } = account.fresh()
      return run({ open: () => azureStorage({ client: account.client, prefix, partSize: 64 * 1024 }) })
    })
  }
})

describe.concurrent('a Result in Azure', () => {
  it.each(resultContract)('$name', async ({ run }) => {
    await run({ open: () => azureResult(account.fresh()) })
  })
})

describe.concurrent('an outage', () => {
  it.each(outageContract)('nothing listens: $name', async ({ run }) => {
    await run({ open: () => azureStorage({ ...NOWHERE, retry: false }) })
  })
  it.each(outageContract)('the container is missing: $name', async ({ run }) => {
    await run({ open: () => azureStorage({ ...account.fresh(), container: 'not-there' }) })
  })
  it.each(outageContract)('the key is wrong: $name', async ({ run }) => {
    const { url, accountName } = account.client
    await run({
      open: () =>
        azureStorage({
          accountName,
          accountKey: Buffer.alloc(64, 1).toString('base64'),
          container: account.container,
          endpoint: url.slice(0, url.lastIndexOf('/')),
        }),
    })
  })
})
