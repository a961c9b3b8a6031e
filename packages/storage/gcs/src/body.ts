import type { ObjectStat, StoredObject } from '@resultkit/core'
import type { Reply } from './exchange.ts'
import { type Call, checkSignal, failure } from './failure.ts'

/** An object whose bytes are on their way. `length`: how many will come, where the service said so. */
export function openObject(call: Call, stat: ObjectStat, reply: Reply, length: number | undefined): StoredObject {
  return {
    stat,
    bytes: () => (length === undefined ? readUnmeasured(reply) : readMeasured(call, reply, length)),
    stream: () => pieces(reply),
  }
}

/** No bytes of an object. */
export function emptyObject(call: Call, stat: ObjectStat): StoredObject {
  const none: Pick<Reply, 'next' | 'release'> = {
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

async function readMeasured(call: Call, reply: Reply, length: number): Promise<Uint8Array> {
  const bytes = new Uint8Array(Buffer.allocUnsafeSlow(length).buffer, 0, length)
  let at = 0
  for (let piece = await reply.next(); piece !== undefined; piece = await reply.next()) {
    if (at + piece.byteLength > length) throw failure(call, 'UNAVAILABLE', 'the answer is longer than announced')
    bytes.set(piece, at)
    at += piece.byteLength
  }
  if (at < length)
    throw failure(call, 'UNAVAILABLE', 'the answer is shorter than announced. Try again', { retryable: true })
  return bytes
}

async function readUnmeasured(reply: Reply): Promise<Uint8Array> {
  const all: Uint8Array[] = []
  for (let piece = await reply.next(); piece !== undefined; piece = await reply.next()) all.push(piece)
  const whole = Buffer.concat(all)
  return new Uint8Array(whole.buffer, whole.byteOffset, whole.byteLength)
}

/** By hand: a generator that has not started would not let go of the connection. */
function pieces(reply: Pick<Reply, 'next' | 'release'>): AsyncIterableIterator<Uint8Array> {
  let open = true
  const close = (): void => {
    if (open) reply.release()
    open = false
  }
  return {
    async next() {
      if (!open) return { done: true, value: undefined }
      try {
        const value = await reply.next()
        if (value !== undefined) return { done: false, value }
        open = false
        return { done: true, value }
      } catch (error) {
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
