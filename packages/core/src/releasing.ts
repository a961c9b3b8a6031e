/**
 * The same iterator for all who ask, so that whoever lets go lets go of what is being read. It is let go at most once, and
 * not after its end: what was closed may fail to close again.
 */
export function once<R>(items: AsyncIterable<R>): AsyncIterable<R> {
  const inner = items[Symbol.asyncIterator]()
  let isOver: boolean | undefined = false
  const iterator: AsyncIterator<R> = {
    async next() {
      const step = await inner.next()
      isOver ||= step.done
      return step
    },
    async return() {
      const isOpen = !isOver
      isOver = true
      if (isOpen) await inner.return?.()
      return { done: true, value: undefined }
    },
  }
  return { [Symbol.asyncIterator]: () => iterator }
}

/** Ends a stream early; one that was made by {@link once} also while others read it. */
export async function letGo(items: AsyncIterable<unknown> | undefined): Promise<void> {
  await items?.[Symbol.asyncIterator]().return?.()
}

/** What `use` gives; where it fails, the stream is let go. */
export async function orLetGo<R>(stream: AsyncIterable<unknown>, use: () => R | Promise<R>): Promise<R> {
  try {
    return await use()
  } catch (error) {
    await letGo(stream)
    throw error
  }
}

/**
 * A stream that lets its source go however it ends: also when it is left before it was started, and when it fails before
 * it asked for anything, neither of which a generator in between would notice. The source gives one iterator to all.
 */
export function releasing<R>(
  items: AsyncGenerator<R, void, undefined>,
  source?: AsyncIterable<unknown>,
): AsyncGenerator<R, void, undefined> {
  const next = items.next.bind(items)
  const leave = items.return.bind(items)
  let failure: { readonly error: unknown } | undefined
  return Object.assign(items, {
    async next(): Promise<IteratorResult<R, void>> {
      // A generator that threw says "done" from then on, which would look like a whole stream.
      if (failure !== undefined) throw failure.error
      try {
        const step = await next()
        if (step.done) await letGo(source)
        return step
      } catch (error) {
        failure ??= { error }
        await letGo(source)
        throw failure.error
      }
    },
    async return(): Promise<IteratorResult<R, void>> {
      const end = await leave()
      await letGo(source)
      return end
    },
    // Node's Readable.from ends so what it leaves; a generator that was not started would notice nothing.
    throw: (error: unknown): Promise<never> =>
      orLetGo(items, () => {
        throw error
      }),
  })
}
