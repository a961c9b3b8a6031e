import { malformed } from '../failure.ts'
import { ATTRIBUTE, MAX_SHAPE_KEYS } from '../tags.ts'
import { asObject, bindPending, type Frame, type FrameKind, HOLES, type Shape } from './decoding.ts'
import { guardKey } from './flood.ts'

const done = (frame: Frame): unknown => frame.target

/** An array. */
export const ARRAY: FrameKind = {
  takesSections: false,
  isLabel: false,
  attach({ target }, value, decoding) {
    if (value === HOLES) addHoles(target as unknown[], decoding.holeRun)
    else (target as unknown[]).push(value)
  },
  close: done,
}

function addHoles(array: unknown[], count: number): void {
  if (count === 0 || array.length + count > 0xffffffff) throw malformed('an array with an impossible length')
  array.length += count
}

/** A value where no hole may be. */
export function noHole(value: unknown): unknown {
  if (value === HOLES) throw malformed('a hole outside an array')
  return value
}

/** A plain object with its keys; its shape is known when it is complete. */
export const OBJECT: FrameKind = {
  takesSections: false,
  isLabel: false,
  attach(frame, value, { isCareful }) {
    if (frame.remaining % 2 === 1) {
      if (typeof value !== 'string') throw malformed('a key that is no text')
      frame.key = value
    } else setMember(frame.target as Record<string, unknown>, frame.key as string, noHole(value), isCareful)
  },
  close({ target, size }, { shapes, isCareful }) {
    const keys = Object.keys(target as object)
    if (2 * keys.length !== size) throw malformed('an object with one key twice')
    if (keys.length <= MAX_SHAPE_KEYS) shapes.push(shapeOf(keys, isCareful))
    return target
  },
}

/** An object without a prototype. */
export const NULL_PROTOTYPE: FrameKind = {
  takesSections: false,
  isLabel: false,
  attach: OBJECT.attach,
  close({ target, size }) {
    if (2 * Object.keys(target as object).length !== size) throw malformed('an object with one key twice')
    return target
  },
}

/** An object of a known shape. */
export const RECORD: FrameKind = {
  takesSections: false,
  isLabel: false,
  attach({ row, shape, remaining }, value) {
    row[(shape as Shape).keys.length - remaining - 1] = noHole(value)
  },
  close({ target, shape, row }) {
    return build(shape as Shape, target as Record<string, unknown>, row)
  },
}

function setMember(object: Record<string, unknown>, key: string, value: unknown, isCareful: boolean): void {
  if (key === '__proto__' || (isCareful && isInherited(key))) defineOwn(object, key, value, 0)
  else object[key] = value
}

function isInherited(key: string): boolean {
  return key in Object.prototype
}

/** Whether an assignment may fail to define a member because a program has changed Object.prototype: has frozen it, for one. */
export function isPrototypeChanged(): boolean {
  const { __proto__: _, ...inherited } = Object.getOwnPropertyDescriptors(Object.prototype) as Record<
    string,
    PropertyDescriptor
  >
  return Object.values(inherited).some(({ writable }) => writable !== true)
}

/** A shape of these keys. */
export function shapeOf(keys: readonly string[], isCareful: boolean): Shape {
  return { keys, isSpecial: keys.includes('__proto__') || (isCareful && keys.some(isInherited)) }
}

/** Gives an empty object its members in order. */
export function build(shape: Shape, object: Record<string, unknown>, values: readonly unknown[]): object {
  const { keys } = shape
  if (shape.isSpecial) for (let at = 0; at < keys.length; at++) setMember(object, keys[at] as string, values[at], true)
  else setInOrder(object, keys as unknown as Keys, values)
  return object
}

// The first members have a line each: the engine learns which key comes there, where a loop would look every key up.
function setInOrder(object: Record<string, unknown>, keys: Keys, values: readonly unknown[]): void {
  const { length } = keys
  object[keys[0]] = values[0]
  if (length === 1) return
  object[keys[1]] = values[1]
  if (length === 2) return
  object[keys[2]] = values[2]
  if (length === 3) return
  object[keys[3]] = values[3]
  if (length === 4) return
  object[keys[4]] = values[4]
  if (length === 5) return
  object[keys[5]] = values[5]
  if (length === 6) return
  object[keys[6]] = values[6]
  if (length === 7) return
  object[keys[7]] = values[7]
  if (length === 8) return
  object[keys[8]] = values[8]
  if (length === 9) return
  object[keys[9]] = values[9]
  for (let at = 10; at < length; at++) object[keys[at] as string] = values[at]
}

type Ten = [string, string, string, string, string, string, string, string, string, string]
type Keys = readonly [...Ten, ...string[]]

/** A Map. */
export const MAP: FrameKind = {
  takesSections: false,
  isLabel: false,
  attach(frame, value) {
    if (frame.remaining % 2 === 1) {
      frame.key = noHole(value)
      if (frame.guard !== undefined) guardKey(frame.guard, value)
    } else (frame.target as Map<unknown, unknown>).set(frame.key, noHole(value))
  },
  close({ target, size }) {
    if (2 * (target as Map<unknown, unknown>).size !== size) throw malformed('a Map with one key twice')
    return target
  },
}

/** A Set. */
export const SET: FrameKind = {
  takesSections: false,
  isLabel: false,
  attach({ target, guard }, value) {
    if (guard !== undefined) guardKey(guard, value)
    ;(target as Set<unknown>).add(noHole(value))
  },
  close({ target, size }) {
    if ((target as Set<unknown>).size !== size) throw malformed('a Set with one item twice')
    return target
  },
}

/** An object, then its own properties: attributes where they are unusual, key, value. */
export const PROPERTIES: FrameKind = {
  takesSections: false,
  isLabel: false,
  attach(frame, value, decoding) {
    if (frame.target === undefined) {
      const target = asObject(value)
      if (decoding.instances.has(target)) throw malformed('properties of an instance')
      bindPending(decoding, target)
      frame.target = target
    } else attachPair(frame, value, 0)
  },
  close: closePairs,
}

/** Takes the next part of a pair: attributes, key or value. `hidden` are the attributes when none are given. */
export function attachPair(frame: Frame, value: unknown, hidden: number): void {
  const { values, key } = frame
  if (key !== undefined) {
    defineOwn(asObject(frame.target), key as PropertyKey, noHole(value), (values.pop() as number | undefined) ?? hidden)
    frame.key = undefined
  } else if (typeof value === 'number' && values.length === 0 && value >= 0 && value <= 7) values.push(value)
  else if (typeof value === 'string' || (typeof value === 'symbol' && value !== HOLES)) frame.key = value
  else throw malformed('a key that is no text')
}

/** The object, when no pair is left open. */
export function closePairs({ target, key, values }: Frame): unknown {
  if (key !== undefined || values.length > 0) throw malformed('a key without a value')
  return target
}

function defineOwn(object: object, key: PropertyKey, value: unknown, bits: number): void {
  if (typeof key === 'string' && isItem(object, key)) throw malformed('an item among the properties of an array')
  if (Object.hasOwn(object, key)) throw malformed('one property twice')
  Object.defineProperty(object, key, {
    value,
    enumerable: (bits & ATTRIBUTE.notEnumerable) === 0,
    writable: (bits & ATTRIBUTE.notWritable) === 0,
    configurable: (bits & ATTRIBUTE.notConfigurable) === 0,
  })
}

/** Whether a key is that of an item, or the length of an array. */
function isItem(object: object, key: string): boolean {
  if (Array.isArray(object)) return key === 'length' || (String(Number(key) >>> 0) === key && Number(key) < 0xffffffff)
  const isTypedArray = ArrayBuffer.isView(object) && !(object instanceof DataView)
  return isTypedArray && (key === '-0' || String(Number(key)) === key)
}

/** Closes the one object inside, when it is complete. */
export function integrity(close: (object: object) => object): FrameKind {
  return {
    takesSections: false,
    isLabel: true,
    attach(frame, value, decoding) {
      const object = asObject(value)
      if (decoding.instances.has(object)) throw malformed('a frozen instance')
      bindPending(decoding, object)
      frame.target = object
    },
    close({ target }) {
      try {
        return close(target as object)
      } catch (error) {
        throw malformed('something that cannot be frozen', error)
      }
    },
  }
}
