import cacache from 'cacache'
import { type Contender, holdsBytes, type Store } from './contender.ts'

/** npm's content-addressable cache: data by sha512, found through an index that is appended to. */
export const cacacheContender: Contender = {
  name: 'cacache',
  kind: 'peer',
  promises: 'atomic, verified',
  open(directory): Store {
    return {
      write: (key, bytes) => cacache.put(directory, key, Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)),
      read: async (key) => (await cacache.get(directory, key)).data,
      exists: async (key) => (await cacache.get.info(directory, key)) !== null,
      async remove(key) {
        const info = await cacache.get.info(directory, key)
        if (info !== null) await cacache.rm.content(directory, info.integrity)
        await cacache.rm.entry(directory, key, { removeFully: true })
      },
      list: async () => Object.keys(await cacache.ls(directory)).length,
      holds: holdsBytes,
    }
  },
}
