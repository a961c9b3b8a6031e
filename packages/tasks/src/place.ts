import { isResultError, type Location, type LocationParameters, parseKey, Result } from '@resultkit/core'
import { type CacheKeyFunction, inputPart, isRecord, type KeyMaterial, policyKey } from './cache-policy.ts'
import { type CanonicalKey, digestOf, encodeCanonical } from './canonical-hash.ts'
import { asFailure, failure, taskError } from './failure.ts'
import type { Keeper } from './keeper.ts'
import { contextId, dateOf, type Run } from './run.ts'
import { nextOf } from './scope.ts'
import type { LookupReason } from './state-types.ts'
import type { LocationContext } from './task-options.ts'

/** What a run is asked for by its key: where its result lies, or why there is none. */
export type KeyOutcome =
  | { readonly key: CanonicalKey; readonly text: string }
  | { readonly reason: LookupReason; readonly problem: string }

/** What functions of locations, targets and keys are told. */
export function contextOf(run: Run): LocationContext {
  const { definition, outer, index, input } = run
  const inTask = definition.kind === 'task'
  return {
    input,
    parameters: inTask ? outer.flow?.parameters : input,
    taskName: definition.name,
    flowName: inTask ? outer.flow?.name : definition.name,
    runId: contextId(run),
    index,
    date: dateOf(run),
  }
}

/** The key of a run, at once unless a key function takes time. Errors: what a key function throws. */
export function keyOf(run: Run): KeyOutcome | Promise<KeyOutcome> {
  const { key } = run.definition
  if (key === undefined) return { reason: 'no-lookup', problem: 'it has no cacheKey' }
  if (key.kind === 'text') return textKey(key.text)
  if (key.kind === 'function') return functionKey(key.key, run)
  try {
    const made = policyKey(key.policies, materialOf(run))
    if (made === undefined) return { reason: 'no-key', problem: 'no part of its cacheKey gives a key' }
    return { key: made, text: 'text' in made && made.text.length <= 256 ? made.text : `#${digestOf(made)}` }
  } catch (error) {
    return unhashable(error)
  }
}

function materialOf(run: Run): KeyMaterial {
  const { definition, outer, input } = run
  const { fn, name, kind } = definition
  const parameters = kind === 'task' ? outer.flow?.parameters : undefined
  return { input, parameters, name, fn, runId: () => contextId(run), classes: outer.settings.runtime.classes }
}

/** A miss with its name; what is not about hashing is thrown. */
export function unhashable(error: unknown): KeyOutcome {
  if (isResultError(error) && error.code === 'SERIALIZE') return { reason: 'unhashable-input', problem: error.message }
  throw error
}

// A text that users give is no canonical encoding: those begin with a tag. Lone surrogates would all become the same bytes.
function textKey(text: string): KeyOutcome {
  return { key: { text: text.isWellFormed() ? text : `\0${JSON.stringify(text)}` }, text: `=${text}` }
}

function functionKey(make: CacheKeyFunction<never>, run: Run): KeyOutcome | Promise<KeyOutcome> {
  try {
    const given = make(contextOf(run) as never)
    if (typeof given !== 'object' || given === null || !('then' in given)) return givenKey(given)
    return Promise.resolve(given).then(givenKey).catch(wrongKey)
  } catch (error) {
    return wrongKey(error)
  }
}

/** What a key function throws is not what the body does. */
function wrongKey(error: unknown): never {
  throw asFailure(error, 'configuration')
}

function givenKey(given: string | undefined | null): KeyOutcome {
  if (given === undefined || given === null || given === '')
    return { reason: 'no-key', problem: 'its cacheKey function gave none' }
  if (typeof given === 'string') return textKey(given)
  throw failure(
    'configuration',
    taskError('CONFIG', 'cacheKey', `The cacheKey function gave ${typeof given}. It gives a text, or nothing.`),
  )
}

/** Where a keyed result lies: a text that users gave stays readable, as far as keys are long enough. */
export function cacheLocation({ key, text }: Extract<KeyOutcome, { key: unknown }>): string {
  if (!text.startsWith('=')) return `cache/${digestOf(key)}`
  const readable = encodeURIComponent(text.slice(1).toWellFormed())
  return readable.length <= 200 && text.isWellFormed()
    ? `cache/key/${dotted(readable)}`
    : `cache/key-hash/${digestOf(key)}`
}

function dotted(segment: string): string {
  return /^\.{1,2}$/.test(segment) ? segment.replaceAll('.', '%2E') : segment
}

/** Where an unkeyed result lies. */
export interface RunPlace {
  readonly at: string
  /** Why nobody finds it there again, where its inputs have no hash. */
  readonly unhashable: string | undefined
}

/** Where an unkeyed result lies: below its flow run, by inputs and how many calls with them came before. */
export function runPlace(run: Run): RunPlace {
  run.place ??= makeRunPlace(run)
  return run.place
}

function makeRunPlace(run: Run): RunPlace {
  const { definition, outer } = run
  const name = nameSegment(definition.name)
  const { hash, problem } = inputHash(run)
  const count = (): number => (outer.flow === undefined ? 0 : nextOf(outer.flow, `${name}/${hash}`))
  // A flow has an id of its own, below which a task of its name may lie as well. Which of those without a hash is which, nobody
  // can say later: no two may meet.
  const last = problem !== undefined ? crypto.randomUUID() : definition.kind === 'flow' ? 'flow' : count()
  return {
    at: parseKey(`runs/${encodeURIComponent(contextId(run))}/${name}/${hash}-${last}`),
    unhashable: problem,
  }
}

function nameSegment(name: string): string {
  const segment = dotted(encodeURIComponent(name.toWellFormed()))
  return segment.length <= 200 ? segment : segment.slice(0, 150) + digestOf({ text: name })
}

function inputHash({ input, outer }: Run): { readonly hash: string; readonly problem?: string } {
  try {
    const part = inputPart(input, [])
    if (part === undefined) return { hash: 'none' }
    return { hash: digestOf(encodeCanonical([part.value], outer.settings.runtime.classes)).slice(0, 32) }
  } catch (error) {
    const outcome = unhashable(error)
    return { hash: 'call', problem: 'problem' in outcome ? outcome.problem : '' }
  }
}

/** Renders the location of a target or of a result, once per run. Errors: INVALID_LOCATION. */
export function renderLocation(
  run: Run,
  location: Exclude<Location, undefined>,
  key: CanonicalKey | undefined,
): string {
  const context = contextOf(run)
  const at: unknown = typeof location === 'function' ? context : parametersOf(run, context, key)
  const where = new Result<unknown, Location>({ location }).format(at as LocationParameters)
  // A fixed location is a template again, with its braces doubled.
  return String(where.location).replaceAll('{{', '{').replaceAll('}}', '}')
}

function parametersOf(run: Run, context: LocationContext, key: CanonicalKey | undefined): LocationParameters {
  const { taskName, flowName, index, input, parameters } = context
  const { runId, date } = context
  const builtIn = { task_name: taskName, taskName, flow_name: flowName, flowName, run_id: runId, runId, index, date }
  const digest = key === undefined ? {} : { cacheKey: digestOf(key), cache_key: digestOf(key) }
  const fromFlow = isRecord(parameters) ? parameters : {}
  const own = isRecord(input) ? input : run.definition.kind === 'task' && input !== undefined ? { input } : {}
  return { ...builtIn, ...fromFlow, ...own, ...digest } as unknown as LocationParameters
}

/** What a keeper's own location says of a run without target and key. */
export function ownLocation(run: Run, keeper: Keeper): string | undefined {
  return keeper.location === undefined ? undefined : renderLocation(run, keeper.location, undefined)
}
