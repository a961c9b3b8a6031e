import { ResultError } from '@resultkit/core'
import { type CanonicalKey, digestOf, encodeCanonical, type HashableClass } from './canonical-hash.ts'
import type { LocationContext } from './task-options.ts'

/** One part of a cache key. Frozen data: building another list from it changes nothing. */
export type CachePolicy =
  | { readonly policy: 'inputs'; readonly exclude: readonly string[] }
  | { readonly policy: 'source' | 'flowParameters' | 'runId' }

/**
 * What makes two runs the same: a text, a function of the run (`undefined` or `null`: this run is not cached), or policies,
 * one or a list, nested lists being flattened. A list of none is no caching.
 */
export type CacheKey<I = unknown> = string | CacheKeyFunction<I> | CachePolicy | CachePolicies

/** Gives the key of a run, or nothing for one that is not to be cached. It is given resolved inputs, never promises. */
export type CacheKeyFunction<I = unknown> = (
  context: LocationContext<I>,
) => string | undefined | null | Promise<string | undefined | null>

/** Policies, all of which have to agree. */
export type CachePolicies = readonly (CachePolicy | CachePolicies)[]

/** The inputs, by value, without those named in `exclude`. No inputs at all give no part of a key. */
export function inputs({ exclude = [] }: { readonly exclude?: readonly string[] | undefined } = {}): CachePolicy {
  if (!Array.isArray(exclude) || exclude.some((name) => typeof name !== 'string')) {
    const message = 'inputs({ exclude }) takes a list of names.'
    throw new ResultError({ code: 'CONFIG', operation: 'inputs', message })
  }
  return Object.freeze({ policy: 'inputs', exclude: Object.freeze([...exclude]) })
}

/**
 * The text of the task's function, as this process has it: not what it calls or closes over, and another text after bundling.
 * For functions without one (native, bound) the task's name stands in.
 */
export function source(): CachePolicy {
  return Object.freeze({ policy: 'source' })
}

/** The input of the flow around the task; outside a flow, no part of a key. */
export function flowParameters(): CachePolicy {
  return Object.freeze({ policy: 'flowParameters' })
}

/** The run of the flow around the task, so that results are shared within one run; outside a flow, never shared. */
export function runId(): CachePolicy {
  return Object.freeze({ policy: 'runId' })
}

/** What keys are made of. */
export interface KeyMaterial {
  readonly input: unknown
  /** Of the flow around; `undefined` where there is none. */
  readonly parameters: unknown
  readonly name: string
  readonly fn: (...parameters: never) => unknown
  readonly runId: () => string
  readonly classes: readonly HashableClass[]
}

/** One policy, or a nested list of them, as one list. */
export function flattenPolicies(policies: CachePolicy | CachePolicies): readonly CachePolicy[] {
  return 'policy' in policies ? [policies] : policies.flatMap(flattenPolicies)
}

const POLICIES: readonly unknown[] = ['inputs', 'source', 'flowParameters', 'runId'] satisfies CachePolicy['policy'][]

/** Whether something is one part of a cache key. */
export function isCachePolicy(value: unknown): value is CachePolicy {
  return typeof value === 'object' && value !== null && 'policy' in value && POLICIES.includes(value.policy)
}

/** The key that policies give, if any of them gives a part. SERIALIZE for an input that cannot be hashed. */
export function policyKey(policies: readonly CachePolicy[], material: KeyMaterial): CanonicalKey | undefined {
  const parts: unknown[] = []
  for (const policy of policies) {
    const part = partOf(policy, material)
    if (part !== undefined) parts.push(policy.policy, part.value)
  }
  return parts.length === 0 ? undefined : encodeCanonical(parts, material.classes)
}

function partOf(policy: CachePolicy, material: KeyMaterial): { readonly value: unknown } | undefined {
  switch (policy.policy) {
    case 'inputs':
      return inputPart(material.input, policy.exclude)
    case 'source':
      return { value: sourceDigest(material.fn, material.name) }
    case 'flowParameters':
      return material.parameters === undefined ? undefined : { value: material.parameters }
    case 'runId':
      return { value: material.runId() }
  }
}

/** Inputs without the excluded ones; a lone value is an input of its own. */
export function inputPart(input: unknown, exclude: readonly string[]): { readonly value: unknown } | undefined {
  if (input === undefined) return undefined
  if (!isRecord(input)) return { value: input }
  if (exclude.length === 0) return hasMembers(input) ? { value: input } : undefined
  const kept = Object.fromEntries(Object.entries(input).filter(([name]) => !exclude.includes(name)))
  return hasMembers(kept) ? { value: kept } : undefined
}

function hasMembers(record: object): boolean {
  for (const name in record) if (Object.hasOwn(record, name)) return true
  return false
}

/** Whether a value is a plain object, whose properties are inputs of their own. */
export function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  if (typeof value !== 'object' || value === null) return false
  const prototype: unknown = Object.getPrototypeOf(value)
  return prototype === Object.prototype || prototype === null
}

const sources = new WeakMap<object, string>()

function sourceDigest(fn: KeyMaterial['fn'], name: string): string {
  const known = sources.get(fn) ?? readSource(fn)
  sources.set(fn, known)
  return known === '' ? `native:${name}` : known
}

/** The digest of a function's text; empty for native and bound functions, which all have the same. */
function readSource(fn: KeyMaterial['fn']): string {
  const text = Function.prototype.toString.call(fn)
  return /\{\s*\[native code\]\s*\}$/.test(text) ? '' : digestOf({ text })
}
