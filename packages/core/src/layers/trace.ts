import { isResultError, type ResultErrorCode } from '../errors.ts'
import type { Layer, StoredObject } from '../storage.ts'
import { quietly, type StorageOperation, steps } from './operation.ts'

/** How an operation ended; `ERROR` is an error that is not a `ResultError`. */
export type TraceOutcome = 'ok' | 'absent' | ResultErrorCode | 'ERROR'

/** One operation that has ended. */
export interface TraceEvent {
  readonly operation: StorageOperation
  /** Milliseconds, for a read or a listing up to the end of its last byte or entry. */
  readonly durationMs: number
  readonly outcome: TraceOutcome
  /** Bytes written, or bytes of the body that were read; `undefined` where there are none to count. */
  readonly bytes: number | undefined
  /** The key, or the prefix of a listing; `undefined` unless `keys` is on. */
  readonly key: string | undefined
}

/** Options of {@link trace}. */
export interface TraceOptions {
  /** Whether events hold the key, which may be sensitive. @default false */
  readonly keys?: boolean | undefined
  /** A clock in milliseconds. @default performance.now */
  readonly now?: (() => number) | undefined
}

type End = (outcome: TraceOutcome, bytes?: number) => void

/**
 * Calls back once for each operation: a read when its body has been read, has failed or has been let go (at once when
 * absent), a listing when it ends or is let go. A read whose body is never taken is not reported.
 *
 * Events hold neither values, names nor the uri. What the callback throws is ignored.
 */
export function trace(callback: (event: TraceEvent) => void, options: TraceOptions = {}): Layer {
  const begin = makeBegin(callback, options)
  return (inner) => ({
    uri: inner.uri,
    capabilities: inner.capabilities,
    async read(key, options) {
      const end = begin('read', key)
      const object = await watch(end, () => inner.read(key, options))
      if (object === undefined) end('absent')
      return object && traced(object, end)
    },
    async write(key, body, options) {
      const end = begin('write', key)
      const stat = await watch(end, () => inner.write(key, body, options))
      end('ok', stat.size)
      return stat
    },
    async stat(key, options) {
      const end = begin('stat', key)
      const stat = await watch(end, () => inner.stat(key, options))
      end(stat ? 'ok' : 'absent')
      return stat
    },
    async delete(key, options) {
      const end = begin('delete', key)
      await watch(end, () => inner.delete(key, options))
      end('ok')
    },
    async *list(prefix, options) {
      const end = begin('list', prefix)
      try {
        yield* inner.list(prefix, options)
      } catch (error) {
        end(outcomeOf(error))
        throw error
      } finally {
        end('ok')
      }
    },
  })
}

function makeBegin(
  callback: (event: TraceEvent) => void,
  { keys = false, now = () => performance.now() }: TraceOptions,
): (operation: StorageOperation, key: string) => End {
  return (operation, key) => {
    const since = now()
    let ended = false
    return (outcome, bytes) => {
      if (ended) return
      ended = true
      const durationMs = now() - since
      quietly(() => callback({ operation, durationMs, outcome, bytes, key: keys ? key : undefined }))
    }
  }
}

function traced(object: StoredObject, end: End): StoredObject {
  return {
    stat: object.stat,
    async bytes() {
      const bytes = await watch(end, () => object.bytes())
      end('ok', bytes.byteLength)
      return bytes
    },
    stream() {
      const iterator = object.stream()[Symbol.asyncIterator]()
      let bytes = 0
      const endStream: End = (outcome) => end(outcome, bytes)
      return steps(
        async () => {
          const step = await watch(endStream, () => iterator.next())
          if (step.done) endStream('ok')
          else bytes += step.value.byteLength
          return step
        },
        async () => {
          await watch(endStream, async () => iterator.return?.())
          endStream('ok')
        },
      )
    },
  }
}

async function watch<T>(end: End, call: () => Promise<T>): Promise<T> {
  try {
    return await call()
  } catch (error) {
    end(outcomeOf(error))
    throw error
  }
}

const outcomeOf = (error: unknown): TraceOutcome => (isResultError(error) ? error.code : 'ERROR')
