import { createStorage } from 'unstorage'
import fsDriver from 'unstorage/drivers/fs'
import { type Contender, holdsBytes, type Store } from './contender.ts'

/** Writes in place. Its `hasItem` is a synchronous call behind a promise. */
export const unstorage: Contender = {
  name: 'unstorage',
  kind: 'peer',
  promises: '-',
  open(directory): Store {
    const storage = createStorage({ driver: fsDriver({ base: directory }) })
    return {
      write: (key, bytes) => storage.setItemRaw(key, bytes),
      read: (key) => storage.getItemRaw(key),
      exists: (key) => storage.hasItem(key),
      remove: (key) => storage.removeItem(key),
      list: async () => (await storage.getKeys()).length,
      holds: holdsBytes,
    }
  },
}
