import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { BlobServiceClient } from '@azure/storage-blob'
import { memorySink, type StateEvent } from '@resultkit/tasks'
import { expect, test } from 'vitest'
import { startAzurite } from '../../../test-fixtures/servers/azurite.ts'
import { startGcsServer } from '../../../test-fixtures/servers/gcs/server.ts'
import { startS3Server, TEST_ACCOUNT } from '../../../test-fixtures/servers/s3/index.ts'
import { DATASET, pipeline } from '../src/pipeline.ts'
import { serveMovies } from '../src/source.ts'
import { type CloudConfiguration, openCloud } from './clouds.ts'

const WORKER = join(import.meta.dirname, 'workers', 'resolve.ts')

interface Cloud {
  readonly configuration: CloudConfiguration
  close(): Promise<void>
}

const CLOUDS: Record<string, () => Promise<Cloud>> = {
  async s3() {
    const { url, close } = await startS3Server({ buckets: ['lab'] })
    const { accessKeyId, secretAccessKey } = TEST_ACCOUNT
    const credentials = { accessKeyId, secretAccessKey }
    const options = { bucket: 'lab', prefix: 'results', endpoint: url, region: 'us-east-1', credentials }
    return { configuration: { cloud: 's3', options }, close }
  },
  async gcs() {
    const { url, close } = await startGcsServer({ buckets: ['lab'] })
    const options = { bucket: 'lab', prefix: 'results', apiEndpoint: url, projectId: 'test' }
    return { configuration: { cloud: 'gcs', options }, close }
  },
  async azure() {
    const azurite = await startAzurite()
    const connectionString = azurite.connectionString()
    await BlobServiceClient.fromConnectionString(connectionString).createContainer('lab')
    const options = { container: 'lab', prefix: 'results', connectionString }
    return { configuration: { cloud: 'azure', options }, close: () => azurite.close() }
  },
}

async function run(configuration: CloudConfiguration): Promise<readonly StateEvent[]> {
  const source = await serveMovies()
  const sink = memorySink()
  const store = { storages: { cloud: openCloud(configuration) }, defaults: { serializer: 'json' } }
  try {
    await pipeline.with({ store, sink })({ dataset: DATASET, url: source.url })
    return sink.states()
  } finally {
    await source.close()
  }
}

function count(events: readonly StateEvent[], state: string): number {
  return events.filter((event) => event.run === 'task' && event.state === state).length
}

test.each(Object.keys(CLOUDS))(
  'the pipeline runs on %s, and another process reads its references',
  {
    timeout: 120_000,
  },
  async (name) => {
    const open = CLOUDS[name] as () => Promise<Cloud>
    const { configuration, close } = await open()
    try {
      const first = await run(configuration)
      expect([count(first, 'Completed'), count(first, 'Cached')]).toEqual([15, 0])
      const second = await run(configuration)
      expect([count(second, 'Completed'), count(second, 'Cached')]).toEqual([0, 15])

      const report = first.find((event) => event.name === 'report' && event.state === 'Completed')
      const message = JSON.stringify({ configuration, reference: JSON.stringify(report?.result) })
      const { stdout } = await promisify(execFile)(process.execPath, [
        '--conditions=resultkit:source',
        '--disable-warning=ExperimentalWarning',
        WORKER,
        message,
      ])
      expect(JSON.parse(stdout)).toHaveLength(12)
    } finally {
      await close()
    }
  },
)
