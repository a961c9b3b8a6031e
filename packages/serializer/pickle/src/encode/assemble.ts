import { align, FIXED_BYTES, HEADROOM, headerBytes, type Section, writeHeader } from '../container.ts'
import { crc32 } from '../crc32.ts'
import { platform } from '../platform.ts'
import { TAG } from '../tags.ts'
import { writeText } from '../text.ts'
import { newWriter, type Writer, writeHead } from '../writer.ts'
import type { ClassEntry, Encoding } from './encoding.ts'

const NOTHING = new Uint8Array()
/** Tags 55799 and 256; the second only where strings are referred to. */
const PREFIX = [0xd9, 0xd9, 0xf7, 0xd9, 0x01, 0x00]
const SELF_DESCRIBED = 3

/** Header and graph in one piece of memory, and one more per large buffer. */
export function assemble(encoding: Encoding): Uint8Array | readonly Uint8Array[] {
  const { references, sections, classes } = encoding
  const writer = references.length === 0 ? encoding.writer : splice(encoding)
  const graphStart = writePrefix(writer, encoding.strings.referenced)
  if (classes.length > 0 || sections.length > 0) return assembleParts(encoding, writer, graphStart)
  const graphLength = writer.at - graphStart
  const graphChecksum = crc32(writer.bytes.subarray(graphStart, writer.at))
  const start = graphStart - FIXED_BYTES
  writeHeader(writer, start, { classTable: NOTHING, sections: [], graphLength, graphChecksum })
  const container = allocate(writer.at - start)
  container.set(writer.bytes.subarray(start, writer.at))
  return container
}

/** Puts the outermost tags before the value; gives where they begin. */
function writePrefix({ bytes }: Writer, isReferenced: boolean): number {
  const length = isReferenced ? PREFIX.length : SELF_DESCRIBED
  const start = HEADROOM - length
  for (let index = 0; index < length; index++) bytes[start + index] = PREFIX[index] as number
  return start
}

function assembleParts(encoding: Encoding, writer: Writer, graphStart: number): Uint8Array | readonly Uint8Array[] {
  const { sections } = encoding
  const classTable = encodeClasses(encoding.classes)
  const start = headerBytes(classTable.length, sections.length)
  const graphLength = writer.at - graphStart
  const end = start + graphLength
  const bytes = allocate(sections.length === 0 ? end : align(end))
  bytes.set(writer.bytes.subarray(graphStart, writer.at), start)
  bytes.fill(0, 0, start).fill(0, end)
  const graphChecksum = crc32(bytes.subarray(start, end))
  const { table, pieces } = copySections(encoding, bytes.length)
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
  writeHeader({ bytes, view }, 0, { classTable, sections: table, graphLength, graphChecksum })
  return pieces.length === 0 ? bytes : [bytes, ...pieces]
}

function encodeClasses(classes: readonly ClassEntry[]): Uint8Array {
  if (classes.length === 0) return NOTHING
  const writer = newWriter()
  writeHead(writer, 0x80, classes.length)
  for (const { name, version } of classes) {
    writeHead(writer, 0x80, 2)
    writeText(writer, name)
    writeHead(writer, 0, version)
  }
  return writer.bytes.slice(0, writer.at)
}

/** Memory that is not cleared; of small sizes from Node's pool. */
function allocate(size: number): Uint8Array {
  const { Buffer } = platform()
  if (Buffer === undefined) return new Uint8Array(size)
  const buffer = size < 4096 ? Buffer.allocUnsafe(size) : Buffer.allocUnsafeSlow(size)
  return new Uint8Array(buffer.buffer, buffer.byteOffset, size)
}

/** Puts marks (tag 28) before the items that are referred to, and references (tag 29) where they belong, in one pass. */
function splice({ writer, references }: Encoding): Writer {
  const marks = [...new Set(references.filter((_, index) => index % 2 === 1))].sort((a, b) => a - b)
  const indexes = new Map(marks.map((mark, index) => [mark, index]))
  const spliced = newWriter(writer.at + marks.length * 2 + references.length * 4 + 9, HEADROOM)
  let from = HEADROOM
  let next = 0
  const copyTo = (end: number): void => {
    spliced.bytes.set(writer.bytes.subarray(from, end), spliced.at)
    spliced.at += end - from
    from = end
  }
  const markUpTo = (end: number): void => {
    for (; next < marks.length && (marks[next] as number) < end; next++) {
      copyTo(marks[next] as number)
      writeHead(spliced, 0xc0, TAG.shared)
    }
  }
  for (let at = 0; at < references.length; at += 2) {
    const site = references[at] as number
    markUpTo(site)
    copyTo(site)
    writeHead(spliced, 0xc0, TAG.reference)
    writeHead(spliced, 0, indexes.get(references[at + 1] as number) as number)
  }
  markUpTo(writer.at)
  copyTo(writer.at)
  return spliced
}

function copySections(
  { sections, settings }: Encoding,
  start: number,
): { readonly table: readonly Section[]; readonly pieces: readonly Uint8Array[] } {
  const table: Section[] = []
  const pieces: Uint8Array[] = []
  let offset = start
  for (const [index, bytes] of sections.entries()) {
    const { length } = bytes
    const copy = settings.borrow ? bytes : bytes.slice()
    const checksum = crc32(copy)
    table.push({ offset, length, checksum })
    pieces.push(copy)
    offset += length
    const padding = index < sections.length - 1 ? align(offset) - offset : 0
    if (padding > 0) pieces.push(new Uint8Array(padding))
    offset += padding
  }
  return { table, pieces }
}
