import { randomBytes } from 'node:crypto'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { Storage } from '@google-cloud/storage'
import { Files } from 'files-sdk'
import { gcs } from 'files-sdk/gcs'
import { Disk } from 'flydrive'
import { GCSDriver } from 'flydrive/drivers/gcs'
import type { StreamSerializer } from '../../../packages/core/src/index.ts'
import { gcsResult } from '../../../packages/storage/gcs/src/index.ts'
import { withPeak } from './peak.ts'

/** Operations in a bucket, by one contender. */
export interface GcsJob {
  readonly contender: 'raw SDK' | 'resultkit' | 'files-sdk' | 'flydrive'
  readonly operation: 'small' | 'write' | 'read' | 'write stream' | 'read stream'
  /** The server's. */
  readonly url: string
  readonly bytes: number
  /** Operations of each kind, of `small`. */
  readonly count: number
}

/** What one small operation takes, in microseconds: of the processor, and until its end. */
export interface SmallFigures {
  readonly write: number
  readonly read: number
  readonly 'write: wall': number
  readonly 'read: wall': number
}

interface Store {
  write(key: string, bytes: Uint8Array): Promise<unknown>
  read(key: string): Promise<Uint8Array>
  writeStream?(key: string, body: () => AsyncIterable<Uint8Array>): Promise<unknown>
  readStream?(key: string): Promise<AsyncIterable<unknown>>
}

const job = JSON.parse(process.argv[2] ?? '{}') as GcsJob
const MB = 1024 * 1024

/** Chunks as they are. */
const chunks: StreamSerializer = {
  kind: 'stream',
  name: 'bench/chunks',
  contentType: 'application/octet-stream',
  extension: 'bin',
  encode: (items) => items as AsyncIterable<Uint8Array>,
  decode: (bytes) => bytes,
}

const open: Readonly<Record<GcsJob['contender'], () => Store>> = {
  'raw SDK'() {
    const bucket = new Storage({ apiEndpoint: job.url, projectId: 'p' }).bucket('bucket')
    return {
      write: (key, bytes) => bucket.file(key).save(Buffer.from(bytes.buffer), { resumable: bytes.byteLength > 8 * MB }),
      read: async (key) => (await bucket.file(key).download())[0],
      writeStream: (key, body) =>
        pipeline(Readable.from(body()), bucket.file(key).createWriteStream({ chunkSize: 8 * MB })),
      readStream: async (key) => bucket.file(key).createReadStream(),
    }
  },
  resultkit() {
    const place = { bucket: 'bucket', apiEndpoint: job.url, location: '{name}' } as const
    const result = gcsResult({ ...place, serializer: 'bytes' })
    const streams = gcsResult({ ...place, serializer: chunks })
    return {
      write: (name, bytes) => result.write(bytes, { name }),
      read: async (name) => (await result.read({ name })) as Uint8Array,
      writeStream: (name, body) => streams.write(body, { name }),
      readStream: async (name) => streams.read({ name }),
    }
  },
  'files-sdk'() {
    // It takes no endpoint.
    process.env['STORAGE_EMULATOR_HOST'] = job.url
    const files = new Files({ adapter: gcs({ bucket: 'bucket', projectId: 'p' }) })
    return {
      write: (key, bytes) => files.upload(key, bytes as Uint8Array<ArrayBuffer>),
      read: async (key) => new Uint8Array(await (await files.download(key)).arrayBuffer()),
    }
  },
  flydrive() {
    const storage = new Storage({ apiEndpoint: job.url, projectId: 'p' })
    const disk = new Disk(new GCSDriver({ storage: storage as never, bucket: 'bucket', visibility: 'private' }))
    return { write: (key, bytes) => disk.put(key, bytes), read: (key) => disk.getBytes(key) }
  },
}

const store = open[job.contender]()
console.log(JSON.stringify(await (job.operation === 'small' ? small() : withPeak(await large(job.operation)))))

async function small(): Promise<SmallFigures> {
  const payload = new Uint8Array(randomBytes(job.bytes))
  const write = (index: number): Promise<unknown> => store.write(`small-${index}`, payload)
  const read = async (index: number): Promise<unknown> => expectBytes((await store.read(`small-${index}`)).byteLength)
  for (let index = 0; index < job.count; index++) await write(index)
  for (let index = 0; index < job.count; index++) await read(index)
  const writes = await measured(write)
  const reads = await measured(read)
  return { write: writes.cpu, read: reads.cpu, 'write: wall': writes.wall, 'read: wall': reads.wall }
}

async function measured(
  operation: (index: number) => Promise<unknown>,
): Promise<{ readonly cpu: number; readonly wall: number }> {
  const before = process.cpuUsage()
  const start = performance.now()
  for (let index = 0; index < job.count; index++) await operation(index)
  const { user, system } = process.cpuUsage(before)
  return { cpu: (user + system) / job.count, wall: ((performance.now() - start) * 1000) / job.count }
}

/** The work that is watched; what is the same for all, such as loading the SDK, is done before. */
async function large(operation: Exclude<GcsJob['operation'], 'small'>): Promise<() => Promise<void>> {
  await store.write('warm', new Uint8Array(10))
  await store.read('warm')
  if (operation === 'write') {
    const payload = new Uint8Array(randomBytes(job.bytes).buffer)
    return async () => void (await store.write('large', payload))
  }
  if (operation === 'read') return async () => expectBytes((await store.read('large')).byteLength)
  if (operation === 'write stream') return async () => void (await store.writeStream?.('stream', source))
  return async () => {
    let size = 0
    for await (const piece of (await store.readStream?.('stream')) ?? []) size += (piece as Uint8Array).byteLength
    expectBytes(size)
  }
}

async function* source(): AsyncGenerator<Uint8Array, void, undefined> {
  const pool = new Uint8Array(randomBytes(4 * MB))
  for (let at = 0; at < job.bytes; at += MB) yield pool.subarray(at % (4 * MB), (at % (4 * MB)) + MB)
}

function expectBytes(size: number): void {
  if (size !== job.bytes) throw new Error(`${size} bytes instead of ${job.bytes}.`)
}
