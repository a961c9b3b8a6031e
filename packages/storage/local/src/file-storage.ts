import { MAX_KEY_BYTES, type ResultStorage, type StorageCapabilities } from '@resultkit/core'
import { deleteObject } from './delete.ts'
import { listObjects } from './list.ts'
import { readObject, statObject } from './read.ts'
import { type FileStorageOptions, openRoot } from './root.ts'
import { writeObject } from './write.ts'

const CAPABILITIES: StorageCapabilities = {
  ifAbsent: true,
  ifMatch: true,
  ifAbsentStream: true,
  ifMatchStream: true,
  deleteIfMatch: true,
  readConditions: true,
  list: true,
  ranges: true,
  nestedKeys: false,
  // A local write has one outcome, so that nothing needs to tell attempts apart.
  writeId: false,
  maxKeyBytes: MAX_KEY_BYTES,
}

/**
 * A storage in a directory: one file per object, holding exactly its bytes, at a path that is the key wherever the
 * key is an ordinary name. Making one does no I/O.
 *
 * Writes publish with a rename (`ifAbsent`: with a hard link) and are seen by all processes at once. `ifMatch` and
 * `delete` with `ifMatch` exclude each other by a lock file; a write without a condition takes no lock, and the last
 * one wins. Symlinks below the directory are not followed; a
 * write without conditions replaces one that is at its very key. The uri is the directory as a `file:` URL.
 *
 * Errors of its own: CONFIG when an option or the directory is wrong; INVALID_KEY for `a` beside `a/b`, for a symlink
 * and for a path longer than 4,095 bytes; ACCESS_DENIED; UNAVAILABLE when the disk is full or fails; TIMEOUT when a
 * lock cannot be had; UNSUPPORTED for `ifAbsent` where there are no hard links.
 */
export function fileStorage(options: FileStorageOptions = {}): ResultStorage {
  const root = openRoot(options, 'fileStorage')
  return {
    uri: root.uri,
    capabilities: CAPABILITIES,
    read: (key, readOptions) => readObject(root, key, readOptions),
    write: (key, body, writeOptions) => writeObject(root, key, body, writeOptions),
    stat: (key, { signal }) => statObject(root, key, signal),
    delete: (key, deleteOptions) => deleteObject(root, key, deleteOptions),
    list: (prefix, listOptions) => listObjects(root, prefix, listOptions),
  }
}
