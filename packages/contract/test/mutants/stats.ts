import type { ObjectStat } from '@resultkit/core'
import { faulty, type Mutant, statting } from './kit.ts'

export const statsMutants: Readonly<Record<string, Mutant>> = {
  'the etag never changes': {
    caughtBy: [
      'etag: every rewrite with other bytes changes it, also fast ones of the same size',
      'ifMatch (bytes): replaces the current version',
    ],
    open: statting(() => ({ etag: 'constant' })),
  },
  'the etag is the size': {
    caughtBy: [
      'etag: every rewrite with other bytes changes it, also fast ones of the same size',
      'ifMatch (bytes): replaces the current version',
    ],
    open: statting(({ size }) => ({ etag: `${size}` })),
  },
  'the etag is the time in seconds': {
    caughtBy: [
      'etag: every rewrite with other bytes changes it, also fast ones of the same size',
      'ifMatch (bytes): replaces the current version',
    ],
    open: statting(({ size, lastModified }) => ({
      etag: `${size}-${Math.floor((lastModified?.getTime() ?? 0) / 1000)}`,
    })),
  },
  'the etag counts the writes since the key was made': {
    caughtBy: ['etag: a key that was deleted and written again has another'],
    open: faulty((inner) => {
      const versions = new Map<string, number>()
      const versioned = <Stat extends ObjectStat | undefined>(key: string, stat: Stat): Stat =>
        stat && { ...stat, etag: `v${versions.get(key)}` }
      return {
        write: async (key, body, options) => {
          const stat = await inner.write(key, body, options)
          versions.set(key, (versions.get(key) ?? 0) + 1)
          return versioned(key, stat)
        },
        stat: async (key, options) => versioned(key, await inner.stat(key, options)),
        delete: async (key, options) => {
          await inner.delete(key, options)
          versions.delete(key)
        },
      }
    }),
  },
  'the etag of write is another than that of stat': {
    caughtBy: [
      'stat: key, size and etag are the same in write, stat and read',
      'stat: size and etag are the same in list',
    ],
    open: faulty((inner) => ({
      write: async (key, body, options) => {
        const stat = await inner.write(key, body, options)
        return { ...stat, etag: `W/${stat.etag}` }
      },
    })),
  },
  'reading changes the etag': {
    caughtBy: [
      'stat: key, size and etag are the same in write, stat and read',
      'etag: looking at an object does not change it',
    ],
    open: faulty((inner) => {
      let reads = 0
      return {
        stat: async (key, options) => {
          const stat = await inner.stat(key, options)
          return stat && { ...stat, etag: `${stat.etag}.${reads}` }
        },
        read: (key, options) => {
          reads += 1
          return inner.read(key, options)
        },
      }
    }),
  },
  'the size is off by one': {
    caughtBy: ['stat: key, size and etag are the same in write, stat and read'],
    open: statting(({ size }) => ({ size: size + 1 })),
  },
  'lastModified is an invalid date': {
    caughtBy: ['stat: key, size and etag are the same in write, stat and read'],
    open: statting(() => ({ lastModified: new Date(Number.NaN) })),
  },
  'the writeId is lost': {
    caughtBy: ['flag writeId: it is kept with the object, or there is none, as the flag says'],
    open: statting(() => ({ writeId: undefined })),
  },
}
