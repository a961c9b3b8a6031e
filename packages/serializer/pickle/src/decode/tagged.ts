import { malformed } from '../failure.ts'
import { TAG } from '../tags.ts'
import { BUFFER_OF, openView, readBuffer, readSpecialBuffer, readTypedArray, typeOfTag } from './binary.ts'
import { integrity, MAP, NULL_PROTOTYPE, PROPERTIES, SET } from './containers.ts'
import { type Decoding, type FrameKind, HOLES, OPENED, open, tooLarge, UNSET, wrap } from './decoding.ts'
import { openError } from './errors.ts'
import { floodGuard, GUARDED_SIZE } from './flood.ts'
import { openInstance } from './instances.ts'
import { readCount, readHead } from './reader.ts'
import { readBigInt, readDate, readRegExp, readSearchParams, readSymbol, readUrl, readUtf16 } from './scalars.ts'
import { openRecord, openTable, TABLE } from './table.ts'
import { readTemporal } from './temporal.ts'

const NON_EXTENSIBLE = integrity(Object.preventExtensions)
const SEALED = integrity(Object.seal)
const FROZEN = integrity(Object.freeze)

type ReadItem = (decoding: Decoding) => unknown

/** The item behind a tag, or OPENED. `readItem` reads the next item where a tag changes nothing about it. */
export function readTag(decoding: Decoding, tag: number, readItem: ReadItem): unknown {
  const { reader } = decoding
  switch (tag) {
    case TAG.date:
      return readDate(decoding)
    case TAG.positiveBigInt:
      return readBigInt(decoding, false)
    case TAG.negativeBigInt:
      return readBigInt(decoding, true)
    case TAG.reference:
      return readReference(decoding)
    case TAG.map:
      return openSized(decoding, MAP, new Map(), 0xa0)
    case TAG.set:
      return openSized(decoding, SET, new Set(), 0x80)
    case TAG.record:
      return openRecord(decoding, readCount(reader, 0x80))
    case TAG.table:
      return openTable(decoding, readCount(reader, 0x80))
    case TAG.instance:
      return openInstance(decoding, readCount(reader, 0x80))
    case TAG.error:
      return openError(decoding, readCount(reader, 0x80))
    case TAG.selfDescribed:
    case TAG.stringNamespace:
      return readOutermost(decoding, tag, readItem)
    case TAG.arrayInTable:
      return readEscaped(decoding, readItem)
    default:
      return readWrapper(decoding, tag) ?? readScalar(decoding, tag)
  }
}

function readReference({ reader, shares }: Decoding): unknown {
  const value = shares[readHead(reader, 0)]
  if (value === undefined || value === UNSET) throw malformed('a reference to no value, or to one that is not complete')
  return value
}

function openSized(decoding: Decoding, kind: FrameKind, target: object, major: number): unknown {
  const count = readCount(decoding.reader, major)
  open(decoding, kind, target, major === 0xa0 ? 2 * count : count)
  const frame = decoding.frames[decoding.depth - 1]
  if (frame !== undefined && count > GUARDED_SIZE && kind !== NULL_PROTOTYPE) frame.guard = floodGuard()
  return OPENED
}

/** The tags that belong at the very beginning, and nowhere else. */
function readOutermost(decoding: Decoding, tag: number, readItem: ReadItem): unknown {
  const { reader } = decoding
  const expected = tag === TAG.selfDescribed ? 3 : 6
  if (reader.at !== expected || decoding.pending >= 0) throw malformed('a tag in an unexpected place')
  if (tag === TAG.stringNamespace) decoding.indexStrings = true
  return readItem(decoding)
}

// An array, or a tag before one; no second escape, so that the call depth stays small.
function readEscaped(decoding: Decoding, readItem: ReadItem): unknown {
  const { reader, frames, depth } = decoding
  const next = reader.bytes[reader.at] ?? 0
  const isTagged = next === 0xd8 || (next === 0xd9 && reader.view.getUint16(reader.at + 1) !== TAG.arrayInTable)
  if (!isTagged && (next & 0xe0) !== 0x80) throw malformed('an escape before no array')
  if (frames[depth - 1]?.kind !== TABLE || depth === 0) throw malformed('an escape outside a table')
  return readItem(decoding)
}

function readWrapper(decoding: Decoding, tag: number): unknown {
  const { reader } = decoding
  switch (tag) {
    case TAG.properties:
      return opened(decoding, PROPERTIES, readCount(reader, 0x80))
    case TAG.nonExtensible:
      return opened(decoding, NON_EXTENSIBLE, 1)
    case TAG.sealed:
      return opened(decoding, SEALED, 1)
    case TAG.frozen:
      return opened(decoding, FROZEN, 1)
    case TAG.boxed:
      open(decoding, BOXED, undefined, 1)
      return OPENED
    case TAG.bufferOf:
      open(decoding, BUFFER_OF, undefined, 1)
      return OPENED
    case TAG.view:
      return openView(decoding, readCount(reader, 0x80))
    case TAG.nullPrototype:
      return openSized(decoding, NULL_PROTOTYPE, Object.create(null) as object, 0xa0)
    default:
      return undefined
  }
}

function opened(decoding: Decoding, kind: FrameKind, count: number): typeof OPENED {
  if (count === 0) throw malformed('a wrapper around nothing')
  wrap(decoding, kind, undefined, count).values = []
  return OPENED
}

const BOXED: FrameKind = {
  takesSections: false,
  isLabel: false,
  attach(frame, value) {
    const isPrimitive = value !== null && value !== undefined && typeof value !== 'object' && value !== HOLES
    if (!isPrimitive) throw malformed('a box around no primitive')
    frame.target = Object(value)
  },
  close(frame, decoding) {
    if (frame.share >= 0) decoding.shares[frame.share] = frame.target
    return frame.target
  },
}

function readScalar(decoding: Decoding, tag: number): unknown {
  switch (tag) {
    case TAG.holes:
      return readHoles(decoding)
    case TAG.utf16:
      return readUtf16(decoding)
    case TAG.regExp:
      return readRegExp(decoding)
    case TAG.symbol:
      return readSymbol(decoding)
    case TAG.temporal:
      return readTemporal(decoding)
    case TAG.buffer:
      return readBuffer(decoding)
    case TAG.resizableBuffer:
      return readSpecialBuffer(decoding, false)
    case TAG.sharedBuffer:
      return readSpecialBuffer(decoding, true)
    case TAG.nodeBuffer:
      return readTypedArray(decoding, 'Buffer')
    case TAG.uri:
      return readUrl(decoding)
    case TAG.searchParams:
      return readSearchParams(decoding)
    default: {
      const type = typeOfTag(tag)
      if (type === undefined) throw malformed(`the unknown tag ${tag}`)
      return readTypedArray(decoding, type)
    }
  }
}

function readHoles(decoding: Decoding): typeof HOLES {
  decoding.holeRun = readHead(decoding.reader, 0)
  decoding.holes += decoding.holeRun
  if (decoding.holes > decoding.settings.maxHoles) throw tooLarge('full of holes', 'maxHoles')
  return HOLES
}
