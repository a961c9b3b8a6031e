/** A stream that lets its source go also when it is left before it was started, when a generator would not notice. */
export function releasing<R>(items: AsyncGenerator<R, void>, source: AsyncIterable<unknown>): AsyncIterable<R> {
  let started = false
  const iterator = {
    next: (): Promise<IteratorResult<R, void>> => {
      started = true
      return items.next()
    },
    return: async (): Promise<IteratorResult<R, void>> => {
      if (!started) await source[Symbol.asyncIterator]().return?.()
      return items.return()
    },
    [Symbol.asyncIterator]: (): AsyncIterableIterator<R, void> => iterator,
  }
  return iterator
}
