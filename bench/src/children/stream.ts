import { createHash, type Hash, randomBytes, randomFillSync } from 'node:crypto'
import { type FileHandle, open, rename } from 'node:fs/promises'
import { Result, type StreamSerializer } from '../../../packages/core/src/index.ts'
import { fileStorage } from '../../../packages/storage/local/src/index.ts'
import { withPeak } from './peak.ts'

/** One stream through one contender. */
export interface StreamJob {
  readonly contender: 'resultkit' | 'floor'
  readonly operation: 'write' | 'read'
  readonly directory: string
  readonly bytes: number
  /** Bytes per chunk that is written. */
  readonly chunk: number
}

const POOL_BYTES = 4 * 1024 * 1024
/** How much the floor reads at a time. */
const STEP_BYTES = 256 * 1024

/** Chunks as they are. */
const chunks: StreamSerializer = {
  kind: 'stream',
  name: 'bench/chunks',
  contentType: 'application/octet-stream',
  extension: 'bin',
  encode: (items) => items as AsyncIterable<Uint8Array>,
  decode: (bytes) => bytes,
}

const job = JSON.parse(process.argv[2] ?? '{}') as StreamJob
const work = { resultkit: { write: writeResult, read: readResult }, floor: { write: writeFloor, read: readFloor } }
console.log(JSON.stringify(await withPeak(work[job.contender][job.operation])))

/** Random bytes from a pool, views without a copy. */
async function* source(): AsyncGenerator<Uint8Array, void, undefined> {
  const pool = new Uint8Array(POOL_BYTES)
  randomFillSync(pool)
  for (let at = 0; at < job.bytes; at += job.chunk) {
    const from = at % POOL_BYTES
    yield pool.subarray(from, from + Math.min(job.chunk, job.bytes - at))
  }
}

function openResult(): Result<unknown, '{name}', 'stream'> {
  return new Result({ storage: fileStorage({ directory: job.directory }), serializer: chunks, location: '{name}' })
}

async function writeResult(): Promise<void> {
  const reference = await openResult().write(source, { name: 'resultkit' })
  expectBytes(reference.size)
}

async function readResult(): Promise<void> {
  let size = 0
  for await (const piece of await openResult().read({ name: 'resultkit' })) size += (piece as Uint8Array).byteLength
  expectBytes(size)
}

/** By hand: one write is under way while the next chunk is hashed; the digest after the bytes, then the rename. */
async function writeFloor(): Promise<void> {
  const path = `${job.directory}/floor`
  const temporary = `${path}.${randomBytes(8).toString('hex')}.tmp`
  const file = await open(temporary, 'wx')
  const hash = createHash('sha256')
  let writing: Promise<unknown> = Promise.resolve()
  for await (const piece of source()) {
    hash.update(piece)
    await writing
    writing = writeAll(file, piece)
  }
  await writing
  await file.write(hash.digest())
  await file.close()
  await rename(temporary, path)
}

async function writeAll(file: FileHandle, bytes: Uint8Array): Promise<void> {
  for (let at = 0; at < bytes.byteLength; ) at += (await file.write(bytes, at)).bytesWritten
}

/** By hand: one chunk is being read while the one before is hashed; each is new, so that it may be kept. */
async function readFloor(): Promise<void> {
  const file = await open(`${job.directory}/floor`)
  const hash = createHash('sha256')
  let size = 0
  let ahead = readStep(file, 0)
  while (size < job.bytes) {
    const { bytesRead, buffer } = await ahead
    if (bytesRead === 0) break
    size += bytesRead
    if (size < job.bytes) ahead = readStep(file, size)
    hash.update(buffer.subarray(0, bytesRead))
  }
  await expectDigest(file, hash)
  await file.close()
  expectBytes(size)
}

function readStep(file: FileHandle, from: number): Promise<{ readonly bytesRead: number; readonly buffer: Buffer }> {
  const size = Math.min(STEP_BYTES, job.bytes - from)
  return file.read(Buffer.allocUnsafeSlow(size), 0, size, from)
}

async function expectDigest(file: FileHandle, hash: Hash): Promise<void> {
  const stored = Buffer.alloc(32)
  await file.read(stored, 0, 32, job.bytes)
  if (!stored.equals(hash.digest())) throw new Error('The digest differs.')
}

function expectBytes(size: number): void {
  if (size !== job.bytes) throw new Error(`${size} bytes instead of ${job.bytes}.`)
}
