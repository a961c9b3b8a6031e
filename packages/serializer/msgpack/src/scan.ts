import { cursorOf, malformed, skipText, take, takeText, takeUint } from './cursor.ts'
import { scanExtension, TARGET } from './extensions.ts'
import { noNames } from './names.ts'
import type { Mode } from './options.ts'
import {
  addKey,
  bigintKey,
  type ContainerKind,
  type Open,
  openContainer,
  type Scan,
  scanName,
  sizeOf,
} from './scan-state.ts'

const CANONICAL_NAN = 0x7ff8

/**
 * Examines a payload without building values, so that msgpackr is only given what it reads as it was written: lengths
 * within the bytes, well-formed texts, known extensions, different keys, bounded depth, nothing after the end.
 */
export function scan(bytes: Uint8Array, mode: Mode, nans: 'as it is' | 'one NaN'): void {
  const state: Scan = {
    ...cursorOf(bytes),
    mode,
    isRewriting: nans === 'one NaN',
    open: [],
    names: noNames(),
    records: new Map(),
    targets: new Map(),
  }
  scanItem(state)
  for (let top = state.open.at(-1); top !== undefined; top = state.open.at(-1)) {
    if (top.left === 0) close(state, top)
    else scanInside(state, top)
  }
  if (state.at < bytes.byteLength) throw malformed('it goes on after its end', state)
}

function close({ open, names }: Scan, { firstName }: Open): void {
  open.pop()
  names.count = firstName
}

/** Passes over what is left of a container, up to the next container in it. */
function scanInside(state: Scan, top: Open): void {
  const { open } = state
  const { kind, keys } = top
  const depth = open.length
  while (top.left > 0 && open.length === depth) {
    const isKey = kind !== 'list' && (kind === 'set' || top.left % 2 === 0)
    top.left -= 1
    if (!isKey) scanItem(state)
    else if (kind === 'object') scanName(state, top)
    else if (keys !== undefined) addKey(state, keys, scanValue(state))
  }
}

// From 0xca on: floats, unsigned and signed integers.
const NUMBER_BYTES: readonly number[] = [4, 8, 1, 2, 4, 8, 1, 2, 4, 8]

/** Passes over one value whose identity does not matter, the frequent ones at once. */
function scanItem(state: Scan): void {
  const { bytes, at } = state
  const token = bytes[at] ?? 0xc1
  if (token >= 0xa0 && token <= 0xbf) {
    state.at = at + 1
    skipText(state, token & 0x1f)
  } else if (token < 0x40 || token >= 0xe0 || token === 0xc0 || token === 0xc2 || token === 0xc3) {
    state.at = at + 1
  } else if (token >= 0xca && token <= 0xd3 && isAnyNumber(state, token)) {
    take(state, 1 + (NUMBER_BYTES[token - 0xca] as number))
  } else scanValue(state)
}

/** Whether a number of this kind may have any value. */
function isAnyNumber({ mode, isRewriting }: Scan, token: number): boolean {
  if (token === 0xcf || token === 0xd3) return mode.int64 === 'bigint'
  return token !== 0xcb || !isRewriting
}

/**
 * Passes over one value, except for what is inside a container. Gives what tells a primitive value from others as a
 * key; undefined for objects, which all differ.
 */
function scanValue(state: Scan): string | undefined {
  const token = takeUint(state, 1)
  if (token <= 0x7f) return scanSmall(state, token)
  if (token <= 0x8f) return openContainer(state, 2 * (token & 0x0f), mapKind(state))
  if (token <= 0x9f) return openContainer(state, token & 0x0f, 'list')
  if (token <= 0xbf) return scanText(state, token & 0x1f)
  if (token >= 0xe0) return `n${token - 0x100}`
  return scanTagged(state, token)
}

function mapKind({ mode }: Scan): ContainerKind {
  return mode.useRecords ? 'map' : 'object'
}

function scanSmall(state: Scan, token: number): string | undefined {
  if (!state.mode.useRecords || token < 0x40) return `n${token}`
  const names = state.records.get(token)
  if (names === undefined) throw malformed('a record is not defined', state)
  return openContainer(state, names.length, 'list')
}

function scanTagged(state: Scan, token: number): string | undefined {
  if (token === 0xc0 || token === 0xc2 || token === 0xc3) return `${token}`
  if (token >= 0xc4 && token <= 0xc6) return skip(state, takeUint(state, sizeOf(token - 0xc4)))
  if (token >= 0xc7 && token <= 0xc9) return scanExtension(state, token, takeUint(state, sizeOf(token - 0xc7)))
  if (token >= 0xd4 && token <= 0xd8) {
    const isTarget = token === 0xd6 && state.mode.structuredClone && state.bytes[state.at] === TARGET
    return isTarget ? scanTarget(state) : scanExtension(state, token, 1 << (token - 0xd4))
  }
  if (token >= 0xd9 && token <= 0xdb) return scanText(state, takeUint(state, sizeOf(token - 0xd9)))
  if (token === 0xdc || token === 0xdd) return openContainer(state, takeUint(state, sizeOf(token - 0xdb)), 'list')
  if (token === 0xde || token === 0xdf)
    return openContainer(state, 2 * takeUint(state, sizeOf(token - 0xdd)), mapKind(state))
  if (token === 0xc1) throw malformed('it has a byte that MessagePack never uses', state)
  const number = scanNumber(state, token)
  return typeof number === 'bigint' ? bigintKey(number) : `n${number}`
}

/** An object that is pointed to follows. */
function scanTarget(state: Scan): string {
  take(state, 1)
  const id = takeUint(state, 4)
  const next = state.bytes[state.at] ?? 0
  const isExtension = (next >= 0xc7 && next <= 0xc9) || (next >= 0xd4 && next <= 0xd8)
  const isContainer = (next >= 0x40 && next <= 0x9f) || (next >= 0xdc && next <= 0xdf)
  const isReference = next === 0xd6 && state.bytes[state.at + 1] !== 0xff
  const isObject = isContainer || isExtension || (next >= 0xc4 && next <= 0xc6)
  if (!isObject || isReference || state.targets.has(id)) throw malformed('a shared object is malformed', state)
  state.targets.set(id, undefined)
  scanValue(state)
  return `p${id}`
}

function skip(state: Scan, size: number): undefined {
  take(state, size)
}

function scanText(state: Scan, size: number): string | undefined {
  // Only keys are asked for, which are in the innermost container.
  if (state.open.at(-1)?.keys !== undefined) return `s${takeText(state, size)}`
  skipText(state, size)
  return undefined
}

function scanNumber(state: Scan, token: number): number | bigint {
  const { view } = state
  if (token === 0xca) return view.getFloat32(take(state, 4))
  if (token === 0xcb) return scanDouble(state)
  if (token === 0xcc || token === 0xcd || token === 0xce) return takeUint(state, sizeOf(token - 0xcc))
  if (token === 0xd0) return view.getInt8(take(state, 1))
  if (token === 0xd1) return view.getInt16(take(state, 2))
  if (token === 0xd2) return view.getInt32(take(state, 4))
  const value = token === 0xcf ? view.getBigUint64(take(state, 8)) : view.getBigInt64(take(state, 8))
  if (state.mode.int64 === 'bigint') return value
  if (Number.isSafeInteger(Number(value))) return Number(value)
  throw malformed("an integer is beyond 2^53 - 1, which int64: 'bigint' reads", state)
}

function scanDouble(state: Scan): number {
  const at = take(state, 8)
  const value = state.view.getFloat64(at)
  if (state.isRewriting && Number.isNaN(value)) state.view.setBigUint64(at, BigInt(CANONICAL_NAN) << 48n)
  return value
}
