import {
  isLiteralValue,
  isResultError,
  literal,
  nowMs,
  ResultError,
  type ResultErrorCode,
  type ResultIssue,
  type Validator,
} from '@resultkit/core'
import { runDigests } from './cache-validators.ts'
import { asFailure, failure, taskError } from './failure.ts'
import type { Keeper, PlainResult } from './keeper.ts'
import { countIssues, ownIssues } from './own-issues.ts'
import { contextOf, ownLocation, runPlace } from './place.ts'
import { keeperOf, planFor } from './plan.ts'
import type { Run } from './run.ts'
import type { StateReason } from './state-types.ts'
import { isStream, streamedValue } from './streamed.ts'
import type { Remembered } from './value-memory.ts'

/** How a value is stored. */
export interface StoreOptions {
  readonly keeper: Keeper
  /** Where a key or target puts it; without one, where the result or the run does. */
  readonly at: string | undefined
  readonly signal: AbortSignal | undefined
  /** Conditions of the write. */
  readonly condition?: { readonly ifAbsent?: boolean; readonly ifMatch?: string } | undefined
}

/** What storing a value gave. */
export interface Stored {
  /** What is passed on: the value, or for a stream what reads it from the storage. */
  readonly value: unknown
  readonly reason: StateReason
  /** For the memory of keyed look-ups. */
  readonly remembered?: Remembered | undefined
}

/** Stores a validated value and notes on the run where it lies. Errors are failures: `write-failed`, `output-invalid`, ... */
export async function storeValue(run: Run, value: unknown, options: StoreOptions): Promise<Stored> {
  const { keeper, at } = options
  try {
    if (keeper.adapter !== undefined) {
      run.result = { type: 'location', location: await keeper.adapter.write(value) }
      return { value, reason: 'persisted' }
    }
    const where = at ?? ownLocation(run, keeper)
    if (where === undefined && isLiteralValue(value)) {
      run.result = literal(value)
      return { value, reason: 'literal' }
    }
    return await write(run, value, where ?? runPlace(run).at, options)
  } catch (error) {
    throw writeFailure(error)
  }
}

async function write(run: Run, value: unknown, at: string, options: StoreOptions): Promise<Stored> {
  const { keeper, signal, condition } = options
  const { digests, options: own } = run.definition
  const { classes, clock } = run.outer.settings.runtime
  const streams = keeper.isStream || isStream(value)
  const result = streams ? itemValidating(keeper.result, own.validators ?? [], own.result !== undefined) : keeper.result
  const metadata =
    digests.length === 0 ? undefined : { digests: runDigests(digests, () => contextOf(run), classes).digests }
  // Values were validated before; items can only be seen as they pass.
  const { reference, stat } = await result.writeWithStat(value as never, at, {
    ...condition,
    signal,
    metadata,
    validate: streams,
  })
  run.result = reference
  const createdAt = nowMs(keeper.rules.clock ?? clock)
  return {
    value: streams ? streamedValue(keeper, at) : value,
    reason: 'persisted',
    remembered: streams
      ? undefined
      : { value, result: reference, createdAt, expiresAt: undefined, bytes: stat.size, passed: passedOf(run, keeper) },
  }
}

/** What a value that this run gives or takes has passed. */
export function passedOf({ definition }: Pick<Run, 'definition'>, { rules }: Keeper): Remembered['passed'] {
  return [definition.options.validators, rules.validators]
}

function itemValidating(result: PlainResult, validators: readonly Validator<never>[], own: boolean): PlainResult {
  if (validators.length === 0) return result
  if (!own) return result.with({ validators } as never) as PlainResult
  const message = 'A stream is validated by its result, item by item. Put the validators there.'
  throw new ResultError({ code: 'CONFIG', operation: 'write', message })
}

const CONFIGURATION: ReadonlySet<ResultErrorCode> = new Set([
  'CONFIG',
  'INVALID_KEY',
  'INVALID_LOCATION',
  'UNSUPPORTED',
])

function writeFailure(error: unknown): unknown {
  if (!isResultError(error)) return asFailure(error, 'write-failed')
  if (error.code === 'VALIDATION_FAILED') return failure('output-invalid', error, 'ValidationFailed')
  if (error.code === 'ABORTED') return error
  return failure(CONFIGURATION.has(error.code) ? 'configuration' : 'write-failed', error)
}

/** Checks what a body gave, by the validators of its result and then its own. The failure is `output-invalid`. */
export async function validateOutput(run: Run, value: unknown, keeper: Keeper | undefined): Promise<void> {
  const { validators = [], result: own } = run.definition.options
  const result = keeper?.result ?? own
  if (isStream(value)) return keeper === undefined && validators.length > 0 ? refuseUnseen(run) : undefined
  if (validators.length === 0 && result === undefined) return
  const issues: ResultIssue[] = []
  const adapter = keeper?.adapter
  if (adapter !== undefined) issues.push(...(await adapter.validate(value)).issues)
  else if (result !== undefined) issues.push(...(await result.validate(value as never)).issues)
  issues.push(...(await ownIssues(run.definition, value)))
  if (issues.length > 0) throw failure('output-invalid', invalid(run, issues), 'ValidationFailed')
}

function refuseUnseen({ definition: { kind, name } }: Run): never {
  const message = `${kind} "${name}" gave a stream, which is validated as it is stored. Give it persistResult: true.`
  throw failure('configuration', taskError('CONFIG', 'run', message))
}

function invalid({ definition }: Run, issues: readonly ResultIssue[]): ResultError {
  const message = `${definition.kind} "${definition.name}" gave a value that does not pass its validators (${countIssues(issues)}). Nothing was stored or passed on. See error.issues.`
  return new ResultError({ code: 'VALIDATION_FAILED', operation: 'run', message, issues })
}

/** Opens what a run of this definition stores with. */
export async function keeperFor(run: Run): Promise<Keeper> {
  if (run.keeper !== undefined) return run.keeper
  return keeperOf(run.definition, planFor(run.definition, run.outer.settings)).catch((error: unknown) => {
    throw failure('configuration', error)
  })
}
