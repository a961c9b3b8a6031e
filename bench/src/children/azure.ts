import { randomBytes } from 'node:crypto'
import type { StreamSerializer } from '../../../packages/core/src/index.ts'
import { azureResult } from '../../../packages/storage/azure/src/index.ts'
import { type AzurePlace, azureRaw, azureResultkit } from '../contenders/azure.ts'
import { withPeak } from './peak.ts'

/** One large value, as a whole or as a stream. */
export interface AzureJob {
  readonly contender: 'raw SDK' | 'resultkit'
  readonly operation: 'write' | 'read' | 'stream write' | 'stream read'
  readonly place: AzurePlace
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

const job = JSON.parse(process.argv[2] ?? '{}') as AzureJob
const key = `${job.contender.replace(' ', '-')}-${job.operation.startsWith('stream') ? 'stream' : 'whole'}`
const store = (job.contender === 'resultkit' ? azureResultkit : azureRaw).open(job.place)
const streams = azureResult({ ...job.place, serializer: chunks, location: '{name}' })

// The SDK and the connection are there before memory is looked at.
await store.write(`${key}-small`, new Uint8Array(1))
await store.read(`${key}-small`)
const payload = job.operation === 'write' ? new Uint8Array(randomBytes(job.bytes).buffer) : new Uint8Array()

const WORK: Readonly<Record<AzureJob['operation'], () => Promise<void>>> = {
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
  const chunk = new Uint8Array(randomBytes(CHUNK))
  for (let at = 0; at < job.bytes; at += CHUNK) yield chunk
}

function expectBytes(size: number): void {
  if (size !== job.bytes) throw new Error(`${size} bytes instead of ${job.bytes}.`)
}
