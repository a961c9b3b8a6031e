import { randomBytes } from 'node:crypto'
import { readFile, writeFile } from 'node:fs/promises'
import { memoryStorage, Result } from '../../../packages/core/src/index.ts'
import { fileStorage } from '../../../packages/storage/local/src/index.ts'
import { withPeak } from './peak.ts'

/** One large value, as a whole. */
export interface BufferedJob {
  readonly contender: 'resultkit' | 'resultkit in memory' | 'raw'
  readonly operation: 'write' | 'read'
  readonly directory: string
  readonly bytes: number
}

const job = JSON.parse(process.argv[2] ?? '{}') as BufferedJob
const storage = job.contender === 'resultkit' ? fileStorage({ directory: job.directory }) : memoryStorage()
const result = new Result({ storage, serializer: 'bytes', location: '{name}' })
const path = `${job.directory}/raw`
const name = 'resultkit'

const write = async (): Promise<void> => {
  if (job.contender === 'raw') await writeFile(path, payload)
  else await result.write(payload, { name })
}
const read = async (): Promise<void> => {
  const value = job.contender === 'raw' ? await readFile(path) : ((await result.read({ name })) as Uint8Array)
  if (value.byteLength !== job.bytes) throw new Error(`${value.byteLength} bytes instead of ${job.bytes}.`)
}

const payload =
  job.operation === 'write' || job.contender === 'resultkit in memory' ? randomPayload() : new Uint8Array()
if (job.contender === 'resultkit in memory' && job.operation === 'read') await write()
console.log(JSON.stringify(await withPeak(job.operation === 'write' ? write : read)))

function randomPayload(): Uint8Array {
  return new Uint8Array(randomBytes(job.bytes).buffer)
}
