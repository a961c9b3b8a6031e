/** A stream that lets its source go also when it is left before it was started, when a generator would not notice. */
export function releasing(items: AsyncGenerator<unknown>, source: AsyncIterable<unknown>): AsyncIterable<unknown> {
  let started = false
  const iterator = {
    next: () => {
      started = true
      return items.next()
    },
    return: async () => {
      if (!started) await source[Symbol.asyncIterator]().return?.()
      return items.return(undefined)
    },
    [Symbol.asyncIterator]: () => iterator,
  }
  return iterator
}
