import { platform } from '../platform.ts'
import { MAX_SHAPE_KEYS, TAG } from '../tags.ts'
import { writeHead, writeTag } from '../writer.ts'
import { type Encoding, FRAME, type Frame, pop, push, refuse } from './encoding.ts'
import { readValues, writeCells } from './objects.ts'
import { integrityOf, propertyValue, readProperties, writeIntegrity, writeProperties } from './properties.ts'
import { isSeen, note, positionOf } from './seen.ts'
import { addShape, findShape, sameKeys } from './shapes.ts'
import { writeString } from './strings.ts'

const { getOwnPropertyNames, getOwnPropertySymbols, isExtensible } = Object
const { __lookupGetter__: lookupGetter } = Object.prototype as unknown as {
  __lookupGetter__: (this: object, key: number) => unknown
}

/** So many items that an array does not have; stands in the list of its items. */
export interface HoleRun {
  readonly holes: number
}
const HOLE_RUN = Object.freeze(Object.create(null)) as object

/** Whether an item stands for holes. */
export function isHoleRun(item: object): item is HoleRun {
  return Object.getPrototypeOf(item) === HOLE_RUN
}

/** The holes of an array, as an item. */
export function writeHoles({ writer }: Encoding, { holes }: HoleRun): void {
  writeTag(writer, TAG.holes)
  writeHead(writer, 0, holes)
}

/** An array: a CBOR array, or a table when it begins with objects of equal keys. */
export function writeArray(encoding: Encoding, array: readonly unknown[]): void {
  if (!isExtensible(array) || !isDense(array) || hasExtras(array)) writeIrregularArray(encoding, array)
  else writeItems(encoding, array)
}

/** Whether there are neither holes nor getters among the items. */
function isDense(array: readonly unknown[]): boolean {
  const { length } = array
  for (let index = 0; index < length; index++) {
    if (lookupGetter.call(array, index) !== undefined) return false
    // A hole, or an accessor that can only be set.
    if (array[index] === undefined && Object.getOwnPropertyDescriptor(array, index)?.writable === undefined)
      return false
  }
  return true
}

const MANY = 32
const ONLY_ITEMS = /^\[ \.\.\. \d+ more items?, \[length\]: \d+ \]$/

/** Whether an array has more than items. The keys of a long one would all have to become texts; Node can print the others alone. */
function hasExtras(array: readonly unknown[]): boolean {
  const { inspect } = platform()
  if (array.length <= MANY || inspect === undefined) return Reflect.ownKeys(array).length !== array.length + 1
  return !ONLY_ITEMS.test(inspect(array, INSPECT))
}
const INSPECT = {
  maxArrayLength: 0,
  showHidden: true,
  customInspect: false,
  depth: 0,
  breakLength: Infinity,
  compact: true,
}

function writeItems(encoding: Encoding, items: readonly unknown[]): void {
  const keys = tableKeys(encoding, items)
  if (keys !== undefined) {
    writeTable(encoding, items, keys)
    return
  }
  writeHead(encoding.writer, 0x80, items.length)
  if (items.length > 0) push(encoding, FRAME.list, items)
}

/** Holes, own properties, a closed array. */
function writeIrregularArray(encoding: Encoding, array: readonly unknown[]): void {
  const level = integrityOf(array)
  writeIntegrity(encoding, level)
  const keys = Reflect.ownKeys(array)
  const lengthAt = keys.indexOf('length')
  const items = sparseItems(encoding, array, keys.slice(0, lengthAt), level)
  if (level < 3 && Object.getOwnPropertyDescriptor(array, 'length')?.writable !== true)
    refuse(encoding, 'array whose length cannot be written, but which is not frozen')
  const extras = keys.slice(lengthAt + 1)
  if (extras.length > 0) writeProperties(encoding, readProperties(encoding, array, extras, level).pairs)
  writeItems(encoding, items)
}

function sparseItems(
  encoding: Encoding,
  array: readonly unknown[],
  keys: readonly PropertyKey[],
  level: number,
): readonly unknown[] {
  const items: unknown[] = []
  let next = 0
  const skipTo = (index: number): void => {
    if (index === next) return
    items.push(Object.assign(Object.create(HOLE_RUN) as object, { holes: index - next }))
    encoding.holes += index - next
  }
  for (const key of keys) {
    const index = Number(key)
    const descriptor = Object.getOwnPropertyDescriptor(array, key)
    if (descriptor === undefined) continue
    skipTo(index)
    items.push(propertyValue(encoding, array, index, descriptor))
    next = index + 1
    const { enumerable, configurable, writable } = descriptor
    const usual = enumerable && (configurable || level >= 2) && (writable !== false || level === 3)
    if (!usual) refuse(encoding, 'item with unusual attributes: it is not enumerable, writable or configurable', index)
  }
  skipTo(array.length)
  const { maxHoles } = encoding.settings
  if (encoding.holes > maxHoles)
    refuse(encoding, `sparse array; with it there are more than ${maxHoles} holes, see maxHoles`)
  return items
}

/** The keys that the first two items have in common, when they are plain objects of one shape. */
function tableKeys({ settings }: Encoding, items: readonly unknown[]): readonly string[] | undefined {
  if (!settings.compact || items.length < 2) return undefined
  const [first, second] = items
  if (!isPlain(first) || !isPlain(second) || first === second) return undefined
  const keys = getOwnPropertyNames(first)
  if (keys.length === 0 || keys.length > MAX_SHAPE_KEYS) return undefined
  return sameKeys(keys, getOwnPropertyNames(second)) ? keys : undefined
}

function isPlain(value: unknown): value is object {
  return typeof value === 'object' && value !== null && Object.getPrototypeOf(value) === Object.prototype
}

function writeTable(encoding: Encoding, items: readonly unknown[], keys: readonly string[]): void {
  const { writer, shapes, strings } = encoding
  writeTag(writer, TAG.table)
  writeHead(writer, 0x80, items.length + 1)
  const shape = findShape(shapes, keys)
  if (shape !== undefined) writeHead(writer, 0, shape.index)
  else {
    writeHead(writer, 0x80, keys.length)
    for (const key of keys) writeString(strings, writer, key)
    addShape(shapes, keys)
  }
  push(encoding, FRAME.table, items, keys)
}

/** That all items of a table have been written. */
export const COMPLETE: unique symbol = Symbol('complete')
/** That a row has pushed a frame. */
export const PUSHED: unique symbol = Symbol('pushed')

/** Writes rows until one needs more than it can do: gives an item that is no row, or what happened. */
export function writeRows(encoding: Encoding, frame: Frame): unknown {
  const { items, end, keys } = frame
  const { seen, writer } = encoding
  while (frame.index < end) {
    const item = items[frame.index++]
    if (!isRow(item, frame)) return escaped(encoding, item)
    if (!note(seen, item, writer.at)) {
      encoding.references.push(writer.at, positionOf(seen, item) as number)
      continue
    }
    writeHead(writer, 0x80, keys.length)
    if (!writeCells(encoding, keys, frame.scratch)) return PUSHED
  }
  pop(encoding)
  return COMPLETE
}

// What a proxy throws, it throws again where it is written as an item, and then it is refused.
function isRow(item: unknown, { keys, scratch }: Frame): item is object {
  try {
    if (!isPlain(item) || !sameKeys(getOwnPropertyNames(item), keys)) return false
    if (getOwnPropertySymbols(item).length > 0 || !isExtensible(item)) return false
    return readValues(item, keys, scratch)
  } catch {
    return false
  }
}

/** An array among the rows would pass for a row. */
function escaped({ writer, seen }: Encoding, item: unknown): unknown {
  if (isArray(item) && !isSeen(seen, item)) writeTag(writer, TAG.arrayInTable)
  return item
}

function isArray(item: unknown): item is object {
  try {
    return Array.isArray(item)
  } catch {
    return false
  }
}
