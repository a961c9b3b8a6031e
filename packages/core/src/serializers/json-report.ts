import type { IssuePath, ResultError, ResultIssue } from '../errors.ts'
import { formatPath } from '../validator.ts'
import { typeName } from '../value-check/kinds.ts'
import { refused } from './failure.ts'
import { containerKind, hookFor, isAllowedLoss, isExactPrimitive, isHijacked, type JsonRules } from './json-rules.ts'

/** A place in the value, as a list from the inside out. */
type Place = { readonly parent: Place; readonly key: PropertyKey } | undefined

interface Report {
  readonly rules: JsonRules
  /** Where each object was met first; with shared references allowed, only those around the present one. */
  readonly places: Map<object, Place>
  readonly issues: ResultIssue[]
  total: number
  /** What a hook threw. */
  cause: unknown
}

const MAX_ISSUES = 1000
const MAX_SHOWN = 10

/** The SERIALIZE error for a value that was refused, with every place in it. Names types, never values. */
export function refusal(name: string, value: unknown, root: IssuePath, rules: JsonRules, error: unknown): ResultError {
  const report: Report = { rules, places: new Map(), issues: [], total: 0, cause: error }
  try {
    inspect(
      report,
      value,
      root.reduce<Place>((parent, key) => ({ parent, key }), undefined),
      false,
    )
  } catch (cause) {
    report.cause ??= cause
  }
  const { issues, total, cause } = report
  if (total === 0) return refused(`${name} cannot examine the value: it is too large, or a proxy.`, cause)
  const places = issues.slice(0, MAX_SHOWN).map(({ path, message }) => `${formatPath(path)}: ${message}`)
  if (total > MAX_SHOWN) places.push(`and ${total - MAX_SHOWN} more`)
  const count = total === 1 ? '1 value' : `${total} values`
  const message = `${name} cannot keep ${count} exactly: ${places.join('; ')}. Use another serializer such as pickle, give ${name}({ types }), or allow a loss with ${name}({ lossy }).`
  return refused(message, cause, issues)
}

function add(report: Report, place: Place, message: string): void {
  report.total += 1
  if (report.issues.length < MAX_ISSUES) report.issues.push({ path: pathOf(place), message })
}

function pathOf(place: Place): IssuePath {
  const path: PropertyKey[] = []
  for (let at = place; at !== undefined; at = at.parent) path.push(at.key)
  return path.reverse()
}

function inspect(report: Report, value: unknown, place: Place, isMember: boolean): void {
  const { rules, places } = report
  if (isExactPrimitive(value)) return
  if (isHijacked()) add(report, place, 'inherited toJSON')
  else if (typeof value !== 'object' || value === null) {
    if (!inspectHooked(report, value, place) && !isAllowedLoss(value, isMember, rules)) {
      add(report, place, typeName(value))
    }
  } else if (places.has(value)) {
    add(report, place, `the same object as ${formatPath(pathOf(places.get(value)))}`)
  } else if (ArrayBuffer.isView(value) && !rules.lossy.has('shared') && places.has(value.buffer)) {
    add(report, place, `shares its ArrayBuffer with ${formatPath(pathOf(places.get(value.buffer)))}`)
  } else {
    places.set(value, place)
    if (ArrayBuffer.isView(value)) places.set(value.buffer, place)
    if (containerKind(value, rules) !== undefined) inspectProperties(report, value, place)
    else if (!inspectHooked(report, value, place)) add(report, place, typeName(value))
    if (rules.lossy.has('shared')) places.delete(value)
  }
}

/** Whether there is a hook for the value; one that throws is an offender itself. */
function inspectHooked(report: Report, value: unknown, place: Place): boolean {
  let encoded: unknown
  try {
    const type = hookFor(value, report.rules)
    if (type === undefined) return false
    encoded = type.encode(value)
  } catch (error) {
    report.cause ??= error
    add(report, place, `${typeName(value)}, whose hook threw`)
    return true
  }
  inspect(report, encoded, place, false)
  return true
}

function inspectProperties(report: Report, value: object, parent: Place): void {
  const isArray = Array.isArray(value)
  if (isArray) inspectHoles(report, value, parent)
  for (const name of Reflect.ownKeys(value)) {
    const isItem = isArray && isIndex(name)
    const place: Place = { parent, key: isItem ? Number(name) : name }
    const descriptor = Object.getOwnPropertyDescriptor(value, name)
    if (isArray && name === 'length') continue
    if (isArray && !isItem) add(report, place, 'extra property of an array')
    else if (typeof name === 'symbol') add(report, place, 'symbol key')
    else if (descriptor === undefined || !('value' in descriptor)) add(report, place, 'accessor')
    else if (!isItem && !descriptor.enumerable) add(report, place, 'non-enumerable property')
    else inspect(report, descriptor.value, place, !isArray)
  }
}

function inspectHoles(report: Report, value: readonly unknown[], parent: Place): void {
  let key = 0
  while (key < value.length && Object.hasOwn(value, key)) key += 1
  if (key < value.length) add(report, { parent, key }, 'hole')
}

function isIndex(name: PropertyKey): boolean {
  return typeof name === 'string' && String(Number(name) >>> 0) === name
}
