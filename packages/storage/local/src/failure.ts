import { isResultError, ResultError, type ResultErrorCode, withDetails } from '@resultkit/core'
import { errnoOf } from './disk.ts'
import type { Root } from './root.ts'

/** One operation, for its errors and its signal. */
export interface Call {
  readonly root: Root
  readonly operation: string
  readonly key: string | undefined
  readonly signal: AbortSignal | undefined
}

interface Meaning {
  readonly code: ResultErrorCode
  readonly retryable?: boolean
  /** What is wrong and what to do. */
  readonly says: string
}

const NO_ACCESS: Meaning = {
  code: 'ACCESS_DENIED',
  says: 'the file system does not permit it. Give this process the right to read and write the storage directory and all below it',
}
const FULL: Meaning = {
  code: 'UNAVAILABLE',
  says: 'the disk or the quota is full. Free some space; what was stored before is still there',
}
const TOO_MANY_FILES: Meaning = {
  code: 'UNAVAILABLE',
  retryable: true,
  says: 'too many files are open. Try again, do fewer operations at the same time, or raise the limit (ulimit -n)',
}
const BUSY: Meaning = {
  code: 'UNAVAILABLE',
  retryable: true,
  says: 'something else is using the file. Try again',
}
const NOT_A_DIRECTORY: Meaning = {
  code: 'CONFIG',
  says: 'the storage directory, or something above it, is not a directory. Name another directory, or move away what is there',
}

const GONE: Meaning = {
  code: 'UNAVAILABLE',
  retryable: true,
  says: 'something else removes what this storage has just made. Try again',
}

const MEANINGS: Readonly<Record<string, Meaning>> = {
  EACCES: NO_ACCESS,
  EPERM: NO_ACCESS,
  EROFS: NO_ACCESS,
  ENOSPC: FULL,
  EDQUOT: FULL,
  EIO: { code: 'UNAVAILABLE', says: 'the device failed. Look at the system log' },
  EMFILE: TOO_MANY_FILES,
  ENFILE: TOO_MANY_FILES,
  EBUSY: BUSY,
  ENOENT: GONE,
  ETXTBSY: BUSY,
  EAGAIN: BUSY,
  ENAMETOOLONG: {
    code: 'INVALID_KEY',
    says: 'the key makes a name that the file system finds too long. Use a shorter key or a directory nearer to the root',
  },
  EXDEV: {
    code: 'CONFIG',
    says: 'the directory spans file systems, so that nothing can be moved into place atomically. Keep all of it on one',
  },
  ENOTDIR: NOT_A_DIRECTORY,
  ELOOP: {
    ...NOT_A_DIRECTORY,
    says: 'symlinks form a loop at the storage directory. Name another directory',
  },
}

/** Of every PRECONDITION_FAILED. */
export const NOT_THE_VERSION =
  'the stored object is not the version that ifMatch names, or is gone. Find it again, and decide anew with its etag'

/** An error of this operation. `what` says what is wrong and what to do, without its full stop. */
export function failure(
  call: Call,
  code: ResultErrorCode,
  what: string,
  more: { readonly retryable?: boolean; readonly cause?: unknown } = {},
): ResultError {
  const { operation, key, root } = call
  return new ResultError({
    code,
    operation,
    key,
    storage: root.uri,
    message: `${operation}: ${what}.`,
    ...more,
  })
}

/** Runs an operation; whatever it throws becomes a `ResultError` with the key and the storage. */
export async function guard<T>(call: Call, work: () => Promise<T>): Promise<T> {
  const turn = call.root.pace()
  if (turn !== undefined) await turn
  try {
    return await work()
  } catch (error) {
    throw toResultError(call, error)
  }
}

/** What a Node system error means. */
export function toResultError(call: Call, error: unknown): ResultError {
  if (isResultError(error)) {
    if (error.storage !== undefined) return error
    return withDetails(error, { key: call.key, storage: call.root.uri, cause: error.cause })
  }
  const errno = errnoOf(error)
  const meaning = errno === undefined ? undefined : MEANINGS[errno]
  if (meaning === undefined) {
    const what = `the file system failed (${errno ?? 'no code'}); the cause says more`
    return failure(call, 'UNAVAILABLE', what, { cause: error })
  }
  const { code, says, retryable = false } = meaning
  return failure(call, code, `${says} (${errno})`, { retryable, cause: error })
}

/** Throws ABORTED when the signal has fired. */
export function checkSignal(call: Call): void {
  if (call.signal?.aborted) throw abortedCall(call, call.signal)
}

/** The outcome of `work`, or ABORTED as soon as the signal fires; `work` then goes on unheeded. */
export async function orAborted<T>(call: Call, work: Promise<T>): Promise<T> {
  const { signal } = call
  if (!signal) return work
  let stop = (): void => {}
  const aborted = new Promise<never>((_, reject) => {
    stop = () => reject(abortedCall(call, signal))
    if (signal.aborted) stop()
    else signal.addEventListener('abort', stop, { once: true })
  })
  try {
    return await Promise.race([aborted, work])
  } finally {
    signal.removeEventListener('abort', stop)
  }
}

function abortedCall(call: Call, signal: AbortSignal): ResultError {
  return failure(call, 'ABORTED', 'the signal fired', { cause: signal.reason })
}
