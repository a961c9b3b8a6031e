import { expect } from 'vitest'
import { isResultError, ResultError, type ResultErrorCode } from '../../src/errors.ts'
import { type Key, parseKey } from '../../src/key.ts'
import type {
  CallOptions,
  DeleteOptions,
  ListOptions,
  ReadOptions,
  ResultStorage,
  StoredObject,
  WriteOptions,
} from '../../src/storage.ts'

export const CALL: CallOptions = { signal: undefined }
export const READ: ReadOptions = {
  signal: undefined,
  range: undefined,
  ifMatch: undefined,
  ifNoneMatch: undefined,
  maxBytes: undefined,
}
export const WRITE: WriteOptions = {
  signal: undefined,
  ifAbsent: false,
  ifMatch: undefined,
  contentType: undefined,
  size: undefined,
  writeId: 'w',
}
export const DELETE: DeleteOptions = { signal: undefined, ifMatch: undefined }
export const LIST: ListOptions = { signal: undefined, startAfter: undefined }

export const k = (text: string): Key => parseKey(text)
export const bytes = (text: string): Uint8Array => new TextEncoder().encode(text)
export const text = (array: Uint8Array): string => new TextDecoder().decode(array)

export function failure(code: ResultErrorCode, retryable: boolean, storage?: string, key?: string): ResultError {
  return new ResultError({ code, operation: 'test', message: `${code} in a test.`, retryable, storage, key })
}
export const unavailable = (): ResultError => failure('UNAVAILABLE', true)

/** The inner storage with some operations replaced, and a log of the calls. */
export function faulty(
  inner: ResultStorage,
  replaced: Partial<ResultStorage>,
): ResultStorage & { readonly calls: string[] } {
  const calls: string[] = []
  const log = { ...inner, ...replaced }
  return {
    calls,
    uri: log.uri,
    capabilities: log.capabilities,
    read(key, options) {
      const { range, ifMatch, ifNoneMatch } = options
      const from = range ? ` ${range.start}-${range.end ?? ''}` : ''
      calls.push(
        `read${from}${ifMatch === undefined ? '' : ` if ${ifMatch}`}${ifNoneMatch === undefined ? '' : ` unless ${ifNoneMatch}`}`,
      )
      return log.read(key, options)
    },
    write(key, body, options) {
      calls.push(`write ${options.writeId}`)
      return log.write(key, body, options)
    },
    stat(key, options) {
      calls.push('stat')
      return log.stat(key, options)
    },
    delete(key, options) {
      calls.push('delete')
      return log.delete(key, options)
    },
    list(prefix, options) {
      calls.push(`list ${options.startAfter ?? ''}`)
      return log.list(prefix, options)
    },
  }
}

/** The object in chunks of one byte, cut with `error` after `count` of them. */
export function cutAfter(object: StoredObject, count: number, error: unknown): StoredObject {
  return {
    stat: object.stat,
    bytes: async () => {
      throw error
    },
    async *stream() {
      let given = 0
      for (const byte of await object.bytes()) {
        if (given++ === count) break
        yield Uint8Array.of(byte)
      }
      throw error
    },
  }
}

export async function failsWith(promise: Promise<unknown>, code: ResultErrorCode): Promise<ResultError> {
  const error = await promise.then(
    () => undefined,
    (reason: unknown) => reason,
  )
  if (!isResultError(error)) throw new Error(`Expected ${code}, got ${String(error)}`)
  expect(error.code).toBe(code)
  return error
}

export async function all<T>(source: AsyncIterable<T>): Promise<T[]> {
  const values: T[] = []
  for await (const value of source) values.push(value)
  return values
}

export async function present<T>(promise: Promise<T | undefined>): Promise<T> {
  const value = await promise
  if (value === undefined) throw new Error('Expected something, got undefined')
  return value
}

/** A promise with its handles outside. */
export const deferred = <T>(): PromiseWithResolvers<T> => Promise.withResolvers<T>()

/** An object that says whether it was let go. */
export function holding(): { object: StoredObject; released: () => boolean } {
  let released = false
  const stat = { key: 'k', size: 1, lastModified: undefined, etag: 'e', writeId: undefined }
  const stream = (): AsyncIterableIterator<Uint8Array> => ({
    next: async () => ({ done: false, value: Uint8Array.of(1) }),
    return: async () => {
      released = true
      return { done: true, value: undefined }
    },
    [Symbol.asyncIterator]() {
      return this
    },
  })
  return { object: { stat, bytes: async () => Uint8Array.of(1), stream }, released: () => released }
}
