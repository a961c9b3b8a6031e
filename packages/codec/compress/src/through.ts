import type { Duplex } from 'node:stream'
import { requireBytes, throwIfAborted } from '@resultkit/core'
import type { Compression } from './compression.ts'
import { corrupt, tooLarge } from './errors.ts'

/** A stream of node:zlib. `bytesWritten` counts what the library consumed, which stops at its end mark. */
export type ZlibStream = Duplex & { readonly bytesWritten: number }

/** Watches over the container around what the library decodes, because the library passes over bytes behind the end. */
export interface Frame {
  /** Whether `feed` itself refuses what is behind the end. Else the library tells, by how much it has consumed. */
  readonly findsEnd: boolean
  /** Takes the next stored bytes, and gives those that are for the library. CORRUPT when they are not one frame. */
  feed(stored: Uint8Array): Uint8Array
  /** Sees the decoded bytes. */
  decoded(piece: Uint8Array): void
  /** All stored bytes were given. CORRUPT when the frame is not at its end. */
  finish(): void
}

/** A zlib stream, and the frame around it where the library does not watch over it. */
export interface Decompressor {
  readonly name: string
  readonly stream: ZlibStream
  readonly frame: Frame
}

/** No container: the library's own end mark is the end. */
export const BARE: Frame = { findsEnd: false, feed: (stored) => stored, decoded: () => {}, finish: () => {} }

/** Compresses a stream in bounded memory. Nothing is opened before it is asked for; however it ends, the source is let go. */
export async function* encodeThrough(
  compression: Pick<Compression, 'encoder' | 'stored'>,
  source: AsyncIterable<Uint8Array>,
  signal: AbortSignal | undefined,
): AsyncGenerator<Uint8Array, void, undefined> {
  const stored = compression.stored()
  for await (const piece of outputOf(pumpOf(compression.encoder(), source, BARE, 'write', signal), (error) => error))
    yield stored(piece)
}

/** Decompresses a stream in bounded memory. It ends normally only at the end of exactly one complete frame. */
export async function* decodeThrough(
  open: () => Decompressor,
  source: AsyncIterable<Uint8Array>,
  limit: number,
  signal: AbortSignal | undefined,
): AsyncGenerator<Uint8Array, void, undefined> {
  const { name, stream, frame } = open()
  const pump = pumpOf(stream, source, frame, 'read', signal)
  let size = 0
  for await (const piece of outputOf(pump, (error) => corrupt(name, 'its bytes are no valid stream', error))) {
    size += piece.byteLength
    if (size > limit) throw tooLarge(name, limit)
    frame.decoded(piece)
    yield piece
  }
  const tookAll = frame.findsEnd || stream.bytesWritten === pump.given()
  if (!tookAll || !pump.isOver()) throw corrupt(name, 'there are bytes behind its end')
  frame.finish()
}

/** Moves a source into a stream. */
interface Pump {
  readonly stream: ZlibStream
  /** Resolves when the source has ended or the stream takes no more; rejects with the source's error. */
  run(): Promise<void>
  /** Bytes given to the stream so far. */
  given(): number
  /** Whether the source was read to its end. */
  isOver(): boolean
  release(): Promise<void>
}

function pumpOf(
  stream: ZlibStream,
  source: AsyncIterable<Uint8Array>,
  frame: Frame,
  operation: string,
  signal: AbortSignal | undefined,
): Pump {
  const iterator = source[Symbol.asyncIterator]()
  let given = 0
  let over = false
  let wake = (): void => {}
  // A library that has met its end mark never answers a further write.
  for (const event of ['end', 'close']) stream.once(event, () => wake())
  const write = (bytes: Uint8Array): Promise<void> =>
    new Promise((resolve) => {
      wake = resolve
      given += bytes.byteLength
      stream.write(bytes, () => resolve())
    })
  const isClosed = (): boolean => stream.destroyed || stream.readableEnded
  const run = async (): Promise<void> => {
    while (!isClosed()) {
      throwIfAborted(operation, signal)
      const { done, value } = await iterator.next()
      over = done === true
      if (done) break
      const bytes = frame.feed(requireBytes(value, operation))
      if (bytes.byteLength > 0) await write(bytes)
    }
    if (over && !isClosed()) stream.end()
    // Its end mark came before the source's end: whether something follows decides.
    while (!over && stream.readableEnded) {
      const { done, value } = await iterator.next()
      over = done === true
      if (!done && frame.feed(value).byteLength > 0) break
    }
  }
  return {
    stream,
    run,
    given: () => given,
    isOver: () => over,
    release: async () => {
      stream.destroy()
      await iterator.return?.()
    },
  }
}

async function* outputOf(
  { stream, run, release }: Pump,
  translate: (error: unknown) => unknown,
): AsyncGenerator<Uint8Array, void, undefined> {
  let broken: { readonly error: unknown } | undefined
  const running = run().catch((error: unknown) => {
    broken = { error }
    stream.destroy()
  })
  try {
    yield* stream as AsyncIterable<Uint8Array>
    await running
  } catch (error) {
    throw broken === undefined ? translate(error) : broken.error
  } finally {
    await release()
  }
  if (broken !== undefined) throw broken.error
}
