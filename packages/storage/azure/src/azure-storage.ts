import { type ResultStorage, retry, type StorageCapabilities } from '@resultkit/core'
import { listObjects } from './list.ts'
import type { AzureStorageOptions } from './options.ts'
import { readObject } from './read.ts'
import { openSite } from './site.ts'
import { deleteObject, statObject } from './stat.ts'
import { writeObject } from './write.ts'

/**
 * A storage in a container of Azure Blob Storage: one block blob per object, holding exactly its bytes. Making one does
 * no I/O; `@azure/storage-blob` is loaded by the first operation.
 *
 * One call is one request, with these exceptions: a write of more than `partSize` bytes is one request per block and one
 * for their list; a range that counts from the end, is empty or lies beyond the end is two; `list` is one per page.
 * Conditions are Azure's (`If-Match`, `If-None-Match: *`); etags are those of the service. The uri is the container's URL and
 * the prefix, without any signature.
 *
 * What the clients made here ask for is tried again by core's `retry()` (option `retry`), blocks of a long write one by one.
 *
 * Errors of its own: CONFIG when an option is wrong, no way to Azure is given, an SDK is not installed or the container does
 * not exist; ACCESS_DENIED; UNAVAILABLE, TIMEOUT; INVALID_KEY when a name is longer than Azure allows; ABORTED.
 *
 * @example
 * const storage = azureStorage({ accountName: 'lab', container: 'results', prefix: 'scores' })
 */
export function azureStorage(options: AzureStorageOptions): ResultStorage {
  const site = openSite(options)
  const capabilities: StorageCapabilities = {
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
    maxKeyBytes: site.maxKeyBytes,
  }
  const storage: ResultStorage = {
    uri: site.uri,
    capabilities,
    read: (key, readOptions) => readObject(site, key, readOptions),
    write: (key, body, writeOptions) => writeObject(site, key, body, writeOptions),
    stat: (key, callOptions) => statObject(site, key, callOptions),
    delete: (key, deleteOptions) => deleteObject(site, key, deleteOptions),
    list: (prefix, listOptions) => listObjects(site, prefix, listOptions),
  }
  return site.retry === undefined ? storage : retry(site.retry)(storage)
}
