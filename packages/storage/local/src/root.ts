import { resolve } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { RESERVED_SEGMENT, ResultError } from '@resultkit/core'
import { type Disk, type IoMode, openDisks } from './disk.ts'
import { openPace } from './pace.ts'

/** What a write waits for; see `FileStorageOptions.durability`. */
export type Durability = 'none' | 'file' | 'full'

/** How {@link fileStorage} keeps its objects. */
export interface FileStorageOptions {
  /**
   * Where the objects are, as a path or a `file:` URL; created by the first write.
   * @default `.resultkit/results` in the working directory; the environment's RESULTKIT_HOME replaces `.resultkit`
   */
  readonly directory?: string | URL | undefined
  /**
   * What a write has reached when it resolves. All three survive the death of the process.
   *
   * - `'none'`: the operating system has the bytes; a power cut may lose the newest writes, and on some file
   *   systems leave an empty or incomplete object in place of one of them
   * - `'file'`: the bytes are on the device before the object appears; a power cut may bring back the older
   *   object, or none, but no part of one
   * - `'full'`: the name is on the device too; a power cut loses nothing that resolved
   *
   * @default 'none'
   */
  readonly durability?: Durability | undefined
  /**
   * `'sync'` makes every call synchronously, `'async'` none. `'auto'` makes those for small values (128 KiB at
   * most) synchronously, which takes a fraction of the time, until one takes longer than a millisecond; the calls
   * after it then go to the thread pool for a while.
   * @default 'auto'
   */
  readonly io?: IoMode | undefined
  /** For how long `ifMatch` waits for another process that replaces the same object, in milliseconds. @default 10_000 */
  readonly lockTimeout?: number | undefined
}

/** The directory of a storage and how to work with it. */
export interface Root {
  readonly uri: string
  /** Absolute, and without a slash at its end: `${base}/${path}` is below the root. */
  readonly base: string
  /** The same as a path of its own (`/` has an empty base). */
  readonly directory: string
  /** For short calls. */
  readonly disk: Disk
  /** For calls that move much data or wait for the device. */
  readonly bulk: Disk
  /** To be called, and waited for if it gives a promise, before synchronous work. */
  readonly pace: () => Promise<void> | undefined
  readonly durability: Durability
  readonly lockTimeout: number
}

/** Values up to this many bytes are read and written with short calls. */
export const SMALL_BYTES: number = 128 * 1024
/** Up to this many bytes are moved by one call at once: the thread pool would take longer to answer. */
export const ONE_CALL_BYTES: number = 2 * 1024 * 1024

/** Checks the options: CONFIG when one is out of range. No I/O. */
export function openRoot(options: FileStorageOptions, operation: string): Root {
  const { directory, durability = 'none', io = 'auto', lockTimeout = 10_000 } = options
  if (!['none', 'file', 'full'].includes(durability))
    throw wrong(operation, "a durability that is not 'none', 'file' or 'full'")
  if (!['auto', 'sync', 'async'].includes(io)) throw wrong(operation, "an io that is not 'auto', 'sync' or 'async'")
  if (!isMilliseconds(lockTimeout)) throw wrong(operation, 'a lockTimeout that is not a number of milliseconds')
  const path = resolveDirectory(directory, operation)
  return {
    uri: pathToFileURL(path).href,
    base: path.replace(/[/\\]$/, ''),
    directory: path,
    ...openDisks(io),
    pace: openPace(),
    durability,
    lockTimeout,
  }
}

/** The folder of this storage's own files: `tmp` or `locks`. */
export function internalPath(root: Root, folder: 'tmp' | 'locks'): string {
  return `${root.base}/${RESERVED_SEGMENT}/${folder}`
}

function resolveDirectory(directory: string | URL | undefined, operation: string): string {
  const path = directory ?? `${process.env['RESULTKIT_HOME'] || '.resultkit'}/results`
  if (typeof path === 'string' && !path.startsWith('file:')) {
    if (path === '' || path.includes('\0')) throw wrong(operation, 'a directory that is no path')
    return resolve(path)
  }
  try {
    return resolve(fileURLToPath(path))
  } catch (cause) {
    throw wrong(operation, 'a directory that is neither a path nor a file: URL', cause)
  }
}

/** A text would pass a comparison, and then be joined to a number instead of added. */
export function isMilliseconds(value: unknown): boolean {
  return typeof value === 'number' && value >= 0
}

function wrong(operation: string, what: string, cause?: unknown): ResultError {
  return new ResultError({ code: 'CONFIG', operation, message: `${operation} was given ${what}.`, cause })
}
