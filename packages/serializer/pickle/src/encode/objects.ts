import { TAG } from '../tags.ts'
import { FALSE, NULL, TRUE, writeHead, writeNumber, writeSimple, writeTag } from '../writer.ts'
import { type Encoding, FRAME, nextFrame, push, refuse } from './encoding.ts'
import { natureOf } from './natures.ts'
import { integrityOf, readProperties, writeIntegrity, writeProperties } from './properties.ts'
import { addShape, findShape } from './shapes.ts'
import { writeString } from './strings.ts'

const { getOwnPropertyDescriptor, getOwnPropertyNames, getOwnPropertySymbols, isExtensible } = Object

/** A plain object: a CBOR map, or a record when another had the same keys. */
export function writeObject(encoding: Encoding, object: object): void {
  const keys = getOwnPropertyNames(object)
  if (keys.length === 0 || getOwnPropertySymbols(object).length > 0 || !isExtensible(object)) {
    writeIrregular(encoding, object)
    return
  }
  const { scratch } = nextFrame(encoding)
  if (readValues(object, keys, scratch)) writeMembers(encoding, keys, scratch)
  else writeIrregular(encoding, object)
}

/** Reads the members of an object without running code; false when one is not a usual property. */
export function readValues(object: object, keys: readonly string[], values: unknown[]): boolean {
  for (let index = 0; index < keys.length; index++) {
    const descriptor = getOwnPropertyDescriptor(object, keys[index] as string)
    if (descriptor === undefined || descriptor.writable !== true) return false
    if (!descriptor.enumerable || !descriptor.configurable) return false
    values[index] = descriptor.value
  }
  return true
}

function writeMembers(encoding: Encoding, keys: readonly string[], values: readonly unknown[]): void {
  const { writer } = encoding
  const shape = findShape(encoding.shapes, keys)
  if (shape !== undefined) {
    writeTag(writer, TAG.record)
    writeHead(writer, 0x80, keys.length + 1)
    writeHead(writer, 0, shape.index)
    writeCells(encoding, shape.keys, values)
    return
  }
  writeHead(writer, 0xa0, keys.length)
  if (keys.length === 0) return
  const items = new Array<unknown>(keys.length * 2)
  for (let index = 0; index < keys.length; index++) {
    items[2 * index] = keys[index]
    items[2 * index + 1] = values[index]
  }
  push(encoding, FRAME.members, items, keys)
}

/** Writes the values of an object of known keys; false when a frame had to be pushed for them. */
export function writeCells(encoding: Encoding, keys: readonly string[], values: readonly unknown[]): boolean {
  const { writer, strings } = encoding
  const { length } = keys
  for (let column = 0; column < length; column++) {
    const value = values[column]
    if (typeof value === 'string') writeString(strings, writer, value)
    else if (typeof value === 'number') writeNumber(writer, value)
    else if (value === null) writeSimple(writer, NULL)
    else if (typeof value === 'boolean') writeSimple(writer, value ? TRUE : FALSE)
    else {
      const frame = push(encoding, FRAME.record, values, keys)
      if (frame === undefined) return true
      frame.index = column
      frame.end = length
      return false
    }
  }
  return true
}

/** What follows when a map of members is complete: its keys may be referred to from here on. */
export function closeMembers(encoding: Encoding, keys: readonly string[]): void {
  addShape(encoding.shapes, keys)
}

function writeIrregular(encoding: Encoding, object: object): void {
  const foreign = natureOf(object)
  if (foreign !== undefined) {
    refuse(encoding, `${foreign} with the prototype of a plain object`)
    return
  }
  const level = integrityOf(object)
  writeIntegrity(encoding, level)
  const { pairs, regular } = readProperties(encoding, object, Reflect.ownKeys(object), level)
  if (regular) {
    writeRegularPairs(encoding, pairs)
    return
  }
  writeProperties(encoding, pairs)
  writeHead(encoding.writer, 0xa0, 0)
}

function writeRegularPairs(encoding: Encoding, pairs: readonly unknown[]): void {
  const isKey = (_: unknown, index: number): boolean => index % 2 === 0
  const keys = pairs.filter(isKey) as string[]
  const values = pairs.filter((_, index) => index % 2 === 1)
  writeMembers(encoding, keys, values)
}

/** An object without a prototype. */
export function writeNullPrototype(encoding: Encoding, object: object): void {
  const nature = natureOf(object)
  if (nature !== undefined) {
    refuse(encoding, `${nature} without a prototype`)
    return
  }
  const level = integrityOf(object)
  writeIntegrity(encoding, level)
  const { pairs, regular } = readProperties(encoding, object, Reflect.ownKeys(object), level)
  if (!regular) writeProperties(encoding, pairs)
  writeTag(encoding.writer, TAG.nullPrototype)
  writeHead(encoding.writer, 0xa0, regular ? pairs.length / 2 : 0)
  if (regular && pairs.length > 0) push(encoding, FRAME.entries, pairs)
}
