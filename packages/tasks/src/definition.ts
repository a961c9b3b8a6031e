import { parseDuration } from '@resultkit/core'
import { warn } from './boundary.ts'
import { type CacheKeyFunction, type CachePolicy, flattenPolicies, inputs, source } from './cache-policy.ts'
import { type DigestValidator, isDigestValidator } from './cache-validators.ts'
import { taskError } from './failure.ts'
import type { Plan } from './plan.ts'
import { type Feature, NEEDS_VALUE } from './resolve-persistence.ts'
import { isResultAdapter } from './result-adapter.ts'
import type { LocationContext, RunContext, RuntimeOptions, TaskOptions } from './task-options.ts'

/** A body. */
export type Body = (input: never, run: RunContext) => unknown

/** What a key is made of. */
export type KeySource =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'function'; readonly key: CacheKeyFunction<never> }
  | { readonly kind: 'policies'; readonly policies: readonly CachePolicy[] }

/** A target as it was given, its format decided. */
export interface ParsedTarget {
  readonly location: string | ((context: LocationContext<never>) => string)
  readonly format: 'plain' | 'record'
}

/** A task or flow with its options checked, once. */
export interface Definition {
  readonly kind: 'task' | 'flow'
  readonly name: string
  readonly fn: Body
  readonly options: TaskOptions<never, never> & { readonly runId?: string | undefined }
  /** Of a flow: what its tasks inherit. */
  readonly runtime: RuntimeOptions | undefined
  readonly features: readonly Feature[]
  readonly key: KeySource | undefined
  readonly target: ParsedTarget | undefined
  readonly digests: readonly DigestValidator[]
  /** Milliseconds. */
  readonly cacheFor: number | undefined
  readonly timeout: number | undefined
  readonly retries: number
  /** Whether awaiting gives the value: not with `cacheInMemory: false` and `persistResult: false`. */
  readonly readsDirectly: boolean
  /** Limits are shared with what `with` makes of it. */
  readonly origin: object
  /** The newest plan, which is for the settings that it names. */
  plan: Plan | undefined
}

/** Checks options. Errors: CONFIG for one that is wrong or contradicts another, MISSING_RESULT with `strict`. */
export function define(
  kind: 'task' | 'flow',
  name: string,
  fn: Body,
  options: TaskOptions<never, never>,
  runtime: RuntimeOptions | undefined,
  origin: object = {},
): Definition {
  if (typeof name !== 'string' || name === '') throw config(kind, `${kind}(name, fn): the name is a text, not empty.`)
  if (typeof fn !== 'function')
    throw config(kind, `${kind} "${name}": the second argument is the function that does the work.`)
  const { retries = 0, cacheFor, timeout, cacheValidators = [] } = options
  const definition: Definition = {
    kind,
    name,
    fn,
    options,
    runtime,
    features: featuresOf(options),
    key: keySource(options, kind, name),
    target: parseTarget(options),
    digests: cacheValidators.filter(isDigestValidator),
    cacheFor: cacheFor === undefined ? undefined : parseDuration(cacheFor),
    timeout: timeout === undefined ? undefined : parseDuration(timeout),
    retries,
    readsDirectly: !(options.cacheInMemory === false && options.persistResult === false),
    origin,
    plan: undefined,
  }
  checkOptions(definition)
  return definition
}

function featuresOf(options: TaskOptions<never, never>): readonly Feature[] {
  const { retries = 0, cacheKey, cacheFor, target, resultStorage, resultSerializer, result, checkpoint } = options
  const present: readonly (readonly [Feature, boolean])[] = [
    ['retries', retries > 0],
    ['cacheKey', cacheKey !== undefined && !(Array.isArray(cacheKey) && flattenPolicies(cacheKey).length === 0)],
    ['cacheFor', cacheFor !== undefined],
    ['target', target !== undefined],
    ['resultStorage', resultStorage !== undefined],
    ['resultSerializer', resultSerializer !== undefined],
    ['result', result !== undefined],
    ['checkpoint', checkpoint === true],
    ['cacheInMemory: false', options.cacheInMemory === false],
  ]
  return present.filter(([, is]) => is).map(([feature]) => feature)
}

function keySource(
  { cacheKey, cacheFor, target }: TaskOptions<never, never>,
  kind: string,
  name: string,
): KeySource | undefined {
  if (typeof cacheKey === 'string') {
    if (cacheKey === '') throw config(kind, `${kind} "${name}": cacheKey is empty. Leave it out for no caching.`)
    return { kind: 'text', text: cacheKey }
  }
  if (typeof cacheKey === 'function') return { kind: 'function', key: cacheKey }
  if (cacheKey === undefined) {
    return cacheFor === undefined || target !== undefined
      ? undefined
      : { kind: 'policies', policies: [inputs(), source()] }
  }
  const policies = flattenPolicies(cacheKey)
  return policies.length === 0 ? undefined : { kind: 'policies', policies }
}

function parseTarget({ target }: TaskOptions<never, never>): ParsedTarget | undefined {
  if (target === undefined) return undefined
  if (typeof target !== 'object') return { location: target, format: 'plain' }
  return { location: target.location, format: target.format ?? 'plain' }
}

function checkOptions(definition: Definition): void {
  const { kind, name, options } = definition
  const problem = wrongOption(definition) ?? contradiction(definition)
  if (problem !== undefined) throw config(kind, `${kind} "${name}": ${problem}`)
  if (options.strict && options.persistResult === false) {
    const conflict = definition.features.find((feature) => NEEDS_VALUE.has(feature))
    if (conflict !== undefined) throw neverKept(definition, conflict)
  }
  warnings(definition)
}

function wrongOption({ options, retries }: Definition): string | undefined {
  const { concurrency, once, onInvalid = 'fail', onUnreadable = 'fail', retryIf } = options
  const limit = typeof concurrency === 'object' ? concurrency.limit : concurrency
  const troubles = ['fail', 'run']
  if (!Number.isSafeInteger(retries) || retries < 0) return 'retries is a whole number, 0 or more.'
  if (retryIf !== undefined && typeof retryIf !== 'function') return 'retryIf is a function.'
  if (limit !== undefined && !(Number.isSafeInteger(limit) && limit > 0))
    return 'concurrency is a whole number, 1 or more.'
  if (!troubles.includes(onInvalid) || !troubles.includes(onUnreadable))
    return `onInvalid and onUnreadable are 'fail' or 'run'.`
  if (once !== undefined && once !== 'process' && once !== 'storage') return `once is 'process' or 'storage'.`
  return undefined
}

function contradiction({ options, target, key, digests }: Definition): string | undefined {
  const { once, result } = options
  const looksUp = key !== undefined || target !== undefined
  if (options.retries === undefined && (options.retryDelay !== undefined || options.retryIf !== undefined))
    return 'retryDelay and retryIf do nothing without retries. Give retries, or leave them out.'
  if (once === 'storage' && !looksUp)
    return `once: 'storage' does nothing without cacheKey or target. Give one, or leave it out.`
  if (digests.length > 0 && target?.format === 'plain')
    return `cacheValidators such as allInputs need a record. Give target: { location, format: 'record' }, or put the inputs into the location.`
  if (result !== undefined && isResultAdapter(result) && looksUp)
    return 'cacheKey, cacheFor and target need a storage to look in, and this result type has none. Use a Result with one.'
  return undefined
}

function warnings({ kind, name, options, key, target }: Definition): void {
  const { cacheValidators = [], result, cacheFor } = options
  if (cacheValidators.length > 0 && key === undefined && target === undefined && cacheFor === undefined)
    warn(
      'RESULTKIT_NOT_CACHED',
      `${kind} "${name}" has cacheValidators, but neither cacheKey, cacheFor nor target: it will not be cached.`,
    )
  if (
    target !== undefined &&
    result !== undefined &&
    !isResultAdapter(result) &&
    result.location !== undefined &&
    result.location !== target.location
  )
    warn(
      'RESULTKIT_TARGET_WINS',
      `${kind} "${name}" has a target, and a result with another location: the target is used.`,
    )
  if (options.persistResult === false && (key !== undefined || target !== undefined))
    warn('RESULTKIT_NEVER_KEPT', `${kind} "${name}" has persistResult: false, so looking it up will be MISSING_RESULT.`)
}

/** MISSING_RESULT for a feature that needs a value which is never stored. */
export function neverKept({ kind, name }: Pick<Definition, 'kind' | 'name'>, feature: Feature, cause?: unknown): Error {
  const message = `${kind} "${name}" has persistResult: false, and ${feature} needs a stored value. Remove one of them.`
  return taskError('MISSING_RESULT', 'run', message, { cause })
}

function config(kind: string, message: string): Error {
  return taskError('CONFIG', kind, message)
}
