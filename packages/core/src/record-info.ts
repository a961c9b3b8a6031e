import type { RecordInfo } from './outcome.ts'
import { namesOf, type Pipeline, serializerName } from './pipeline.ts'
import type { RecordHeader } from './record/header.ts'
import type { ObjectStat } from './storage.ts'

/** What a record's header and its object say; `size` and `sha256` stand in the trailer. */
export function describeRecord(header: RecordHeader, stat: ObjectStat): RecordInfo {
  const { serializer, codecs, createdAt, expiresAt, metadata, writer } = header
  return {
    key: stat.key,
    format: 'record',
    serializer,
    codecs,
    createdAt,
    expiresAt,
    metadata,
    writer,
    undefined: header.undefined,
    size: undefined,
    sha256: undefined,
    etag: stat.etag,
    stat,
  }
}

/** What is known of a plain result: the storage's word, and the configuration. */
export function describePlain({ serializer, codecs }: Pipeline, stat: ObjectStat): RecordInfo {
  return {
    key: stat.key,
    format: 'plain',
    serializer: serializerName(serializer),
    codecs: namesOf(codecs),
    createdAt: stat.lastModified,
    expiresAt: undefined,
    metadata: undefined,
    writer: undefined,
    undefined: false,
    size: stat.size,
    sha256: undefined,
    etag: stat.etag,
    stat,
  }
}
