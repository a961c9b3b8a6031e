/** Keeps the most recently used values within a number of bytes. */
export interface ValueCache {
  get(key: string, now: number): { readonly value: unknown } | undefined
  /** `expiresAt` in ms; a value larger than the whole cache is not kept. */
  set(key: string, value: unknown, bytes: number, expiresAt: number | undefined): void
}

interface Entry {
  readonly value: unknown
  readonly bytes: number
  readonly expiresAt: number | undefined
}

/** A cache that forgets the least recently used values first, and expired ones when they are asked for. */
export function valueCache(maxBytes: number): ValueCache {
  // A Map keeps insertion order, so its first entry is the least recently used one.
  const entries = new Map<string, Entry>()
  let total = 0

  const drop = (key: string): Entry | undefined => {
    const entry = entries.get(key)
    if (entry === undefined) return undefined
    entries.delete(key)
    total -= entry.bytes
    return entry
  }
  const keep = (key: string, entry: Entry): void => {
    entries.set(key, entry)
    total += entry.bytes
  }

  return {
    get(key, now) {
      const entry = drop(key)
      if (entry === undefined || (entry.expiresAt !== undefined && now >= entry.expiresAt)) return undefined
      keep(key, entry)
      return entry
    },
    set(key, value, bytes, expiresAt) {
      drop(key)
      if (bytes > maxBytes) return
      keep(key, { value, bytes, expiresAt })
      for (const oldest of entries.keys()) {
        if (total <= maxBytes) return
        drop(oldest)
      }
    },
  }
}
