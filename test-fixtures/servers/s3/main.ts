import { parseArgs } from 'node:util'
import { startS3Server, TEST_ACCOUNT } from './server.ts'

// node test-fixtures/servers/s3/main.ts --port 0 --bucket results
// Prints one line of JSON with what a client needs, and runs until SIGTERM.
const { values } = parseArgs({
  options: { port: { type: 'string', default: '0' }, bucket: { type: 'string', default: 'results' } },
})
const server = await startS3Server({ port: Number(values.port), buckets: [values.bucket] })
const { accessKeyId, secretAccessKey } = TEST_ACCOUNT
console.log(
  JSON.stringify({ url: server.url, bucket: values.bucket, region: 'us-east-1', accessKeyId, secretAccessKey }),
)
for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => void server.close())
