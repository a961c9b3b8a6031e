import type { Readable } from 'node:stream'
import type { ObjectStat, StoredObject } from '@resultkit/core'
import { type Call, checkSignal, failure, toResultError } from './failure.ts'

const OVER = { done: true, value: undefined } as const

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
    stream: () => pieces(call, source),
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
function collect(call: Call, source: Readable, length: number): Promise<Uint8Array> {
  return new Promise((resolve, reject) => {
    if (source.destroyed) return reject(source.errored ?? failure(call, 'UNAVAILABLE', 'the body was taken before'))
    const bytes = new Uint8Array(Buffer.allocUnsafeSlow(length).buffer, 0, length)
    let filled = 0
    const broken = (): void => reject(source.errored ?? incomplete(call))
    source
      .on('data', (piece: Uint8Array) => {
        if (filled + piece.byteLength <= length) bytes.set(piece, filled)
        filled += piece.byteLength
      })
      .once('error', reject)
      .once('close', broken)
      .once('end', () => {
        source.off('close', broken)
        if (filled === length) resolve(bytes)
        else broken()
      })
  })
}

function incomplete(call: Call): Error {
  return failure(call, 'UNAVAILABLE', 'the body broke off before its end. Try again', { retryable: true })
}

/** The body piece by piece. Not a generator: one that has not started would not let the connection go. */
function pieces(call: Call, source: Readable): AsyncIterableIterator<Uint8Array, undefined> {
  let inner: AsyncIterator<Uint8Array> | undefined
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
        inner ??= source[Symbol.asyncIterator]()
        const step = await inner.next()
        if (step.done) {
          over = true
          return OVER
        }
        const { buffer, byteOffset, byteLength } = step.value
        return { done: false, value: new Uint8Array(buffer, byteOffset, byteLength) }
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
