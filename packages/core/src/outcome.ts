import type { Duration } from './duration.ts'
import type { ResultIssue } from './errors.ts'
import type { JsonObject } from './json-value.ts'
import type { ByteRange } from './range.ts'
import type { ResultFormat, ResultReference, SerializerName } from './reference.ts'
import type { ObjectStat } from './storage.ts'

/** What is known of a stored result without its value. */
export interface RecordInfo {
  readonly key: string
  readonly format: ResultFormat
  /** Of the record's format: 1. `describe` also tells what it understands of others; `undefined` for `plain`. */
  readonly version: number | undefined
  readonly serializer: SerializerName
  /** Names of the codecs that were applied, in order. */
  readonly codecs: readonly string[]
  /** When it was written; for `plain`, the storage's `lastModified`. */
  readonly createdAt: Date | undefined
  readonly expiresAt: Date | undefined
  readonly metadata: JsonObject | undefined
  readonly writer: string | undefined
  /** The result is `undefined`. */
  readonly undefined: boolean
  /** Bytes of the payload as stored; `undefined` where only the header was read. */
  readonly size: number | undefined
  /** SHA-256 of the payload as stored, verified; `undefined` where only the header was read. */
  readonly sha256: string | undefined
  /** The storage's version, for `ifMatch`. */
  readonly etag: string
  /** The object as the storage sees it. */
  readonly stat: ObjectStat
}

/** What `find` answers. An outage, a corrupt record or one that cannot be decrypted is none of these: it throws. */
export type FindOutcome<V, R = ResultReference<V>> =
  | {
      readonly status: 'hit'
      readonly value: V
      readonly record: RecordInfo
      /** What `write` returned for this value; `undefined` for a stream, whose digest is known only at its end. */
      readonly reference: R | undefined
      /** A codec says that the record should be written again, such as one under an old key. */
      readonly stale: boolean
    }
  | { readonly status: 'miss' }
  | {
      readonly status: 'expired'
      readonly record: RecordInfo
      /** Which limit has passed: the record's own, or the reader's. */
      readonly reason: 'expiresAt' | 'maxAge'
    }
  | {
      readonly status: 'invalid'
      readonly record: RecordInfo
      readonly reason: 'validators' | 'cacheValidators'
      readonly issues: readonly ResultIssue[]
    }

/** What a cache validator is shown. */
export interface CacheCandidate<V> {
  readonly value: V
  readonly record: RecordInfo
}

/** Decides whether a stored value may still be used. */
export type CacheValidator<V> = (
  candidate: CacheCandidate<V>,
  context: { readonly now: Date },
) => boolean | Promise<boolean>

interface Abortable {
  /** @default undefined */
  readonly signal?: AbortSignal | undefined
}

/** Options of `read`. */
export interface ResultReadOptions extends Abortable {
  /** Payloads that are longer, stored or decoded, are TOO_LARGE before they are allocated. @default no limit */
  readonly maxBytes?: number | undefined
  /** Whether the validators see the value: VALIDATION_FAILED then. @default true */
  readonly validate?: boolean | undefined
  /** Whether another value at the reference's key is read as well; REPLACED otherwise. @default false */
  readonly allowReplaced?: boolean | undefined
}

/** Options of `find`. */
export interface ResultFindOptions extends ResultReadOptions {
  /** Older values are `expired`. @default the Result's `cacheFor` */
  readonly maxAge?: Duration | undefined
}

/** Options of `stream`. */
export interface ResultStreamOptions extends Abortable {
  /** A part of the serializer's bytes. @default everything */
  readonly range?: ByteRange | undefined
  /** `false` allows ranges whose digest cannot be verified. @default true */
  readonly verify?: boolean | undefined
  /** @default false */
  readonly allowReplaced?: boolean | undefined
}

/** Options of `write`. */
export interface ResultWriteOptions extends Abortable {
  /** Create only; ALREADY_EXISTS otherwise. An expired record exists. @default false */
  readonly ifAbsent?: boolean | undefined
  /** Replace only the version with this etag; PRECONDITION_FAILED otherwise. @default undefined */
  readonly ifMatch?: string | undefined
  /** From then on `read` says EXPIRED and `find` says expired. Not with `format: 'plain'`. @default never */
  readonly expiresAt?: Date | undefined
  /** Kept in the record's header, in clear. Small; not with encryption or `format: 'plain'`. @default undefined */
  readonly metadata?: JsonObject | undefined
  /** `false` skips the validators. @default true */
  readonly validate?: boolean | undefined
}

/** Options of `delete`. */
export interface ResultDeleteOptions extends Abortable {
  /** Delete only the version with this etag; PRECONDITION_FAILED otherwise. @default undefined */
  readonly ifMatch?: string | undefined
}

/** Options of `list`. */
export interface ResultListOptions extends Abortable {
  /** Only keys after this one. @default undefined */
  readonly startAfter?: string | undefined
}

/** Options of `exists`, `stat` and `describe`. */
export interface ResultCallOptions extends Abortable {}
