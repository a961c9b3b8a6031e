import { type IssuePath, isResultError, type ResultError, type ResultIssue, resultError } from './errors.ts'
import { underSignal } from './under-signal.ts'

/** Standard Schema version 1 (https://standardschema.dev), as far as it is used here: zod, valibot, arktype and others. */
export interface StandardSchemaV1<Input = unknown, Output = Input> {
  readonly '~standard': {
    readonly version: 1
    readonly vendor: string
    readonly validate: (value: unknown) => StandardOutcome<Output> | Promise<StandardOutcome<Output>>
    readonly types?: { readonly input: Input; readonly output: Output } | undefined
  }
}

type StandardOutcome<Output> =
  | { readonly value: Output; readonly issues?: undefined }
  | { readonly issues: readonly StandardIssue[] }

interface StandardIssue {
  readonly message: string
  readonly path?: readonly (PropertyKey | { readonly key: PropertyKey })[] | undefined
}

/** Checks a value, and never changes it: what a schema transforms is not used. */
export type Validator<T> = StandardSchemaV1<T, T> | ((value: T) => boolean | Promise<boolean>)

/** What `validate` answers. */
export type ValidationOutcome =
  | { readonly valid: true; readonly issues: readonly [] }
  | { readonly valid: false; readonly issues: readonly ResultIssue[] }

/** A validator that accepts everything, to give a Result the type `T`: `validators: [type<Score[]>()]`. */
export function type<T>(): Validator<T> {
  return () => true
}

/** Runs every validator, also after one has failed. A validator that throws is a CONFIG error, never "invalid". */
export async function runValidators(
  validators: readonly Validator<never>[],
  value: unknown,
): Promise<ValidationOutcome> {
  const issues: ResultIssue[] = []
  for (const [index, validator] of validators.entries()) {
    try {
      issues.push(...(await runOne(validator as Validator<unknown>, value, index)))
    } catch (error) {
      throw callbackFailed('validate', `validators[${index}]`, error)
    }
  }
  return issues.length === 0 ? { valid: true, issues: [] } : { valid: false, issues }
}

/** What has validators. */
export interface Validated {
  readonly validators: readonly Validator<never>[]
}

/** Whether the validators are asked, and until when. */
export interface ValidateOptions {
  readonly validate?: boolean | undefined
  readonly signal?: AbortSignal | undefined
}

/** What the validators have against a value, unless they are not to be asked. */
export async function issuesOf(
  operation: string,
  { validators }: Validated,
  value: unknown,
  { validate, signal }: ValidateOptions,
): Promise<readonly ResultIssue[]> {
  if (validate === false || validators.length === 0) return []
  return (await underSignal(signal, operation, () => runValidators(validators, value))).issues
}

async function runOne(validator: Validator<unknown>, value: unknown, index: number): Promise<readonly ResultIssue[]> {
  // A schema may be a function as well (arktype), so the schema's mark is looked for first.
  if ('~standard' in validator) {
    const outcome = await validator['~standard'].validate(value)
    if (outcome.issues === undefined) return []
    // Standard Schema: issues that are there mean failure, also when there are none of them.
    if (outcome.issues.length === 0) return [{ message: 'refused without saying why', path: [] }]
    return outcome.issues.map(({ message, path }) => ({ message, path: issuePath(path) }))
  }
  const name = validator.name === '' ? `validators[${index}]` : validator.name
  const answer: unknown = await validator(value)
  if (typeof answer !== 'boolean') throw new TypeError('a validator function answers true or false')
  return answer ? [] : [{ message: `${name} answered false`, path: [] }]
}

function issuePath(path: StandardIssue['path']): IssuePath {
  return (path ?? []).map((segment) => (typeof segment === 'object' ? segment.key : segment))
}

/** CONFIG for a function of the caller's that threw instead of answering, unless what it threw says more. */
export function callbackFailed(operation: string, what: string, cause: unknown): ResultError {
  if (isResultError(cause)) return cause
  return resultError('CONFIG', operation, `${what} threw. Mend it, or catch inside it.`, { cause })
}

/** The text of a path inside a value: `result.rows[3].price`. */
export function formatPath(path: IssuePath, root: string = 'result'): string {
  let text = root
  for (const segment of path) {
    if (typeof segment === 'number') text += `[${segment}]`
    else if (typeof segment === 'string' && /^[A-Za-z_$][\w$]*$/.test(segment)) text += `.${segment}`
    else text += typeof segment === 'symbol' ? `[${String(segment)}]` : `[${JSON.stringify(segment)}]`
  }
  return text
}

/** VALIDATION_FAILED with its issues; the message counts them and names the first places, never the values. */
export function validationFailed(operation: string, issues: readonly ResultIssue[]): ResultError {
  const places = [...new Set(issues.map(({ path }) => formatPath(path)))]
  const shown = places.slice(0, 5).join(', ') + (places.length > 5 ? `, and ${places.length - 5} more` : '')
  const done = operation === 'write' ? 'Nothing was written. ' : ''
  const message = `${operation}: the value does not pass its validators (issues: ${issues.length}, at ${shown}). ${done}See error.issues.`
  return resultError('VALIDATION_FAILED', operation, message, { issues })
}
