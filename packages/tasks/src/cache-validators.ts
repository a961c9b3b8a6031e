import { type CacheValidator, isResultError } from '@resultkit/core'
import { inputPart, isRecord } from './cache-policy.ts'
import { digestOf, encodeCanonical, type HashableClass } from './canonical-hash.ts'
import { taskError } from './failure.ts'
import type { AsMethod, LocationContext } from './task-options.ts'

/** Compares this run with the one that wrote a result, by digests that are kept in the record's metadata. */
export interface DigestValidator {
  readonly kind: 'digest'
  /** Names the digest in the record. */
  readonly name: string
  /** What is compared: the part of the run that has to be the same. */
  part(context: LocationContext): unknown
}

/** Decides whether a stored result may be used: one of ours, or any function of the stored value and its record. */
export type TaskCacheValidator<T = unknown> = AsMethod<CacheValidator<T>> | DigestValidator

/** Never uses what is stored. */
export const neverUse: CacheValidator<unknown> = () => false

/** Uses what is stored while it is younger than `cacheFor`; for ever without one. What applies when nothing is said. */
export const durationOnly: CacheValidator<unknown> = () => true

/** Uses what was computed from exactly these inputs. */
export const allInputs: DigestValidator = Object.freeze({
  kind: 'digest',
  name: 'inputs',
  part: ({ input }: LocationContext) => inputPart(input, [])?.value,
})

/** Uses what was computed in a flow with exactly these parameters. */
export const allParameters: DigestValidator = Object.freeze({
  kind: 'digest',
  name: 'parameters',
  part: ({ parameters }: LocationContext) => parameters,
})

/** Uses what was computed from the same values of these inputs; without names, or with null, whatever the inputs. */
export function partialInputsOnly(validateOn: readonly string[] | null = []): DigestValidator {
  const names = namesOf('partialInputsOnly', validateOn)
  const part = ({ input }: LocationContext): unknown => pick(input, names)
  return Object.freeze({ kind: 'digest', name: `inputs:${names.join(',')}`, part })
}

/** Uses what was computed in a flow with the same values of these parameters; without names, or with null, whatever the parameters. */
export function partialParametersOnly(validateOn: readonly string[] | null = []): DigestValidator {
  const names = namesOf('partialParametersOnly', validateOn)
  const part = ({ parameters }: LocationContext): unknown => pick(parameters, names)
  return Object.freeze({ kind: 'digest', name: `parameters:${names.join(',')}`, part })
}

function namesOf(validator: string, names: readonly string[] | null): readonly string[] {
  if (names === null) return []
  if (Array.isArray(names) && names.every((name) => typeof name === 'string')) return names.toSorted()
  throw taskError('CONFIG', validator, `${validator}(names) takes a list of names, such as ['x'].`)
}

function pick(record: unknown, names: readonly string[]): unknown {
  if (!isRecord(record)) return []
  return names.filter((name) => Object.hasOwn(record, name)).map((name) => [name, record[name]])
}

/** Whether a validator compares digests. */
export function isDigestValidator(validator: TaskCacheValidator<never>): validator is DigestValidator {
  return typeof validator === 'object'
}

/** What this run is compared by. */
export interface RunDigests {
  /** By the names of validators, for the record and for the comparison. */
  readonly digests: Readonly<Record<string, string>>
  /** What cannot be hashed, if anything: it has no digest, and is like nothing that was stored. */
  readonly problem: string | undefined
}

/** The digests of a run. */
export function runDigests(
  validators: readonly DigestValidator[],
  context: () => LocationContext,
  classes: readonly HashableClass[],
): RunDigests {
  const digests: Record<string, string> = {}
  let problem: string | undefined
  for (const { name, part } of validators) {
    try {
      digests[name] = digestOf(encodeCanonical([part(context())], classes))
    } catch (error) {
      if (!isResultError(error) || error.code !== 'SERIALIZE') throw error
      problem ??= error.message
    }
  }
  return { digests, problem }
}
