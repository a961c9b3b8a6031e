import type { Readable } from 'node:stream'
import type { ObjectStat, StoredObject } from '@resultkit/core'
import { type Call, checkSignal, failure, toResultError } from './failure.ts'
import { type Receive, receiving } from './receive.ts'

const OVER = { done: true, value: undefined } as const

/** Streams up to this size are views of one array: whoever needs all of it need not copy. */
const WHOLE_BYTES = 8 * 1024 * 1024

type Step = IteratorResult<Uint8Array, undefined>

/** An object whose body is on its way. */
export function openObject(call: Call, stat: ObjectStat, source: Readable, length: number): StoredObject {
  // Whoever takes the body gets its error; until then there must be somebody who listens.
  source.on('error', () => {})
  destroyOnAbort(call, source)
  return {
    stat,
    async bytes() {
      try {
        checkSignal(call)
        return await collect(call, source, length)
      } catch (error) {
        throw toResultError(call, error)
      }
    },
    stream: () => pieces(call, source, length),
  }
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

// biome-ignore lint/correctness/useYield: a stream without pieces
async function* nothing(call: Call): AsyncGenerator<Uint8Array, undefined> {
  checkSignal(call)
}

function destroyOnAbort({ signal }: Call, source: Readable): void {
  if (signal === undefined) return
  const abort = (): void => {
    source.destroy(new Error('The signal fired.'))
  }
  if (signal.aborted) abort()
  signal.addEventListener('abort', abort, { once: true })
  source.once('close', () => signal.removeEventListener('abort', abort))
}

/** The whole body in one array, which is allocated once. */
async function collect(call: Call, source: Readable, length: number): Promise<Uint8Array> {
  if (source.destroyed) throw source.errored ?? failure(call, 'UNAVAILABLE', 'the body was taken before')
  const target = allocate(length)
  const receive = receiving(source, target, call.site.connection.ours)
  let filled = 0
  for (let piece = await receive(); piece !== undefined; piece = await receive()) filled += piece.byteLength
  if (filled === length) return target
  throw incomplete(call)
}

function allocate(length: number): Uint8Array {
  return new Uint8Array(Buffer.allocUnsafeSlow(length).buffer, 0, length)
}

function incomplete(call: Call): Error {
  return failure(call, 'UNAVAILABLE', 'the body broke off before its end. Try again', { retryable: true })
}

/** The body piece by piece. Not a generator: one that has not started would not let the connection go. */
function pieces(call: Call, source: Readable, length: number): AsyncIterableIterator<Uint8Array, undefined> {
  let receive: Receive | undefined
  let received = 0
  let over = false
  const leave = (): Step => {
    over = true
    source.destroy()
    return OVER
  }
  return {
    async next(): Promise<Step> {
      if (over) return OVER
      try {
        checkSignal(call)
        receive ??= receiving(source, length <= WHOLE_BYTES ? allocate(length) : undefined, call.site.connection.ours)
        const value = await receive()
        received += value?.byteLength ?? 0
        if (received > length || (value === undefined && received < length)) throw incomplete(call)
        if (value !== undefined) return { done: false, value }
        over = true
        return OVER
      } catch (error) {
        if (over) return OVER
        leave()
        throw toResultError(call, error)
      }
    },
    async return(): Promise<Step> {
      return leave()
    },
    [Symbol.asyncIterator]() {
      return this
    },
  }
}
