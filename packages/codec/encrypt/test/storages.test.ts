import { randomUUID } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { BlobServiceClient } from '@azure/storage-blob'
import { azureStorage } from '@resultkit/azure'
import { zstd } from '@resultkit/compress'
import { applies, resultContract, unmetRequirements } from '@resultkit/contract'
import { memoryStorage, Result, type ResultStorage } from '@resultkit/core'
import { encrypt, generateKey, keyring } from '@resultkit/encrypt'
import { gcsStorage } from '@resultkit/gcs'
import { fileStorage } from '@resultkit/local'
import { s3Storage } from '@resultkit/s3'
import { afterAll, beforeAll, describe, test } from 'vitest'
import { startAzurite } from '../../../../test-fixtures/servers/azurite.ts'
import { startGcsServer } from '../../../../test-fixtures/servers/gcs/server.ts'
import { startS3Server, TEST_ACCOUNT } from '../../../../test-fixtures/servers/s3/index.ts'

/** A storage that can be opened empty any number of times. */
interface Place {
  open(): ResultStorage
  close(): Promise<void>
}

const PLACES: Record<string, () => Promise<Place>> = {
  memory: async () => ({ open: () => memoryStorage(), close: async () => {} }),
  async local() {
    const root = await mkdtemp(join(tmpdir(), 'resultkit-encrypted-'))
    const open = (): ResultStorage => fileStorage({ directory: join(root, randomUUID()) })
    return { open, close: () => rm(root, { recursive: true }) }
  },
  async s3() {
    const { url: endpoint, close } = await startS3Server({ buckets: ['lab'] })
    const { accessKeyId, secretAccessKey } = TEST_ACCOUNT
    const credentials = { accessKeyId, secretAccessKey }
    const open = (): ResultStorage =>
      s3Storage({ bucket: 'lab', prefix: randomUUID(), endpoint, region: 'us-east-1', credentials })
    return { open, close }
  },
  async gcs() {
    const { url: apiEndpoint, close } = await startGcsServer({ buckets: ['lab'] })
    return { open: () => gcsStorage({ bucket: 'lab', prefix: randomUUID(), apiEndpoint }), close }
  },
  async azure() {
    const azurite = await startAzurite()
    const connectionString = azurite.connectionString()
    await BlobServiceClient.fromConnectionString(connectionString).createContainer('lab')
    const open = (): ResultStorage => azureStorage({ container: 'lab', prefix: randomUUID(), connectionString })
    return { open, close: () => azurite.close() }
  },
}

describe.each(Object.entries(PLACES))('compressed and encrypted on %s', (_, start) => {
  const codecs = [zstd({ minBytes: 0 }), encrypt({ keyring: keyring({ primary: generateKey() }) })]
  let place: Place
  beforeAll(async () => {
    place = await start()
  }, 60_000)
  afterAll(() => place.close())

  for (const contractCase of resultContract)
    test(contractCase.name, async ({ skip }) => {
      const result = new Result({ storage: place.open(), codecs })
      if (!applies(contractCase, result)) skip(`unsupported: ${unmetRequirements(contractCase, result)}`)
      await contractCase.run({ open: () => result })
    })
})
