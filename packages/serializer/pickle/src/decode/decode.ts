import { isResultError } from '@resultkit/core'
import { malformed } from '../failure.ts'
import type { Settings } from '../options.ts'
import { TAG } from '../tags.ts'
import { isSection, ownBuffer, readUint8Array } from './binary.ts'
import { openContainer } from './container.ts'
import { ARRAY, isPrototypeChanged, noHole, OBJECT } from './containers.ts'
import { type Decoding, type Frame, OPENED, open, tooLarge, UNSET } from './decoding.ts'
import { resolveClasses } from './instances.ts'
import { readPlain } from './plain.ts'
import { justified, readArgument, readByte, startReader } from './reader.ts'
import { readRow, TABLE } from './table.ts'
import { readTag } from './tagged.ts'

/** The value in a container. Errors: DESERIALIZE, UNSUPPORTED, TOO_LARGE. */
export function decode(bytes: Uint8Array, settings: Settings): unknown {
  try {
    return decodeChecked(bytes, settings, false)
  } catch (error) {
    if (isPrototypeChanged()) return decodeCarefully(bytes, settings)
    throw typed(error)
  }
}

// That a member is inherited is rare enough to be looked at only when something went wrong.
function decodeCarefully(bytes: Uint8Array, settings: Settings): unknown {
  try {
    return decodeChecked(bytes, settings, true)
  } catch (error) {
    throw typed(error)
  }
}

function typed(error: unknown): unknown {
  return isResultError(error) ? error : malformed('it cannot be decoded', error)
}

function decodeChecked(bytes: Uint8Array, settings: Settings, isCareful: boolean): unknown {
  if (bytes.length > settings.maxBytes) throw tooLarge(`${bytes.length} bytes long`, 'maxBytes')
  const { graph, sections, classes } = openContainer(bytes, settings.verifyBuffers)
  const decoding: Decoding = {
    settings,
    reader: startReader(graph),
    sections,
    classes: resolveClasses(classes, settings),
    shares: [],
    pending: -1,
    strings: [],
    indexStrings: false,
    shapes: [],
    instances: new Set(),
    frames: [],
    depth: 0,
    labels: 0,
    isCareful,
    nodes: 0,
    holes: 0,
    unicodeProperties: 0,
    holeRun: 0,
  }
  if (SELF_DESCRIBED.some((byte, at) => graph[at] !== byte)) throw malformed('its graph does not begin like one')
  const value = readGraph(decoding)
  if (decoding.reader.at !== decoding.reader.end) throw malformed('something behind the value')
  return value
}

/** Tag 55799. */
const SELF_DESCRIBED = [0xd9, 0xd9, 0xf7]

function readGraph(decoding: Decoding): unknown {
  for (;;) {
    let value = readNext(decoding)
    while (value !== OPENED || (decoding.frames[decoding.depth - 1] as Frame).remaining === 0) {
      if (value !== OPENED) {
        if (decoding.depth === 0) return delivered(decoding, noHole(value))
        const frame = decoding.frames[decoding.depth - 1] as Frame
        frame.remaining -= 1
        frame.kind.attach(frame, frame.kind.takesSections ? value : delivered(decoding, value), decoding)
        if (frame.remaining > 0) break
      }
      value = close(decoding)
    }
  }
}

function close(decoding: Decoding): unknown {
  const frame = decoding.frames[decoding.depth - 1] as Frame
  const value = frame.kind.close(frame, decoding)
  decoding.depth -= 1
  if (frame.kind.isLabel) decoding.labels -= 1
  return value
}

/** A section that is itself part of the value is an ArrayBuffer. */
function delivered({ sections }: Decoding, value: unknown): unknown {
  return sections.length > 0 && isSection(value) ? ownBuffer(value) : value
}

/** The next item, or OPENED. Plain items of an array but its last are put into it at once. */
function readNext(decoding: Decoding): unknown {
  const { reader, depth, settings } = decoding
  const frame = depth > 0 ? (decoding.frames[depth - 1] as Frame) : undefined
  for (;;) {
    if (++decoding.nodes > settings.maxNodes) throw tooLarge('made of too many values', 'maxNodes')
    const initial = readByte(reader)
    const plain = readPlain(decoding, initial)
    if (plain === OPENED) {
      const isRow = frame?.kind === TABLE && (initial & 0xe0) === 0x80
      return isRow ? readTableRow(decoding, frame, initial) : readItem(decoding, initial)
    }
    if (frame?.kind !== ARRAY || frame.remaining === 1 || decoding.pending >= 0) return plain
    frame.remaining -= 1
    ;(frame.target as unknown[]).push(plain)
  }
}

function readTableRow(decoding: Decoding, { shape }: Frame, initial: number): unknown {
  if (shape === undefined || readArgument(decoding.reader, initial) !== shape.keys.length)
    throw malformed('a row that is not of its table')
  return readRow(decoding, shape)
}

/** An item that is not plain: bytes, an array, a map, or a tagged one. */
function readItem(decoding: Decoding, initial: number): unknown {
  const { reader } = decoding
  const major = initial & 0xe0
  if (major === 0x40) return readUint8Array(decoding, initial)
  if (major === 0x80) {
    const count = readArgument(reader, initial)
    justified(reader, count)
    return open(decoding, ARRAY, [], count)
  }
  if (major === 0xa0) {
    const count = readArgument(reader, initial)
    justified(reader, 2 * count)
    if (count === 0) return {}
    return open(decoding, OBJECT, {}, 2 * count)
  }
  if (major === 0xc0) return readTagged(decoding, readArgument(reader, initial))
  throw malformed('an unknown simple value')
}

function readTagged(decoding: Decoding, tag: number): unknown {
  if (tag === TAG.shared) return readMarked(decoding, readNext)
  return readTag(decoding, tag, readItemNow)
}

/** What follows a tag that changes nothing about it: an array is one, also in a table, where it would be a row. */
function readItemNow(decoding: Decoding): unknown {
  const { reader } = decoding
  const initial = readByte(reader)
  const plain = readPlain(decoding, initial)
  if (plain !== OPENED) return plain
  if ((initial & 0xe0) !== 0xc0) return readItem(decoding, initial)
  const tag = readArgument(reader, initial)
  return tag === TAG.shared ? readMarked(decoding, readItemNow) : readTagged(decoding, tag)
}

/** Tag 28: the value gets the next index, and can be referred to from inside itself. */
function readMarked(decoding: Decoding, readInner: (decoding: Decoding) => unknown): unknown {
  const { shares } = decoding
  if (decoding.pending >= 0) throw malformed('a mark that no object follows')
  const index = shares.push(UNSET) - 1
  decoding.pending = index
  const value = readInner(decoding)
  if (value === OPENED || decoding.pending < 0) return value
  if (typeof value !== 'object' || value === null) throw malformed('a mark that no object follows')
  decoding.pending = -1
  shares[index] = value
  return value
}
