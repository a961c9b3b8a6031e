import type { Readable } from 'node:stream'

/** So many bytes are taken from the connection before they are asked for. */
const AHEAD_BYTES = 256 * 1024

/** The next bytes of a body, `undefined` at its end. */
export type Receive = () => Promise<Uint8Array | undefined>

/**
 * Receives a stream of Node. With a `target`, what arrives is copied there at once, and views of it are given out, one
 * behind the other: larger than the pieces, and without memory that waits for the garbage collector.
 */
export function receiving(source: Readable, target: Uint8Array | undefined): Receive {
  // Node's parser makes each piece in memory of its own.
  const own = 'rawHeaders' in source
  const arrived: Uint8Array[] = []
  let copied = 0
  let waiting = 0
  let given = 0
  let wake = (): void => {}
  const add = (piece: Uint8Array<ArrayBuffer>): void => {
    const { buffer, byteOffset, byteLength } = piece
    waiting += byteLength
    if (target !== undefined && arrived.length === 0 && copied + byteLength <= target.byteLength) {
      target.set(piece, copied)
      copied += byteLength
      if (own && byteLength === buffer.byteLength) buffer.transfer(0)
    } else arrived.push(new Uint8Array(buffer, byteOffset, byteLength))
    if (waiting >= AHEAD_BYTES) source.pause()
    wake()
  }
  const take = (): Uint8Array | undefined => {
    const found = copied > given ? target?.subarray(given, copied) : arrived.shift()
    waiting -= found?.byteLength ?? 0
    given = copied
    return found
  }
  let begun = false
  const begin = (): void => {
    begun = true
    source.on('data', add)
    for (const event of ['end', 'error', 'close']) source.on(event, () => wake())
  }
  return async () => {
    if (!begun) begin()
    for (;;) {
      const found = take()
      if (found !== undefined) return found
      if (source.errored) throw source.errored
      if (source.readableEnded || source.destroyed) return undefined
      await new Promise<void>((resolve) => {
        wake = resolve
        if (source.isPaused()) source.resume()
      })
    }
  }
}
