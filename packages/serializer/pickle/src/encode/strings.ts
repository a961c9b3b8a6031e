import { MAX_PARSED_REFERENCE, minimumIndexedBytes, TAG } from '../tags.ts'
import { writeText } from '../text.ts'
import { type Writer, writeBytes, writeHead } from '../writer.ts'

/**
 * The strings written so far that may come again (tags 25 and 256). Every string that is long enough has an index, in the order
 * of the bytes; the writer remembers some of them, at a slot that their units decide, so that equal values give equal bytes.
 */
export interface StringTable {
  enabled: boolean
  /** The index of the next string. */
  next: number
  /** Whether there is a reference to a string. */
  referenced: boolean
  readonly texts: (string | undefined)[]
  readonly indexes: number[]
  /** The slots in use, as long as they are few. */
  readonly used: Uint16Array
  /** How many slots are in use, or were filled again. */
  remembered: number
}

const SLOTS = 4096
const FEW = 256

/** Without any string. */
export function stringTable(): StringTable {
  return {
    enabled: false,
    next: 0,
    referenced: false,
    texts: new Array<string | undefined>(SLOTS).fill(undefined),
    indexes: new Array<number>(SLOTS).fill(0),
    used: new Uint16Array(FEW),
    remembered: 0,
  }
}

/** Forgets all strings. */
export function clearStrings(table: StringTable): void {
  const { texts, used, remembered } = table
  if (remembered > FEW) texts.fill(undefined)
  else for (let index = 0; index < remembered; index++) texts[used[index] as number] = undefined
  table.remembered = 0
  table.next = 0
  table.referenced = false
}

/** A text, or a reference to an earlier one. Lone surrogates are kept as UTF-16. */
export function writeString(table: StringTable, writer: Writer, text: string): void {
  const { length } = text
  if (length < 3 || !table.enabled) {
    const size = writeFresh(writer, text)
    if (size >= 3) countString(table, size)
    return
  }
  const slot = slotOf(text, length) & (SLOTS - 1)
  if (table.texts[slot] === text) {
    table.referenced = true
    writeHead(writer, 0xc0, TAG.stringReference)
    writeHead(writer, 0, table.indexes[slot] as number)
    return
  }
  writeNew(table, writer, text, slot)
}

/** A text that is parsed when it is read: a long one is written in full each time, since reading it takes time each time. */
export function writeParsedText(table: StringTable, writer: Writer, text: string): void {
  const { length } = text
  if (length <= MAX_PARSED_REFERENCE || !table.enabled) writeString(table, writer, text)
  else writeNew(table, writer, text, slotOf(text, length) & (SLOTS - 1))
}

function writeNew(table: StringTable, writer: Writer, text: string, slot: number): void {
  const size = writeFresh(writer, text)
  if (size < minimumIndexedBytes(table.next)) return
  // A text kept as UTF-16 is a tagged byte string: it has an index, but is not referred to.
  if (size === text.length || text.isWellFormed()) remember(table, text, slot)
  table.next += 1
}

function writeFresh(writer: Writer, text: string): number {
  const start = writer.at
  const size = writeText(writer, text)
  if (size === text.length || text.isWellFormed()) return size
  writer.at = start
  writeHead(writer, 0xc0, TAG.utf16)
  const bytes = utf16Bytes(text)
  writeBytes(writer, bytes)
  return bytes.length
}

function utf16Bytes(text: string): Uint8Array {
  const bytes = new Uint8Array(text.length * 2)
  for (let index = 0; index < text.length; index++) {
    const unit = text.charCodeAt(index)
    bytes[2 * index] = unit & 0xff
    bytes[2 * index + 1] = unit >> 8
  }
  return bytes
}

/** Counts a byte string, or a text that is not remembered, when it is long enough to have an index. */
export function countString(table: StringTable, size: number): void {
  if (table.enabled && size >= minimumIndexedBytes(table.next)) table.next += 1
}

function slotOf(text: string, length: number): number {
  const first = text.charCodeAt(0)
  const middle = text.charCodeAt(length >> 1)
  const last = text.charCodeAt(length - 1)
  const hash = Math.imul(Math.imul(Math.imul(length, 31) + first, 31) + middle, 31) + last
  return hash ^ (hash >>> 11)
}

function remember(table: StringTable, text: string, slot: number): void {
  const { texts, indexes, used, next } = table
  // Beyond its end this does nothing.
  used[table.remembered++] = slot
  texts[slot] = text
  indexes[slot] = next
}
