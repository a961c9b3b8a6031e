import { ResultError, type ResultIssue } from '@resultkit/core'
import { refusal } from '../failure.ts'
import type { Settings } from '../options.ts'
import { FALSE, NULL, TRUE, UNDEFINED, writeNumber, writeSimple } from '../writer.ts'
import { COMPLETE, PUSHED, writeArray, writeRows } from './arrays.ts'
import { assemble } from './assemble.ts'
import { writeBigInt } from './builtins.ts'
import { type Encoding, endEncoding, FRAME, type Frame, pop, refuse, startEncoding } from './encoding.ts'
import { writeSpecial } from './kinds.ts'
import { closeMembers, writeObject } from './objects.ts'
import { note, positionOf } from './seen.ts'
import { writeString } from './strings.ts'
import { writeSymbol } from './symbols.ts'

/** The bytes of a value: the container with its graph, and behind it one piece per large buffer. */
export function encode(value: unknown, settings: Settings): Uint8Array | readonly Uint8Array[] {
  const encoding = encodeGraph(value, settings)
  try {
    if (encoding.issueCount > 0) throw refusal(encoding.issues, encoding.issueCount, encoding.cause)
    return assemble(encoding)
  } finally {
    endEncoding(encoding)
  }
}

/** What of a value cannot be kept, without encoding it for good. */
export function findIssues(value: unknown, settings: Settings): readonly ResultIssue[] {
  const encoding = encodeGraph(value, settings)
  const { issues } = encoding
  endEncoding(encoding)
  return issues
}

function encodeGraph(value: unknown, settings: Settings): Encoding {
  const encoding = startEncoding(settings)
  try {
    writeValue(encoding, value)
    while (encoding.depth > 0) writeFrame(encoding, encoding.frames[encoding.depth - 1] as Frame)
    return encoding
  } catch (error) {
    endEncoding(encoding)
    throw outOfMemory(error)
  }
}

function outOfMemory(cause: unknown): unknown {
  if (!(cause instanceof RangeError)) return cause
  const message = 'pickle needs more memory for the value than one buffer can have. Divide the value.'
  return new ResultError({ code: 'SERIALIZE', operation: 'serialize', message, cause })
}

/** Goes on with the innermost container until it is complete, or another one is on top of it. */
function writeFrame(encoding: Encoding, frame: Frame): void {
  if (frame.kind === FRAME.table) {
    const item = writeRows(encoding, frame)
    if (item !== COMPLETE && item !== PUSHED) writeValue(encoding, item)
    return
  }
  const { writer, strings, depth } = encoding
  const { items, end } = frame
  let { index } = frame
  while (index < end) {
    const item = items[index++]
    if (typeof item === 'string') writeString(strings, writer, item)
    else if (typeof item === 'number') writeNumber(writer, item)
    else {
      frame.index = index
      if (typeof item === 'object' && item !== null) writeReferable(encoding, item)
      else writeValue(encoding, item)
      if (encoding.depth !== depth) return
    }
  }
  if (frame.kind === FRAME.members) closeMembers(encoding, frame.keys)
  else if (frame.owner !== undefined) encoding.open.delete(frame.owner)
  pop(encoding)
}

/** Writes a value, or its beginning: then its frame is on top. */
function writeValue(encoding: Encoding, value: unknown): void {
  const { writer } = encoding
  switch (typeof value) {
    case 'string':
      writeString(encoding.strings, writer, value)
      return
    case 'number':
      writeNumber(writer, value)
      return
    case 'boolean':
      writeSimple(writer, value ? TRUE : FALSE)
      return
    case 'undefined':
      writeSimple(writer, UNDEFINED)
      return
    case 'bigint':
      writeBigInt(encoding, value)
      return
    case 'symbol':
      writeSymbol(encoding, value)
      return
    case 'function':
      writeFunction(encoding)
      return
    default:
      if (value === null) writeSimple(writer, NULL)
      else writeReferable(encoding, value as object)
  }
}

function writeFunction(encoding: Encoding): void {
  if (encoding.settings.lossy.has('functions')) writeSimple(encoding.writer, UNDEFINED)
  else
    refuse(encoding, "function: code is not kept; leave it out, or let it become undefined with lossy: ['functions']")
}

function writeReferable(encoding: Encoding, object: object): void {
  const { seen, writer, open } = encoding
  if (note(seen, object, writer.at)) writeNew(encoding, object)
  else if (open.size > 0 && open.has(object)) {
    refuse(encoding, 'cycle through an instance whose class has only decode: give it allocate and fill')
  } else encoding.references.push(writer.at, positionOf(seen, object) as number)
}

// Traps of proxies may throw, and objects may have the prototype of a built-in type without being one.
function writeNew(encoding: Encoding, object: object): void {
  const { depth } = encoding
  try {
    const prototype = Object.getPrototypeOf(object) as object | null
    if (prototype === Object.prototype) writeObject(encoding, object)
    else if (prototype === Array.prototype && Array.isArray(object)) writeArray(encoding, object)
    else writeSpecial(encoding, object, prototype)
  } catch (error) {
    if (error instanceof RangeError && encoding.depth !== depth) throw error
    while (encoding.depth > depth) pop(encoding)
    encoding.cause ??= error
    refuse(encoding, 'object that cannot be read: it threw, or its prototype is that of another type')
  }
}
