import { type Duration, type Location, parseDuration } from '@resultkit/core'
import { warn } from './boundary.ts'
import { type CacheKeyFunction, type CachePolicy, flattenPolicies, inputs, source } from './cache-policy.ts'
import { type DigestValidator, isDigestValidator } from './cache-validators.ts'
import { wrongOption } from './check-options.ts'
import { taskError } from './failure.ts'
import type { Plan } from './plan.ts'
import { type Feature, NEEDS_VALUE } from './resolve-persistence.ts'
import { isResultAdapter } from './result-adapter.ts'
import { partsOf } from './result-parts.ts'
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

/** Refuses, with CONFIG, options that are none, or are not what they have to be. */
export function checkEach(kind: 'task' | 'flow', name: string, options: unknown): void {
  const wrong = wrongOption(kind, options)
  if (wrong !== undefined) throw config(kind, `${kind} "${name}": ${wrong}`)
}

/** Checks options, each of which is known to be right. Errors: CONFIG for one that contradicts another, MISSING_RESULT with `strict`. */
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
  const { retries = 0, timeout, cacheValidators = [] } = options
  const cacheFor = options.cacheFor ?? cacheForOf(options.result)
  const definition: Definition = {
    kind,
    name,
    fn,
    options,
    runtime,
    features: featuresOf(options, cacheFor),
    key: keySource(options, cacheFor),
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

/**
 * A Result's own `cacheFor` is the task's, unless the task has one. With a location of its own that no key is in, a Result says
 * where its values lie, and looking for them is what a target is for.
 */
function cacheForOf(result: TaskOptions<never, never>['result']): number | undefined {
  if (result === undefined || isResultAdapter(result)) return undefined
  return result.location === undefined || hasKey(result.location) ? partsOf(result).cacheFor : undefined
}

/** Whether the key of a run is in a location, so that keyed results can lie there. */
export function hasKey(location: Location): location is string {
  return typeof location === 'string' && /\{\+?(?:cacheKey|cache_key)\}/.test(location.replaceAll(/\{\{|\}\}/g, ''))
}

function featuresOf(options: TaskOptions<never, never>, cacheFor: Duration | undefined): readonly Feature[] {
  const { retries = 0, cacheKey, target, resultStorage, resultSerializer, result, checkpoint } = options
  const present: readonly (readonly [Feature, boolean])[] = [
    ['retries', retries > 0],
    ['cacheKey', cacheKey !== undefined && !(typeof cacheKey === 'object' && flattenPolicies(cacheKey).length === 0)],
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
  { cacheKey, target }: TaskOptions<never, never>,
  cacheFor: Duration | undefined,
): KeySource | undefined {
  if (typeof cacheKey === 'string') return { kind: 'text', text: cacheKey }
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
  const problem = contradiction(definition)
  if (problem !== undefined) throw config(kind, `${kind} "${name}": ${problem}`)
  if (options.strict && options.persistResult === false) {
    const conflict = definition.features.find((feature) => NEEDS_VALUE.has(feature))
    if (conflict !== undefined) throw neverKept(definition, conflict)
  }
  warnings(definition)
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

function warnings({ kind, name, options, key, target, cacheFor }: Definition): void {
  const { cacheValidators = [], result } = options
  const looksUp = key !== undefined || target !== undefined
  if (!looksUp && result !== undefined && !isResultAdapter(result) && partsOf(result).cacheFor !== undefined)
    warn(
      'RESULTKIT_NOT_CACHED',
      `${kind} "${name}" has a result with cacheFor and a location of its own: it will not be looked up. Give the location as target.`,
    )
  if (cacheValidators.length > 0 && !looksUp && cacheFor === undefined)
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
  if (options.persistResult === false && looksUp)
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
