import path from 'node:path'
import { pathToFileURL } from 'node:url'
import {
  type CallOptions,
  type Clock,
  type Duration,
  type Location,
  MAX_KEY_BYTES,
  parseDuration,
  Result,
  ResultError,
  type ResultMode,
  type ResultOptions,
  type ResultStorage,
  type Seal,
  type StorageCapabilities,
} from '@resultkit/core'
import type { Call } from './failure.ts'
import { createPool } from './pool.ts'
import { listObjects, readObject, statObject } from './read.ts'
import { deleteObject, writeObject } from './write.ts'

export interface SqliteStorageOptions {
  /** The database, created at first use; its folder must exist. Relative to the working directory of this moment. */
  readonly file: string
  /** How long to wait for another process's transaction; the wait blocks this process. @default '5s' */
  readonly busyTimeout?: Duration | undefined
  /** How long a stream may pause; older leftovers are deleted when the file is opened. @default '1d' */
  readonly leftoverAge?: Duration | undefined
  /** Gives `lastModified`. @default Date.now */
  readonly clock?: Clock | undefined
}

const CAPABILITIES: StorageCapabilities = {
  ifAbsent: true,
  ifMatch: true,
  ifAbsentStream: true,
  ifMatchStream: true,
  deleteIfMatch: true,
  readConditions: true,
  list: true,
  ranges: true,
  nestedKeys: true,
  writeId: true,
  maxKeyBytes: MAX_KEY_BYTES,
}

/**
 * A storage in one SQLite file, for any number of processes of one machine. Making one does no I/O.
 *
 * Writes publish in one transaction; a reader keeps the version that it opened. The uri is the file's path as
 * `sqlite:///...`.
 *
 * Errors of its own: CONFIG when an option is wrong, the file cannot be opened or is not a database of this storage;
 * ACCESS_DENIED; UNAVAILABLE when the lock cannot be had in time (retryable), or the disk is full or fails; CORRUPT.
 */
export function sqliteStorage(options: SqliteStorageOptions): ResultStorage {
  const { busyTimeout = '5s', leftoverAge = '1d', clock = Date.now } = options
  const file = parseFile(options.file)
  const uri = pathToFileURL(file).href.replace(/^file:/, 'sqlite:')
  const pool = createPool({
    file,
    busyTimeoutMs: parseDuration(busyTimeout),
    leftoverAgeMs: parseDuration(leftoverAge),
    now: () => Math.floor(Number(clock())),
  })
  const call = (operation: Call['operation'], key: string | undefined, { signal }: CallOptions): Call => ({
    operation,
    uri,
    key,
    signal,
  })
  return {
    uri,
    capabilities: CAPABILITIES,
    read: (key, options) => readObject(pool, call('read', key, options), key, options),
    write: (key, body, options) => writeObject(pool, call('write', key, options), key, body, options),
    stat: (key, options) => statObject(pool, call('stat', key, options), key),
    delete: (key, options) => deleteObject(pool, call('delete', key, options), key, options),
    list: (prefix, options) => listObjects(pool, call('list', undefined, options), prefix, options),
  }
}

function parseFile(file: string): string {
  if (typeof file === 'string' && file !== '' && file !== ':memory:') return path.resolve(file)
  const message =
    'sqliteStorage was given no file. Give the path of a file; for a storage in memory there is memoryStorage().'
  throw new ResultError({ code: 'CONFIG', operation: 'sqliteStorage', message })
}

/** Options of {@link sqliteResult}: those of a Result, and where the file is. */
export type SqliteResultOptions<
  T = unknown,
  L extends Location = undefined,
  M extends ResultMode = 'value',
  S extends Seal = undefined,
> = ResultOptions<T, L, M, S> & SqliteStorageOptions

/**
 * A Result in one SQLite file.
 *
 * @example
 * const scores = sqliteResult({ file: 'results.db', location: 'scores/{user}' })
 * const reference = await scores.write([1], { user: 'ada' })
 * await scores.read(reference)
 */
export function sqliteResult<
  T = unknown,
  const L extends Location = undefined,
  M extends ResultMode = 'value',
  S extends Seal = undefined,
>(options: SqliteResultOptions<T, L, M, S>): Result<T, L, M, S> {
  return new Result<T, L, M, S>({ storage: sqliteStorage(options), ...options })
}
