import { resultError } from './errors.ts'
import { encodeUtf8 } from './utf8.ts'

declare const keyBrand: unique symbol

/**
 * A storage key that has been checked: segments joined by `/`, none of them empty, `.` or `..`; no NUL, no lone
 * surrogate; 1 to 1,024 bytes of UTF-8. Keys are compared code unit by code unit: NFC and NFD forms, upper and
 * lower case are different keys.
 */
export type Key = string & { readonly [keyBrand]: true }

/** The longest key, in bytes of UTF-8, without a storage's prefix. */
export const MAX_KEY_BYTES = 1024

/** The first segment that user keys may not have; storages keep temporaries and leases below it. */
export const RESERVED_SEGMENT = '.resultkit'

/**
 * Checks a key. INVALID_KEY says which rule it breaks; the error's `key` holds what was given.
 *
 * @param operation - what the error says was attempted
 */
export function parseKey(key: string, operation: string = 'parseKey'): Key {
  const problem = keyProblem(key)
  if (problem === undefined) return key as Key
  const message = `${operation} was given a key that ${problem}.`
  throw resultError('INVALID_KEY', operation, message, { key })
}

/**
 * A key below `.resultkit/`, which user keys cannot have and no listing shows: for leases and other things that
 * packages of this project keep in a storage. INVALID_KEY as {@link parseKey}.
 */
export function reservedKey(path: string): Key {
  return `${RESERVED_SEGMENT}/${parseKey(path, 'reservedKey')}` as Key
}

// Letters, digits and the commonest marks, no segment that starts with a dot: nothing below can be wrong then.
const PLAIN = /^[\w!-][\w!.-]*(?:\/[\w!-][\w!.-]*)*$/

function keyProblem(key: string): string | undefined {
  if (typeof key !== 'string') return 'is not a string'
  if (PLAIN.test(key)) return key.length <= MAX_KEY_BYTES ? undefined : tooLong(key.length)
  if (key === '') return 'is empty'
  if (key.startsWith('sealed:')) return reserved('sealed:')
  if (key.includes('\0')) return 'has a NUL character'
  if (!key.isWellFormed()) return 'has a lone surrogate'
  if (key.split('/').some(isNoSegment)) return 'has an empty, "." or ".." segment'
  if (`${key}/`.startsWith(`${RESERVED_SEGMENT}/`)) return reserved(`${RESERVED_SEGMENT}/`)
  const bytes = encodeUtf8(key).length
  return bytes > MAX_KEY_BYTES ? tooLong(bytes) : undefined
}

/** Whether this would not be a segment of its own, but change the path. */
export function isNoSegment(segment: string): boolean {
  return segment === '' || segment === '.' || segment === '..'
}

function reserved(start: string): string {
  return `starts with "${start}", which is reserved`
}

function tooLong(bytes: number): string {
  return `has ${bytes} bytes of UTF-8; the limit is ${MAX_KEY_BYTES}`
}
