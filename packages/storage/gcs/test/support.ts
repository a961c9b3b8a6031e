import { randomUUID } from 'node:crypto'
import {
  type Key,
  type ObjectStat,
  parseKey,
  type ReadOptions,
  type ResultError,
  type ResultStorage,
  type WriteOptions,
} from '@resultkit/core'
import { afterAll, beforeAll, expect } from 'vitest'
import { type GcsServer, type GcsServerOptions, startGcsServer } from '../../../../test-fixtures/servers/gcs/server.ts'
import { type GcsStorageOptions, gcsStorage } from '../src/index.ts'

/** 256 KiB, the unit of chunks. */
export const UNIT: number = 256 * 1024

/** A server for all tests of a file. */
export function useServer(options: GcsServerOptions = {}): { readonly current: GcsServer } {
  let server: GcsServer
  beforeAll(async () => {
    server = await startGcsServer(options)
  })
  afterAll(() => server.close())
  return {
    get current() {
      return server
    },
  }
}

/** A storage on that server, in a place of its own; without retries unless they are asked for. */
export function storageOn({ url }: GcsServer, options: Partial<GcsStorageOptions> = {}): ResultStorage {
  return gcsStorage({ bucket: 'bucket', prefix: randomUUID(), apiEndpoint: url, retry: false, ...options })
}

/** Retries that do not wait. */
export const AT_ONCE = { sleep: async (): Promise<void> => {} }

/** A key. */
export const key = (text: string): Key => parseKey(text)

/** Complete options for `write`. */
export function writing(options: Partial<WriteOptions> = {}): WriteOptions {
  const none = { ifAbsent: false, ifMatch: undefined, contentType: undefined, size: undefined, signal: undefined }
  return { ...none, writeId: randomUUID(), ...options }
}

/** Complete options for `read`. */
export function reading(options: Partial<ReadOptions> = {}): ReadOptions {
  return {
    range: undefined,
    ifMatch: undefined,
    ifNoneMatch: undefined,
    maxBytes: undefined,
    signal: undefined,
    ...options,
  }
}

/** Writes. */
export function put(
  storage: ResultStorage,
  name: string,
  body: Parameters<ResultStorage['write']>[1],
  options: Partial<WriteOptions> = {},
): Promise<ObjectStat> {
  return storage.write(key(name), body, writing(options))
}

/** Reads. */
export async function get(
  storage: ResultStorage,
  name: string,
  options: Partial<ReadOptions> = {},
): Promise<Uint8Array | undefined> {
  return (await storage.read(key(name), reading(options)))?.bytes()
}

/** Bytes that differ everywhere, deterministically. */
export function pattern(size: number, seed: number = 1): Uint8Array {
  const bytes = new Uint8Array(size)
  let state = seed
  for (let at = 0; at < size; at++) {
    state = (state * 1103515245 + 12345) & 0x7fffffff
    bytes[at] = state >>> 16
  }
  return bytes
}

/** A stream of these bytes, in pieces. */
export function streamed(bytes: Uint8Array, pieceSize: number = 64 * 1024): () => AsyncIterable<Uint8Array> {
  return async function* () {
    for (let at = 0; at < bytes.byteLength; at += pieceSize) yield bytes.subarray(at, at + pieceSize)
  }
}

/** Expects a ResultError, and gives it. */
export async function failureOf(work: Promise<unknown>, expected: Partial<ResultError>): Promise<ResultError> {
  const error = await work.then(
    () => undefined,
    (thrown: unknown) => thrown as ResultError,
  )
  expect(error).toMatchObject({ name: 'ResultError', ...expected })
  return error as ResultError
}

/** What an async iterable gives. */
export async function collect<T>(items: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = []
  for await (const item of items) all.push(item)
  return all
}

/** Waits until it holds, turn by turn of the event loop. */
export async function until(holds: () => boolean): Promise<void> {
  for (let turn = 0; !holds(); turn++) {
    if (turn > 2000) throw new Error('it never came true')
    await new Promise((resolve) => setTimeout(resolve, 1))
  }
}
