import { isResultError } from './errors.ts'
import type { Key } from './key.ts'
import { type ReadOptions, type ResultStorage, releaseObject, type StoredObject } from './storage.ts'

/** Reads the version that has this etag; `undefined` when it was replaced or deleted. */
export async function readVersion(
  storage: ResultStorage,
  key: Key,
  options: ReadOptions,
  etag: string,
): Promise<StoredObject | undefined> {
  const ifMatch = storage.capabilities.readConditions ? etag : undefined
  const object = await storage.read(key, { ...options, ifMatch, ifNoneMatch: undefined }).catch((error: unknown) => {
    if (isResultError(error) && error.code === 'PRECONDITION_FAILED') return undefined
    throw error
  })
  if (object?.stat.etag === etag) return object
  // Not awaited: the answer is known, and what is let go may hang.
  releaseObject(object).catch(() => {})
  return undefined
}
