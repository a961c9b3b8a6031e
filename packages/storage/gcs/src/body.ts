import type { ObjectStat, StoredObject } from '@resultkit/core'
import type { Reply } from './exchange.ts'
import { type Call, checkSignal, failure } from './failure.ts'

/** An object whose `length` bytes are on their way. */
export function openObject(call: Call, stat: ObjectStat, reply: Reply, length: number): StoredObject {
  const body = measured(call, reply, length)
  return { stat, bytes: () => collect(call, body, length), stream: () => pieces(gathered(call, body, length)) }
}

/** Streams up to this size are views of one array: whoever needs all of it need not copy. */
const WHOLE_BYTES = 8 * 1024 * 1024

/** The bytes of an answer, in memory of their own. */
type Body = Pick<Reply, 'next' | 'release'>

/** No bytes of an object. */
export function emptyObject(call: Call, stat: ObjectStat): StoredObject {
  const none: Body = {
    async next() {
      checkSignal(call)
      return undefined
    },
    release() {},
  }
  return {
    stat,
    async bytes() {
      checkSignal(call)
      return new Uint8Array(0)
    },
    stream: () => pieces(none),
  }
}

/** UNAVAILABLE unless there are `length` bytes: where an answer announces none, its end may be a cut. */
function measured(call: Call, { next, release }: Reply, length: number): Body {
  let received = 0
  return {
    release,
    async next() {
      const piece = await next()
      received += piece?.byteLength ?? 0
      if (received > length) throw failure(call, 'UNAVAILABLE', 'the answer is longer than announced')
      if (piece === undefined && received < length)
        throw failure(call, 'UNAVAILABLE', 'the answer is shorter than announced. Try again', { retryable: true })
      return piece
    },
  }
}

async function collect(call: Call, { next, release }: Body, length: number): Promise<Uint8Array> {
  try {
    const bytes = allocate(call, length)
    let at = 0
    for (let piece = await next(); piece !== undefined; piece = await next()) at = move(piece, bytes, at)
    return bytes
  } catch (error) {
    release()
    throw error
  }
}

/** Copies a piece, and gives the place behind it. Left to the garbage collector, pieces double what a read takes. */
function move({ buffer, byteOffset, byteLength }: Uint8Array<ArrayBuffer>, target: Uint8Array, at: number): number {
  target.set(new Uint8Array(buffer, byteOffset, byteLength), at)
  buffer.transfer(0)
  return at + byteLength
}

/** The pieces of a short body as views of one array. */
function gathered(call: Call, { next, release }: Body, length: number): Body {
  if (length > WHOLE_BYTES) return { next, release }
  let target: Uint8Array<ArrayBuffer> | undefined
  let filled = 0
  return {
    release,
    async next() {
      const piece = await next()
      if (piece === undefined) return undefined
      target ??= allocate(call, length)
      const start = filled
      filled = move(piece, target, start)
      return target.subarray(start, filled)
    },
  }
}

function allocate(call: Call, length: number): Uint8Array<ArrayBuffer> {
  try {
    return new Uint8Array(Buffer.allocUnsafeSlow(length).buffer, 0, length)
  } catch (cause) {
    throw failure(call, 'TOO_LARGE', `there is no memory for ${length} bytes. Read them as a stream`, { cause })
  }
}

/** By hand: a generator that has not started would not let go of the connection. */
function pieces(body: Body): AsyncIterableIterator<Uint8Array> {
  let open = true
  const close = (): void => {
    if (open) body.release()
    open = false
  }
  return {
    async next() {
      if (!open) return { done: true, value: undefined }
      try {
        const value = await body.next()
        if (value !== undefined) return { done: false, value }
        open = false
        return { done: true, value }
      } catch (error) {
        // Let go while it was waited for.
        if (!open) return { done: true, value: undefined }
        close()
        throw error
      }
    },
    async return() {
      close()
      return { done: true, value: undefined }
    },
    [Symbol.asyncIterator]() {
      return this
    },
  }
}
