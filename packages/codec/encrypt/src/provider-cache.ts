import { type Clock, type Duration, nowMs, parseDuration } from '@resultkit/core'
import { configError } from './failure.ts'
import { checkOptions } from './options.ts'
import type { WritingKey } from './payload-keys.ts'

/** How long data keys stay in memory. */
export interface ProviderCacheOptions {
  /** Unwrapped keys kept for reading; 0 asks the provider each time. @default 1000 */
  readonly entries?: number | undefined
  /** From then on a key is asked for again, counted from when it was. @default '5m' */
  readonly maxAge?: Duration | undefined
  /** How many objects get the same data key. 1 gives each its own, and asks the provider for each. @default 1 */
  readonly uses?: number | undefined
  /** @default Date.now */
  readonly clock?: Clock | undefined
}

interface Kept<V> {
  readonly value: V
  readonly until: number
}

/** Data keys of one provider key, apart by scope: what was allowed in one namespace serves no other. */
export interface ProviderCache {
  /** A key that was unwrapped before. */
  reading(scope: string, wrapped: string): Uint8Array | undefined
  keepReading(scope: string, wrapped: string, inputKey: Uint8Array): void
  /** A data key that may be used once more, which is counted. */
  writing(scope: string): WritingKey | undefined
  keepWriting(scope: string, key: WritingKey): void
}

/** CONFIG for limits that are none. */
export function providerCache(options: ProviderCacheOptions = {}): ProviderCache {
  checkOptions(options, 'providerKey: cache', ['entries', 'maxAge', 'uses', 'clock'])
  const { entries = 1000, maxAge = '5m', uses = 1, clock = Date.now } = options
  if (!Number.isSafeInteger(entries) || entries < 0 || !Number.isSafeInteger(uses) || uses < 1)
    throw configError('providerKey', 'providerKey: cache.entries is 0 or more, cache.uses 1 or more, both whole.')
  const lifetime = parseDuration(maxAge)
  const unwrapped = boundedMap<Uint8Array>(entries)
  const current = boundedMap<{ readonly key: WritingKey; readonly left: number }>(uses > 1 ? Math.max(1, entries) : 0)
  const fresh = <V>(kept: Kept<V> | undefined): V | undefined =>
    kept !== undefined && nowMs(clock) < kept.until ? kept.value : undefined
  return {
    reading: (scope, wrapped) => fresh(unwrapped.get(`${scope}/${wrapped}`)),
    keepReading: (scope, wrapped, value) => {
      unwrapped.set(`${scope}/${wrapped}`, { value, until: nowMs(clock) + lifetime })
    },
    writing: (scope) => {
      const kept = current.get(scope)
      const value = fresh(kept)
      if (kept === undefined || value === undefined) return undefined
      if (value.left <= 1) current.delete(scope)
      else current.set(scope, { value: { ...value, left: value.left - 1 }, until: kept.until })
      return value.key
    },
    keepWriting: (scope, key) => {
      current.set(scope, { value: { key, left: uses - 1 }, until: nowMs(clock) + lifetime })
    },
  }
}

/** A map that drops what was used longest ago. */
function boundedMap<V>(limit: number) {
  const kept = new Map<string, Kept<V>>()
  const set = (id: string, entry: Kept<V>): void => {
    kept.delete(id)
    if (limit > 0) kept.set(id, entry)
    const [oldest] = kept.keys()
    if (kept.size > limit && oldest !== undefined) kept.delete(oldest)
  }
  return {
    set,
    get: (id: string): Kept<V> | undefined => {
      const found = kept.get(id)
      if (found !== undefined) set(id, found)
      return found
    },
    delete: (id: string): void => {
      kept.delete(id)
    },
  }
}
