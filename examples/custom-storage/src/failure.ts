import { isResultError, ResultError, type ResultErrorCode } from '@resultkit/core'

/** One call of one operation, as its errors need it. */
export interface Call {
  readonly operation: 'read' | 'write' | 'stat' | 'delete' | 'list'
  readonly uri: string
  /** `list` has none. */
  readonly key: string | undefined
  readonly signal: AbortSignal | undefined
}

interface Meaning {
  readonly code: ResultErrorCode
  readonly retryable?: boolean
  /** What is wrong and what to do. */
  readonly says: string
}

const BUSY: Meaning = {
  code: 'UNAVAILABLE',
  retryable: true,
  says: 'another process is writing to the file. Try again, or give a longer busyTimeout',
}
const NO_ACCESS: Meaning = {
  code: 'ACCESS_DENIED',
  says: 'the file may not be written. Give this process the right to write the file and its folder',
}

/** By SQLite's primary result code (https://sqlite.org/rescode.html). */
const MEANINGS: Readonly<Record<number, Meaning>> = {
  3: NO_ACCESS, // SQLITE_PERM
  5: BUSY, // SQLITE_BUSY
  6: BUSY, // SQLITE_LOCKED
  8: NO_ACCESS, // SQLITE_READONLY
  10: { code: 'UNAVAILABLE', says: 'the disk failed. Look at the system log' }, // SQLITE_IOERR
  11: { code: 'CORRUPT', says: 'the file is damaged. Restore it from a backup' }, // SQLITE_CORRUPT
  13: { code: 'UNAVAILABLE', says: 'the disk is full. Free some space; what was stored before is still there' }, // SQLITE_FULL
  14: { code: 'CONFIG', says: 'the file cannot be opened. Its folder must exist, and let this process write' }, // SQLITE_CANTOPEN
  23: NO_ACCESS, // SQLITE_AUTH
  26: { code: 'CONFIG', says: 'the file is not a SQLite database. Name another file' }, // SQLITE_NOTADB
}
const UNKNOWN: Meaning = { code: 'UNAVAILABLE', says: 'SQLite failed; the cause says more' }

/** An error of this call. `what` says what is wrong and what to do, without its full stop; never the key or the file. */
export function failure(
  { operation, key, uri }: Call,
  code: ResultErrorCode,
  what: string,
  more: { readonly retryable?: boolean; readonly cause?: unknown } = {},
): ResultError {
  return new ResultError({ code, operation, key, storage: uri, message: `${operation}: ${what}.`, ...more })
}

/** Runs work on the database; whatever it throws becomes a `ResultError` with the key and the storage. */
export function guard<T>(call: Call, work: () => T): T {
  try {
    return work()
  } catch (error) {
    throw isResultError(error) ? error : toResultError(call, error)
  }
}

/** What an error of node:sqlite means. */
export function toResultError(call: Call, error: unknown): ResultError {
  const { code, says, retryable = false } = MEANINGS[primaryCode(error)] ?? UNKNOWN
  return failure(call, code, says, { retryable, cause: error })
}

// `errcode` is the extended result code; its low byte is the primary one.
function primaryCode(error: unknown): number {
  const { errcode } = (error ?? {}) as { readonly errcode?: unknown }
  return typeof errcode === 'number' ? errcode & 0xff : 0
}

/** Throws ABORTED when the signal has fired; its reason is the cause. */
export function checkSignal(call: Call): void {
  if (call.signal?.aborted) throw aborted(call, call.signal)
}

/** The outcome of `work`, or ABORTED as soon as the signal fires; `work` then goes on unheeded. */
export async function orAborted<T>(call: Call, work: Promise<T>): Promise<T> {
  const { signal } = call
  if (signal === undefined) return work
  const { promise: stopped, reject } = Promise.withResolvers<never>()
  const stop = (): void => reject(aborted(call, signal))
  if (signal.aborted) stop()
  else signal.addEventListener('abort', stop, { once: true })
  try {
    return await Promise.race([stopped, work])
  } finally {
    signal.removeEventListener('abort', stop)
  }
}

function aborted(call: Call, signal: AbortSignal): ResultError {
  return failure(call, 'ABORTED', 'the signal fired', { cause: signal.reason })
}
