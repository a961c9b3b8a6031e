import type { IssuePath, ResultIssue } from '../errors.ts'
import { formatPath } from '../validator.ts'
import {
  childAt,
  type Frame,
  frameOf,
  hasStrayProperties,
  isAccessor,
  isSetter,
  isSparse,
  keyAt,
  strayProperties,
} from './frame.ts'
import { glanceAt } from './glance.ts'
import { kindOf, typeName } from './kinds.ts'
import type { ValueRules } from './rules.ts'
import { claimMemory, type Memory } from './shared-memory.ts'

/** What {@link checkValue} found. */
export interface ValueCheck {
  /** Every place that would be lost, at most 1,000 of them; empty when the value is kept exactly. */
  readonly issues: readonly ResultIssue[]
  /** How many places there are. */
  readonly total: number
  /** Whether there is a NaN, whose 2^53 - 2 forms are one value. */
  readonly hasNaN: boolean
}

interface Walk {
  readonly rules: ValueRules
  /** From the root to the container that is walked through. */
  readonly stack: Frame[]
  readonly seen: Set<object>
  readonly metAgain: Set<object>
  /** Names that were found sound. */
  readonly names: Set<string>
  readonly memory: Memory
  /** Of the second walk, which reports: the first one stops at the first offender. */
  readonly report: Report | undefined
  hasNaN: boolean
}

interface Report {
  readonly issues: ResultIssue[]
  readonly places: Map<object, IssuePath>
  total: number
}

interface Problem {
  readonly text: string
  /** What a hint is asked for by. */
  readonly topic: string
}

const UNKNOWABLE = 'cannot be examined: it is too large, a proxy, or changed meanwhile'
const MAX_ISSUES = 1000
const MAX_SHOWN = 10
const MAX_NAMES = 1000
const LONG_PATH = 200

const STOP: unique symbol = Symbol('stop')
const ACCESSOR: unique symbol = Symbol('accessor')

/**
 * Walks through a value, without recursion, and lists what the rules refuse, with its path. Accessors are not run, and
 * the value is not changed. In arrays of more than 1,000 items, properties that are not enumerable go unnoticed, and
 * in typed arrays of more than 4,096 elements extra properties do. A Proxy is what it shows.
 */
export function checkValue(value: unknown, rules: ValueRules): ValueCheck {
  try {
    // Only what is nested deeply, met again or refused needs the walk.
    const { hasNaN } = glanceAt(value, rules) ?? walkThrough(value, rules, undefined)
    return { issues: [], total: 0, hasNaN }
  } catch {
    // Either it stopped at an offender, or the value itself threw: the second walk tells.
  }
  const report: Report = { issues: [], places: new Map(), total: 0 }
  try {
    walkThrough(value, rules, report)
  } catch {
    add(report, [], UNKNOWABLE)
  }
  if (report.total > 0) return { issues: report.issues, total: report.total, hasNaN: false }
  return { issues: [{ path: [], message: UNKNOWABLE }], total: 1, hasNaN: false }
}

/** One line for the SERIALIZE error: how many places there are, and the first ten of them. Names types, never values. */
export function refusalMessage(name: string, { issues, total }: ValueCheck, advice: string): string {
  const places = issues.slice(0, MAX_SHOWN).map(({ path, message }) => `${shortPath(path)}: ${message}`)
  if (total > MAX_SHOWN) places.push(`and ${total - MAX_SHOWN} more`)
  const count = total === 1 ? '1 value' : `${total} values`
  return `${name} cannot keep ${count} exactly: ${places.join('; ')}. ${advice}`
}

function shortPath(path: IssuePath): string {
  const text = formatPath(path)
  return text.length > LONG_PATH ? `${text.slice(0, LONG_PATH)}...` : text
}

function walkThrough(value: unknown, rules: ValueRules, report: Report | undefined): Walk {
  const walk: Walk = {
    rules,
    report,
    stack: [],
    seen: new Set(),
    metAgain: new Set(),
    names: new Set(),
    memory: new Map(),
    hasNaN: false,
  }
  refuseIf(walk, visit(walk, value))
  for (let frame = walk.stack.at(-1); frame !== undefined; frame = walk.stack.at(-1)) {
    if (frame.next < frame.children.length) visitChild(walk, frame, frame.next++)
    else leave(walk, frame)
  }
  return walk
}

function leave({ stack, seen, rules }: Walk, { value }: Frame): void {
  stack.pop()
  if (rules.shared === 'copied') seen.delete(value)
}

function visitChild(walk: Walk, frame: Frame, at: number): void {
  if (frame.kind === 'object') refuseIf(walk, nameProblem(walk, frame.children[at] as string))
  const child = isAccessor(frame, at) ? ACCESSOR : childAt(frame, at)
  // A hole is reported with its array.
  if (child === undefined && frame.kind === 'array' && !Object.hasOwn(frame.value, at)) {
    stopUnless(walk.report)
    return
  }
  const isHidden = child === ACCESSOR || (child === undefined && isSetter(frame, at))
  refuseIf(walk, isHidden ? problemWith('accessor') : visit(walk, child))
}

function nameProblem({ rules, names }: Walk, name: string): Problem | undefined {
  if (names.has(name)) return undefined
  const problem = name === '__proto__' ? name : (textProblem(rules, name) ?? rules.key(name))
  if (problem !== undefined) return problemWith(`name of a property: ${problem}`)
  if (names.size < MAX_NAMES) names.add(name)
  return undefined
}

function textProblem(rules: ValueRules, text: string): string | undefined {
  return text.isWellFormed() ? rules.text(text) : 'text with a lone surrogate'
}

function visit(walk: Walk, value: unknown): Problem | undefined {
  if (typeof value === 'object' && value !== null) {
    try {
      return visitObject(walk, value)
    } catch (error) {
      if (walk.report === undefined) throw error
      return problemWith(UNKNOWABLE)
    }
  }
  const problem = primitiveProblem(walk, value)
  return problem === undefined ? undefined : problemWith(problem)
}

function primitiveProblem(walk: Walk, value: unknown): string | undefined {
  const { rules } = walk
  if (typeof value === 'string') return textProblem(rules, value)
  if (typeof value === 'number') {
    if (Number.isNaN(value)) walk.hasNaN = true
    return Object.is(value, -0) && !rules.negativeZero ? '-0' : undefined
  }
  if (typeof value === 'boolean' || value === null) return undefined
  if (value === undefined) {
    const isKept = rules.undefined === true || (rules.undefined === 'values' && !isKey(walk))
    return isKept ? undefined : 'undefined'
  }
  return typeof value === 'bigint' ? rules.bigint(value) : typeName(value)
}

function visitObject(walk: Walk, value: object): Problem | undefined {
  const { rules, seen, stack, report } = walk
  if (seen.has(value)) return meetAgain(walk, value)
  report?.places.set(value, pathOf(walk))
  const kind = kindOf(value, rules)
  if (stack.length >= rules.maxDepth) return problemWith(`nested more than ${rules.maxDepth} levels deep`, 'depth')
  if (kind !== 'leaf' || rules.shared !== 'copied') seen.add(value)
  if (typeof kind !== 'string') return problemWith(kind.refused)
  if (kind === 'leaf') return memoryProblem(walk, value)
  const frame = frameOf(value, kind)
  // A hole and an extra property together may go unnoticed, until the hole is met.
  if (report !== undefined || hasStrayProperties(frame)) refuseStray(walk, frame)
  // An array that is mostly holes may have any length.
  if (report === undefined || !isSparse(frame)) stack.push(frame)
  return undefined
}

function stopUnless(report: Report | undefined): asserts report is Report {
  if (report === undefined) throw STOP
}

function refuseStray({ report, stack }: Walk, frame: Frame): void {
  stopUnless(report)
  for (const [key, message] of strayProperties(frame)) add(report, [...pathOf({ stack }), key], message)
}

function memoryProblem(walk: Walk, value: object): Problem | undefined {
  const { rules, memory } = walk
  if (rules.shared === 'copied') return undefined
  const owner = claimMemory(memory, value, rules.isPool)
  return owner && problemWith(`view of the same memory as ${nameOf(walk, owner)}`, 'memory')
}

function meetAgain(walk: Walk, value: object): Problem | undefined {
  const { rules, stack, metAgain } = walk
  if (rules.shared !== 'kept') return problemWith(`the same object as ${nameOf(walk, value)}`, 'shared')
  const open = rules.collectionCycles ? undefined : stack.find((frame) => frame.value === value)
  if (open?.kind === 'map' || open?.kind === 'set') return problemWith(`${typeName(value)} that contains itself`)
  const isTooMany = metAgain.add(value).size > rules.maxShared
  return isTooMany ? problemWith(`more than ${rules.maxShared} shared objects`) : undefined
}

function problemWith(text: string, topic: string = text): Problem {
  return { text, topic }
}

function nameOf({ report }: Walk, value: object): string {
  return shortPath(report?.places.get(value) ?? [])
}

/** The path of the child that is looked at. */
function pathOf({ stack }: Pick<Walk, 'stack'>): IssuePath {
  return stack.map((frame) => keyAt(frame, frame.next - 1))
}

function refuseIf(walk: Walk, problem: Problem | undefined): void {
  if (problem === undefined) return
  const { report, rules, stack } = walk
  stopUnless(report)
  const hint = rules.hint(problem.topic)
  const prefix = stack.at(-1)?.kind === 'map' && isKey(walk) ? 'key of a Map: ' : ''
  add(report, pathOf(walk), `${prefix}${problem.text}${hint === undefined ? '' : ` (${hint})`}`)
}

/** Whether the child that is looked at is the key of a Map or the item of a Set. */
function isKey({ stack }: Walk): boolean {
  const frame = stack.at(-1)
  return frame?.kind === 'set' || (frame?.kind === 'map' && (frame.next & 1) === 1)
}

function add(report: Report, path: IssuePath, message: string): void {
  report.total += 1
  if (report.issues.length < MAX_ISSUES) report.issues.push({ path, message })
}
