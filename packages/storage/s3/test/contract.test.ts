import { outageContract, resultContract, storageContract, unmetRequirements } from '@resultkit/contract'
import { probeCapabilities, type ResultStorage } from '@resultkit/core'
import { describe, expect, it } from 'vitest'
import { s3Result, s3Storage } from '../src/index.ts'
import { testServer } from './server.ts'
import { MIB, newPrefix } from './support.ts'

const server = await testServer()
const client = server.client()

/** No condition and no extra: what a poor server leaves. */
const NOTHING = {
  ifAbsent: false,
  ifMatch: false,
  ifAbsentStream: false,
  ifMatchStream: false,
  deleteIfMatch: false,
  readConditions: false,
  list: false,
  ranges: false,
  writeId: false,
}

/** Only what writes streams is looked at. */
const SMALL_PARTS = 'a storage with small parts, one at a time, and no retries'
/** Names and pages are made above the client, and looked at with the first variant. */
const GIVEN_CLIENT = "a storage with a client of the caller's"
/** Only what it has to refuse is looked at. */
const POOR = 'a storage whose server can do little'

const VARIANTS: Readonly<Record<string, () => ResultStorage>> = {
  'a storage that makes its client': () => server.storage(),
  [SMALL_PARTS]: () => server.storage({ retry: false, partSize: 5 * MIB, concurrency: 1 }),
  [GIVEN_CLIENT]: () => server.storage({ client }),
  [POOR]: () => server.storage({ capabilities: NOTHING }),
}

describe.each(Object.entries(VARIANTS))('%s', (variant, open) => {
  const { capabilities } = open()
  for (const { name, requires, run } of storageContract) {
    if (variant === SMALL_PARTS && !/stream|round trip|atomicity|abort/.test(name)) continue
    if (variant === GIVEN_CLIENT && /^keys|more than 1,000/.test(name)) continue
    if (variant === POOR && !/^flag |writeId/.test(name)) continue
    const unmet = unmetRequirements({ name, requires, run }, { capabilities } as never)
    it.skipIf(unmet.length > 0)(unmet.length > 0 ? `${name} (needs ${unmet})` : name, () => run({ open }))
  }
})

describe('a Result', () => {
  const { bucket, url: endpoint, region, credentials, lacks: capabilities } = server
  const open = () => s3Result({ bucket, endpoint, region, credentials, capabilities, prefix: newPrefix() })
  for (const { name, run } of resultContract) {
    // It also deletes with a condition.
    const unmet = 'deleteIfMatch' in capabilities && name.startsWith('conditions: ifMatch')
    it.skipIf(unmet)(name, () => run({ open }))
  }
})

const OUTAGES: Readonly<Record<string, () => ResultStorage>> = {
  'a closed port': () => server.storage({ endpoint: 'http://127.0.0.1:9' }),
  'a wrong secret': () => server.storage({ credentials: { ...server.credentials, secretAccessKey: 'wrong' } }),
  'an unknown access key': () => server.storage({ credentials: { ...server.credentials, accessKeyId: 'nobody' } }),
  'a missing bucket': () => server.storage({ bucket: 'no-such-bucket-here' }),
  'a server that is not S3': () => {
    server.faults.add({ kind: 'page', status: 404, body: '<html>Not here</html>' }, { times: 100 })
    return server.storage()
  },
  'a server that fails': () => {
    server.faults.add({ kind: 'answer', code: 'InternalError' }, { times: 100 })
    return server.storage()
  },
}

describe.each(Object.entries(OUTAGES))('%s', (_, open) => {
  it.each(outageContract)('$name', async ({ run }) => {
    await run({ open })
    expect(open).toBeDefined()
  })
})

it('what a server lacks is found out by trying', { timeout: 60_000 }, async () => {
  const claims = { ifAbsentStream: true, ifMatchStream: true, deleteIfMatch: true }
  const proven = await probeCapabilities(server.storage({ capabilities: claims }))
  expect(proven.capabilities).toEqual(server.storage().capabilities)
})

it('makes a storage without any request', () => {
  s3Storage({ bucket: 'b', endpoint: server.url })
  expect(server.faults.count()).toBe(0)
})
