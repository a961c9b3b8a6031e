import type { IssuePath, ResultIssue } from '@resultkit/core'
import { HEADROOM } from '../container.ts'
import type { Settings } from '../options.ts'
import { newWriter, type Writer } from '../writer.ts'
import { type UrlLinks, urlLinks } from './links.ts'
import { clearSeen, type SeenObjects, seenObjects } from './seen.ts'
import { clearShapes, type ShapeTable, shapeTable } from './shapes.ts'
import { clearStrings, type StringTable, stringTable } from './strings.ts'

/** What the items of a frame are, for paths and for what is to be done when they are written. */
export const FRAME = { list: 0, members: 1, record: 2, entries: 3, pairs: 4, table: 5, state: 6, hidden: 7 } as const

/** A container that is being written: its items one after the other. */
export interface Frame {
  kind: number
  /**
   * The values; of `members` and `entries` keys and values in turn; of `pairs` also attributes before a key; of `table` rows.
   */
  items: readonly unknown[]
  index: number
  /** How many items there were when it was pushed. */
  end: number
  /** The keys of a record or of the rows of a table. */
  keys: readonly string[]
  /** The values of a record, or of the row of a table that is being written. */
  scratch: unknown[]
  /** The instance whose state this is. */
  owner: object | undefined
}

/** A stored class, by the order in which instances first occur. */
export interface ClassEntry {
  readonly name: string
  readonly version: number
}

/** One call of `serialize`. */
export interface Encoding {
  settings: Settings
  readonly writer: Writer
  readonly seen: SeenObjects
  /** Where a reference belongs, and the beginning of the item it is to, in turn. */
  references: number[]
  readonly strings: StringTable
  readonly shapes: ShapeTable
  classes: ClassEntry[]
  /** Instances whose state is being written and that cannot be part of a cycle. */
  readonly open: Set<object>
  /** By backing buffer, the first view that stands for it as a whole. */
  readonly viewOf: Map<object, object>
  sections: Uint8Array[]
  readonly frames: Frame[]
  depth: number
  holes: number
  unicodeProperties: number
  issues: ResultIssue[]
  issueCount: number
  /** The steps of all their paths. */
  issueSteps: number
  links: UrlLinks
  /** What a hook or a trap threw first. */
  cause: unknown
}

const MAX_ISSUES = 1000
/** Paths that are longer than this all together are enough, however few. */
const MAX_STEPS = 1_000_000
const NO_KEYS: readonly string[] = []
const NO_ITEMS: unknown[] = []
/** Frames beyond so many are not kept for the next call. */
const KEPT_FRAMES = 64
/** The values of an object of so many members keep their memory. */
const KEPT_VALUES = 16

/** Up to so many bytes the memory of a call is kept for the next one in any case. */
const KEPT_BYTES = 256 * 1024

// Kept for the next call, when it is large as long as the garbage collector leaves it; a call inside a call makes its own.
let idle: Encoding | WeakRef<Encoding> | undefined

/** The state of a new call. */
export function startEncoding(settings: Settings): Encoding {
  const encoding = (idle instanceof WeakRef ? idle.deref() : idle) ?? newEncoding(settings)
  idle = undefined
  encoding.settings = settings
  encoding.strings.enabled = settings.compact
  encoding.shapes.enabled = settings.compact
  return encoding
}

function newEncoding(settings: Settings): Encoding {
  return {
    settings,
    writer: newWriter(undefined, HEADROOM),
    seen: seenObjects(),
    references: [],
    strings: stringTable(),
    shapes: shapeTable(),
    classes: [],
    open: new Set(),
    viewOf: new Map(),
    sections: [],
    frames: [],
    depth: 0,
    holes: 0,
    unicodeProperties: 0,
    issues: [],
    issueCount: 0,
    issueSteps: 0,
    links: urlLinks(),
    cause: undefined,
  }
}

/** Forgets everything about the value, so that the next call can use the memory. What was handed out is not touched. */
export function endEncoding(encoding: Encoding): void {
  const { frames, open, viewOf } = encoding
  encoding.writer.at = HEADROOM
  clearSeen(encoding.seen)
  clearStrings(encoding.strings)
  clearShapes(encoding.shapes)
  if (encoding.references.length > 0) encoding.references = []
  if (encoding.classes.length > 0) encoding.classes = []
  if (encoding.sections.length > 0) encoding.sections = []
  if (encoding.issueCount > 0) encoding.issues = []
  if (open.size > 0) open.clear()
  if (viewOf.size > 0) viewOf.clear()
  if (frames.length > KEPT_FRAMES) frames.length = KEPT_FRAMES
  while (encoding.depth > 0) pop(encoding)
  for (const frame of frames) clearScratch(frame)
  encoding.holes = 0
  encoding.unicodeProperties = 0
  encoding.issueCount = 0
  encoding.issueSteps = 0
  if (encoding.links.waiting.length > 0 || encoding.links.alone.size > 0) encoding.links = urlLinks()
  encoding.cause = undefined
  idle = encoding.writer.bytes.length > KEPT_BYTES ? new WeakRef(encoding) : encoding
}

function clearScratch(frame: Frame): void {
  const { scratch } = frame
  if (scratch.length > KEPT_VALUES) frame.scratch = []
  else for (let index = 0; index < scratch.length; index++) scratch[index] = undefined
}

/** Puts a container's items in line; they are written next. */
export function push(
  encoding: Encoding,
  kind: number,
  items: readonly unknown[],
  keys: readonly string[] = NO_KEYS,
  owner: object | undefined = undefined,
): Frame | undefined {
  const { frames, depth, settings } = encoding
  if (depth >= settings.maxDepth) {
    refuse(encoding, `nested more than ${settings.maxDepth} levels deep; raise maxDepth`)
    return undefined
  }
  const frame = frames[depth] ?? addFrame(encoding)
  frame.kind = kind
  frame.items = items
  frame.index = 0
  frame.end = items.length
  frame.keys = keys
  frame.owner = owner
  encoding.depth = depth + 1
  return frame
}

/** The frame that the next container will have, for the values that it is to write. */
export function nextFrame(encoding: Encoding): Frame {
  return encoding.frames[encoding.depth] ?? addFrame(encoding)
}

function addFrame({ frames }: Encoding): Frame {
  const frame: Frame = { kind: 0, items: NO_ITEMS, index: 0, end: 0, keys: NO_KEYS, scratch: [], owner: undefined }
  frames.push(frame)
  return frame
}

/** Takes the innermost container off. */
export function pop(encoding: Encoding): void {
  encoding.depth -= 1
  const frame = encoding.frames[encoding.depth]
  if (frame === undefined) return
  frame.items = NO_ITEMS
  frame.owner = undefined
}

/** Notes that the value at hand, or its member `key`, cannot be kept. */
export function refuse(encoding: Encoding, message: string, key?: PropertyKey): void {
  encoding.issueCount += 1
  if (encoding.issues.length >= MAX_ISSUES || encoding.issueSteps > MAX_STEPS) return
  encoding.issueSteps += encoding.depth
  const path = currentPath(encoding)
  encoding.issues.push({ path: key === undefined ? path : [...path, key], message })
}

/** Where the value at hand stands. */
export function currentPath({ frames, depth }: Encoding): IssuePath {
  const path: PropertyKey[] = []
  for (let level = 0; level < depth; level++) {
    const step = stepOf(frames[level] as Frame)
    if (step !== undefined) path.push(step)
  }
  return path
}

function stepOf({ kind, items, index, keys }: Frame): PropertyKey | undefined {
  const at = index - 1
  if (kind === FRAME.record) return keys[at]
  if (kind === FRAME.members) return items[at - (at % 2)] as string
  if (kind === FRAME.entries) return entryStep(items[at - (at % 2)], at >> 1)
  if (kind === FRAME.pairs) return pairStep(items, at)
  return kind === FRAME.state || kind === FRAME.hidden ? undefined : at
}

function entryStep(key: unknown, position: number): PropertyKey {
  return typeof key === 'string' || typeof key === 'number' ? key : position
}

function pairStep(items: readonly unknown[], at: number): PropertyKey | undefined {
  const key = items[at - 1]
  return typeof key === 'string' || typeof key === 'symbol' ? key : undefined
}
