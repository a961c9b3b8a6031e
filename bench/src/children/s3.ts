import { randomBytes } from 'node:crypto'
import type { StreamSerializer } from '../../../packages/core/src/index.ts'
import { s3Result } from '../../../packages/storage/s3/src/index.ts'
import { type S3Place, s3Raw, s3Resultkit } from '../contenders/s3.ts'
import { withPeak } from './peak.ts'

/** One large value, as a whole or as a stream. */
export interface S3Job {
  readonly contender: 'raw SDK' | 'resultkit'
  readonly operation: 'write' | 'read' | 'stream write' | 'stream read'
  readonly place: S3Place
  readonly bytes: number
}

const CHUNK = 256 * 1024

/** Chunks as they are. */
const chunks: StreamSerializer = {
  kind: 'stream',
  name: 'bench/chunks',
  contentType: 'application/octet-stream',
  extension: 'bin',
  encode: (items) => items as AsyncIterable<Uint8Array>,
  decode: (bytes) => bytes,
}

const job = JSON.parse(process.argv[2] ?? '{}') as S3Job
const key = `${job.contender.replace(' ', '-')}-${job.operation.startsWith('stream') ? 'stream' : 'whole'}`
const { url: endpoint, bucket, region, accessKeyId, secretAccessKey } = job.place
const store = (job.contender === 'resultkit' ? s3Resultkit : s3Raw).open(job.place)
const credentials = { accessKeyId, secretAccessKey }
const streams = s3Result({ endpoint, bucket, region, credentials, serializer: chunks, location: '{name}' })

// The SDK and the connection are there before memory is looked at.
await store.write(`${key}-small`, new Uint8Array(1))
await store.read(`${key}-small`)
const payload = job.operation === 'write' ? new Uint8Array(randomBytes(job.bytes).buffer) : new Uint8Array()

const WORK: Readonly<Record<S3Job['operation'], () => Promise<void>>> = {
  write: async () => {
    await store.write(key, payload)
  },
  read: async () => expectBytes((await store.read(key)).byteLength),
  'stream write': async () => expectBytes((await streams.write(source, { name: key })).size),
  'stream read': async () => {
    let size = 0
    for await (const piece of await streams.read({ name: key })) size += (piece as Uint8Array).byteLength
    expectBytes(size)
  },
}
console.log(JSON.stringify(await withPeak(WORK[job.operation])))
process.exit(0)

async function* source(): AsyncGenerator<Uint8Array, void, undefined> {
  for (let at = 0; at < job.bytes; at += CHUNK) yield new Uint8Array(CHUNK).fill(at / CHUNK)
}

function expectBytes(size: number): void {
  if (size !== job.bytes) throw new Error(`${size} bytes instead of ${job.bytes}.`)
}
