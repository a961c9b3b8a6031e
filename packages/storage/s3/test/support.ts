import { randomUUID } from 'node:crypto'
import {
  type ByteSource,
  type DeleteOptions,
  isResultError,
  type Key,
  type ListOptions,
  type ObjectEntry,
  type ObjectStat,
  parseKey,
  type ReadOptions,
  type ResultError,
  type ResultStorage,
  type StoredObject,
  type WriteOptions,
} from '@resultkit/core'

const WRITE: WriteOptions = {
  ifAbsent: false,
  ifMatch: undefined,
  contentType: undefined,
  size: undefined,
  writeId: 'test',
  signal: undefined,
}
const READ: ReadOptions = {
  range: undefined,
  ifMatch: undefined,
  ifNoneMatch: undefined,
  maxBytes: undefined,
  signal: undefined,
}

export const MIB = 1024 * 1024
export const key = (text: string): Key => parseKey(text)
export const bytes = (text: string): Uint8Array => new TextEncoder().encode(text)
export const newPrefix = (): string => `test/${randomUUID()}`

/** Bytes that do not repeat within a part. */
export function pattern(size: number, seed = 0): Uint8Array {
  const words = new Uint32Array(Math.ceil(size / 4))
  let state = seed + 1
  for (let i = 0; i < words.length; i++) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    words[i] = state
  }
  return new Uint8Array(words.buffer, 0, size)
}

/** A stream of pieces, each a copy of its own. */
export function pieces(all: Uint8Array, step: number): () => AsyncIterable<Uint8Array> {
  return async function* () {
    for (let at = 0; at < all.length; at += step) yield all.slice(at, at + step)
  }
}

export function put(
  storage: ResultStorage,
  name: string,
  body: ByteSource | string,
  options: Partial<WriteOptions> = {},
): Promise<ObjectStat> {
  return storage.write(key(name), typeof body === 'string' ? bytes(body) : body, { ...WRITE, ...options })
}

export function open(
  storage: ResultStorage,
  name: string,
  options: Partial<ReadOptions> = {},
): Promise<StoredObject | undefined> {
  return storage.read(key(name), { ...READ, ...options })
}

export async function text(
  storage: ResultStorage,
  name: string,
  options: Partial<ReadOptions> = {},
): Promise<string | undefined> {
  const object = await open(storage, name, options)
  return object && new TextDecoder().decode(await object.bytes())
}

export function stat(
  storage: ResultStorage,
  name: string,
  signal: AbortSignal | undefined = undefined,
): Promise<ObjectStat | undefined> {
  return storage.stat(key(name), { signal })
}

export function remove(storage: ResultStorage, name: string, options: Partial<DeleteOptions> = {}): Promise<void> {
  return storage.delete(key(name), { ifMatch: undefined, signal: undefined, ...options })
}

export async function entries(
  storage: ResultStorage,
  prefix = '',
  options: Partial<ListOptions> = {},
): Promise<ObjectEntry[]> {
  const found: ObjectEntry[] = []
  for await (const entry of storage.list(prefix, { startAfter: undefined, signal: undefined, ...options }))
    found.push(entry)
  return found
}

/** The ResultError that a promise is rejected with. */
export async function errorOf(promise: Promise<unknown>): Promise<ResultError> {
  const outcome = await promise.then(
    () => new Error('It did not fail.'),
    (error: unknown) => error,
  )
  if (isResultError(outcome)) return outcome
  throw outcome
}
