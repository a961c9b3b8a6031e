import fs from 'node:fs'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { inspect } from 'node:util'
import type { Result, ResultError, ResultErrorCode, ResultReference } from '@resultkit/core'
import { expect } from 'vitest'
import { localResult } from '../src/index.ts'
import { errorOf, temporaryDirectory } from './support.ts'

/** What no error may print: the value, the key. */
export const VALUE = { name: 'Jane Doe', cholesterol: 4711 }
export const KEY = 'patients/jane-doe'
const SECRETS = ['Jane Doe', 'cholesterol', '4711', 'patients', 'jane-doe']

/** A Result in a new directory, with values that must survive whatever the test does. */
export interface Clinic {
  readonly directory: string
  readonly result: Result
  /** The file of a key that is an ordinary name. */
  file(key: string): string
  /** Fails unless what was stored at the start can be read, by key and by reference. */
  expectKept(): Promise<void>
}

export async function openClinic(directory: string = newDirectory()): Promise<Clinic> {
  const result = localResult({ directory })
  const kept: ResultReference[] = []
  for (const key of ['kept', 'kept-too/below']) kept.push(await result.write({ key, ...VALUE }, key))
  return {
    directory,
    result,
    file: (key) => path.join(directory, key),
    async expectKept() {
      for (const reference of kept) {
        expect(await localResult({ directory }).read(reference)).toEqual({ key: reference.key, ...VALUE })
        expect(await result.read(reference.key)).toEqual({ key: reference.key, ...VALUE })
      }
    },
  }
}

/** A directory whose name is as secret as a key; it is not there yet. */
export function newDirectory(): string {
  return path.join(temporaryDirectory(), 'ward-nine')
}

/** What an error has, beside its code: the storage's uri, and mostly a key. */
export interface Expected {
  readonly uri: string | undefined
  readonly key?: string | undefined
}

/** The error, which has the code, the key and the storage, and prints nothing that is secret. */
export async function expectError(
  attempt: Promise<unknown>,
  code: ResultErrorCode | readonly ResultErrorCode[],
  { uri, key = KEY }: Expected,
): Promise<ResultError> {
  const error = await errorOf(attempt)
  expect([code].flat()).toContain(error.code)
  expect(error.storage).toBe(uri)
  expect(error.key).toBe(key)
  expectDiscreet(error, uri === undefined ? [] : [path.basename(fileURLToPath(uri)), uri, fileURLToPath(uri)])
  return error
}

/** The same for an error of a place that could not be named, so that it has no key. */
export async function expectNameless(
  attempt: Promise<unknown>,
  code: ResultErrorCode,
  uri: string | undefined,
  secrets: readonly string[] = [],
): Promise<ResultError> {
  const error = await errorOf(attempt)
  expect(error).toMatchObject({ code, storage: uri })
  expectDiscreet(error, ['ward-nine', ...secrets])
  return error
}

function expectDiscreet(error: ResultError, secrets: readonly string[]): void {
  const forms = {
    message: error.message,
    inspect: inspect(error, { depth: 9, showHidden: true }),
    stack: `${error.stack}`,
    json: JSON.stringify(error),
    text: String(error),
  }
  for (const [form, printed] of Object.entries(forms))
    for (const secret of [...SECRETS, ...secrets]) expect(printed, form).not.toContain(secret)
}

/** Every operation of a Result, on one key. */
export function attempts(result: Result, key: string = KEY): Record<string, () => Promise<unknown>> {
  return {
    write: () => result.write(VALUE, key),
    read: () => result.read(key),
    find: () => result.find(key),
    exists: () => result.exists(key),
    stat: () => result.stat(key),
    describe: () => result.describe(key),
    delete: () => result.delete(key),
    stream: () => Array.fromAsync(result.stream(key)),
  }
}

/** Every operation fails with this code. */
export async function expectAllFail(result: Result, code: ResultErrorCode): Promise<void> {
  for (const attempt of Object.values(attempts(result))) await expectError(attempt(), code, { uri: result.uri })
  await expectNameless(Array.fromAsync(result.list()), code, result.uri)
}

/** Files next to the storage directory, so that a test can tell that none came. */
export function siblings(directory: string): string[] {
  return fs.readdirSync(path.dirname(directory)).sort()
}
