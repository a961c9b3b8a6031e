import { type Cursor, malformed, skipText, takeText, takeUint } from './cursor.ts'
import { addName, isProto, type Names } from './names.ts'
import type { Mode } from './options.ts'

/** Containers that are open, and what msgpackr's extensions have defined so far. */
export interface Scan extends Cursor {
  readonly mode: Mode
  /** Whether every NaN is written anew as the one that literals have. */
  readonly isRewriting: boolean
  readonly open: Open[]
  readonly names: Names
  /** The names of each record. */
  readonly records: Map<number, readonly string[]>
  /** What the pointers of `structuredClone` can point to; of a list of names, these. */
  readonly targets: Map<number, readonly string[] | undefined>
}

/** A container whose values are not all there yet. */
export interface Open {
  readonly kind: ContainerKind
  /** Values that are still to come. */
  left: number
  /** The keys of a Map or long object, or the items of a Set, so far. */
  readonly keys: Set<string> | undefined
  /** Which of the names is its first. */
  readonly firstName: number
}

/** What a container becomes. */
export type ContainerKind = 'list' | 'object' | 'map' | 'set'

// Of so many names, each is compared with all before it.
const SHORT_OBJECT = 32

/** Opens a container of so many values, each of a byte at least. */
export function openContainer(state: Scan, left: number, kind: ContainerKind): undefined {
  const { bytes, open, mode, names } = state
  if (left > bytes.byteLength - state.at) throw malformed('a length is more than what follows', state)
  if (open.length >= mode.maxDepth) {
    throw malformed(`it is nested more than ${mode.maxDepth} levels deep (see maxDepth)`, state)
  }
  const hasKeys = kind !== 'list' && (kind !== 'object' || left > 2 * SHORT_OBJECT)
  open.push({ kind, left, keys: hasKeys ? new Set() : undefined, firstName: names.count })
}

/** How many bytes a number has, by its place among the tokens of its kind. */
export function sizeOf(power: number): 1 | 2 | 4 {
  if (power === 0) return 1
  return power === 1 ? 2 : 4
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

/** What tells a bigint from other keys; hexadecimal, because decimal digits take more than linear time. */
export function bigintKey(value: bigint): string {
  return `b${value.toString(16)}`
}

/** Adds what tells a key or item from others; undefined for an object, which differs from all. */
export function addKey(state: Scan, keys: Set<string>, key: string | undefined): void {
  if (key !== undefined && keys.size === keys.add(key).size) throw malformed('a key occurs twice', state)
}

const NO_NAME = 'a name in a map is not a text; maps are read as objects'
const PROTO = 'a name is __proto__'

/** The name of a member of an object. */
export function takeName(state: Scan): string {
  const name = takeString(state, NO_NAME)
  if (name === '__proto__') throw malformed(PROTO, state)
  return name
}

/** A text with its length; anything else is a problem. */
export function takeString(state: Scan, problem: string): string {
  return takeText(state, takeTextSize(state, problem))
}

function takeTextSize(state: Scan, problem: string): number {
  const token = takeUint(state, 1)
  if (token >= 0xa0 && token <= 0xbf) return token & 0x1f
  if (token >= 0xd9 && token <= 0xdb) return takeUint(state, sizeOf(token - 0xd9))
  throw malformed(problem, state)
}
