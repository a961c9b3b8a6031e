import { isResultError, type ResultError, type ResultErrorCode } from '@resultkit/core'
import { show, showDifference } from './show.ts'

/** The error of a broken promise. */
export function broken(promised: string, happened: string): Error {
  return new Error(`promised: ${promised}; happened: ${happened}`)
}

/** The error itself when it is a broken promise; else one that says that `promised` was broken by it. */
export function asBroken(promised: string, error: unknown): Error {
  if (isBroken(error)) return error
  const failure = broken(promised, `it failed with ${show(error)}`)
  failure.cause = error
  return failure
}

function isBroken(error: unknown): error is Error {
  return error instanceof Error && error.message.startsWith('promised: ')
}

/** Fails unless `kept`. */
export function expectThat(kept: boolean, promised: string, happened: string | (() => string)): asserts kept {
  if (!kept) throw broken(promised, typeof happened === 'function' ? happened() : happened)
}

/** Fails unless both are the same primitive or object. */
export function expectSame(promised: string, actual: unknown, expected: unknown): void {
  expectThat(Object.is(actual, expected), promised, () => `${show(actual)} instead of ${show(expected)}`)
}

/** Fails unless both lists hold the same primitives in the same order. */
export function expectList(promised: string, actual: readonly unknown[], expected: readonly unknown[]): void {
  const at = expected.findIndex((value, index) => !Object.is(value, actual[index]))
  const lists = `${actual.length} entries for ${expected.length}`
  expectThat(at === -1, promised, () => `${lists}; at ${at} ${show(actual[at])} instead of ${show(expected[at])}`)
  expectThat(actual.length === expected.length, promised, () => `${lists}; more: ${show(actual[expected.length])}`)
}

/** Fails unless both hold the same bytes; `undefined` is "absent". */
export function expectBytes(promised: string, actual: Uint8Array | undefined, expected: Uint8Array): void {
  expectThat(actual !== undefined, promised, 'it was absent')
  expectThat(actual instanceof Uint8Array, promised, () => `it is ${show(actual)}, not a Uint8Array`)
  const difference = showDifference(actual, expected)
  expectThat(difference === undefined, promised, () => `${difference}`)
}

/** What `attempt` throws or rejects with; fails when it does neither. A promise broken inside stays that. */
export async function expectFailure(promised: string, attempt: () => unknown): Promise<unknown> {
  let value: unknown
  try {
    value = await attempt()
  } catch (error) {
    if (isBroken(error)) throw error
    return error
  }
  throw broken(promised, `it succeeded with ${show(value)}`)
}

/** The ResultError that `attempt` fails with; fails when it succeeds, or with another code. Without `codes`: any. */
export async function expectRefusal(
  promised: string,
  codes: ResultErrorCode | readonly ResultErrorCode[] | undefined,
  attempt: () => unknown,
): Promise<ResultError> {
  const error = await expectFailure(promised, attempt)
  const expected = codes === undefined ? undefined : [codes].flat()
  const kept = isResultError(error) && (expected?.includes(error.code) ?? true)
  expectThat(kept, promised, () => `it failed with ${show(error)} instead of ${expected ?? 'a ResultError'}`)
  return error as ResultError
}

/** Whether `cause` is the error or stands anywhere below it. */
export function isCausedBy(error: unknown, cause: unknown): boolean {
  for (let at = error, depth = 0; depth < 20; depth++) {
    if (at === cause) return true
    if (typeof at !== 'object' || at === null) return false
    at = (at as { cause?: unknown }).cause
  }
  return false
}
