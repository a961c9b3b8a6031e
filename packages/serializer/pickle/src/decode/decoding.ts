import type { DefinedClass } from '../classes.ts'
import { decodeError, malformed } from '../failure.ts'
import type { Settings } from '../options.ts'
import { minimumIndexedBytes } from '../tags.ts'
import type { FloodGuard } from './flood.ts'
import type { Reader } from './reader.ts'

/** A container that is being read. Each kind is a set of functions; frames hold what they need. */
export interface Frame {
  kind: FrameKind
  /** What is being filled, or undefined while that is not known. */
  target: unknown
  /** How many items are still to come. */
  remaining: number
  /** How many items or entries there are in all. */
  size: number
  /** What came before: a key, attributes, values. */
  key: unknown
  values: unknown[]
  /** The values of a record, or of the row of a table, by column; kept for the next one. */
  readonly row: unknown[]
  shape: Shape | undefined
  /** Of a large Map or Set. */
  guard: FloodGuard | undefined
  /** The index of the shared value that this will be, or -1. */
  share: number
}

/** What happens with the items of a container, and what it is when complete. */
export interface FrameKind {
  /** Whether a large buffer is taken as its section, not as an ArrayBuffer. */
  readonly takesSections: boolean
  /** Whether it says something about an object, and is no level of nesting by itself. */
  readonly isLabel: boolean
  attach(frame: Frame, value: unknown, decoding: Decoding): void
  close(frame: Frame, decoding: Decoding): unknown
}

/** The keys of an object. */
export interface Shape {
  readonly keys: readonly string[]
  /** Whether a key that all objects inherit is among them, such as `__proto__`. */
  readonly isSpecial: boolean
}

/** A class of the class table, resolved; `defined` is undefined for one that is kept opaque. */
export interface StoredClass {
  readonly name: string
  readonly version: number
  readonly defined: DefinedClass | undefined
}

/** A buffer section, before it is known whether a view or a copy is wanted. */
export interface SectionSource {
  readonly bytes: Uint8Array
  copy: ArrayBuffer | undefined
  /** Whether a buffer of the graph is in it; a second one cannot be. */
  isTaken: boolean
}

/** One call of `deserialize`. */
export interface Decoding {
  readonly settings: Settings
  readonly reader: Reader
  readonly sections: readonly SectionSource[]
  readonly classes: readonly StoredClass[]
  /** Values that tag 28 marked, by index; UNSET while it is not known which object it will be. */
  readonly shares: unknown[]
  /** The index of the mark that waits for its object, or -1. */
  pending: number
  /** Texts that may be referred to; other strings hold their place. */
  readonly strings: (string | undefined)[]
  indexStrings: boolean
  readonly shapes: Shape[]
  readonly instances: Set<object>
  readonly frames: Frame[]
  depth: number
  /** Whether members that all objects inherit are defined, not assigned: where Object.prototype was changed. */
  readonly isCareful: boolean
  /** How many of the frames are labels. */
  labels: number
  nodes: number
  holes: number
  unicodeProperties: number
  /** How many holes HOLES stands for. */
  holeRun: number
}

/** In the place of a shared value that does not exist yet. */
export const UNSET: unique symbol = Symbol('unset')
/** Instead of a value: a container was opened, and is on top. */
export const OPENED: unique symbol = Symbol('opened')

/** Instead of a value: holes of an array. */
export const HOLES: unique symbol = Symbol('holes')

/** Puts a container on top; its items follow. Takes the mark that waits for an object. */
export function open(decoding: Decoding, kind: FrameKind, target: unknown, remaining: number): typeof OPENED {
  const frame = wrap(decoding, kind, target, remaining)
  const { pending } = decoding
  if (pending >= 0) {
    decoding.pending = -1
    if (target === undefined) frame.share = pending
    else decoding.shares[pending] = target
  }
  return OPENED
}

/** Puts a wrapper on top, whose first item is the object that a waiting mark belongs to. */
export function wrap(decoding: Decoding, kind: FrameKind, target: unknown, remaining: number): Frame {
  const { frames, depth, settings } = decoding
  // As in writing: an empty container, and a label, add no level.
  if (kind.isLabel) decoding.labels += 1
  else if (remaining > 0 && depth - decoding.labels >= settings.maxDepth)
    throw tooLarge(`nested more than ${settings.maxDepth} levels deep`, 'maxDepth')
  const frame = frames[depth] ?? addFrame(frames, kind)
  decoding.depth = depth + 1
  frame.kind = kind
  frame.target = target
  frame.remaining = remaining
  frame.size = remaining
  frame.key = undefined
  frame.guard = undefined
  frame.share = -1
  return frame
}
const NOTHING: unknown[] = []

/** A frame beyond those that there are. */
export function addFrame(frames: Frame[], kind: FrameKind): Frame {
  const frame: Frame = {
    kind,
    target: undefined,
    remaining: 0,
    size: 0,
    key: undefined,
    values: NOTHING,
    row: [],
    shape: undefined,
    guard: undefined,
    share: -1,
  }
  frames.push(frame)
  return frame
}

/** Binds the object that a container has become to its mark, when it was not known from the beginning. */
export function bindShare(decoding: Decoding, frame: Frame, value: unknown): unknown {
  if (frame.share >= 0) decoding.shares[frame.share] = value
  return value
}

/** Binds a mark that still waits to the object inside a wrapper, which was complete at once. */
export function bindPending(decoding: Decoding, object: object): void {
  if (decoding.pending < 0) return
  decoding.shares[decoding.pending] = object
  decoding.pending = -1
}

/** Counts a string that has an index among those that can be referred to. */
export function indexString(decoding: Decoding, size: number, text: string | undefined): void {
  const { strings } = decoding
  if (size >= 3 && decoding.indexStrings && size >= minimumIndexedBytes(strings.length)) strings.push(text)
}

/** TOO_LARGE: a limit of the reader. */
export function tooLarge(what: string, option: keyof Settings): Error {
  return decodeError('TOO_LARGE', `The pickle is ${what}. Raise ${option} to read it.`)
}

/** UNSUPPORTED: this runtime has not got the type. */
export function missingType(name: string): Error {
  const message = `The pickle holds a ${name}, which this runtime does not have. Read it where it exists.`
  return decodeError('UNSUPPORTED', message)
}

/** The value as an object; throws when it is none. */
export function asObject(value: unknown): object {
  if (typeof value !== 'object' || value === null) throw malformed('something that is no object where one belongs')
  return value
}
