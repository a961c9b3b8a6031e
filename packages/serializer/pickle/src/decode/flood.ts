import { malformed } from '../failure.ts'

/**
 * V8 hashes texts with a secret, but numbers and BigInts without: keys can be chosen that all fall into one bucket of a Map, and
 * 100,000 of them take half a minute to insert. This counts how many would meet, in Maps and Sets that are large enough.
 */
export interface FloodGuard {
  readonly counts: Uint32Array
  inserted: number
  /** How many keys were in the same bucket before, over all keys. */
  met: number
}

/** Maps and Sets of fewer entries are quick in any case. */
export const GUARDED_SIZE = 4096
const BUCKETS = 65536
/** Under a second of work. */
const ALLOWED = 20_000_000
/** How much more than by chance. */
const FACTOR = 8

/** For one Map or Set. */
export function floodGuard(): FloodGuard {
  return { counts: new Uint32Array(BUCKETS), inserted: 0, met: 0 }
}

/** Counts a key. Errors: DESERIALIZE when too many would meet. */
export function guardKey(guard: FloodGuard, key: unknown): void {
  if (typeof key !== 'number' && typeof key !== 'bigint') return
  const bucket = hashOf(key) & (BUCKETS - 1)
  const before = guard.counts[bucket] as number
  guard.counts[bucket] = before + 1
  guard.inserted += 1
  guard.met += before
  const byChance = guard.inserted ** 2 / (2 * BUCKETS)
  if (guard.met > ALLOWED && guard.met > FACTOR * byChance) throw malformed('keys that were chosen to collide')
}

function hashOf(key: number | bigint): number {
  if (typeof key === 'bigint') return longHash(BigInt.asUintN(64, key < 0n ? -key : key))
  if (key === (key | 0)) return intHash(key)
  scratch.setFloat64(0, key)
  return longHash(scratch.getBigUint64(0))
}
const scratch = new DataView(new ArrayBuffer(8))

/** V8's hash of an integer of 32 bits. */
function intHash(key: number): number {
  let hash = key >>> 0
  hash = (~hash + (hash << 15)) >>> 0
  hash = (hash ^ (hash >>> 12)) >>> 0
  hash = (hash + (hash << 2)) >>> 0
  hash = (hash ^ (hash >>> 4)) >>> 0
  hash = Math.imul(hash, 2057) >>> 0
  return (hash ^ (hash >>> 16)) & 0x3fffffff
}

/** V8's hash of 64 bits: other numbers, and the lowest digit of a BigInt. */
function longHash(bits: bigint): number {
  const wrap = (value: bigint): bigint => BigInt.asUintN(64, value)
  let hash = wrap(~bits + (bits << 18n))
  hash ^= hash >> 31n
  hash = wrap(hash * 21n)
  hash ^= hash >> 11n
  hash = wrap(hash + (hash << 6n))
  hash ^= hash >> 22n
  return Number(hash & 0x3fffffffn)
}
