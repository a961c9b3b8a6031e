import { randomUUID } from 'node:crypto'
import { BlobServiceClient, type ContainerClient } from '@azure/storage-blob'
import {
  type ByteSource,
  isResultError,
  type Key,
  type ObjectEntry,
  type ObjectStat,
  parseKey,
  type ReadOptions,
  type ResultError,
  type ResultStorage,
  type StoredObject,
  type WriteOptions,
} from '@resultkit/core'
import { vi } from 'vitest'
import type { Azurite } from '../../../../test-fixtures/servers/azurite.ts'
import { startAzurite } from '../../../../test-fixtures/servers/azurite.ts'
import type { AzureStorageOptions } from '../src/index.ts'

// Azurite takes its time to start on a machine that is busy.
vi.setConfig({ hookTimeout: 90_000 })

/** An account to test against: Azurite, or the one that RESULTKIT_AZURE_CONNECTION_STRING names. */
export interface Account {
  readonly azurite: Azurite | undefined
  readonly connectionString: string
  /** A container of this file's own (RESULTKIT_AZURE_CONTAINER names one that exists). */
  readonly container: string
  readonly client: ContainerClient
  /** Options of a storage under a prefix of its own. */
  fresh(): AzureStorageOptions & { readonly prefix: string }
  close(): Promise<void>
}

let prefixes = 0

/** Opens the account and makes the container. `emulated`: Azurite, whatever the environment says. */
export async function openAccount(emulated = false): Promise<Account> {
  const real = emulated ? undefined : process.env['RESULTKIT_AZURE_CONNECTION_STRING']
  const azurite = real ? undefined : await startAzurite()
  const connectionString = real ?? azurite?.connectionString() ?? ''
  const named = real && process.env['RESULTKIT_AZURE_CONTAINER']
  const container = named || `resultkit-${randomUUID()}`
  const client = BlobServiceClient.fromConnectionString(connectionString).getContainerClient(container)
  if (!named) await client.create()
  const run = randomUUID().slice(0, 8)
  return {
    azurite,
    connectionString,
    container,
    client,
    fresh: () => ({ connectionString, container, prefix: `${run}/${prefixes++}` }),
    async close() {
      if (azurite !== undefined) await azurite.close()
      else if (!named) await client.delete()
    },
  }
}

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

export const key = (name: string): Key => parseKey(name)
export const bytes = (value: string): Uint8Array => new TextEncoder().encode(value)

export function put(
  storage: ResultStorage,
  name: string,
  body: ByteSource | string,
  options: Partial<WriteOptions> = {},
): Promise<ObjectStat> {
  const writeId = randomUUID()
  return storage.write(key(name), typeof body === 'string' ? bytes(body) : body, { ...WRITE, writeId, ...options })
}

export function open(
  storage: ResultStorage,
  name: string,
  options: Partial<ReadOptions> = {},
): Promise<StoredObject | undefined> {
  return storage.read(key(name), { ...READ, ...options })
}

export async function get(
  storage: ResultStorage,
  name: string,
  options: Partial<ReadOptions> = {},
): Promise<Uint8Array | undefined> {
  return (await open(storage, name, options))?.bytes()
}

export async function text(storage: ResultStorage, name: string): Promise<string | undefined> {
  const found = await get(storage, name)
  return found && new TextDecoder().decode(found)
}

export function stat(storage: ResultStorage, name: string): Promise<ObjectStat | undefined> {
  return storage.stat(key(name), { signal: undefined })
}

export function remove(storage: ResultStorage, name: string, ifMatch?: string): Promise<void> {
  return storage.delete(key(name), { ifMatch, signal: undefined })
}

export async function entries(
  storage: ResultStorage,
  prefix = '',
  startAfter: string | undefined = undefined,
): Promise<ObjectEntry[]> {
  const found: ObjectEntry[] = []
  for await (const entry of storage.list(prefix, { startAfter, signal: undefined })) found.push(entry)
  return found
}

/** A stream of `size` bytes in pieces. */
export function streamOf(size: number, piece = 64 * 1024): () => AsyncIterable<Uint8Array> {
  return async function* () {
    for (let at = 0; at < size; at += piece) yield new Uint8Array(Math.min(piece, size - at)).fill(at / piece)
  }
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
