import { randomUUID } from 'node:crypto'
import { Storage } from '@google-cloud/storage'
import { outageContract, resultContract, storageContract, unmetRequirements } from '@resultkit/contract'
import { afterAll, describe, it } from 'vitest'
import { type GcsStorageOptions, gcsResult, gcsStorage } from '../src/index.ts'
import { AT_ONCE, UNIT, useServer } from './support.ts'

const server = useServer()
const { capabilities } = gcsStorage({ bucket: 'bucket' })
const real = realOptions(process.env)
const run = randomUUID()
let places = 0

/** A place of its own: in the bucket that the environment names, else on the server of this repository. */
function place(): GcsStorageOptions {
  places += 1
  const { prefix, ...others } = real ?? { bucket: 'bucket', prefix: 'tests', apiEndpoint: server.current.url }
  return { ...others, prefix: `${prefix}/${run}/${places}` }
}

function realOptions(env: NodeJS.ProcessEnv): (GcsStorageOptions & { readonly prefix: string }) | undefined {
  const bucket = env['RESULTKIT_GCS_BUCKET']
  if (bucket === undefined || bucket === '') return undefined
  const apiEndpoint = env['RESULTKIT_GCS_API_ENDPOINT']
  return {
    bucket,
    prefix: env['RESULTKIT_GCS_PREFIX'] ?? 'resultkit-tests',
    projectId: env['RESULTKIT_GCS_PROJECT_ID'],
    keyFilename: env['RESULTKIT_GCS_KEY_FILENAME'],
    userProject: env['RESULTKIT_GCS_USER_PROJECT'],
    ...(apiEndpoint !== undefined && { apiEndpoint }),
  }
}

afterAll(async () => {
  if (real === undefined) return
  const storage = gcsStorage({ ...real, prefix: `${real.prefix}/${run}` })
  for await (const { key } of storage.list('', { startAfter: undefined, signal: undefined }))
    await storage.delete(key as never, { ifMatch: undefined, signal: undefined })
})

const client = (): GcsStorageOptions => {
  const { prefix, ...others } = place()
  const { bucket, apiEndpoint } = others
  const storage = new Storage({ ...(apiEndpoint !== undefined && { apiEndpoint }), projectId: 'p' })
  return { bucket: storage.bucket(String(bucket)), prefix }
}

describe.each([
  { title: 'as it comes', leave: undefined, options: place },
  {
    title: 'in small chunks, without retries',
    leave: undefined,
    options: () => ({ ...place(), retry: false as const, chunkSize: UNIT }),
  },
  // The long ones say nothing more here.
  { title: 'on the bucket of a client', leave: /^(?:list:|keys:|atomic|races|streams)/, options: client },
])('a storage $title', ({ leave, options }) => {
  for (const { name, requires, run: check } of storageContract) {
    if (leave?.test(name)) continue
    const unmet = unmetRequirements({ name, requires, run: check }, { capabilities } as never)
    it.skipIf(unmet.length > 0)(unmet.length > 0 ? `${name} (needs ${unmet})` : name, async () => {
      await check({ open: () => gcsStorage(options()) })
    })
  }
})

describe('a Result in a bucket', () => {
  it.each(resultContract)('$name', async ({ run: check }) => {
    await check({ open: () => gcsResult(place()) })
  })
})

const retry = { ...AT_ONCE, attempts: 2 }

describe.skipIf(real !== undefined).each([
  { title: 'a closed port', options: () => ({ apiEndpoint: 'http://127.0.0.1:1' }) },
  { title: 'a missing bucket', options: () => ({ bucket: 'no-such-bucket' }) },
  { title: 'another server', options: () => ({ apiEndpoint: `${server.current.url}/elsewhere` }) },
])('a storage behind $title', ({ options }) => {
  it.each(outageContract)('$name', async ({ run: check }) => {
    await check({ open: () => gcsStorage({ ...place(), ...options(), retry }) })
  })
})
