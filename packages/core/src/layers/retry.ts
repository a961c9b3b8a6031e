import type { ByteSource } from '../bytes.ts'
import { type Duration, parseDuration } from '../duration.ts'
import {
  isResultError,
  type ResultError,
  type ResultErrorCode,
  resultError,
  throwIfAborted,
  withDetails,
} from '../errors.ts'
import type { Key } from '../key.ts'
import { type ByteRange, resolveRange } from '../range.ts'
import { readVersion } from '../read-version.ts'
import type { Layer, ObjectStat, ReadOptions, ResultStorage, StoredObject, WriteOptions } from '../storage.ts'
import { LONGEST_MS, quietly, type StorageOperation, steps } from './operation.ts'

/** Options of {@link retry}. */
export interface RetryOptions {
  /** Calls in all, the first included: an integer from 1. @default 3 */
  readonly attempts?: number | undefined
  /** The longest wait before the second attempt; it doubles with every failure. @default '100ms' */
  readonly minDelay?: Duration | undefined
  /** The longest wait before any attempt, beside what a service asks for. @default '5s' */
  readonly maxDelay?: Duration | undefined
  /** The longest wait that a service may ask for (`retryAfterMs`); what it refuses for longer is not repeated. @default '1m' */
  readonly maxRetryAfter?: Duration | undefined
  /** From 0 up to 1: the part of the longest wait that is waited (full jitter). @default Math.random */
  readonly random?: (() => number) | undefined
  /** Waits, and ends early when the signal fires. @default setTimeout */
  readonly sleep?: ((ms: number, signal: AbortSignal | undefined) => Promise<void>) | undefined
  /** Called before each wait; what it throws is ignored. @default undefined */
  readonly onRetry?: ((event: RetryEvent) => void) | undefined
}

/** An attempt that failed and will be followed by another one. */
export interface RetryEvent {
  readonly operation: StorageOperation
  /** Failures in a row, this one included. */
  readonly attempt: number
  /** Milliseconds until the next attempt. */
  readonly delayMs: number
  readonly code: ResultErrorCode
}

/** The attempts of one operation. */
interface Attempts {
  /** Calls until an attempt succeeds. `settle` decides what a conflict means that may be with our own earlier attempt. */
  run<T>(call: () => Promise<T>, settle?: (conflict: ResultError) => Promise<T>): Promise<T>
  /** Something arrived: only failures in a row count. */
  progress(): void
}

type Start = (operation: StorageOperation, signal: AbortSignal | undefined) => Attempts

/**
 * Repeats what failed with a `retryable` error. After the last attempt its error is thrown with `retryable: false` and
 * the original as the cause, so that stacked retries do not multiply. A signal that fires ends the waiting: ABORTED.
 * What a service asks for (`Retry-After`) is waited on top of the usual delay, so that not all come back at the same moment. When it is
 * more than `maxRetryAfter`, the error is thrown at once, with `retryable: false` and its `retryAfterMs`.
 *
 * - `write` sends `writeId`, and `writeId.n` in later attempts, `n` being how often the body function had been asked before
 *   (for arrays, how many attempts there were), and asks the body function again. When an earlier attempt failed and a later one is
 *   answered ALREADY_EXISTS or PRECONDITION_FAILED, one `stat` tells by the writeId whether the object is our own:
 *   then its stat is the result. Where `capabilities.writeId` is false, or another writer has replaced our object
 *   meanwhile, the error stands. A `stat` that fails is thrown instead: the outcome is unknown.
 * - `delete` with `ifMatch` that meets PRECONDITION_FAILED after a failed attempt succeeds if the object is gone.
 * - `read` also survives failures of the body: `bytes()` reads again; `stream()` goes on where it was cut, which needs
 *   `capabilities.ranges` once bytes were given out. Only the same version (etag) goes on: when it was replaced or
 *   deleted meanwhile, the failure itself is thrown with `retryable: false`, never PRECONDITION_FAILED.
 * - `list` goes on after the last key.
 *
 * CONFIG when `attempts` is not a positive integer, or a delay or `maxRetryAfter` is not a duration.
 */
export function retry(options: RetryOptions = {}): Layer {
  const start = makeStart(options)
  return (inner) => ({
    uri: inner.uri,
    capabilities: inner.capabilities,
    async read(key, options) {
      const attempts = start('read', options.signal)
      const object = await attempts.run(() => inner.read(key, options))
      return object && resumable(inner, key, options, object, attempts)
    },
    write: (key, body, options) => writeRetrying(inner, start('write', options.signal), key, body, options),
    stat: (key, options) => start('stat', options.signal).run(() => inner.stat(key, options)),
    delete: (key, options) =>
      start('delete', options.signal).run(
        () => inner.delete(key, options),
        async (conflict) => {
          if (await inner.stat(key, { signal: options.signal })) throw conflict
        },
      ),
    list(prefix, options) {
      let { startAfter } = options
      return resuming({
        attempts: start('list', options.signal),
        first: undefined,
        open: async () => inner.list(prefix, { ...options, startAfter }),
        take({ key }) {
          startAfter = key
          return true
        },
        canResume: () => true,
      })
    },
  })
}

function makeStart(options: RetryOptions): Start {
  const {
    attempts = 3,
    minDelay = '100ms',
    maxDelay = '5s',
    maxRetryAfter = '1m',
    random = Math.random,
    sleep = wait,
  } = options
  const min = parseDuration(minDelay)
  const max = parseDuration(maxDelay)
  const maxAfter = parseDuration(maxRetryAfter)
  if (!Number.isSafeInteger(attempts) || attempts < 1) {
    const message = 'retry was given attempts that are not a positive integer.'
    throw resultError('CONFIG', 'retry', message)
  }
  return (operation, signal) => {
    let failures = 0
    const afterFailure = async (error: unknown): Promise<void> => {
      if (!isResultError(error) || !error.retryable) throw error
      throwIfAborted(operation, signal)
      failures += 1
      const { retryAfterMs = 0 } = error
      if (failures >= attempts || retryAfterMs > maxAfter) throw final(error)
      const delayMs = Math.min(
        LONGEST_MS,
        retryAfterMs + Math.round(random() * Math.min(max, min * 2 ** (failures - 1))),
      )
      const event = { operation, attempt: failures, delayMs, code: error.code }
      quietly(() => options.onRetry?.(event))
      try {
        await sleep(delayMs, signal)
      } finally {
        throwIfAborted(operation, signal)
      }
    }
    const progress = (): void => {
      failures = 0
    }
    return { run: makeRun(afterFailure, () => failures > 0), progress }
  }
}

function makeRun(afterFailure: (error: unknown) => Promise<void>, hasFailed: () => boolean): Attempts['run'] {
  return async (call, settle) => {
    let next = call
    for (;;) {
      try {
        return await next()
      } catch (error) {
        if (settle && next === call && hasFailed() && isConflict(error)) next = () => settle(error)
        else {
          await afterFailure(error)
          if (isConflict(error)) next = call
        }
      }
    }
  }
}

const isConflict = (error: unknown): error is ResultError =>
  isResultError(error) && (error.code === 'ALREADY_EXISTS' || error.code === 'PRECONDITION_FAILED')

const final = (error: ResultError): ResultError => withDetails(error, { retryable: false })

function wait(ms: number, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      clearTimeout(timer)
      signal?.removeEventListener('abort', done)
      resolve()
    }
    const timer = setTimeout(done, ms)
    signal?.addEventListener('abort', done)
  })
}

function writeRetrying(
  inner: ResultStorage,
  attempts: Attempts,
  key: Key,
  body: ByteSource,
  options: WriteOptions,
): Promise<ObjectStat> {
  const { ifAbsent, ifMatch, signal, writeId } = options
  const streams = typeof body === 'function'
  let passes = 0
  const source = streams
    ? () => {
        passes += 1
        return body()
      }
    : body
  const call = (): Promise<ObjectStat> => {
    const id = passes === 0 ? writeId : `${writeId}.${passes}`
    if (!streams) passes += 1
    return inner.write(key, source, { ...options, writeId: id })
  }
  const conditional = ifAbsent || ifMatch !== undefined
  if (!conditional || !inner.capabilities.writeId) return attempts.run(call)
  return attempts.run(call, async (conflict) => {
    const stat = await inner.stat(key, { signal })
    if (stat?.writeId === writeId || stat?.writeId?.startsWith(`${writeId}.`)) return stat
    throw conflict
  })
}

/** Reads a range again after a failure; throws that failure, final, unless it is still the version of `etag`. */
type Reopen = (failure: ResultError, range: ByteRange | undefined) => Promise<StoredObject>

function makeReopen(inner: ResultStorage, key: Key, options: ReadOptions, etag: string): Reopen {
  return async (failure, range) => {
    const object = await readVersion(inner, key, { ...options, range }, etag)
    if (object !== undefined) return object
    const message = `${failure.message} The object was replaced or deleted before the rest could be read.`
    throw withDetails(failure, { message, retryable: false })
  }
}

function resumable(
  inner: ResultStorage,
  key: Key,
  options: ReadOptions,
  first: StoredObject,
  attempts: Attempts,
): StoredObject {
  const { stat } = first
  const reopen = makeReopen(inner, key, options, stat.etag)
  return {
    stat,
    bytes() {
      let object: StoredObject | undefined = first
      let failure: ResultError
      return attempts.run(async () => {
        const current = object ?? (await reopen(failure, options.range))
        object = undefined
        try {
          return await current.bytes()
        } catch (error) {
          failure = error as ResultError
          throw error
        }
      })
    },
    stream() {
      const { start, end } = resolveRange(options.range, stat.size)
      let at = start
      const rest = (): ByteRange | undefined => (at > start ? { start: at, end } : options.range)
      return resuming({
        attempts,
        first: first.stream(),
        open: async (failure) => (await reopen(failure, rest())).stream(),
        take({ byteLength }) {
          at += byteLength
          return byteLength > 0
        },
        canResume: () => inner.capabilities.ranges || at === start,
      })
    },
  }
}

interface Resuming<T> {
  readonly attempts: Attempts
  readonly first: AsyncIterable<T> | undefined
  /** Goes on after the last value taken. */
  open(failure: ResultError): Promise<AsyncIterable<T>>
  /** Notes a value; whether it was progress. */
  take(value: T): boolean
  canResume(): boolean
}

function resuming<T>({ attempts, first, open, take, canResume }: Resuming<T>): AsyncIterableIterator<T> {
  let iterator = first?.[Symbol.asyncIterator]()
  let failure: ResultError
  const next = async (): Promise<IteratorResult<T, unknown>> => {
    iterator ??= (await open(failure))[Symbol.asyncIterator]()
    try {
      const step = await iterator.next()
      if (!step.done && take(step.value)) attempts.progress()
      return step
    } catch (error) {
      iterator = undefined
      failure = error as ResultError
      throw isResultError(error) && error.retryable && !canResume() ? final(error) : error
    }
  }
  return steps(
    () => attempts.run(next),
    () => iterator?.return?.(),
  )
}
