import { createHash } from 'node:crypto'
import fs from 'node:fs'
import path from 'node:path'
import { setImmediate } from 'node:timers/promises'
import {
  type ByteSource,
  bufferedParts,
  collectBytes,
  concatBytes,
  type Key,
  type ObjectEntry,
  type ObjectStat,
  type ResultStorage,
  type StoredObject,
  type WriteOptions,
} from '@resultkit/core'
import { fileStorage } from '../../src/index.ts'
import { encodePath } from '../../src/key-path.ts'

/** Opens a storage in a directory. */
export type Open = (directory: string) => ResultStorage

/** A file storage with one fault, and the cases that must find it. */
export interface Mutant {
  readonly open: Open
  readonly caughtBy: readonly string[]
}

export type Mutants = Readonly<Record<string, Mutant>>

export const CALL = { signal: undefined }

/** The file storage without a fault. */
export const faultless: Open = (directory) => fileStorage({ directory })

/** The file storage with some of its members replaced. */
export function faulty(change: (inner: ResultStorage, directory: string) => Partial<ResultStorage>): Open {
  return (directory) => {
    const inner = faultless(directory)
    return { ...inner, ...change(inner, directory) }
  }
}

/** Unconditional writes go through `write`, which works on the key's file itself. */
export function writingFiles(write: (file: string, body: ByteSource) => Promise<void>): Open {
  return faulty((inner, directory) => ({
    write: async (key, body, options) => {
      if (!isUnconditional(options)) return inner.write(key, body, options)
      await write(fileOf(directory, key), body)
      return statOf(inner, key)
    },
  }))
}

export function isUnconditional({ ifAbsent, ifMatch }: WriteOptions): boolean {
  return !ifAbsent && ifMatch === undefined
}

/** The file that holds an object; its directory is made. */
export function fileOf(directory: string, key: string): string {
  const file = path.join(directory, encodePath(key))
  fs.mkdirSync(path.dirname(file), { recursive: true })
  return file
}

/** A file in the folder of temporaries, always the same one for a key. */
export function temporaryOf(directory: string, key: string): string {
  const folder = path.join(directory, '.resultkit', 'tmp')
  fs.mkdirSync(folder, { recursive: true })
  return path.join(folder, createHash('sha256').update(key).digest('hex'))
}

export async function statOf(storage: ResultStorage, key: Key): Promise<ObjectStat> {
  const stat = await storage.stat(key, CALL)
  if (stat === undefined) throw new Error('ENOENT')
  return stat
}

export async function bytesOf(body: ByteSource): Promise<Uint8Array> {
  const parts = bufferedParts(body)
  return parts ? concatBytes(parts) : collectBytes((body as () => AsyncIterable<Uint8Array>)())
}

/** Lets others have their turn. */
export async function pause(): Promise<void> {
  for (let turn = 0; turn < 5; turn++) await setImmediate()
}

/** Keys go through `map` before they become names of files. */
export function mapped(map: (key: Key) => string): Open {
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
export function reading(change: (object: StoredObject) => Partial<StoredObject>): Open {
  return faulty((inner) => ({
    read: async (key, options) => {
      const object = await inner.read(key, options)
      return object && { ...object, ...change(object) }
    },
  }))
}

/** What `list` gives is changed by `change`. */
export function listing(change: (rows: readonly ObjectEntry[]) => readonly ObjectEntry[]): Open {
  return faulty((inner) => ({
    async *list(prefix, options) {
      const rows: ObjectEntry[] = []
      for await (const row of inner.list(prefix, options)) rows.push(row)
      yield* change(rows)
    },
  }))
}

/** A storage whose writes can be waited for: a case that has failed may leave some under way. */
export function tracked(storage: ResultStorage): { readonly storage: ResultStorage; settle(): Promise<void> } {
  const pending = new Set<Promise<unknown>>()
  const write: ResultStorage['write'] = (key, body, options) => {
    const writing = storage.write(key, body, options)
    const ended: Promise<unknown> = writing.catch(() => {}).then(() => pending.delete(ended))
    pending.add(ended)
    return writing
  }
  const settle = async (): Promise<void> => {
    for (await pause(); pending.size > 0; await pause()) await Promise.all(pending)
  }
  return { storage: { ...storage, write }, settle }
}
