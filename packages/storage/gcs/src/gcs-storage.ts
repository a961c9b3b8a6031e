import { type ResultStorage, retry } from '@resultkit/core'
import { connector } from './connection.ts'
import { deleteObject } from './delete.ts'
import { listObjects } from './list.ts'
import { type GcsStorageOptions, parseOptions } from './options.ts'
import { readObject } from './read.ts'
import type { Service } from './service.ts'
import { statObject } from './stat.ts'
import { writeObject } from './write.ts'

/**
 * A storage in a bucket of Google Cloud Storage: one object per result. Making one does no I/O; `@google-cloud/storage` is
 * loaded at the first operation.
 *
 * The etag is the object's generation. Conditions are the service's own (`ifGenerationMatch`), so that of any number of
 * writers one wins. Requests go to the JSON API with the client's credentials and endpoint; failed ones are repeated as
 * the option `retry` says. The uri is `gs://bucket/prefix`.
 *
 * Errors of its own: CONFIG when an option is wrong, there are no credentials, or the bucket does not exist; INVALID_KEY
 * when key and prefix have more than 1,024 bytes; ACCESS_DENIED; UNAVAILABLE and TIMEOUT; CORRUPT when the service
 * confirms other bytes than it was sent.
 */
export function gcsStorage(options: GcsStorageOptions): ResultStorage {
  const settings = parseOptions(options)
  const service: Service = { settings, connect: connector(settings, options) }
  const storage: ResultStorage = {
    uri: settings.uri,
    capabilities: {
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
      maxKeyBytes: settings.maxKeyBytes,
    },
    read: (key, readOptions) => readObject(service, key, readOptions),
    write: (key, body, writeOptions) => writeObject(service, key, body, writeOptions),
    stat: (key, { signal }) => statObject(service, key, signal),
    delete: (key, deleteOptions) => deleteObject(service, key, deleteOptions),
    list: (prefix, listOptions) => listObjects(service, prefix, listOptions),
  }
  return settings.retry === undefined ? storage : retry(settings.retry)(storage)
}
