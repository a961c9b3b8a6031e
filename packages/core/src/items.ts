import { type ResultError, resultError } from './errors.ts'
import { letGo, once } from './releasing.ts'
import { underSignal } from './under-signal.ts'
import { issuesOf, type Validated, type ValidateOptions, validationFailed } from './validator.ts'

/** What can be written through a stream serializer. A function can be replayed by a retry; so can an array. */
export type ItemSource<T> = AsyncIterable<T> | Iterable<T> | ReadableStream<T> | (() => AsyncIterable<T> | Iterable<T>)

/**
 * A function that starts a fresh pass over the items each time it is called. What can be read only once throws on the
 * second call. A pass ends with ABORTED when the signal fires, also while the items are waited for. SERIALIZE when the
 * value is no stream of items.
 */
export function replayable(value: unknown, signal: AbortSignal | undefined): () => AsyncIterable<unknown> {
  // The border: what cannot be written at all is refused before the storage is asked for anything.
  if (typeof value !== 'function') toAsync(value)
  const given = new WeakSet<object>()
  return () => {
    const items: unknown = typeof value === 'function' ? (value as () => unknown)() : value
    if (!isRepeatable(items) && typeof items === 'object' && items !== null) {
      if (given.has(items)) throw notReplayable()
      given.add(items)
    }
    return interruptible(toAsync(items), signal, 'write')
  }
}

/** Most iterables give a second iterator that ends at once (generators, Node's Readable); these start anew. */
function isRepeatable(items: unknown): boolean {
  return Array.isArray(items) || items instanceof Set || items instanceof Map
}

function toAsync(value: unknown): AsyncIterable<unknown> {
  if (typeof value === 'object' && value !== null) {
    if ('getReader' in value) return fromReadable(value as ReadableStream<unknown>)
    if (Symbol.asyncIterator in value) return value as AsyncIterable<unknown>
    if (Symbol.iterator in value) return fromIterable(value as Iterable<unknown>)
  }
  const message = 'write: a stream serializer takes an iterable, or a function that returns one.'
  throw resultError('SERIALIZE', 'write', message)
}

async function* fromIterable(items: Iterable<unknown>): AsyncGenerator<unknown, void, undefined> {
  yield* items
}

/** Not a generator: that could not cancel the stream while it waits for it. */
function fromReadable(stream: ReadableStream<unknown>): AsyncIterable<unknown> {
  return {
    [Symbol.asyncIterator]() {
      const reader = stream.getReader()
      return {
        async next() {
          let isOpen = false
          try {
            const step = await reader.read()
            isOpen = !step.done
            return isOpen ? { value: step.value } : { done: true, value: undefined }
          } finally {
            if (!isOpen) reader.releaseLock()
          }
        },
        async return() {
          await reader.cancel().catch(() => {})
          reader.releaseLock()
          return { done: true, value: undefined }
        },
      }
    },
  }
}

/** The same items, until the signal fires: ABORTED then, also when what makes them hangs. */
export function interruptible<R>(
  items: AsyncIterable<R>,
  signal: AbortSignal | undefined,
  operation: string,
): AsyncIterable<R> {
  if (!signal) return items
  return {
    // Not before: a stream that nobody starts to read is not locked.
    [Symbol.asyncIterator]() {
      const source = once(items)
      const iterator = source[Symbol.asyncIterator]()
      return {
        async next() {
          try {
            return await underSignal(signal, operation, () => iterator.next())
          } catch (error) {
            // Whoever hangs may never hear of it, and is not waited for.
            if (signal.aborted) letGo(source).catch(() => {})
            throw error
          }
        },
        async return() {
          await letGo(source)
          return { done: true, value: undefined }
        },
      }
    },
  }
}

function notReplayable(): ResultError {
  const message =
    'write: the stream cannot be replayed for a second attempt. Give a function that returns a fresh stream.'
  return resultError('UNAVAILABLE', 'write', message)
}

/** Passes items on that pass the validators; VALIDATION_FAILED at the first that does not. */
export function validatedItems(
  operation: string,
  settings: Validated,
  items: AsyncIterable<unknown>,
  options: ValidateOptions,
): AsyncIterable<unknown> {
  async function* valid(): AsyncGenerator<unknown, void, undefined> {
    let index = 0
    for await (const item of items) {
      const issues = await issuesOf(operation, settings, item, options)
      if (issues.length > 0) {
        const placed = issues.map(({ message, path }) => ({ message, path: [index, ...path] }))
        throw validationFailed(operation, placed)
      }
      index += 1
      yield item
    }
  }
  return options.validate === false || settings.validators.length === 0 ? items : valid()
}
