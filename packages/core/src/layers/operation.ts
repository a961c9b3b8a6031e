import type { ResultStorage } from '../storage.ts'

/** What a layer's events and limits name an operation of a storage. */
export type StorageOperation = Exclude<keyof ResultStorage, 'uri' | 'capabilities'>

/** The longest that setTimeout can wait, about 24 days; beyond that it would fire at once. */
export const LONGEST_MS: number = 2 ** 31 - 1

/** Runs something that nobody waits for; its failure is ignored. */
export function quietly(run: () => unknown): void {
  const running = async (): Promise<unknown> => run()
  running().catch(() => {})
}

/**
 * An iterable made of `next`. `close` runs once when it is let go early or `next` fails, also before the first
 * `next()`, where an async generator alone would not notice.
 */
export function steps<T>(
  next: () => Promise<IteratorResult<T, unknown>>,
  close: () => unknown,
): AsyncIterableIterator<T> {
  let open = true
  async function* run(): AsyncGenerator<T, void, undefined> {
    try {
      for (let step = await next(); !step.done; step = await next()) yield step.value
      open = false
    } catch (error) {
      open = false
      // Not awaited: what hung in `next` may hang here.
      quietly(close)
      throw error
    } finally {
      await closeOnce()
    }
  }
  const closeOnce = async (): Promise<void> => {
    if (!open) return
    open = false
    await close()
  }
  const generator = run()
  return {
    next: () => generator.next(),
    async return() {
      const result = await generator.return()
      await closeOnce()
      return result
    },
    [Symbol.asyncIterator]() {
      return this
    },
  }
}

/** The same values, each `next()` of the source made by `step`. */
export function eachStep<T>(
  source: AsyncIterable<T>,
  step: (next: () => Promise<IteratorResult<T, unknown>>) => Promise<IteratorResult<T, unknown>>,
): AsyncIterableIterator<T> {
  const iterator = source[Symbol.asyncIterator]()
  return steps(
    () => step(() => iterator.next()),
    () => iterator.return?.(),
  )
}
