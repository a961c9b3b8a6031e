import type { RecordInfo } from './outcome.ts'
import { namesOf, type Pipeline, serializerName } from './pipeline.ts'
import type { RecordHeader } from './record/header.ts'
import type { ObjectStat } from './storage.ts'

/** What a record's header and its object say; `size` and `sha256` are known once the payload was verified. */
export function describeRecord(header: RecordHeader, stat: ObjectStat, size?: number, sha256?: string): RecordInfo {
  const { serializer, codecs, createdAt, expiresAt, metadata, writer } = header
  const { key, etag } = stat
  return {
    key,
    format: 'record',
    version: 1,
    serializer,
    codecs,
    createdAt,
    expiresAt,
    metadata,
    writer,
    undefined: header.undefined,
    size,
    sha256,
    etag,
    stat,
  }
}

/** What is known of a plain result: the storage's word, and the configuration. */
export function describePlain({ serializer, codecs }: Pipeline, stat: ObjectStat, sha256?: string): RecordInfo {
  const { key, lastModified, size, etag } = stat
  return {
    key,
    format: 'plain',
    version: undefined,
    serializer: serializerName(serializer),
    codecs: namesOf(codecs),
    createdAt: lastModified,
    expiresAt: undefined,
    metadata: undefined,
    writer: undefined,
    undefined: false,
    size,
    sha256,
    etag,
    stat,
  }
}
