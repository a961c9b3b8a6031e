import { abortedError, resultError, throwIfAborted } from '../errors.ts'
import type { Layer, StoredObject } from '../storage.ts'
import { releaseObject } from '../storage.ts'
import { eachStep, quietly, type StorageOperation } from './operation.ts'

/** Options of {@link limit}. */
export interface LimitOptions {
  /** The most operations in flight at the same time, over all users of the layer's storage: an integer from 1. */
  readonly concurrency: number
}

interface Places {
  /** Calls when there is a place, first come first served; ABORTED when the signal fires before. */
  hold<T>(operation: StorageOperation, signal: AbortSignal | undefined, call: () => Promise<T>): Promise<T>
}

/**
 * Lets at most `concurrency` operations run at the same time; the others wait for their turn in order, and leave the
 * queue with ABORTED when their signal fires.
 *
 * A read holds its place until the answer; `bytes()` takes a place of its own, `stream()` and `list` one for each
 * `next()`, so a slow consumer holds none. A write holds its place to the end: where its body reads through the same
 * limit, `concurrency` such writes at the same time wait for each other; read the body through another storage then.
 *
 * CONFIG when `concurrency` is not a positive integer.
 */
export function limit(options: LimitOptions): Layer {
  const { concurrency } = options
  if (!Number.isSafeInteger(concurrency) || concurrency < 1) {
    const message = 'limit was given a concurrency that is not a positive integer.'
    throw resultError('CONFIG', 'limit', message)
  }
  return (inner) => {
    const places = makePlaces(concurrency)
    const { hold } = places
    return {
      uri: inner.uri,
      capabilities: inner.capabilities,
      async read(key, options) {
        const object = await hold('read', options.signal, () => inner.read(key, options))
        return object && limited(object, options.signal, places)
      },
      write: (key, body, options) => hold('write', options.signal, () => inner.write(key, body, options)),
      stat: (key, options) => hold('stat', options.signal, () => inner.stat(key, options)),
      delete: (key, options) => hold('delete', options.signal, () => inner.delete(key, options)),
      async *list(prefix, options) {
        yield* eachStep(inner.list(prefix, options), (next) => hold('list', options.signal, next))
      },
    }
  }
}

function limited(object: StoredObject, signal: AbortSignal | undefined, places: Places): StoredObject {
  return {
    stat: object.stat,
    async bytes() {
      let taken = false
      try {
        return await places.hold('read', signal, () => {
          taken = true
          return object.bytes()
        })
      } finally {
        if (!taken) quietly(() => releaseObject(object))
      }
    },
    stream: () => eachStep(object.stream(), (next) => places.hold('read', signal, next)),
  }
}

function makePlaces(concurrency: number): Places {
  let free = concurrency
  const waiting = new Set<() => void>()
  const enter = (operation: StorageOperation, signal: AbortSignal | undefined): Promise<void> =>
    new Promise((resolve, reject) => {
      const admit = (): void => {
        signal?.removeEventListener('abort', refuse)
        resolve()
      }
      const refuse = (): void => {
        waiting.delete(admit)
        if (signal) reject(abortedError(operation, signal))
      }
      waiting.add(admit)
      signal?.addEventListener('abort', refuse)
    })
  const leave = (): void => {
    const [admit] = waiting
    if (admit === undefined) {
      free += 1
      return
    }
    // The place passes on without becoming free, so that nobody overtakes.
    waiting.delete(admit)
    admit()
  }
  return {
    async hold(operation, signal, call) {
      throwIfAborted(operation, signal)
      if (free > 0) free -= 1
      else await enter(operation, signal)
      try {
        return await call()
      } finally {
        leave()
      }
    },
  }
}
