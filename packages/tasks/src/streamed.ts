import type { Keeper } from './keeper.ts'

/** Whether a value is a stream of items, which can be read once. */
export function isStream(value: unknown): value is AsyncIterable<unknown> {
  return typeof value === 'object' && value !== null && Symbol.asyncIterator in value
}

/** A stored stream of items as a value that can be read as often as one likes: each time from the storage, verified. */
export function streamedValue({ result }: Keeper, at: string): AsyncIterable<unknown> {
  return {
    async *[Symbol.asyncIterator](): AsyncGenerator<unknown, void, undefined> {
      yield* (await result.read(at)) as AsyncIterable<unknown>
    },
  }
}
