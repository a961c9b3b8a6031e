import { applyLayers, type ResultStorage, retry } from '@resultkit/core'
import { deleteObject } from './delete.ts'
import { listObjects } from './list.ts'
import type { S3StorageOptions } from './options.ts'
import { readObject } from './read.ts'
import { openRoot } from './root.ts'
import { statObject } from './stat.ts'
import { writeObject } from './write.ts'

/**
 * A storage in a bucket of S3, or of a server that speaks S3: one object per key, holding exactly its bytes, named
 * `prefix/key`. Making one does no I/O; the AWS SDK is loaded by the first call.
 *
 * One call is one request: `read` a GET, `stat` a HEAD, `write` a PUT, `delete` a DELETE, `list` one per 1,000 objects.
 * Streams that are longer than a part are multipart uploads, in constant memory; the parts of one that fails or is
 * aborted are deleted. `ifAbsent` and `ifMatch` are kept by the server at the moment of publication. The etag is S3's,
 * without its quotes.
 *
 * Errors of its own: CONFIG for a wrong option, a missing bucket or a wrong region; ACCESS_DENIED, naming the permission;
 * UNAVAILABLE and TIMEOUT, retryable, for what may pass; INVALID_KEY for a name that the server does not take; UNSUPPORTED
 * for a condition that `capabilities` excludes.
 */
export function s3Storage(options: S3StorageOptions): ResultStorage {
  const root = openRoot(options, 's3Storage')
  const storage: ResultStorage = {
    uri: root.uri,
    capabilities: root.capabilities,
    read: (key, readOptions) => readObject(root, key, readOptions),
    write: (key, body, writeOptions) => writeObject(root, key, body, writeOptions),
    stat: (key, { signal }) => statObject(root, key, signal),
    delete: (key, deleteOptions) => deleteObject(root, key, deleteOptions),
    list: (prefix, listOptions) => listObjects(root, prefix, listOptions),
  }
  return root.retry === false ? storage : applyLayers(storage, [retry(root.retry)])
}
