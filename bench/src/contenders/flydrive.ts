import { Disk } from 'flydrive'
import { FSDriver } from 'flydrive/drivers/fs'
import { type Contender, countAll, holdsBytes, type Store } from './contender.ts'

/** Writes in place. */
export const flydrive: Contender = {
  name: 'flydrive',
  kind: 'peer',
  promises: '-',
  open(directory): Store {
    const disk = new Disk(new FSDriver({ location: directory, visibility: 'private' }))
    return {
      write: (key, bytes) => disk.put(key, bytes),
      read: (key) => disk.getBytes(key),
      exists: (key) => disk.exists(key),
      remove: (key) => disk.delete(key),
      list: async () => countAll((await disk.listAll('/', { recursive: true })).objects),
      holds: holdsBytes,
    }
  },
}
