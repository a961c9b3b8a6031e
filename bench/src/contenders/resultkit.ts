import { Result, type ResultFormat } from '../../../packages/core/src/index.ts'
import { fileStorage } from '../../../packages/storage/local/src/index.ts'
import { type Contender, countAll, holdsBytes, type Store } from './contender.ts'

/** A record: header, payload and digests in one file. */
export const resultkit: Contender = {
  name: 'resultkit',
  kind: 'resultkit',
  promises: 'atomic, verified',
  open: (directory) => bytesStore(directory, 'record'),
}

/** The payload alone; its digest is computed when it is read by key, and compared when it is read by reference. */
export const resultkitPlain: Contender = {
  name: 'resultkit plain',
  kind: 'information',
  promises: 'atomic',
  open: (directory) => bytesStore(directory, 'plain'),
}

/** An object of about 1 KB through json(), which checks that JSON keeps it. */
export const resultkitJson: Contender = {
  name: 'resultkit json',
  kind: 'information',
  promises: 'atomic, verified',
  open(directory): Store {
    const result = new Result({ storage: fileStorage({ directory }), serializer: 'json', location: '{name}' })
    return {
      write: (key, bytes) => result.write(objectOf(bytes), { name: key }),
      read: (key) => result.read(key),
      exists: (key) => result.exists(key),
      find: async (key) => assertHit((await result.find({ name: key })).status),
      remove: (key) => result.delete(key),
      list: () => countAll(result.list()),
      holds: (value, bytes) => JSON.stringify(value) === JSON.stringify(objectOf(bytes)),
    }
  },
}

function bytesStore(directory: string, format: ResultFormat): Store {
  const storage = fileStorage({ directory })
  const result = new Result({ storage, serializer: 'bytes', location: '{name}', format })
  return {
    write: (key, bytes) => result.write(bytes, { name: key }),
    read: (key) => result.read(key),
    exists: (key) => result.exists(key),
    find: async (key) => assertHit((await result.find({ name: key })).status),
    remove: (key) => result.delete(key),
    list: () => countAll(result.list()),
    holds: holdsBytes,
  }
}

function assertHit(status: string): void {
  if (status !== 'hit') throw new Error(`find said ${status}.`)
}

const ROWS = Array.from({ length: 12 }, (_, row) => ({
  id: row * 7919,
  label: `measurement ${row}`,
  score: Math.sqrt(row + 2),
  passed: row % 3 !== 0,
}))

function objectOf(bytes: Uint8Array): object {
  const serial = new DataView(bytes.buffer, bytes.byteOffset).getFloat64(0)
  return { serial, user: 'ada', createdAt: '2026-11-22T09:30:00.000Z', tags: ['nightly', 'eu'], rows: ROWS, note: null }
}
