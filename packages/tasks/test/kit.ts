import {
  createResultStore,
  json,
  memoryStorage,
  type ResultStorage,
  type ResultStore,
  type Seal,
} from '@resultkit/core'
import { type MemorySink, memorySink, type RuntimeOptions } from '@resultkit/tasks'

/** A storage that tells what was asked of it. */
export interface Watched extends ResultStorage {
  readonly writes: string[]
  readonly reads: string[]
  /** What the next write throws, if anything. */
  fail: Error | undefined
}

export function watchedStorage(name?: string): Watched {
  const inner = memoryStorage(name === undefined ? {} : { name })
  const watched: Watched = {
    uri: inner.uri,
    capabilities: inner.capabilities,
    writes: [],
    reads: [],
    fail: undefined,
    async read(key, options) {
      watched.reads.push(key)
      return inner.read(key, options)
    },
    async write(key, body, options) {
      if (watched.fail !== undefined) throw watched.fail
      const stat = await inner.write(key, body, options)
      watched.writes.push(key)
      return stat
    },
    stat: (key, options) => inner.stat(key, options),
    delete: (key, options) => inner.delete(key, options),
    list: (prefix, options) => inner.list(prefix, options),
  }
  return watched
}

/** What a test runs with. */
export interface Kit {
  readonly storage: Watched
  readonly other: Watched
  readonly store: ResultStore<Seal>
  readonly sink: MemorySink
  readonly runtime: RuntimeOptions
  /** Milliseconds; what the clock says. */
  time: number
}

export function kit(options: Partial<RuntimeOptions> = {}): Kit {
  const storage = watchedStorage()
  const other = watchedStorage()
  const store = createResultStore<Seal>({
    storages: { main: storage, other },
    defaults: { storage: 'main', serializer: json() },
  })
  const sink = memorySink()
  const made: { -readonly [K in keyof Kit]: Kit[K] } = {
    storage,
    other,
    store,
    sink,
    time: 1_700_000_000_000,
    runtime: { store, sink, clock: () => made.time, ...options },
  }
  return made
}

/** The states of one name, in short: `Pending Running Completed`. */
export function statesOf({ sink }: Pick<Kit, 'sink'>, name: string): string {
  return sink
    .states(name)
    .map(({ state }) => state)
    .join(' ')
}

/** The error that something rejects with. */
export async function rejection(
  promise: Promise<unknown>,
): Promise<{ code?: string; message: string; cause?: unknown }> {
  return promise.then(
    () => {
      throw new Error('it did not reject')
    },
    (error: unknown) => error as { code?: string; message: string; cause?: unknown },
  )
}

/** Every object of a storage. */
export function keysOf(storage: ResultStorage): Promise<string[]> {
  return Array.fromAsync(storage.list('', { startAfter: undefined, signal: undefined }), ({ key }) => key)
}

/** Settles everything that needs no timers. */
export async function turn(): Promise<void> {
  await new Promise((resolve) => setImmediate(resolve))
}

/** Notes that something happened, and gives a value. */
export function noted<S, V>(steps: S[], step: S, value: V): V {
  steps.push(step)
  return value
}
