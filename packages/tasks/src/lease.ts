import { type Key, type ResultStorage, reservedKey } from '@resultkit/core'
import { digestOf } from './canonical-hash.ts'
import { isConflict, taskError } from './failure.ts'
import { MAX_TIMER_MS } from './timer.ts'

/** The right to compute what is stored at one place, among everybody who uses the storage. */
export interface Lease {
  /** Rises with each takeover. */
  readonly generation: number
  /** Fires when somebody else has taken over: what is being computed will not be published. */
  readonly lost: AbortSignal
  /** Lets others go on. Never rejects: where the storage is away, the lease runs out by itself. */
  release(): Promise<void>
}

/** Tries to get one lease until it is had. What it has seen of others is remembered between attempts. */
export interface LeaseSeeker {
  /** `undefined` while somebody else holds it. Errors: the storage's. */
  attempt(): Promise<Lease | undefined>
}

interface LeaseNote {
  readonly owner: string
  readonly generation: number
  readonly released: boolean
}

/**
 * Leases are small objects below `.resultkit/leases/`, replaced only with `ifMatch` on the version that was seen: whoever's
 * condition fails has lost. A holder renews its own every third of the time; who sees one version unchanged for the whole time, on
 * its own monotonic clock, takes over with the next generation. No clocks are compared.
 *
 * Errors: UNSUPPORTED for a storage without `ifAbsent` and `ifMatch`.
 */
export function leaseSeeker(storage: ResultStorage, place: string, leaseMs: number): LeaseSeeker {
  const { ifAbsent, ifMatch } = storage.capabilities
  if (!ifAbsent || !ifMatch) {
    const message = `once: 'storage' needs a storage with ifAbsent and ifMatch, and this one lacks them. Use once: 'process'.`
    throw taskError('UNSUPPORTED', 'lease', message)
  }
  const key = reservedKey(`leases/${digestOf({ text: place })}`)
  const owner = crypto.randomUUID()
  let seen: { readonly etag: string; readonly since: number } | undefined

  return {
    async attempt() {
      const found = await readNote(storage, key)
      if (found === undefined) return take(storage, key, { owner, generation: 1, released: false }, undefined, leaseMs)
      const { etag, note } = found
      const now = performance.now()
      if (seen?.etag !== etag) seen = { etag, since: now }
      if (!note.released && now - seen.since < leaseMs) return undefined
      return take(storage, key, { owner, generation: note.generation + 1, released: false }, etag, leaseMs)
    },
  }
}

async function take(
  storage: ResultStorage,
  key: Key,
  note: LeaseNote,
  etag: string | undefined,
  leaseMs: number,
): Promise<Lease | undefined> {
  const taken = await unlessTaken(writeNote(storage, key, note, etag))
  return taken === undefined ? undefined : hold(storage, key, note, taken, leaseMs)
}

function hold(storage: ResultStorage, key: Key, note: LeaseNote, first: string, leaseMs: number): Lease {
  const lost = new AbortController()
  let etag = first
  let renewing: Promise<void> = Promise.resolve()
  const renew = async (): Promise<void> => {
    try {
      etag = await writeNote(storage, key, note, etag)
    } catch (error) {
      if (isConflict(error)) lost.abort(error)
      // Anything else is an outage: the next renewal may come through, and if not, others take over.
    }
  }
  const timer = setInterval(
    () => {
      renewing = renewing.then(() => (lost.signal.aborted ? undefined : renew()))
    },
    Math.min(leaseMs / 3, MAX_TIMER_MS),
  )
  timer.unref?.()
  return {
    generation: note.generation,
    lost: lost.signal,
    async release() {
      clearInterval(timer)
      await renewing
      if (!lost.signal.aborted) await giveUp(storage, key, note, etag).catch(() => {})
    },
  }
}

async function giveUp(storage: ResultStorage, key: Key, note: LeaseNote, etag: string): Promise<void> {
  if (storage.capabilities.deleteIfMatch) return storage.delete(key, { ifMatch: etag, signal: undefined })
  await writeNote(storage, key, { ...note, released: true }, etag)
}

/** `undefined` when somebody else was first. */
async function unlessTaken<R>(work: Promise<R>): Promise<R | undefined> {
  try {
    return await work
  } catch (error) {
    if (isConflict(error)) return undefined
    throw error
  }
}

async function writeNote(storage: ResultStorage, key: Key, note: LeaseNote, etag: string | undefined): Promise<string> {
  const body = new TextEncoder().encode(JSON.stringify({ ...note, beat: crypto.randomUUID() }))
  const stat = await storage.write(key, body, {
    ifAbsent: etag === undefined,
    ifMatch: etag,
    contentType: 'application/json',
    size: body.byteLength,
    writeId: crypto.randomUUID(),
    signal: undefined,
  })
  return stat.etag
}

async function readNote(storage: ResultStorage, key: Key): Promise<{ etag: string; note: LeaseNote } | undefined> {
  const everything = {
    range: undefined,
    ifMatch: undefined,
    ifNoneMatch: undefined,
    maxBytes: undefined,
    signal: undefined,
  }
  const object = await storage.read(key, everything)
  if (object === undefined) return undefined
  return { etag: object.stat.etag, note: parseNote(new TextDecoder().decode(await object.bytes())) }
}

/** A note that cannot be read was left by nobody who will renew it. */
function parseNote(text: string): LeaseNote {
  try {
    const { owner, generation, released } = JSON.parse(text) as Partial<LeaseNote>
    if (typeof owner === 'string' && Number.isSafeInteger(generation)) {
      return { owner, generation: Number(generation), released: released === true }
    }
  } catch {
    // As below.
  }
  return { owner: '', generation: 0, released: false }
}
