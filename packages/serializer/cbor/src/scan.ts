import { cursorOf, malformed, skipText, take, takeArgument, takeByte, takeLength, takeText } from './cursor.ts'
import { noNames } from './names.ts'
import { scanNumber } from './numbers.ts'
import type { Mode } from './options.ts'
import {
  addKey,
  addTarget,
  type ContainerKind,
  type Open,
  openContainer,
  type Scan,
  scanName,
  type Target,
} from './scan-state.ts'
import { type Opened, SELF_DESCRIBED, SHARED, scanTag } from './tags.ts'

const BREAK = 0xff

/**
 * Examines a payload without building values, so that cbor-x is only given what it reads as it was written: lengths
 * within the bytes, well-formed texts, known tags, different keys, bounded depth, nothing after the end.
 */
export function scan(bytes: Uint8Array, mode: Mode, nans: 'as it is' | 'one NaN'): void {
  const state: Scan = {
    ...cursorOf(bytes),
    mode,
    isRewriting: nans === 'one NaN',
    open: [],
    names: noNames(),
    records: new Map(),
    targets: [],
  }
  if (bytes[0] === 0xd9 && bytes[1] === SELF_DESCRIBED >> 8 && bytes[2] === (SELF_DESCRIBED & 0xff)) take(state, 3)
  scanItem(state)
  for (let top = state.open.at(-1); top !== undefined; top = state.open.at(-1)) {
    if (top.left === 0 || isBroken(state, top)) close(state, top)
    else scanInside(state, top)
  }
  if (state.at < bytes.byteLength) throw malformed('it goes on after its end', state)
}

function close({ open, names }: Scan, top: Open): void {
  top.isClosed = true
  open.pop()
  names.count = top.firstName
}

function isBroken(state: Scan, { left, kind, isKeyNext }: Open): boolean {
  const isPossible = left === Number.POSITIVE_INFINITY && (kind === 'list' || kind === 'set' || isKeyNext)
  if (!isPossible || state.bytes[state.at] !== BREAK) return false
  take(state, 1)
  return true
}

/** Passes over what is left of a container, up to the next container in it; of one that a break ends, over one value. */
function scanInside(state: Scan, top: Open): void {
  const { open } = state
  const depth = open.length
  do {
    top.left -= 1
    if (top.kind === 'list') scanItem(state)
    else scanKeyed(state, top)
  } while (top.left > 0 && top.left !== Number.POSITIVE_INFINITY && open.length === depth)
}

function scanKeyed(state: Scan, top: Open): void {
  const isKey = top.isKeyNext
  if (top.kind !== 'set') top.isKeyNext = !isKey
  if (!isKey) scanItem(state)
  else if (top.kind === 'object') scanName(state, top)
  else if (top.keys !== undefined) addKey(state, top.keys, scanValue(state, true))
}

/** Passes over one value whose identity does not matter, the frequent ones at once. */
function scanItem(state: Scan): void {
  const { bytes, at } = state
  const initial = bytes[at] ?? BREAK
  const short = initial & 0x1f
  if (initial >= 0x60 && initial < 0x78) {
    state.at = at + 1
    skipText(state, short)
  } else if (initial < 0x38 && short < 24) state.at = at + 1
  else if (initial >= 0xf4 && initial <= 0xf7) state.at = at + 1
  else if ((initial < 0x3c || initial >= 0xf9) && short < 28 && isAnyNumber(state, initial)) {
    take(state, 1 + (1 << (short - 24)))
  } else scanValue(state)
}

/** Whether a number of this kind may have any value. */
function isAnyNumber({ mode, isRewriting }: Scan, initial: number): boolean {
  if (initial === 0xfb) return !isRewriting
  return (initial & 0x1f) < 27 || mode.int64 === 'bigint'
}

/**
 * Passes over one value, except for what is inside a container. Gives what tells a primitive value from others as a
 * key, if it is one; undefined for objects, which all differ.
 */
function scanValue(state: Scan, isKey = false): string | undefined {
  const initial = takeByte(state)
  const major = initial >> 5
  if (major < 2 || major === 7) return scanNumber(state, initial)
  if (major === 6) return scanTagged(state, initial)
  const length = takeLength(state, initial)
  if (major === 2) return skipBytes(state, length)
  if (major === 3) return scanText(state, length, isKey)
  if (major === 4) return openContainer(state, length, 'list')
  return openContainer(state, 2 * length, mapKind(state))
}

function mapKind({ mode }: Scan): ContainerKind {
  return mode.useRecords ? 'map' : 'object'
}

function skipBytes(state: Scan, length: number): undefined {
  take(state, length)
}

function scanText(state: Scan, length: number, isKey: boolean): string | undefined {
  if (isKey) return `s${takeText(state, length)}`
  skipText(state, length)
  return undefined
}

function scanTagged(state: Scan, initial: number): string | undefined {
  const tag = Number(takeArgument(state, initial))
  if (tag === SHARED && state.mode.structuredClone) return scanTarget(state)
  const found = scanTag(state, tag)
  return typeof found === 'object' ? open(state, found) : found
}

function open(state: Scan, { length, kind }: Opened): undefined {
  return openContainer(state, length, kind)
}

/** An object that references point to follows. */
function scanTarget(state: Scan): string {
  const next = state.bytes[state.at] ?? 0
  const major = next >> 5
  const isReference =
    next === 0xd8 && (state.bytes[state.at + 1] === SHARED || state.bytes[state.at + 1] === SHARED + 1)
  if (major < 2 || major === 3 || major === 7 || isReference) throw malformed('a shared object is malformed', state)
  const target: Target = { names: undefined, container: undefined }
  const id = addTarget(state, target)
  const depth = state.open.length
  scanValue(state)
  target.container = state.open[depth]
  return `p${id}`
}
