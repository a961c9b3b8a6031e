import {
  type ByteSource,
  bufferedParts,
  collectBytes,
  concatBytes,
  type Key,
  type ObjectEntry,
  type ObjectStat,
  type ReadOptions,
  type ResultStorage,
  type StoredObject,
  streamOf,
} from '@resultkit/core'
import { faithfulStorage } from '../storages.ts'

export const CALL = { signal: undefined }
export const READ: ReadOptions = {
  ...CALL,
  range: undefined,
  ifMatch: undefined,
  ifNoneMatch: undefined,
  maxBytes: undefined,
}
export const LIST = { ...CALL, startAfter: undefined }

/** A faithful storage with some of its members replaced. */
export function faulty(change: (inner: ResultStorage) => Partial<ResultStorage>): () => ResultStorage {
  return () => {
    const inner = faithfulStorage()
    return { ...inner, ...change(inner) }
  }
}

export async function bytesOf(body: ByteSource): Promise<Uint8Array> {
  const parts = bufferedParts(body)
  return parts ? concatBytes(parts) : collectBytes(streamOf(body))
}

export async function pause(): Promise<void> {
  for (let turn = 0; turn < 20; turn++) await Promise.resolve()
}

/** Keys go through `map` before they reach the faithful storage. */
export function mapped(map: (key: Key) => string): () => ResultStorage {
  return faulty((inner) => {
    const name = (key: Key): Key => map(key) as Key
    const named = <Stat extends ObjectStat | undefined>(stat: Stat, key: Key): Stat => stat && { ...stat, key }
    return {
      read: async (key, options) => {
        const object = await inner.read(name(key), options)
        return object && { ...object, stat: named(object.stat, key) }
      },
      write: async (key, body, options) => named(await inner.write(name(key), body, options), key),
      stat: async (key, options) => named(await inner.stat(name(key), options), key),
      delete: (key, options) => inner.delete(name(key), options),
    }
  })
}

/** What `read` gives is changed by `change`. */
export function reading(
  change: (object: StoredObject, inner: ResultStorage, key: Key, options: ReadOptions) => Partial<StoredObject>,
): () => ResultStorage {
  return faulty((inner) => ({
    read: async (key, options) => {
      const object = await inner.read(key, options)
      return object && { ...object, ...change(object, inner, key, options) }
    },
  }))
}

/** What `list` gives is changed by `change`. */
export function listingOf(change: (rows: readonly ObjectEntry[]) => readonly ObjectEntry[]): () => ResultStorage {
  return faulty((inner) => ({
    async *list(prefix, options) {
      const rows: ObjectEntry[] = []
      for await (const row of inner.list(prefix, options)) rows.push(row)
      yield* change(rows)
    },
  }))
}

/** The stats that write, stat, read and list give are changed by `change`. */
export function statting(change: (stat: ObjectStat) => Partial<ObjectStat>): () => ResultStorage {
  return faulty((inner) => {
    const changed = (stat: ObjectStat): ObjectStat => ({ ...stat, ...change(stat) })
    return {
      write: async (key, body, options) => changed(await inner.write(key, body, options)),
      stat: async (key, options) => {
        const stat = await inner.stat(key, options)
        return stat && changed(stat)
      },
      read: async (key, options) => {
        const object = await inner.read(key, options)
        return object && { ...object, stat: changed(object.stat) }
      },
      async *list(prefix, options) {
        for await (const row of inner.list(prefix, options)) {
          const { size, etag } = changed({ writeId: undefined, ...row, etag: row.etag ?? '' })
          yield { ...row, size, etag }
        }
      },
    }
  })
}

/** A storage with one fault, and the cases that must find it. */
export interface Mutant {
  readonly open: () => ResultStorage
  readonly caughtBy: readonly string[]
}
