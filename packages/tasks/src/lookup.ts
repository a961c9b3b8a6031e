import { isResultError, type RecordInfo, type ResultErrorCode } from '@resultkit/core'
import { isDigestValidator, type RunDigests, runDigests } from './cache-validators.ts'
import type { Definition } from './definition.ts'
import { failure, isFailure, messageOf, taskError } from './failure.ts'
import type { Keeper, PlainResult } from './keeper.ts'
import { countIssues, ownIssues } from './own-issues.ts'
import { contextOf } from './place.ts'
import type { Run } from './run.ts'
import type { LookupReason, PublishedResult, StateReason } from './state-types.ts'
import { isStream, streamedValue } from './streamed.ts'

/** What is stored at a place, if it may be used. */
export type Lookup =
  | {
      readonly status: 'hit'
      readonly value: unknown
      readonly result: PublishedResult | undefined
      readonly record: RecordInfo
    }
  | { readonly status: 'run'; readonly reason: LookupReason; readonly why: string; readonly etag?: string | undefined }

const UNREADABLE: ReadonlySet<ResultErrorCode> = new Set([
  'CORRUPT',
  'REPLACED',
  'DESERIALIZE',
  'DECRYPT',
  'UNSUPPORTED',
])

/** Looks at a place: one request. Errors are failures with their reason: an outage, and what the options do not let pass. */
export async function lookUp(run: Run, keeper: Keeper, at: string, signal: AbortSignal | undefined): Promise<Lookup> {
  const { definition } = run
  const { digests, problem } = runDigests(definition.digests, () => contextOf(run), run.outer.settings.runtime.classes)
  if (problem !== undefined) return { status: 'run', reason: 'unhashable-input', why: problem }
  const result = withCacheValidators(definition, keeper.result, digests)
  try {
    const found = await result.find(at, findOptions(definition, signal))
    if (found.status === 'miss') return { status: 'run', reason: 'miss', why: 'nothing is stored there' }
    const { etag } = found.record
    if (found.status === 'expired') return { status: 'run', reason: 'expired', why: expiredWhy(found.reason), etag }
    if (found.status === 'invalid' && found.reason === 'cacheValidators')
      return { status: 'run', reason: 'invalid', why: 'its cache validators do not let it be used again', etag }
    const unchecked = found.status === 'hit' && (definition.options.validators ?? []).length === 0
    const issues = found.status === 'invalid' ? found.issues : unchecked ? [] : await ownIssues(definition, found.value)
    if (issues.length > 0) return storedInvalid(definition, issues, etag)
    if (found.status !== 'hit') return { status: 'run', reason: 'invalid', why: 'it is not valid', etag }
    const value = isStream(found.value) ? streamedValue(keeper, at) : found.value
    return { status: 'hit', value, result: found.reference, record: found.record }
  } catch (error) {
    return unreadable(definition, error)
  }
}

function findOptions(
  { cacheFor }: Definition,
  signal: AbortSignal | undefined,
): { maxAge?: number; signal?: AbortSignal } {
  return { ...(cacheFor === undefined ? {} : { maxAge: cacheFor }), ...(signal === undefined ? {} : { signal }) }
}

function expiredWhy(reason: 'expiresAt' | 'maxAge'): string {
  return reason === 'maxAge' ? 'it is older than cacheFor' : 'it has expired'
}

function withCacheValidators(
  { options: { cacheValidators } }: Definition,
  result: PlainResult,
  digests: RunDigests['digests'],
): PlainResult {
  if (cacheValidators === undefined) return result
  const wanted = Object.entries(digests)
  const compare = ({ record }: { readonly record: RecordInfo }): boolean =>
    wanted.every(([name, digest]) => digestsIn(record)[name] === digest)
  const functions = cacheValidators.filter((validator) => !isDigestValidator(validator))
  return result.with({ cacheValidators: [compare, ...functions] } as never) as PlainResult
}

function digestsIn({ metadata }: RecordInfo): Readonly<Record<string, unknown>> {
  const digests = metadata?.['digests']
  return typeof digests === 'object' && digests !== null ? (digests as Readonly<Record<string, unknown>>) : {}
}

function storedInvalid({ options, name }: Definition, issues: readonly unknown[], etag: string): Lookup {
  const why = `it does not pass the validators (${countIssues(issues)})`
  if (options.onInvalid === 'run') return { status: 'run', reason: 'invalid', why, etag }
  const message = `The stored result of "${name}" does not pass its validators (${countIssues(issues)}). Give refresh: true, or onInvalid: 'run'.`
  throw failure('stored-invalid', taskError('VALIDATION_FAILED', 'find', message), 'ValidationFailed')
}

function unreadable({ options }: Definition, error: unknown): Lookup {
  if (isFailure(error)) throw error
  if (!isResultError(error)) throw failure('lookup-failed', error)
  const { code } = error
  if (UNREADABLE.has(code)) {
    if (options.onUnreadable === 'run') return { status: 'run', reason: 'unreadable', why: messageOf(error) }
    throw failure('unreadable', error)
  }
  if (code === 'ABORTED') throw error
  throw failure(reasonOf(code), error)
}

function reasonOf(code: ResultErrorCode): StateReason {
  return ['CONFIG', 'INVALID_KEY', 'INVALID_LOCATION', 'SERIALIZE'].includes(code) ? 'configuration' : 'lookup-failed'
}
