import type { ByteSource } from './bytes.ts'
import type { Key } from './key.ts'
import type { ByteRange } from './range.ts'
import { letGo } from './releasing.ts'

/** What a storage can do, as plain data. A condition that it cannot keep is refused as UNSUPPORTED before any I/O. */
export interface StorageCapabilities {
  /** `write` with `ifAbsent`, for bytes at hand. */
  readonly ifAbsent: boolean
  /** `write` with `ifMatch`, for bytes at hand. */
  readonly ifMatch: boolean
  /** `write` with `ifAbsent`, for a stream of any length. */
  readonly ifAbsentStream: boolean
  /** `write` with `ifMatch`, for a stream of any length. */
  readonly ifMatchStream: boolean
  /** `delete` with `ifMatch`. */
  readonly deleteIfMatch: boolean
  /** `read` with `ifMatch` or `ifNoneMatch`. */
  readonly readConditions: boolean
  readonly list: boolean
  /** `read` with `range`. */
  readonly ranges: boolean
  /** Whether `a` and `a/b` can exist at the same time; where not, the second write is INVALID_KEY. */
  readonly nestedKeys: boolean
  /** Whether `writeId` is kept with the object and returned by `stat`. */
  readonly writeId: boolean
  /** The longest key in bytes of UTF-8, the storage's prefix subtracted; at most 1,024. */
  readonly maxKeyBytes: number
}

/** What every operation takes. */
export interface CallOptions {
  /**
   * Honoured before and during the operation, also while a body or a service stalls; ABORTED then, with the reason as the
   * cause. A write that has been published when the signal fires may resolve or reject.
   */
  readonly signal: AbortSignal | undefined
}

/** What `read` takes. */
export interface ReadOptions extends CallOptions {
  readonly range: ByteRange | undefined
  /** Only this version: another one is PRECONDITION_FAILED (an absent one is `undefined`). */
  readonly ifMatch: string | undefined
  /** Only another version than this: the same one is NOT_MODIFIED. */
  readonly ifNoneMatch: string | undefined
  /** More bytes than this, after the range, are TOO_LARGE before anything is allocated. */
  readonly maxBytes: number | undefined
}

/** What `write` takes. */
export interface WriteOptions extends CallOptions {
  /** Create only: an existing object is ALREADY_EXISTS and stays as it is. */
  readonly ifAbsent: boolean
  /** Replace only this version: another one, or none, is PRECONDITION_FAILED. */
  readonly ifMatch: string | undefined
  /** Media type (RFC 9110), for storages that keep one. */
  readonly contentType: string | undefined
  /** The number of bytes that the body will have, where it is known; another number is CONFIG, and nothing is stored. */
  readonly size: number | undefined
  /** Names this attempt; kept with the object where `capabilities.writeId` says so. */
  readonly writeId: string
}

/** What `delete` takes. */
export interface DeleteOptions extends CallOptions {
  /** Delete only this version: another one, or none, is PRECONDITION_FAILED. */
  readonly ifMatch: string | undefined
}

/** What `list` takes. */
export interface ListOptions extends CallOptions {
  /** Only keys after this one, which is left out. */
  readonly startAfter: string | undefined
}

/** What is known of a stored object. */
export interface ObjectStat {
  readonly key: string
  /** Bytes as stored. */
  readonly size: number
  /** `undefined` where the storage did not say (S3 does not on a write); `stat` and `read` should. */
  readonly lastModified: Date | undefined
  /** Opaque and strong: other bytes have another etag, also after the storage was emptied and filled again. */
  readonly etag: string
  readonly writeId: string | undefined
}

/** One row of a listing. */
export interface ObjectEntry {
  readonly key: string
  readonly size: number
  readonly lastModified: Date | undefined
  readonly etag: string | undefined
}

/**
 * An object that is being read. All of it is one version, also when another is written meanwhile.
 *
 * The caller takes `bytes()` or `stream()`, once. What it is given is its own: the storage does not touch it again. Pieces
 * of a stream may be views of one memory. To let go early the caller calls `return()` on the stream's iterator, also
 * before the first `next()`, and the storage releases what it holds. (An `async function*` that has not started
 * runs no `finally`: where something is open by then, write the iterator by hand.)
 */
export interface StoredObject {
  /** `size` is that of the whole object, whatever the range. */
  readonly stat: ObjectStat
  bytes(): Promise<Uint8Array>
  stream(): AsyncIterable<Uint8Array>
}

/**
 * What a third party implements: five operations, a name, and what it can do. Make it an object literal.
 *
 * Core promises: keys are {@link Key}s, options are complete, ranges and `maxBytes` are valid, one call is one operation,
 * and a {@link ByteSource}'s bytes are not changed while it is being written; `ifAbsent` and `ifMatch` never come together.
 *
 * A storage promises:
 * - `write` is all or nothing: a reader sees the old object or the new one, never a part, also when the process is
 *   killed, the disk is full, the stream throws, the signal fires or others write at the same time;
 * - one `write` asks a body function at most once: a second attempt is the caller's, or `retry()`'s;
 * - a `write` that resolved is visible to every reader in every process;
 * - absent is `undefined`, and nothing but "not found" is absent;
 * - every failure of its own is a `ResultError` with the key, the storage's `uri` and the cause, if there is one;
 *   `retryable` where a second attempt may succeed. What a body throws passes through unchanged;
 * - key to object name is injective, never leaves the root, and lists back exactly what was written;
 * - keys below `.resultkit/` can be written and read (`reservedKey()`), and are not listed;
 * - operations that need no waiting still let other work run now and then.
 *
 * A client or connection that is passed in belongs to the caller; a storage has no close.
 */
export interface ResultStorage {
  /** Identity such as `s3://bucket/prefix` or `file:///srv/results`; never a secret. */
  readonly uri: string
  readonly capabilities: StorageCapabilities
  /** `undefined` when absent. Errors: PRECONDITION_FAILED, NOT_MODIFIED, TOO_LARGE, ABORTED, the storage's own. */
  read(key: Key, options: ReadOptions): Promise<StoredObject | undefined>
  /** Errors: ALREADY_EXISTS, PRECONDITION_FAILED, INVALID_KEY, UNSUPPORTED, ABORTED, the storage's own. */
  write(key: Key, body: ByteSource, options: WriteOptions): Promise<ObjectStat>
  /** Never reads the payload. `undefined` when absent. */
  stat(key: Key, options: CallOptions): Promise<ObjectStat | undefined>
  /** Absent succeeds, unless `ifMatch` is given. */
  delete(key: Key, options: DeleteOptions): Promise<void>
  /**
   * Every key that starts with `prefix` (any well-formed text, `''` for all), each once, in ascending order of its UTF-8 bytes,
   * page after page until the end. Keys written or deleted meanwhile may or may not appear.
   */
  list(prefix: string, options: ListOptions): AsyncIterable<ObjectEntry>
}

/** Wraps a storage in another one: retry, timeout, trace, ... A layer changes how an operation runs, never the bytes. */
export type Layer = (inner: ResultStorage) => ResultStorage

/** Applies layers in order: the first is the innermost. */
export function applyLayers(storage: ResultStorage, layers: readonly Layer[]): ResultStorage {
  return layers.reduce((inner, layer) => layer(inner), storage)
}

/** Lets go of an object that will not be read. */
export async function releaseObject(object: StoredObject | undefined): Promise<void> {
  await letGo(object?.stream())
}

/** A read without conditions. */
export const WHOLE = { range: undefined, ifMatch: undefined, ifNoneMatch: undefined, maxBytes: undefined } as const
