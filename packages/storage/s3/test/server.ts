import { CreateBucketCommand, S3Client } from '@aws-sdk/client-s3'
import type { ResultStorage } from '@resultkit/core'
import { afterAll, afterEach } from 'vitest'
import {
  type Faults,
  type S3Server,
  startGateway,
  startS3Server,
  TEST_ACCOUNT,
} from '../../../../test-fixtures/servers/s3/index.ts'
import { type S3StorageOptions, s3Storage } from '../src/index.ts'
import { newPrefix } from './support.ts'

/** What the tests work against: the server of this repository, or the one that RESULTKIT_S3_* names. */
export interface TestServer {
  readonly url: string
  readonly bucket: string
  readonly region: string
  readonly credentials: { readonly accessKeyId: string; readonly secretAccessKey: string }
  readonly faults: Faults
  /** The server itself, where it is ours. */
  readonly own: S3Server | undefined
  /** What the server cannot do. */
  readonly lacks: Readonly<Record<string, false>>
  /** A storage below a new prefix, whose second attempts come at once. */
  storage(options?: Partial<S3StorageOptions>): ResultStorage
  /** A client of the SDK. */
  client(): S3Client
}

/** Starts a server for the tests of one file; it ends with them, and its faults with each test. */
export async function testServer(): Promise<TestServer> {
  const { RESULTKIT_S3_ENDPOINT: endpoint, RESULTKIT_S3_BUCKET: bucket = 'results' } = process.env
  const own = endpoint === undefined ? await startS3Server() : undefined
  const front = own ?? (await startGateway(endpoint ?? ''))
  const region = process.env['RESULTKIT_S3_REGION'] ?? 'us-east-1'
  const credentials = own === undefined ? givenCredentials() : TEST_ACCOUNT
  const lacking = (process.env['RESULTKIT_S3_LACKS'] ?? '').split(',').filter((name) => name !== '')
  const lacks = Object.fromEntries(lacking.map((name) => [name, false as const]))
  const connection = { endpoint: front.url, region, credentials, forcePathStyle: true }
  if (own === undefined) await makeBucket(new S3Client(connection), bucket)
  front.faults.clearLog()
  afterAll(() => front.close())
  afterEach(() => {
    front.faults.clear()
    front.faults.clearLog()
  })
  return {
    url: front.url,
    bucket,
    region,
    credentials,
    faults: front.faults,
    own,
    lacks,
    storage: (options = {}) =>
      s3Storage({
        bucket,
        prefix: newPrefix(),
        ...(options.client === undefined && { ...connection, retry: { sleep: async () => {} } }),
        ...options,
        capabilities: { ...lacks, ...options.capabilities },
      }),
    client: () => new S3Client(connection),
  }
}

async function makeBucket(client: S3Client, Bucket: string): Promise<void> {
  try {
    await client.send(new CreateBucketCommand({ Bucket }))
  } catch (error) {
    const { name } = error as Error
    if (!['BucketAlreadyOwnedByYou', 'BucketAlreadyExists'].includes(name)) throw error
  }
  client.destroy()
}

function givenCredentials(): TestServer['credentials'] {
  const { RESULTKIT_S3_ACCESS_KEY_ID: accessKeyId, RESULTKIT_S3_SECRET_ACCESS_KEY: secretAccessKey } = process.env
  if (accessKeyId === undefined || secretAccessKey === undefined)
    throw new Error('RESULTKIT_S3_ENDPOINT needs RESULTKIT_S3_ACCESS_KEY_ID and RESULTKIT_S3_SECRET_ACCESS_KEY.')
  return { accessKeyId, secretAccessKey }
}
