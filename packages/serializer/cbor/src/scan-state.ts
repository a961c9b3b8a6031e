import { type Cursor, malformed, skipText, takeByte, takeLength, takeText } from './cursor.ts'
import { addName, isProto, type Names } from './names.ts'
import type { Mode } from './options.ts'
import { MAX_SHARED } from './rules.ts'

/** Containers that are open, and what cbor-x's tags have defined so far. */
export interface Scan extends Cursor {
  readonly mode: Mode
  /** Whether every NaN is written anew as the one that literals have. */
  readonly isRewriting: boolean
  readonly open: Open[]
  readonly names: Names
  /** The names of each record. */
  readonly records: Map<number, readonly string[]>
  /** What references can point to, in order; of a list of names, these. */
  readonly targets: Target[]
}

/** An object that references point to. */
export interface Target {
  names: readonly string[] | undefined
  /** The container, when it is one. */
  container: Open | undefined
}

/** A container whose values are not all there yet. */
export interface Open {
  readonly kind: ContainerKind
  /** Values that are still to come: Infinity until a break. */
  left: number
  isKeyNext: boolean
  isClosed: boolean
  /** The keys of a Map or long object, or the items of a Set, so far. */
  readonly keys: Set<string> | undefined
  /** Which of the names is its first. */
  readonly firstName: number
}

/** What a container becomes. */
export type ContainerKind = 'list' | 'object' | 'map' | 'set'

/** The longest list that cbor-x reads. */
export const MAX_LENGTH = 112_810_000
const ARRAY = 4
// Of so many names, each is compared with all before it.
const SHORT_OBJECT = 32

/** Opens a container of so many values, each of a byte at least, or of an unknown number. */
export function openContainer(state: Scan, left: number, kind: ContainerKind): undefined {
  const isTooLong =
    left > state.bytes.byteLength - state.at || ((kind === 'list' || kind === 'set') && left > MAX_LENGTH)
  if (isTooLong && left !== Number.POSITIVE_INFINITY) throw malformed('a length is more than what follows', state)
  if (state.open.length >= state.mode.maxDepth) {
    throw malformed(`it is nested more than ${state.mode.maxDepth} levels deep (see maxDepth)`, state)
  }
  const hasKeys = kind !== 'list' && (kind !== 'object' || left > 2 * SHORT_OBJECT)
  const keys = hasKeys ? new Set<string>() : undefined
  state.open.push({ kind, left, keys, isKeyNext: kind !== 'list', isClosed: false, firstName: state.names.count })
}

/** Notes an object that references point to, and gives its number. */
export function addTarget(state: Scan, target: Target): number {
  if (state.targets.length === MAX_SHARED) throw malformed(`more than ${MAX_SHARED} objects are shared`, state)
  return state.targets.push(target) - 1
}

/** The length of a list that has to follow. */
export function takeListLength(state: Scan, problem: string): number {
  const initial = takeByte(state)
  if (initial >> 5 !== ARRAY) throw malformed(problem, state)
  return takeLength(state, initial)
}

/** Passes over the name of a member of an object, which must be a new one. */
export function scanName(state: Scan, { keys, firstName }: Open): void {
  if (keys === undefined) scanNewName(state, firstName)
  else addKey(state, keys, takeName(state))
}

function scanNewName(state: Scan, firstName: number): void {
  const size = takeTextSize(state, NO_NAME)
  const start = state.at
  skipText(state, size)
  if (isProto(state.bytes, start, size)) throw malformed(PROTO, state)
  addName(state, firstName, start, size)
}

/** Adds what tells a key or item from others; undefined for an object, which differs from all. */
export function addKey(state: Scan, keys: Set<string>, key: string | undefined): void {
  if (key !== undefined && keys.size === keys.add(key).size) throw malformed('a key occurs twice', state)
}

const NO_NAME = 'a name in a map is not a text; maps without tag 259 are read as objects'
const PROTO = 'a name is __proto__'

/** A text with its length; anything else is a problem. */
export function takeString(state: Scan, problem: string): string {
  return takeText(state, takeTextSize(state, problem))
}

function takeTextSize(state: Scan, problem: string): number {
  const initial = takeByte(state)
  if (initial >> 5 !== 3) throw malformed(problem, state)
  return takeLength(state, initial)
}

/** The name of a member of an object. */
export function takeName(state: Scan): string {
  const name = takeString(state, NO_NAME)
  if (name === '__proto__') throw malformed(PROTO, state)
  return name
}
