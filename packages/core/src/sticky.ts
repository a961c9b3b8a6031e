/** A generator that failed says "done" from then on, which would look like a whole stream: this one fails again. */
export function sticky<R>(items: AsyncGenerator<R, void, undefined>): AsyncGenerator<R, void, undefined> {
  const next = items.next.bind(items)
  let failure: { readonly error: unknown } | undefined
  return Object.assign(items, {
    async next(): Promise<IteratorResult<R, void>> {
      if (failure !== undefined) throw failure.error
      try {
        return await next()
      } catch (error) {
        failure ??= { error }
        throw failure.error
      }
    },
  })
}
