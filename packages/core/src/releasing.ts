/**
 * A stream that lets its source go however it ends: also when it is left before it was started, and when it fails before
 * it asked for anything, neither of which a generator in between would notice. The source gives one iterator to all.
 */
export function releasing<R>(items: AsyncGenerator<R, void>, source: AsyncIterable<unknown>): AsyncIterable<R> {
  const release = async (): Promise<void> => {
    await source[Symbol.asyncIterator]().return?.()
  }
  let failure: { readonly error: unknown } | undefined
  const iterator = {
    next: async (): Promise<IteratorResult<R, void>> => {
      // A generator that threw says "done" from then on, which would look like a whole stream.
      if (failure !== undefined) throw failure.error
      try {
        const next = await items.next()
        if (next.done) await release()
        return next
      } catch (error) {
        failure = { error }
        await release()
        throw error
      }
    },
    return: async (): Promise<IteratorResult<R, void>> => {
      const end = await items.return()
      await release()
      return end
    },
    [Symbol.asyncIterator]: (): AsyncIterableIterator<R, void> => iterator,
  }
  return iterator
}
