import {
  type ByteSource,
  type CallOptions,
  type DeleteOptions,
  type Key,
  type ListOptions,
  type ObjectEntry,
  type ObjectStat,
  parseKey,
  type ReadOptions,
  type ResultStorage,
  releaseObject,
  type StoredObject,
  type WriteOptions,
} from '@resultkit/core'
import { type Capability, type ContractCase, contractCase } from '../contract-case.ts'
import { expectList, expectThat } from '../expectation.ts'

/** The case of one storage; see {@link ContractCase.requires}. */
export function storageCase(
  name: string,
  requires: readonly Capability[],
  check: (storage: ResultStorage) => Promise<void>,
): ContractCase<ResultStorage> {
  return contractCase(name, requires, check)
}

/** A key out of a literal. */
export function key(text: string): Key {
  return parseKey(text, 'contract')
}

/** Complete options for `stat`. */
export const CALL: CallOptions = { signal: undefined }
const READ: ReadOptions = {
  range: undefined,
  ifMatch: undefined,
  ifNoneMatch: undefined,
  maxBytes: undefined,
  signal: undefined,
}

let writes = 0

/** Complete options for `read`. */
export function reading(options: Partial<ReadOptions> = {}): ReadOptions {
  return { ...READ, ...options }
}

/** Complete options for `write`, with a fresh writeId. */
export function writing(options: Partial<WriteOptions> = {}): WriteOptions {
  writes += 1
  return {
    ifAbsent: false,
    ifMatch: undefined,
    contentType: undefined,
    size: undefined,
    writeId: `contract-${writes}`,
    signal: undefined,
    ...options,
  }
}

/** Complete options for `delete`. */
export function deleting(options: Partial<DeleteOptions> = {}): DeleteOptions {
  return { ifMatch: undefined, signal: undefined, ...options }
}

/** Complete options for `list`. */
export function listing(options: Partial<ListOptions> = {}): ListOptions {
  return { startAfter: undefined, signal: undefined, ...options }
}

/** Writes. */
export function put(
  storage: ResultStorage,
  name: string,
  body: ByteSource,
  options: Partial<WriteOptions> = {},
): Promise<ObjectStat> {
  return storage.write(key(name), body, writing(options))
}

/** Opens an object that must be there. */
export async function open(
  storage: ResultStorage,
  name: string,
  options: Partial<ReadOptions> = {},
): Promise<StoredObject> {
  const object = await storage.read(key(name), reading(options))
  expectThat(object !== undefined, `read finds "${name}", which was written`, 'it gave undefined')
  return object
}

/** An object's bytes, `undefined` when it is absent. */
export async function get(
  storage: ResultStorage,
  name: string,
  options: Partial<ReadOptions> = {},
): Promise<Uint8Array | undefined> {
  const object = await storage.read(key(name), reading(options))
  return object?.bytes()
}

/** What `stat` says of an object that must be there. */
export async function statOf(storage: ResultStorage, name: string): Promise<ObjectStat> {
  const stat = await storage.stat(key(name), CALL)
  expectThat(stat !== undefined, `stat finds "${name}", which was written`, 'it gave undefined')
  return stat
}

/** Deletes. */
export function remove(storage: ResultStorage, name: string, options: Partial<DeleteOptions> = {}): Promise<void> {
  return storage.delete(key(name), deleting(options))
}

/** A whole listing. */
export async function entries(
  storage: ResultStorage,
  prefix: string = '',
  options: Partial<ListOptions> = {},
): Promise<readonly ObjectEntry[]> {
  const all: ObjectEntry[] = []
  for await (const entry of storage.list(prefix, listing(options))) all.push(entry)
  return all
}

/** The keys of a whole listing. */
export async function keysOf(
  storage: ResultStorage,
  prefix: string = '',
  options: Partial<ListOptions> = {},
): Promise<readonly string[]> {
  return (await entries(storage, prefix, options)).map((entry) => entry.key)
}

/** Fails unless exactly these keys are listed, in order; a storage that cannot list is believed. */
export async function expectListed(storage: ResultStorage, names: readonly string[], promised: string): Promise<void> {
  if (storage.capabilities.list) expectList(promised, await keysOf(storage), names)
}

/** Fails unless nothing at all is stored there, as far as the storage can tell. */
export async function expectAbsent(storage: ResultStorage, name: string, promised: string): Promise<void> {
  const object = await storage.read(key(name), reading())
  await releaseObject(object)
  expectThat(object === undefined, promised, () => `read finds "${name}" with ${object?.stat.size} bytes`)
  const stat = await storage.stat(key(name), CALL)
  expectThat(stat === undefined, promised, () => `stat finds "${name}" with ${stat?.size} bytes`)
  if (!storage.capabilities.list) return
  const listed = await keysOf(storage, name)
  expectThat(!listed.includes(name), promised, `list shows "${name}"`)
}
