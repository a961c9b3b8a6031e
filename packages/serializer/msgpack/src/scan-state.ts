import { type Cursor, malformed, takeText, takeUint } from './cursor.ts'
import type { Mode } from './options.ts'

/** Containers that are open, and what msgpackr's extensions have defined so far. */
export interface Scan extends Cursor {
  readonly mode: Mode
  /** Whether every NaN is written anew as the one that literals have. */
  readonly isRewriting: boolean
  readonly open: Open[]
  /** The names of each record. */
  readonly records: Map<number, readonly string[]>
  /** What the pointers of `structuredClone` can point to; of a list of names, these. */
  readonly targets: Map<number, readonly string[] | undefined>
}

/** A container whose values are not all there yet. */
export interface Open {
  /** Values that are still to come. */
  left: number
  /** The keys of a map, or items of a Set, so far; undefined where nothing has to differ. */
  readonly keys: Set<string> | undefined
  /** Whether a value follows each key. */
  readonly isMap: boolean
}

/** Opens a container of so many values, each of a byte at least. */
export function openContainer(state: Scan, left: number, kind: 'list' | 'set' | 'map'): undefined {
  if (left > state.bytes.byteLength - state.at) throw malformed('a length is more than what follows', state)
  if (state.open.length >= state.mode.maxDepth) {
    throw malformed(`it is nested more than ${state.mode.maxDepth} levels deep (see maxDepth)`, state)
  }
  state.open.push({ left, keys: kind === 'list' ? undefined : new Set(), isMap: kind === 'map' })
}

/** How many bytes a number has, by its place among the tokens of its kind. */
export function sizeOf(power: number): 1 | 2 | 4 {
  if (power === 0) return 1
  return power === 1 ? 2 : 4
}

/** The name of a member of an object. */
export function takeName(state: Scan): string {
  const name = takeString(state, 'a name in a map is not a text; maps are read as objects')
  if (name === '__proto__') throw malformed('a name is __proto__', state)
  return name
}

/** A text with its length; anything else is a problem. */
export function takeString(state: Scan, problem: string): string {
  const token = takeUint(state, 1)
  if (token >= 0xa0 && token <= 0xbf) return takeText(state, token & 0x1f)
  if (token >= 0xd9 && token <= 0xdb) return takeText(state, takeUint(state, sizeOf(token - 0xd9)))
  throw malformed(problem, state)
}
