import { isResultError, type Location, Result, type ResultError, type ResultMode, type Seal } from '@resultkit/core'
import { configError, failure } from './failure.ts'
import { partsOf } from './keyring-parts.ts'
import { checkOptions } from './options.ts'
import { settingsOf } from './payload-settings.ts'
import type { RewrapJob } from './rewrap-head.ts'
import { rewrapObject } from './rewrap-object.ts'

/** What became of one object. */
export type RewrapOutcome = 'rewrapped' | 'current' | 'skipped' | 'failed'

/** How far {@link rewrap} has come. */
export interface RewrapProgress extends RewrapCounts {
  /** The object that this is about. Sensitive, as keys are. */
  readonly key: string
  readonly outcome: RewrapOutcome
  /** Everything up to this key is done: a later run may begin with it as `startAfter`. */
  readonly resumeAfter: string | undefined
}

/** How many objects had which outcome. */
export interface RewrapCounts {
  /** Now under the primary key. */
  readonly rewrapped: number
  /** Were under the primary key already. */
  readonly current: number
  /** Are not encrypted, or were deleted meanwhile. */
  readonly skipped: number
  /** Stayed as they are. */
  readonly failed: number
}

/** What {@link rewrap} did. */
export interface RewrapReport extends RewrapCounts {
  /** Why objects stayed as they are; each error's `key` says which. */
  readonly errors: readonly ResultError[]
}

/** Options of {@link rewrap}. */
export interface RewrapOptions {
  /**
   * `wrap` replaces the slots of the key and leaves everything else as it is, byte for byte. `full` decrypts and encrypts
   * anew, and records the old pin in `supersedes`. References keep working after both.
   */
  readonly mode: 'wrap' | 'full'
  /** Only objects whose key starts with this. @default '' */
  readonly prefix?: string | undefined
  /** Only objects after this key. @default undefined */
  readonly startAfter?: string | undefined
  /** How many objects are worked on at the same time. @default 4 */
  readonly concurrency?: number | undefined
  /** Told after each object, in order of the keys. */
  readonly onProgress?: ((progress: RewrapProgress) => void) | undefined
  readonly signal?: AbortSignal | undefined
}

const OPTIONS = ['mode', 'prefix', 'startAfter', 'concurrency', 'onProgress', 'signal']

/**
 * Moves stored results to the primary key of their Result's keyring, object by object. Each is replaced atomically, and only if
 * it is still the one that was read; what others write meanwhile stays. It can be killed at any time and run again:
 * objects that are done are found current by their first 16 KiB.
 *
 * Errors: CONFIG for a Result without `encrypt({ keyring: keyring(...) })` and for options that are none; UNSUPPORTED for `wrap` when the primary is a local
 * key, which wraps nothing, and for a storage without `list` or `ifMatch`; the storage's and the provider's. What is wrong
 * with single objects is in the report: DECRYPT, UNSUPPORTED for `wrap` of what a local key encrypted, and PRECONDITION_FAILED
 * for what others keep rewriting.
 */
export async function rewrap<T, L extends Location, M extends ResultMode, S extends Seal>(
  result: Result<T, L, M, S>,
  options: RewrapOptions,
): Promise<RewrapReport> {
  checkOptions(options, 'rewrap', OPTIONS)
  if (!(result instanceof Result)) throw invalid('its first argument is a Result, of the same copy of @resultkit/core.')
  const { prefix = '', startAfter, concurrency = 4, onProgress, signal } = options
  const job = parseJob(Result.parts(result), options)
  if (!Number.isSafeInteger(concurrency) || concurrency < 1) throw invalid('concurrency is 1 or more, and whole.')
  const counts = { rewrapped: 0, current: 0, skipped: 0, failed: 0 }
  const errors: ResultError[] = []
  let resumeAfter = startAfter
  for await (const keys of batches(job.storage.list(prefix, { startAfter, signal }), concurrency)) {
    const settled = await Promise.allSettled(keys.map((key) => rewrapOne(job, key)))
    keys.forEach((key, index) => {
      const one = settled[index]
      if (one?.status !== 'fulfilled') throw one?.reason
      const { outcome, error } = one.value
      counts[outcome] += 1
      if (error !== undefined) errors.push(error)
      resumeAfter = key
      onProgress?.({ ...counts, key, outcome, resumeAfter })
    })
  }
  return { ...counts, errors }
}

async function* batches(entries: AsyncIterable<{ readonly key: string }>, size: number): AsyncGenerator<string[]> {
  let batch: string[] = []
  for await (const { key } of entries) {
    batch.push(key)
    if (batch.length < size) continue
    yield batch
    batch = []
  }
  if (batch.length > 0) yield batch
}

/** What concerns one object alone; everything else ends the run, to be continued when it is mended. */
const OF_ONE_OBJECT = new Set(['DECRYPT', 'CORRUPT', 'UNSUPPORTED', 'PRECONDITION_FAILED', 'INVALID_KEY'])

async function rewrapOne(
  job: RewrapJob,
  key: string,
): Promise<{ readonly outcome: RewrapOutcome; readonly error?: ResultError }> {
  try {
    return { outcome: await rewrapObject(job, key) }
  } catch (error) {
    if (!isResultError(error) || !OF_ONE_OBJECT.has(error.code)) throw error
    return { outcome: 'failed', error }
  }
}

function parseJob({ storage, accepted }: ReturnType<typeof Result.parts>, { mode, signal }: RewrapOptions): RewrapJob {
  if (mode !== 'wrap' && mode !== 'full') throw invalid(`mode is 'wrap' or 'full'.`)
  if (storage === undefined) throw unsupported('this Result has no storage.')
  const [pipeline] = accepted
  const codec = pipeline?.codecs.find((candidate) => settingsOf(candidate) !== undefined)
  const settings = codec && settingsOf(codec)
  const ring = settings && partsOf(settings.keyring)
  if (codec === undefined || settings === undefined || ring === undefined)
    throw invalid(
      'the Result does not encrypt. Give it codecs: [encrypt({ keyring: keyring({...}) })], from the same copy of this package.',
    )
  const { list, ifMatch } = storage.capabilities
  if (!list || !ifMatch)
    throw unsupported(
      'the storage cannot list or replace conditionally, and what others write meanwhile could be lost.',
    )
  if (mode === 'wrap' && ring.primary.does.wrap === undefined)
    throw unsupported(
      `the primary is a local key, under which no keys are wrapped. Use mode: 'full', or an envelope key.`,
    )
  return { mode, storage, codec, settings, ring, signal }
}

function invalid(problem: string): Error {
  return configError('rewrap', `rewrap: ${problem}`)
}

function unsupported(problem: string): Error {
  return failure('UNSUPPORTED', 'rewrap', `rewrap: ${problem}`)
}
