import type { Readable } from 'node:stream'
import type { ObjectStat, StoredObject } from '@resultkit/core'
import { type Call, checkSignal, failure, orAborted, toResultError } from './failure.ts'

/** So much that has not been read yet is read to the end, so that the connection can be used again. */
const DRAIN_BYTES = 64 * 1024

/** The body of an answer, on its way. */
export interface Body {
  readonly pieces: AsyncIterable<Uint8Array>
  /** A stream of Node, where it is one. */
  readonly readable: Readable | undefined
  /** Lets go of what was not read. */
  discard(): void
}

/** Wraps what the SDK gives: a stream of Node, or with other handlers one of the web. */
export function wholeBody(body: unknown, length: number | undefined): Body {
  if (isReadable(body)) {
    // A failure that nobody waits for yet is kept by the stream.
    body.on('error', () => {})
    const discard = (): void => {
      // One that an iterator has begun to read does not flow by itself any more.
      const flows = body.listenerCount('readable') === 0
      if (flows && length !== undefined && length <= DRAIN_BYTES) body.resume()
      else body.destroy()
    }
    return { pieces: body, readable: body, discard }
  }
  const stream = body as ReadableStream<Uint8Array> & AsyncIterable<Uint8Array>
  return { pieces: stream, readable: undefined, discard: () => void stream.cancel().catch(() => {}) }
}

function isReadable(body: unknown): body is Readable {
  const { on, destroy } = (body ?? {}) as Partial<Readable>
  return typeof on === 'function' && typeof destroy === 'function'
}

/** An object, or a range of one, without bytes. */
export function emptyObject(call: Call, stat: ObjectStat): StoredObject {
  return {
    stat,
    async bytes() {
      checkSignal(call)
      return new Uint8Array()
    },
    stream: () => nothing(call),
  }
}

// biome-ignore lint/correctness/useYield: a stream without pieces still looks at its signal
async function* nothing(call: Call): AsyncGenerator<Uint8Array, void, undefined> {
  checkSignal(call)
}

/** An object whose `length` bytes are being received. */
export function openObject(call: Call, stat: ObjectStat, body: Body, length: number): StoredObject {
  let taken = false
  const take = (): void => {
    if (taken) throw failure(call, 'CONFIG', 'bytes() or stream() was called twice. Read the object again')
    taken = true
  }
  return {
    stat,
    async bytes() {
      take()
      try {
        checkSignal(call)
        return await orAborted(call, collect(call, body, length))
      } catch (error) {
        body.discard()
        throw await toResultError(call, error)
      }
    },
    stream() {
      take()
      return receive(call, body, length)
    },
  }
}

/** All bytes in memory that is allocated once. */
function collect(call: Call, { readable, pieces }: Body, length: number): Promise<Uint8Array> {
  const target = new Uint8Array(Buffer.allocUnsafeSlow(length).buffer, 0, length)
  let filled = 0
  const add = (piece: Uint8Array): void => {
    if (filled + piece.byteLength > length) throw cut(call)
    target.set(piece, filled)
    filled += piece.byteLength
  }
  const whole = (): Uint8Array => {
    if (filled < length) throw cut(call)
    return target
  }
  return readable === undefined ? collectPieces(pieces, add, whole) : collectReadable(readable, add, whole)
}

async function collectPieces(
  pieces: AsyncIterable<Uint8Array>,
  add: (piece: Uint8Array) => void,
  whole: () => Uint8Array,
): Promise<Uint8Array> {
  for await (const piece of pieces) add(piece)
  return whole()
}

function collectReadable(
  readable: Readable,
  add: (piece: Uint8Array) => void,
  whole: () => Uint8Array,
): Promise<Uint8Array> {
  return new Promise((resolve, reject) => {
    const finish = (): void => {
      try {
        resolve(whole())
      } catch (error) {
        reject(error)
      }
    }
    const own = 'rawHeaders' in readable
    readable.on('data', (piece: Uint8Array<ArrayBuffer>) => {
      try {
        add(piece)
        // Node's parser makes each piece in memory of its own. Left to the garbage collector, they double what a read takes.
        if (own && piece.byteLength === piece.buffer.byteLength) piece.buffer.transfer(0)
      } catch (error) {
        reject(error)
      }
    })
    readable.on('end', finish).on('error', reject).on('close', finish)
    if (readable.errored) reject(readable.errored)
    else if (readable.destroyed) finish()
  })
}

/** UNAVAILABLE: the answer ended before its announced length, or went beyond it. */
function cut(call: Call): Error {
  const what = 'the answer has not the length that it announced: the connection was lost. Try again'
  return failure(call, 'UNAVAILABLE', what, { retryable: true })
}

const OVER = { done: true, value: undefined } as const

/** Not a generator: one that has not started would not let the connection go. */
function receive(call: Call, body: Body, length: number): AsyncIterableIterator<Uint8Array, undefined> {
  let source: AsyncIterator<Uint8Array> | undefined
  let received = 0
  let over = false
  const end = (): void => {
    if (!over) body.discard()
    over = true
  }
  const step = async (): Promise<IteratorResult<Uint8Array, undefined>> => {
    checkSignal(call)
    source ??= body.pieces[Symbol.asyncIterator]()
    const next = await orAborted(call, source.next())
    if (next.done) {
      if (received !== length) throw cut(call)
      over = true
      return OVER
    }
    received += next.value.byteLength
    if (received > length) throw cut(call)
    return { done: false, value: next.value }
  }
  return {
    async next() {
      if (over) return OVER
      try {
        return await step()
      } catch (error) {
        over = true
        body.readable?.destroy()
        if (body.readable === undefined) body.discard()
        throw await toResultError(call, error)
      }
    },
    async return() {
      end()
      return OVER
    },
    [Symbol.asyncIterator]() {
      return this
    },
  }
}
