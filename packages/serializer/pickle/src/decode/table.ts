import { malformed } from '../failure.ts'
import { MAX_SHAPE_KEYS } from '../tags.ts'
import { ARRAY, build, RECORD, shapeOf } from './containers.ts'
import { addFrame, type Decoding, type Frame, type FrameKind, OPENED, open, type Shape } from './decoding.ts'
import { readPlain } from './plain.ts'
import { readArgument, readByte, readHead } from './reader.ts'
import { expectText } from './scalars.ts'

/** Rows of one shape, and other items and holes between them. */
export const TABLE: FrameKind = { ...ARRAY }

/** Opens a table: its shape, by index or by its keys, then its rows. */
export function openTable(decoding: Decoding, count: number): typeof OPENED {
  if (count < 2) throw malformed('a table without rows')
  open(decoding, TABLE, [], count - 1)
  const frame = decoding.frames[decoding.depth - 1] as Frame
  frame.shape = readShape(decoding)
  return OPENED
}

function readShape(decoding: Decoding): Shape {
  const { reader } = decoding
  const initial = readByte(reader)
  if ((initial & 0xe0) === 0) return shapeAt(decoding, readArgument(reader, initial))
  if ((initial & 0xe0) !== 0x80) throw malformed('a table without a shape')
  const count = readArgument(reader, initial)
  if (count === 0 || count > MAX_SHAPE_KEYS) throw malformed('a shape with too many keys, or none')
  const keys: string[] = []
  while (keys.length < count) keys.push(expectText(decoding))
  if (new Set(keys).size !== count) throw malformed('a shape with one key twice')
  const shape = shapeOf(keys, true)
  decoding.shapes.push(shape)
  return shape
}

/** The shape of an index. */
export function shapeAt({ shapes }: Decoding, index: number): Shape {
  const shape = shapes[index]
  if (shape === undefined) throw malformed('a shape that was not defined')
  return shape
}

/** Opens an object of a known shape: the index of the shape, then its values. */
export function openRecord(decoding: Decoding, count: number): unknown {
  if (count < 2) throw malformed('a record without a shape')
  const shape = shapeAt(decoding, readHead(decoding.reader, 0))
  if (shape.keys.length !== count - 1) throw malformed('a record that is not of its shape')
  return readRow(decoding, shape)
}

/** The object of a row whose head has been read, or OPENED when a container is among its values. */
export function readRow(decoding: Decoding, shape: Shape): unknown {
  const { reader, frames, depth } = decoding
  const { length } = shape.keys
  const frame = frames[depth] ?? addFrame(frames, RECORD)
  const { row } = frame
  decoding.nodes += length
  for (let column = 0; column < length; column++) {
    const value = readPlain(decoding, readByte(reader))
    if (value === OPENED) {
      // Not a plain value: it is read again, as an item of the record.
      reader.at -= 1
      open(decoding, RECORD, {}, length - column)
      frame.shape = shape
      return OPENED
    }
    row[column] = value
  }
  return build(shape, {}, row)
}
