import type { PublishedResult } from './state-types.ts'

/** A copy of a stored value, for keyed look-ups. */
export interface Remembered {
  readonly value: unknown
  readonly result: PublishedResult
  /** Milliseconds since 1970 UTC: when the stored one was created. */
  readonly createdAt: number
  readonly expiresAt: number | undefined
  readonly bytes: number
  /** What it has passed: the lists of validators of the run that brought it here, and of its Result. */
  readonly passed: readonly [own: object | undefined, result: object | undefined]
}

/** Copies of values by key, the least recently used leaving first. */
export interface ValueMemory {
  /** What may still be used at `now`, if younger than `maxAge`. */
  get(key: string, now: () => number, maxAge: number | undefined): Remembered | undefined
  set(key: string, remembered: Remembered): void
  delete(key: string): void
  /** Another limit, in bytes. */
  resize(bytes: number): void
}

// What an entry takes beside its value, about.
const LEAST_BYTES = 256

function cost({ bytes }: Remembered): number {
  return Math.max(bytes, LEAST_BYTES)
}

/** Makes a memory of so many bytes, counted as stored. */
export function valueMemory(bytes: number): ValueMemory {
  const entries = new Map<string, Remembered>()
  let limit = bytes
  let total = 0

  const drop = (key: string): void => {
    const found = entries.get(key)
    if (found === undefined) return
    total -= cost(found)
    entries.delete(key)
  }

  const shrink = (): void => {
    for (const oldest of entries.keys()) {
      if (total <= limit) break
      drop(oldest)
    }
  }

  return {
    get(key, now, maxAge) {
      const found = entries.get(key)
      if (found === undefined) return undefined
      if ((found.expiresAt !== undefined || maxAge !== undefined) && isOver(found, now(), maxAge)) {
        drop(key)
        return undefined
      }
      // Order matters only when something will have to leave.
      if (total > limit / 2) {
        entries.delete(key)
        entries.set(key, found)
      }
      return found
    },
    set(key, remembered) {
      drop(key)
      if (cost(remembered) > limit) return
      entries.set(key, remembered)
      total += cost(remembered)
      shrink()
    },
    delete: drop,
    resize(to) {
      limit = to
      shrink()
    },
  }
}

function isOver({ createdAt, expiresAt }: Remembered, now: number, maxAge: number | undefined): boolean {
  if (expiresAt !== undefined && now >= expiresAt) return true
  return maxAge !== undefined && Math.max(0, now - createdAt) >= maxAge
}
