import { randomUUID } from 'node:crypto'
import {
  type ByteSource,
  bufferedParts,
  concatBytes,
  type DeleteOptions,
  type ObjectStat,
  requireBytes,
  sizeOf,
  streamOf,
  type WriteOptions,
} from '@resultkit/core'
import { CHUNK_BYTES, type Connection, SWEEP_CHUNKS, sweep, transaction, turn } from './database.ts'
import { type Call, checkSignal, failure, guard, orAborted } from './failure.ts'
import type { Pool } from './pool.ts'
import { findRow, type ObjectRow, toStat } from './read.ts'

/** One write under way: a new version of a key, which nobody sees before it is published. */
interface Job {
  readonly call: Call
  readonly main: Connection
  readonly now: () => number
  readonly key: string
  readonly version: string
  readonly options: WriteOptions
}

/** A body of one chunk is stored and published in one transaction; a longer one is stored chunk by chunk before. */
export async function writeObject(
  pool: Pool,
  call: Call,
  key: string,
  body: ByteSource,
  options: WriteOptions,
): Promise<ObjectStat> {
  const main = await pool.main(call)
  const job: Job = { call, main, now: pool.now, key, version: randomUUID(), options }
  const parts = bufferedParts(body)
  if (parts === undefined || sizeOf(parts) > CHUNK_BYTES) return writeDraft(job, body)
  const bytes = concatBytes(parts)
  checkSize(job, bytes.byteLength)
  return publish(job, bytes.byteLength, () => {
    if (bytes.byteLength > 0) insertChunk(job, 0, bytes)
  })
}

async function writeDraft(job: Job, body: ByteSource): Promise<ObjectStat> {
  const { call, main, key, version, options } = job
  guard(call, () => {
    // Only to spare the reading of the body: what counts is the check when it is published.
    checkWrite(call, findRow(main, key), options)
    main.run('INSERT INTO draft VALUES (?, ?)', version, job.now())
  })
  try {
    const size = await storeChunks(job, body)
    checkSignal(call)
    return await publish(job, size, () => releaseDraft(job))
  } catch (error) {
    await discard(job)
    throw error
  }
}

async function storeChunks(job: Job, body: ByteSource): Promise<number> {
  const { call, main, version } = job
  let position = 0
  let size = 0
  for await (const chunk of cut(pull(call, body))) {
    size += chunk.byteLength
    if (size > (job.options.size ?? size)) checkSize(job, size)
    guard(call, () =>
      transaction(main, () => {
        const touched = main.run(
          'UPDATE draft SET touched = ? WHERE version = ? AND touched IS NOT NULL',
          job.now(),
          version,
        )
        if (touched === 0) throw reclaimed(call)
        insertChunk(job, position, chunk)
      }),
    )
    position += 1
    await turn()
  }
  checkSize(job, size)
  return size
}

function insertChunk({ main, version }: Job, position: number, bytes: Uint8Array): void {
  main.run('INSERT INTO chunk (version, position, bytes) VALUES (?, ?, ?)', version, position, bytes)
}

function releaseDraft({ call, main, version }: Job): void {
  const released = main.run('DELETE FROM draft WHERE version = ? AND touched IS NOT NULL', version)
  if (released === 0) throw reclaimed(call)
}

function reclaimed(call: Call): Error {
  const what = 'the stream paused for longer than leftoverAge, and what it had stored was deleted. Write it again'
  return failure(call, 'UNAVAILABLE', what, { retryable: true })
}

function checkSize({ call, options: { size: announced } }: Job, size: number): void {
  if (announced === undefined || size === announced) return
  throw failure(call, 'CONFIG', `the body has not the ${announced} bytes that size announced. Nothing was stored`)
}

/** The one moment at which a write becomes visible: conditions, the new row and the end of the old version. */
async function publish(job: Job, size: number, store: () => void): Promise<ObjectStat> {
  const { call, main, key, version, options } = job
  const row: ObjectRow = { key, version, size, modified: job.now(), write_id: options.writeId }
  const old = guard(call, () =>
    transaction(main, () => {
      const current = findRow(main, key)
      checkWrite(call, current, options)
      store()
      main.run(
        'INSERT OR REPLACE INTO object (key, version, size, modified, content_type, write_id) VALUES (?, ?, ?, ?, ?, ?)',
        key,
        version,
        size,
        row.modified,
        options.contentType ?? null,
        options.writeId,
      )
      return current && retire(main, current)
    }),
  )
  if (old === 'later') await sweep(main)
  return toStat(row)
}

function checkWrite(call: Call, current: ObjectRow | undefined, { ifAbsent, ifMatch }: WriteOptions): void {
  if (ifAbsent && current !== undefined)
    throw failure(call, 'ALREADY_EXISTS', 'there is an object already, and ifAbsent keeps it')
  checkMatch(call, current, ifMatch)
}

function checkMatch(call: Call, current: ObjectRow | undefined, ifMatch: string | undefined): void {
  if (ifMatch === undefined || current?.version === ifMatch) return
  throw failure(call, 'PRECONDITION_FAILED', 'the stored object is not the version that ifMatch names')
}

/** Deletes the chunks of a version that was replaced or deleted: at once, or later when they are many. */
function retire(main: Connection, { version, size }: ObjectRow): 'done' | 'later' {
  if (size > SWEEP_CHUNKS * CHUNK_BYTES) {
    main.run('INSERT INTO draft VALUES (?, NULL)', version)
    return 'later'
  }
  main.run('DELETE FROM chunk WHERE version = ?', version)
  return 'done'
}

/** Deletes the chunks of a write that failed. Best effort: a draft that stays is reclaimed when it is old. */
async function discard({ main, version }: Job): Promise<void> {
  try {
    main.run('UPDATE draft SET touched = NULL WHERE version = ?', version)
  } catch {
    return
  }
  await sweep(main)
}

export async function deleteObject(pool: Pool, call: Call, key: string, { ifMatch }: DeleteOptions): Promise<void> {
  const main = await pool.main(call)
  const old = guard(call, () =>
    transaction(main, () => {
      const current = findRow(main, key)
      checkMatch(call, current, ifMatch)
      main.run('DELETE FROM object WHERE key = ?', key)
      return current && retire(main, current)
    }),
  )
  if (old === 'later') await sweep(main)
}

/** The pieces of a body, or ABORTED as soon as the signal fires, also while a piece is awaited. */
async function* pull(call: Call, body: ByteSource): AsyncGenerator<Uint8Array, void, undefined> {
  const iterator = (typeof body === 'function' ? body() : streamOf(body))[Symbol.asyncIterator]()
  let ended = false
  try {
    for (;;) {
      const { done, value } = await orAborted(call, Promise.resolve(iterator.next()))
      ended = done === true
      if (done) return
      yield requireBytes(value, 'write')
    }
  } finally {
    if (!ended) await close(call, iterator)
  }
}

async function close(call: Call, iterator: AsyncIterator<Uint8Array>): Promise<void> {
  const closed = Promise.resolve(iterator.return?.()).catch(() => {})
  // A generator that waits for its next piece closes after it, which may be never.
  if (!call.signal?.aborted) await closed
}

/** Cuts pieces of any size into chunks of CHUNK_BYTES; each is overwritten by the next. */
async function* cut(pieces: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array, void, undefined> {
  const chunk = new Uint8Array(CHUNK_BYTES)
  let filled = 0
  for await (const piece of pieces) {
    for (let at = 0; at < piece.byteLength; ) {
      const part = piece.subarray(at, at + CHUNK_BYTES - filled)
      chunk.set(part, filled)
      filled += part.byteLength
      at += part.byteLength
      if (filled === CHUNK_BYTES) {
        yield chunk
        filled = 0
      }
    }
  }
  if (filled > 0) yield chunk.subarray(0, filled)
}
