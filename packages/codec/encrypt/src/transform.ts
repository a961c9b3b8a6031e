/**
 * Turns bytes that come in pieces into others. Synchronous, because one asynchronous step per piece of a stream is all
 * that it can afford: each costs as much as encrypting a kilobyte.
 */
export interface Transform {
  /** What can be given out now; the piece is not needed any more when all of it was taken. */
  push(piece: Uint8Array): Iterable<Uint8Array>
  /** What is left when no more comes. */
  end(): Iterable<Uint8Array>
}

/** One after the other. */
export function chain(first: Transform, second: Transform): Transform {
  return {
    *push(piece) {
      for (const between of first.push(piece)) yield* second.push(between)
    },
    *end() {
      for (const between of first.end()) yield* second.push(between)
      yield* second.end()
    },
  }
}
