import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
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
import { onTestFinished } from 'vitest'

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

export const key = (text: string): Key => parseKey(text)
export const bytes = (text: string): Uint8Array => new TextEncoder().encode(text)

/** A new directory in memory where there is one; removed when the test ends. */
export function temporaryDirectory(): string {
  const parent = fs.existsSync('/dev/shm') ? '/dev/shm' : os.tmpdir()
  const directory = fs.mkdtempSync(path.join(parent, 'resultkit-'))
  onTestFinished(() => fs.rmSync(directory, { recursive: true, force: true }))
  return directory
}

export async function put(
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

export function stat(storage: ResultStorage, name: string): Promise<ObjectStat | undefined> {
  return storage.stat(key(name), { signal: undefined })
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

export async function keys(storage: ResultStorage, prefix = '', options: Partial<ListOptions> = {}): Promise<string[]> {
  return (await entries(storage, prefix, options)).map((entry) => entry.key)
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

/** The files below a directory, without the directories. */
export function filesBelow(directory: string): string[] {
  if (!fs.existsSync(directory)) return []
  return fs
    .readdirSync(directory, { recursive: true, withFileTypes: true })
    .filter((entry) => !entry.isDirectory())
    .map((entry) => path.relative(directory, path.join(entry.parentPath, entry.name)))
    .sort()
}

/** How many files this process has open; 0 where the system does not say. */
export function openFiles(): number {
  return fs.existsSync('/proc/self/fd') ? fs.readdirSync('/proc/self/fd').length : 0
}
