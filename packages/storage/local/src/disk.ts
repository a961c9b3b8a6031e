import fs, { type BigIntStats, type Dirent, type Stats } from 'node:fs'
import { promisify } from 'node:util'

/** A value at once, or promised. */
export type Maybe<T> = T | Promise<T>

/** How file system calls are made; see `FileStorageOptions.io`. */
export type IoMode = 'auto' | 'sync' | 'async'

/** The file system calls of this storage, each finished on return or promised. Errors are Node's. */
export interface Disk {
  open(path: string, flags: number, mode?: number): Maybe<number>
  close(fd: number): Maybe<void>
  /** Bytes read; 0 at the end of the file. */
  read(fd: number, into: Uint8Array, offset: number, length: number, position: number): Maybe<number>
  /** Bytes written, from `offset` of `bytes` on. */
  write(fd: number, bytes: Uint8Array, offset: number): Maybe<number>
  writev(fd: number, parts: readonly Uint8Array[]): Maybe<number>
  fstat(fd: number): Maybe<BigIntStats>
  /** `undefined` for ENOENT. */
  lstat(path: string): Maybe<BigIntStats | undefined>
  /** As `lstat`, but cheaper: for what needs the file type alone. */
  kind(path: string): Maybe<Stats | undefined>
  /** Follows symlinks; `undefined` for ENOENT. */
  stat(path: string): Maybe<Stats | undefined>
  futimes(fd: number, atime: number, mtime: number): Maybe<void>
  fsync(fd: number): Maybe<void>
  rename(from: string, to: string): Maybe<void>
  link(from: string, to: string): Maybe<void>
  unlink(path: string): Maybe<void>
  mkdir(path: string): Maybe<void>
  rmdir(path: string): Maybe<void>
  readdir(path: string): Maybe<Dirent[]>
}

/** Two synchronous calls in a row of time that take longer than this send the following ones to the thread pool. */
const SLOW_MS = 1
/** How much a call may move in a millisecond on top of that. */
const BYTES_PER_MS = 500_000
/** For how long they go there, at most. */
const PAUSE_MS = 250
/** For how many calls they go there at first; doubled while synchronous calls stay slow. */
const PAUSE_CALLS = 16
const MAX_PAUSE_CALLS = 1024

const NO_HARD_LINKS = new Set(['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS', 'EMLINK'])

const QUIET = { throwIfNoEntry: false } as const
const QUIET_BIGINT = { bigint: true, throwIfNoEntry: false } as const

const SYNC: Disk = {
  open: fs.openSync,
  close: fs.closeSync,
  read: fs.readSync,
  write: (fd, bytes, offset) => fs.writeSync(fd, bytes, offset),
  writev: fs.writevSync,
  fstat: (fd) => fs.fstatSync(fd, { bigint: true }),
  lstat: (path) => fs.lstatSync(path, QUIET_BIGINT),
  kind: (path) => fs.lstatSync(path, QUIET),
  stat: (path) => fs.statSync(path, QUIET),
  futimes: fs.futimesSync,
  fsync: fs.fsyncSync,
  rename: fs.renameSync,
  link: fs.linkSync,
  unlink: fs.unlinkSync,
  mkdir: (path) => fs.mkdirSync(path),
  rmdir: (path) => fs.rmdirSync(path),
  readdir: (path) => fs.readdirSync(path, { withFileTypes: true }),
}

const open = promisify(fs.open)
const read = promisify(fs.read)
const write = promisify(fs.write)
const writev = promisify(fs.writev)
const fstat = promisify(fs.fstat)

const ASYNC: Disk = {
  open: (path, flags, mode) => open(path, flags, mode),
  close: promisify(fs.close),
  read: async (fd, into, offset, length, position) => (await read(fd, into, offset, length, position)).bytesRead,
  write: async (fd, bytes, offset) => (await write(fd, bytes, offset)).bytesWritten,
  writev: async (fd, parts) => (await writev(fd, parts)).bytesWritten,
  fstat: (fd) => fstat(fd, { bigint: true }),
  lstat: (path) => fs.promises.lstat(path, { bigint: true }).catch(absent),
  kind: (path) => fs.promises.lstat(path).catch(absent),
  stat: (path) => fs.promises.stat(path).catch(absent),
  futimes: promisify(fs.futimes),
  fsync: promisify(fs.fsync),
  rename: (from, to) => fs.promises.rename(from, to),
  link: (from, to) => fs.promises.link(from, to),
  unlink: (path) => fs.promises.unlink(path),
  mkdir: (path) => fs.promises.mkdir(path),
  rmdir: (path) => fs.promises.rmdir(path),
  readdir: (path) => fs.promises.readdir(path, { withFileTypes: true }),
}

/** One disk for short calls and one for those that move much data or wait for the device. */
export function openDisks(io: IoMode): { readonly disk: Disk; readonly bulk: Disk } {
  if (io === 'sync') return { disk: SYNC, bulk: SYNC }
  return { disk: io === 'async' ? ASYNC : autoDisk(), bulk: ASYNC }
}

/** The `code` of a Node system error. */
export function errnoOf(error: unknown): string | undefined {
  const code = (error as { code?: unknown } | null | undefined)?.code
  return typeof code === 'string' ? code : undefined
}

/** Whether a `link` failed because the file system has no hard links. */
export function lacksHardLinks(error: unknown): boolean {
  return NO_HARD_LINKS.has(errnoOf(error) ?? '')
}

function absent(error: unknown): undefined {
  if (errnoOf(error) !== 'ENOENT') throw error
}

/** Synchronous, at a few microseconds a call instead of some twenty, as long as the file system keeps up. */
function autoDisk(): Disk {
  const choose = sometimesAsync()
  return {
    open: choose(SYNC.open, ASYNC.open),
    close: choose(SYNC.close, ASYNC.close),
    read: choose(SYNC.read, ASYNC.read),
    write: choose(SYNC.write, ASYNC.write),
    writev: choose(SYNC.writev, ASYNC.writev),
    fstat: choose(SYNC.fstat, ASYNC.fstat),
    lstat: choose(SYNC.lstat, ASYNC.lstat),
    kind: choose(SYNC.kind, ASYNC.kind),
    stat: choose(SYNC.stat, ASYNC.stat),
    futimes: choose(SYNC.futimes, ASYNC.futimes),
    fsync: choose(SYNC.fsync, ASYNC.fsync),
    rename: choose(SYNC.rename, ASYNC.rename),
    link: choose(SYNC.link, ASYNC.link),
    unlink: choose(SYNC.unlink, ASYNC.unlink),
    mkdir: choose(SYNC.mkdir, ASYNC.mkdir),
    rmdir: choose(SYNC.rmdir, ASYNC.rmdir),
    readdir: choose(SYNC.readdir, ASYNC.readdir),
  }
}

type Call<A extends unknown[], R> = (...args: A) => Maybe<R>

function sometimesAsync(): <A extends unknown[], R>(sync: Call<A, R>, pooled: Call<A, R>) => Call<A, R> {
  let asyncCalls = 0
  let asyncUntil = 0
  let next = PAUSE_CALLS
  let slowAt = Number.NEGATIVE_INFINITY

  const mayBlock = (): boolean => {
    if (asyncCalls === 0) return true
    asyncCalls = performance.now() < asyncUntil ? asyncCalls - 1 : 0
    return asyncCalls === 0
  }
  const finished = (start: number, outcome: unknown): void => {
    const now = performance.now()
    // What a call has moved (reads and writes return bytes) is no sign of a slow disk.
    const moved = typeof outcome === 'number' ? outcome / BYTES_PER_MS : 0
    if (now - start <= SLOW_MS + moved) {
      next = PAUSE_CALLS
      return
    }
    // One alone may be the scheduler's doing: on a busy machine it stops a thread for milliseconds.
    const again = now - slowAt < PAUSE_MS
    slowAt = now
    if (!again && next === PAUSE_CALLS) return
    asyncCalls = next
    asyncUntil = now + PAUSE_MS
    next = Math.min(next * 2, MAX_PAUSE_CALLS)
  }
  return (sync, pooled) =>
    (...args) => {
      if (!mayBlock()) return pooled(...args)
      const start = performance.now()
      let outcome: unknown
      try {
        const done = sync(...args)
        outcome = done
        return done
      } finally {
        finished(start, outcome)
      }
    }
}
