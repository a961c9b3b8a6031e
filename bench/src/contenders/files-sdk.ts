import { Files } from 'files-sdk'
import { fs } from 'files-sdk/fs'
import { type Contender, countAll, holdsBytes, type Store } from './contender.ts'

/** Publishes by rename, with a second file of metadata beside each. */
export const filesSdk: Contender = {
  name: 'files-sdk',
  kind: 'peer',
  promises: 'atomic',
  open(directory): Store {
    const files = new Files({ adapter: fs({ root: directory }) })
    return {
      write: (key, bytes) => files.upload(key, bytes as Uint8Array<ArrayBuffer>),
      read: async (key) => new Uint8Array(await (await files.download(key)).arrayBuffer()),
      exists: (key) => files.exists(key),
      remove: (key) => files.delete(key),
      list: () => countAll(files.listAll()),
      holds: holdsBytes,
    }
  },
}
