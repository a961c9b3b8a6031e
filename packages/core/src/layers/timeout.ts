import { type Duration, parseDuration } from '../duration.ts'
import { ResultError, resultError } from '../errors.ts'
import type { Key } from '../key.ts'
import type { CallOptions, Layer, ResultStorage } from '../storage.ts'
import { releaseObject } from '../storage.ts'
import { eachStep, LONGEST_MS, quietly, type StorageOperation } from './operation.ts'

/** The longest that each operation may take; where one is left out, it may take for ever. */
export interface TimeoutOptions {
  /** The answer; then `bytes()` as a whole, or each `next()` of `stream()`. @default no limit */
  readonly read?: Duration | undefined
  /** The whole call, the time that the body takes included. @default no limit */
  readonly write?: Duration | undefined
  /** @default no limit */
  readonly stat?: Duration | undefined
  /** @default no limit */
  readonly delete?: Duration | undefined
  /** Each `next()`. @default no limit */
  readonly list?: Duration | undefined
}

/** One operation's clock: what runs `within` is given up after the limit. */
interface Deadline {
  readonly signal: AbortSignal | undefined
  within<T>(call: () => Promise<T>, tooLate?: (value: T) => unknown): Promise<T>
}

/**
 * Gives up an operation that takes longer than its limit: TIMEOUT (retryable) at once, also from a storage that
 * ignores its signal, which is fired. A write that timed out may still have been stored.
 *
 * The time between two `next()` is the consumer's and does not count.
 *
 * @param limit - one for every operation, or one each; CONFIG unless above zero. Above 24 days it is 24 days.
 */
export function timeout(limit: Duration | TimeoutOptions): Layer {
  const limits = parseLimits(limit)
  return (inner) => {
    const start = (operation: StorageOperation, signal: AbortSignal | undefined, key?: Key): Deadline =>
      makeDeadline(inner, operation, limits[operation], signal, key)
    const run = <T, O extends CallOptions>(
      operation: StorageOperation,
      key: Key,
      options: O,
      call: (options: O) => Promise<T>,
    ): Promise<T> => {
      const { signal, within } = start(operation, options.signal, key)
      return within(() => call({ ...options, signal }))
    }
    return {
      uri: inner.uri,
      capabilities: inner.capabilities,
      async read(key, options) {
        const { signal, within } = start('read', options.signal, key)
        const object = await within(() => inner.read(key, { ...options, signal }), releaseObject)
        return (
          object && {
            stat: object.stat,
            bytes: () => within(() => object.bytes()),
            stream: () => eachStep(object.stream(), (next) => within(next)),
          }
        )
      },
      write: (key, body, options) => run('write', key, options, (given) => inner.write(key, body, given)),
      stat: (key, options) => run('stat', key, options, (given) => inner.stat(key, given)),
      delete: (key, options) => run('delete', key, options, (given) => inner.delete(key, given)),
      async *list(prefix, options) {
        const { signal, within } = start('list', options.signal)
        yield* eachStep(inner.list(prefix, { ...options, signal }), (next) => within(next))
      },
    }
  }
}

function parseLimits(limit: Duration | TimeoutOptions): Record<StorageOperation, number | undefined> {
  const of = (operation: StorageOperation): number | undefined =>
    toMs(typeof limit === 'object' ? limit[operation] : limit)
  return { read: of('read'), write: of('write'), stat: of('stat'), delete: of('delete'), list: of('list') }
}

function toMs(limit: Duration | undefined): number | undefined {
  if (limit === undefined) return undefined
  const ms = parseDuration(limit)
  if (ms > 0) return Math.min(ms, LONGEST_MS)
  const message = 'timeout was given a limit of zero. Leave it out for none.'
  throw resultError('CONFIG', 'timeout', message)
}

function makeDeadline(
  inner: ResultStorage,
  operation: StorageOperation,
  ms: number | undefined,
  signal: AbortSignal | undefined,
  key: Key | undefined,
): Deadline {
  if (ms === undefined) return { signal, within: (call) => call() }
  const controller = new AbortController()
  const expire = (reject: (error: ResultError) => void): void => {
    const message = `${operation} had no answer within ${ms} ms.`
    const details = { message, key, storage: inner.uri, retryable: true }
    const error = new ResultError({ code: 'TIMEOUT', operation, ...details })
    reject(error)
    controller.abort(error)
  }
  return {
    signal: signal ? AbortSignal.any([signal, controller.signal]) : controller.signal,
    within: (call, tooLate) =>
      new Promise((resolve, reject) => {
        let expired = false
        const timer = setTimeout(() => {
          expired = true
          expire(reject)
        }, ms)
        const settle = async (): Promise<void> => {
          try {
            const value = await call()
            if (expired) quietly(() => tooLate?.(value))
            else resolve(value)
          } catch (error) {
            reject(error)
          } finally {
            clearTimeout(timer)
          }
        }
        void settle()
      }),
  }
}
