import { FileStorage } from '@flystorage/file-storage'
import { LocalStorageAdapter } from '@flystorage/local-fs'
import { type Contender, countAll, holdsBytes, type Store } from './contender.ts'

/** Writes in place, through streams. It takes a Buffer; of a plain Uint8Array it would stream the numbers. */
export const flystorage: Contender = {
  name: 'flystorage',
  kind: 'peer',
  promises: '-',
  open(directory): Store {
    const storage = new FileStorage(new LocalStorageAdapter(directory))
    return {
      write: (key, bytes) => storage.write(key, Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)),
      read: (key) => storage.readToUint8Array(key),
      exists: (key) => storage.fileExists(key),
      remove: (key) => storage.deleteFile(key),
      list: () => countAll(storage.list('', { deep: true })),
      holds: holdsBytes,
    }
  },
}
