import type { Readable } from 'node:stream'
import type { ObjectStat, StoredObject } from '@resultkit/core'
import { type Call, checkSignal, failure, orAborted, toResultError } from './failure.ts'
import { type Receive, receiving } from './receive.ts'

/** So much that has not been read yet is read to the end, so that the connection can be used again. */
const DRAIN_BYTES = 64 * 1024

/** Streams up to this size are views of one array: whoever needs all of it need not copy. */
const WHOLE_BYTES = 8 * 1024 * 1024

/** The body of an answer, on its way. */
export interface Body {
  /** Begins to receive; what a `target` has room for may be given out as views of it. */
  receive(target: Uint8Array | undefined): Receive
  /** Lets go of what was not read. */
  discard(): void
  /** Lets go of it after a failure. */
  destroy(): void
}

/** Wraps what the SDK gives: a stream of Node, or with other handlers one of the web. */
export function wholeBody(body: unknown, length: number | undefined): Body {
  if (isReadable(body)) {
    // A failure that nobody waits for yet is kept by the stream.
    body.on('error', () => {})
    const destroy = (): void => void body.destroy()
    const drain = (): void => void body.resume()
    const isShort = length !== undefined && length <= DRAIN_BYTES
    return { receive: (target) => receiving(body, target), discard: isShort ? drain : destroy, destroy }
  }
  const stream = body as ReadableStream<Uint8Array> & AsyncIterable<Uint8Array>
  const cancel = (): void => void stream.cancel().catch(() => {})
  const receive = (): Receive => {
    const iterator = stream[Symbol.asyncIterator]()
    return async () => (await iterator.next()).value
  }
  return { receive, discard: cancel, destroy: cancel }
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
      return piecesOf(call, body, length)
    },
  }
}

/** All bytes in memory that is allocated once. */
async function collect(call: Call, body: Body, length: number): Promise<Uint8Array> {
  const target = allocate(length)
  const receive = body.receive(target)
  let filled = 0
  for (let piece = await receive(); piece !== undefined; piece = await receive()) {
    if (filled + piece.byteLength > length) throw cut(call)
    if (piece.buffer !== target.buffer) target.set(piece, filled)
    filled += piece.byteLength
  }
  if (filled < length) throw cut(call)
  return target
}

function allocate(length: number): Uint8Array {
  return new Uint8Array(Buffer.allocUnsafeSlow(length).buffer, 0, length)
}

/** UNAVAILABLE: the answer ended before its announced length, or went beyond it. */
function cut(call: Call): Error {
  const what = 'the answer has not the length that it announced: the connection was lost. Try again'
  return failure(call, 'UNAVAILABLE', what, { retryable: true })
}

const OVER = { done: true, value: undefined } as const

/** Not a generator: one that has not started would not let the connection go. */
function piecesOf(call: Call, body: Body, length: number): AsyncIterableIterator<Uint8Array, undefined> {
  let receive: Receive | undefined
  let received = 0
  let over = false
  const end = (): void => {
    if (!over) body.discard()
    over = true
  }
  const step = async (): Promise<IteratorResult<Uint8Array, undefined>> => {
    checkSignal(call)
    receive ??= body.receive(length <= WHOLE_BYTES ? allocate(length) : undefined)
    const value = await orAborted(call, receive())
    if (value === undefined) {
      if (received !== length) throw cut(call)
      over = true
      return OVER
    }
    received += value.byteLength
    if (received > length) throw cut(call)
    return { done: false, value }
  }
  return {
    async next() {
      if (over) return OVER
      try {
        return await step()
      } catch (error) {
        over = true
        body.destroy()
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
