import { lstat, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises'
import { type Contender, holdsBytes } from './contender.ts'

/** What one would write by hand with `fs/promises` for an atomic publish. Nothing is verified. */
export const raw: Contender = {
  name: 'raw fs/promises',
  kind: 'raw',
  promises: 'atomic',
  open(directory) {
    let serial = 0
    return {
      async write(key, bytes) {
        serial += 1
        const temporary = `${directory}/.${serial}-${key}.tmp`
        await writeFile(temporary, bytes)
        await rename(temporary, `${directory}/${key}`)
      },
      read: (key) => readFile(`${directory}/${key}`),
      exists: (key) =>
        stat(`${directory}/${key}`).then(
          () => true,
          () => false,
        ),
      remove: (key) => rm(`${directory}/${key}`),
      async list() {
        const names = await readdir(directory)
        const stats = await Promise.all(names.map((name) => lstat(`${directory}/${name}`)))
        return stats.filter((entry) => entry.isFile()).length
      },
      holds: holdsBytes,
    }
  },
}
