import {
  concatBytes,
  type ListOptions,
  type ObjectEntry,
  type ObjectStat,
  RESERVED_SEGMENT,
  type ReadOptions,
  resolveRange,
  type StoredObject,
} from '@resultkit/core'
import { CHUNK_BYTES, type Connection, turn } from './database.ts'
import { type Call, checkSignal, failure, guard } from './failure.ts'
import type { Pool } from './pool.ts'

/** A row of the table `object`. */
export interface ObjectRow {
  readonly key: string
  readonly version: string
  readonly size: number
  readonly modified: number
  readonly write_id: string
}

/** The current version of a key. */
export function findRow(connection: Connection, key: string): ObjectRow | undefined {
  return connection.one<ObjectRow>('SELECT key, version, size, modified, write_id FROM object WHERE key = ?', key)
}

/** The version is the etag: it is random, and never used again. */
export function toStat({ key, version, size, modified, write_id }: ObjectRow): ObjectStat {
  return { key, size, lastModified: new Date(modified), etag: version, writeId: write_id }
}

export async function statObject(pool: Pool, call: Call, key: string): Promise<ObjectStat | undefined> {
  const main = await pool.main(call)
  const row = guard(call, () => findRow(main, key))
  return row && toStat(row)
}

/** Small parts are read at once; for others the read transaction stays open until the bytes are taken or let go. */
export async function readObject(
  pool: Pool,
  call: Call,
  key: string,
  options: ReadOptions,
): Promise<StoredObject | undefined> {
  await pool.main(call)
  const reader = pool.takeReader(call)
  let open = true
  const close = (): void => {
    if (open) pool.giveReader(reader)
    open = false
  }
  try {
    const row = guard(call, () => findRow(reader, key))
    if (row === undefined) {
      close()
      return undefined
    }
    const { start, end } = checkRead(call, row, options)
    const chunks = readChunks(call, reader, row.version, start, end)
    if (end - start > CHUNK_BYTES) return largeObject(call, toStat(row), chunks, end - start, close)
    const bytes = concatBytes([...chunks])
    close()
    return smallObject(call, toStat(row), bytes)
  } catch (error) {
    close()
    throw error
  }
}

function checkRead(call: Call, row: ObjectRow, options: ReadOptions): { start: number; end: number } {
  const { range, ifMatch, ifNoneMatch, maxBytes } = options
  if (ifMatch !== undefined && row.version !== ifMatch)
    throw failure(call, 'PRECONDITION_FAILED', 'the stored object is not the version that ifMatch names')
  if (row.version === ifNoneMatch)
    throw failure(call, 'NOT_MODIFIED', 'the stored object is the version that ifNoneMatch names')
  const { start, end } = resolveRange(range, row.size)
  if (maxBytes !== undefined && end - start > maxBytes)
    throw failure(call, 'TOO_LARGE', `${end - start} bytes are more than maxBytes (${maxBytes})`)
  return { start, end }
}

function* readChunks(
  call: Call,
  reader: Connection,
  version: string,
  start: number,
  end: number,
): Generator<Uint8Array, void, undefined> {
  for (let at = start; at < end; ) {
    const position = Math.floor(at / CHUNK_BYTES)
    const from = at - position * CHUNK_BYTES
    const to = Math.min(from + end - at, CHUNK_BYTES)
    const sql = 'SELECT bytes FROM chunk WHERE version = ? AND position = ?'
    const chunk = guard(call, () => reader.one<{ bytes: Uint8Array }>(sql, version, position))
    if (chunk === undefined || chunk.bytes.byteLength < to)
      throw failure(call, 'CORRUPT', 'a part of the object is missing from the file. Restore it from a backup')
    yield chunk.bytes.subarray(from, to)
    at += to - from
  }
}

function smallObject(call: Call, stat: ObjectStat, bytes: Uint8Array): StoredObject {
  return {
    stat,
    async bytes() {
      checkSignal(call)
      return bytes
    },
    async *stream() {
      checkSignal(call)
      if (bytes.byteLength > 0) yield bytes
      checkSignal(call)
    },
  }
}

function largeObject(
  call: Call,
  stat: ObjectStat,
  chunks: Iterator<Uint8Array, void>,
  size: number,
  close: () => void,
): StoredObject {
  const stream = (): AsyncIterableIterator<Uint8Array, undefined> => streamChunks(call, chunks, close)
  return {
    stat,
    async bytes() {
      const bytes = new Uint8Array(size)
      let at = 0
      for await (const chunk of stream()) {
        bytes.set(chunk, at)
        at += chunk.byteLength
      }
      return bytes
    },
    stream,
  }
}

/** Not a generator: one that was never started would not let go of its connection on `return()`. */
function streamChunks(
  call: Call,
  chunks: Iterator<Uint8Array, void>,
  close: () => void,
): AsyncIterableIterator<Uint8Array, undefined> {
  let over = false
  const end = (): { readonly done: true; readonly value: undefined } => {
    over = true
    close()
    return { done: true, value: undefined }
  }
  return {
    async next() {
      if (over) return end()
      try {
        checkSignal(call)
        const { done, value } = chunks.next()
        if (done) return end()
        await turn()
        return { done: false, value }
      } catch (error) {
        end()
        throw error
      }
    },
    return: async () => end(),
    [Symbol.asyncIterator]() {
      return this
    },
  }
}

const PAGE_ROWS = 500
// One bound, so that every page starts where the last one ended. Text compares as its UTF-8 bytes do (BINARY).
const PAGE = `
  SELECT key, version, size, modified, write_id FROM object
  WHERE key >= max(?1, ?2) AND key <> ?2 ORDER BY key LIMIT ${PAGE_ROWS}`

/** Page after page; nothing is held between two of them. */
export async function* listObjects(
  pool: Pool,
  call: Call,
  prefix: string,
  { startAfter = '' }: ListOptions,
): AsyncGenerator<ObjectEntry, void, undefined> {
  const main = await pool.main(call)
  for (let after = startAfter; ; ) {
    checkSignal(call)
    const rows = guard(call, () => main.all<ObjectRow>(PAGE, prefix, after))
    for (const row of rows) {
      if (!row.key.startsWith(prefix)) return
      after = row.key
      if (row.key.startsWith(`${RESERVED_SEGMENT}/`)) continue
      const { key, size, lastModified, etag } = toStat(row)
      yield { key, size, lastModified, etag }
      checkSignal(call)
    }
    if (rows.length < PAGE_ROWS) return
  }
}
