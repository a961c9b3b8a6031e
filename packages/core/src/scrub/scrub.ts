import { ResultError, type ResultErrorCode } from '../errors.ts'
import type { Key } from '../key.ts'
import type { Location } from '../location.ts'
import type { ResultMode, Seal } from '../options.ts'
import type { RecordTrailer } from '../record/trailer.ts'
import { Result } from '../result.ts'
import type { ObjectStat, ResultStorage } from '../storage.ts'
import { type Inspection, inspect } from './inspect.ts'
import { quarantine } from './quarantine.ts'

/**
 * What became of one object.
 *
 * - `intact`: a record whose header and payload have the digests in its trailer
 * - `corrupt`: a record of which bytes are missing, changed or added
 * - `unverified`: nothing to compare with: a plain result, a file of another tool, a record of a later version
 * - `skipped`: deleted or replaced meanwhile
 */
export type ScrubOutcome = 'intact' | 'corrupt' | 'unverified' | 'skipped'

/** How many objects had which outcome. */
export type ScrubCounts = Readonly<Record<ScrubOutcome, number>>

/** One damaged record. */
export interface ScrubFinding {
  /** Sensitive, as keys are. */
  readonly key: string
  /** What is wrong, for people. */
  readonly problem: string
  /** What the trailer says; `undefined` when the trailer itself is damaged. */
  readonly expected: RecordTrailer | undefined
  /** What was read: size and SHA-256 of the payload, SHA-256 of the header line; `undefined` when these cannot be told apart. */
  readonly actual: RecordTrailer | undefined
  /** Where its bytes are now, with `quarantine`: a key of the same storage, which lists do not show. */
  readonly quarantinedAs: string | undefined
}

/** How far {@link scrub} has come. */
export interface ScrubProgress extends ScrubCounts {
  /** The object that this is about. Sensitive, as keys are. */
  readonly key: string
  readonly outcome: ScrubOutcome
}

/** What {@link scrub} found. */
export interface ScrubReport extends ScrubCounts {
  /** The damaged records, in order of their keys. */
  readonly findings: readonly ScrubFinding[]
}

/** Options of {@link scrub}. */
export interface ScrubOptions {
  /** Only objects whose key starts with this. @default '' */
  readonly prefix?: string | undefined
  /** Only objects after this key, such as the last one that `onProgress` of an earlier run was told. @default undefined */
  readonly startAfter?: string | undefined
  /** How many objects are read at the same time. @default 4 */
  readonly concurrency?: number | undefined
  /**
   * Moves what is damaged below `.resultkit/quarantine/`, where no reader meets it and nothing of it is lost; the next
   * look-up is a miss, and the result is computed anew.
   * @default false
   */
  readonly quarantine?: boolean | undefined
  /** Told after each object, in order of the keys. */
  readonly onProgress?: ((progress: ScrubProgress) => void) | undefined
  readonly signal?: AbortSignal | undefined
}

const OPTIONS = new Set(['prefix', 'startAfter', 'concurrency', 'quarantine', 'onProgress', 'signal'])

interface Job {
  readonly storage: ResultStorage
  readonly quarantines: boolean
  readonly signal: AbortSignal | undefined
}

/**
 * Reads every stored record of a Result's storage and holds it against its digests, whatever its serializer and codecs:
 * nothing is decoded, and no key is needed. It finds what a disk or a copy has damaged; forgery is found by references and by
 * encryption. Memory does not grow with the size of objects.
 *
 * Errors: CONFIG for options that are none, UNSUPPORTED for a storage that cannot list or, with `quarantine`, not delete
 * conditionally; the storage's, which end the run: an outage is no damage.
 */
export async function scrub<T, L extends Location, M extends ResultMode, S extends Seal>(
  result: Result<T, L, M, S>,
  options: ScrubOptions = {},
): Promise<ScrubReport> {
  const job = parseJob(result, options)
  const { prefix = '', startAfter, concurrency = 4, onProgress, signal } = options
  const counts = { intact: 0, corrupt: 0, unverified: 0, skipped: 0 }
  const findings: ScrubFinding[] = []
  const keys = keysOf(job.storage.list(prefix, { startAfter, signal }))
  for await (const { key, outcome, finding } of inOrder(keys, concurrency, (key) => scrubOne(job, key))) {
    counts[outcome] += 1
    if (finding !== undefined) findings.push(finding)
    onProgress?.({ ...counts, key, outcome })
  }
  return { ...counts, findings }
}

function parseJob(result: unknown, options: ScrubOptions): Job {
  if (!(result instanceof Result))
    throw refuse('CONFIG', 'its first argument is a Result, of the same copy of @resultkit/core.')
  const unknown = Object.keys(options).find((name) => !OPTIONS.has(name))
  if (unknown !== undefined) throw refuse('CONFIG', `there is no option "${unknown}".`)
  const { concurrency = 4, quarantine: quarantines = false, signal } = options
  if (!Number.isSafeInteger(concurrency) || concurrency < 1)
    throw refuse('CONFIG', 'concurrency is 1 or more, and whole.')
  if (typeof quarantines !== 'boolean') throw refuse('CONFIG', 'quarantine is true or false.')
  const { storage } = Result.parts(result)
  if (storage === undefined) throw refuse('UNSUPPORTED', 'this Result has no storage.')
  if (!storage.capabilities.list) throw refuse('UNSUPPORTED', 'the storage cannot list.')
  if (quarantines && !storage.capabilities.deleteIfMatch)
    throw refuse(
      'UNSUPPORTED',
      'the storage cannot delete conditionally, and what others write meanwhile could be lost. Leave quarantine out.',
    )
  return { storage, quarantines, signal }
}

interface Scrubbed {
  readonly key: string
  readonly outcome: ScrubOutcome
  readonly finding?: ScrubFinding
}

async function scrubOne(job: Job, key: string): Promise<Scrubbed> {
  const { storage, signal } = job
  const whole = { range: undefined, ifMatch: undefined, ifNoneMatch: undefined, maxBytes: undefined, signal }
  const object = await storage.read(key as Key, whole)
  if (object === undefined) return { key, outcome: 'skipped' }
  const inspection = await inspect(storage, object, signal)
  return inspection.outcome === 'corrupt' ? report(job, object.stat, inspection) : { key, outcome: inspection.outcome }
}

async function report(
  { storage, quarantines, signal }: Job,
  stat: ObjectStat,
  { outcome, problem, expected, actual }: Inspection & { readonly outcome: 'corrupt' },
): Promise<Scrubbed> {
  const { key } = stat
  const quarantinedAs = quarantines ? await quarantine(storage, stat, signal) : undefined
  if (quarantines && quarantinedAs === undefined) return { key, outcome: 'skipped' }
  return { key, outcome, finding: { key, problem, expected, actual, quarantinedAs } }
}

async function* keysOf(entries: AsyncIterable<{ readonly key: string }>): AsyncGenerator<string> {
  for await (const { key } of entries) yield key
}

/** Works on several at a time and gives the outcomes in order; when one fails, the others are waited for. */
async function* inOrder<A, R>(
  items: AsyncIterable<A>,
  concurrency: number,
  work: (item: A) => Promise<R>,
): AsyncGenerator<R> {
  const running: Promise<R>[] = []
  try {
    for await (const item of items) {
      const outcome = work(item)
      // Its failure is told in its turn.
      outcome.catch(() => {})
      running.push(outcome)
      if (running.length >= concurrency) yield await (running.shift() as Promise<R>)
    }
    for (let next = running.shift(); next !== undefined; next = running.shift()) yield await next
  } finally {
    await Promise.allSettled(running)
  }
}

function refuse(code: ResultErrorCode, problem: string): ResultError {
  return new ResultError({ code, operation: 'scrub', message: `scrub: ${problem}` })
}
