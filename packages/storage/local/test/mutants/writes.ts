import fs from 'node:fs'
import { open } from 'node:fs/promises'
import { collectBytes, type Key, streamOf } from '@resultkit/core'
import {
  bytesOf,
  faulty,
  fileOf,
  isUnconditional,
  type Mutants,
  pause,
  statOf,
  temporaryOf,
  writingFiles,
} from './kit.ts'

export const writesMutants: Mutants = {
  'a write goes into the file itself, in two steps': {
    caughtBy: [
      'atomicity: concurrent readers see whole values during overwrites',
      'streams: a reader keeps its version when the key is overwritten midway',
    ],
    open: writingFiles(async (file, body) => {
      const bytes = await bytesOf(body)
      const half = bytes.byteLength >> 1
      await using handle = await open(file, 'w')
      await handle.writeFile(bytes.subarray(0, half))
      await pause()
      await handle.writeFile(bytes.subarray(half))
    }),
  },
  'a stream goes into the file itself, piece by piece': {
    caughtBy: [
      'atomicity: nothing is visible halfway through a first write',
      'atomicity: the old value is visible halfway through an overwrite',
      'atomicity: a stream that throws midway stores nothing, and its error comes out',
    ],
    open: writingFiles(async (file, body) => {
      await using handle = await open(file, 'w')
      for await (const piece of streamOf(body)) await handle.writeFile(piece)
    }),
  },
  'ifAbsent creates the file first and fills it then': {
    caughtBy: ['local: nothing is visible halfway through a write with ifAbsent'],
    open: faulty((inner, directory) => ({
      write: async (key, body, options) => {
        const file = options.ifAbsent && !options.signal ? fileOf(directory, key) : undefined
        if (file === undefined || fs.existsSync(file)) return inner.write(key, body, options)
        await using handle = await open(file, 'wx')
        for await (const piece of streamOf(body)) await handle.writeFile(piece)
        return statOf(inner, key)
      },
    })),
  },
  'a write removes the old file first': {
    caughtBy: ['atomicity: the old value is visible halfway through an overwrite'],
    open: faulty((inner) => ({
      write: async (key, body, options) => {
        if (isUnconditional(options) && !options.signal) await inner.delete(key, { ...options, ifMatch: undefined })
        return inner.write(key, body, options)
      },
    })),
  },
  'all writers of a key share one temporary': {
    caughtBy: ['atomicity: concurrent writers leave one whole value'],
    open: faulty((inner, directory) => ({
      write: async (key, body, options) => {
        if (!isUnconditional(options)) return inner.write(key, body, options)
        await using handle = await open(temporaryOf(directory, key), 'w')
        for await (const piece of streamOf(body)) await handle.writeFile(piece)
        fs.renameSync(temporaryOf(directory, key), `${directory}/${key}`)
        return statOf(inner, key)
      },
    })),
  },
  'the temporary of a write is listed': {
    caughtBy: [
      'atomicity: nothing is visible halfway through a first write',
      'atomicity: the old value is visible halfway through an overwrite',
    ],
    open: faulty((inner, directory) => ({
      write: async (key, body, options) => {
        if (!isUnconditional(options)) return inner.write(key, body, options)
        fs.mkdirSync(`${directory}/${key}`.replace(/\/[^/]*$/, ''), { recursive: true })
        const temporary = `${directory}/${key}.tmp`
        fs.writeFileSync(temporary, '')
        try {
          fs.writeFileSync(temporary, await bytesOf(body))
          fs.renameSync(temporary, `${directory}/${key}`)
        } finally {
          fs.rmSync(temporary, { force: true })
        }
        return statOf(inner, key)
      },
    })),
  },
  'a failed write leaves a temporary that is listed': {
    caughtBy: [
      'atomicity: a stream that throws midway stores nothing, and its error comes out',
      'local: a failed write leaves no file',
    ],
    open: faulty((inner) => ({
      write: async (key, body, options) => {
        try {
          return await inner.write(key, body, options)
        } catch (error) {
          await inner.write(`${key}.part` as Key, new Uint8Array(1), { ...options, ifMatch: undefined, size: 1 })
          throw error
        }
      },
    })),
  },
  'a failed write leaves its temporary': {
    caughtBy: ['local: a failed write leaves no file'],
    open: faulty((inner, directory) => ({
      write: async (key, body, options) => {
        try {
          return await inner.write(key, body, options)
        } catch (error) {
          fs.writeFileSync(temporaryOf(directory, key), 'half')
          throw error
        }
      },
    })),
  },
  'ifAbsent leaves the temporary that it has linked': {
    caughtBy: ['local: a write leaves no file but its own'],
    open: faulty((inner, directory) => ({
      write: async (key, body, options) => {
        const stat = await inner.write(key, body, options)
        if (options.ifAbsent) fs.linkSync(`${directory}/${key}`, temporaryOf(directory, key))
        return stat
      },
    })),
  },
  'a stream that throws is stored as far as it came': {
    caughtBy: [
      'atomicity: a stream that throws midway stores nothing, and its error comes out',
      'atomicity: a stream that throws at once stores nothing, and its error comes out',
    ],
    open: faulty((inner) => ({
      write: (key, body, options) =>
        inner.write(
          key,
          async function* () {
            try {
              yield* streamOf(body)
            } catch {}
          },
          options,
        ),
    })),
  },
  'a write whose body throws resolves': {
    caughtBy: [
      'atomicity: a stream that throws midway stores nothing, and its error comes out',
      'atomicity: a body function that throws stores nothing, and its error comes out',
    ],
    open: faulty((inner) => ({
      write: async (key, body, options) => {
        try {
          if (typeof body === 'function') await collectBytes(body())
        } catch {
          return { key, size: 0, lastModified: undefined, etag: 'none', writeId: undefined }
        }
        return inner.write(key, body, options)
      },
    })),
  },
  'a wrong size is accepted': {
    caughtBy: ['write: a stream of another size than announced fails and stores nothing'],
    open: faulty((inner) => ({
      write: (key, body, options) => inner.write(key, body, { ...options, size: undefined }),
    })),
  },
}
