/**
 * A stream that fails again with the same error when it is asked again, so that nobody takes the end behind a failure for
 * the end of the data; and that lets its source go also when it is left before it began.
 */
export function sticky(
  pieces: AsyncGenerator<Uint8Array, void, undefined>,
  source: AsyncIterable<Uint8Array>,
): AsyncIterable<Uint8Array> {
  let started = false
  let failed: { readonly error: unknown } | undefined
  const checkFailed = (): void => {
    if (failed !== undefined) throw failed.error
  }
  const iterator = {
    async next(): Promise<IteratorResult<Uint8Array, void>> {
      started = true
      checkFailed()
      try {
        const next = await pieces.next()
        // Whoever asked before the piece in front of it failed is told an end by the generator.
        if (next.done) checkFailed()
        return next
      } catch (error) {
        failed ??= { error }
        throw failed.error
      }
    },
    async return(): Promise<IteratorResult<Uint8Array, void>> {
      if (!started) await source[Symbol.asyncIterator]().return?.()
      started = true
      return pieces.return()
    },
    [Symbol.asyncIterator]: (): AsyncIterableIterator<Uint8Array, void> => iterator,
  }
  return iterator
}
