import {
  align,
  ENTRY_BYTES,
  FIXED_BYTES,
  FORMAT_VERSION,
  getUint53,
  type Header,
  headerBytes,
  headerChecksum,
  MAGIC,
  type Section,
} from '../container.ts'
import { crc32 } from '../crc32.ts'
import { decodeError, malformed } from '../failure.ts'
import { sectionSource } from './binary.ts'
import type { SectionSource } from './decoding.ts'
import { readByte, readCount, readHead, readText, startReader } from './reader.ts'

/** A class as the class table names it. */
export interface ClassEntry {
  readonly name: string
  readonly version: number
}

/** The parts of a container, compared with their checksums. */
export interface OpenedContainer {
  readonly graph: Uint8Array
  readonly sections: readonly SectionSource[]
  readonly classes: readonly ClassEntry[]
}

/** Takes a container apart. Errors: DESERIALIZE, UNSUPPORTED for a newer format. */
export function openContainer(bytes: Uint8Array, verifySections: boolean): OpenedContainer {
  const header = readHeader(bytes)
  const { graphOffset, graphLength, graphChecksum, classTable } = header
  const end = graphOffset + graphLength
  checkLayout(bytes, header, end)
  const graph = bytes.subarray(graphOffset, end)
  if (crc32(graph) !== graphChecksum) throw malformed('its checksum differs')
  const sections = header.sections.map(({ offset, length, checksum }) => {
    const section = bytes.subarray(offset, offset + length)
    if (verifySections && crc32(section) !== checksum) throw malformed('the checksum of a buffer differs')
    return sectionSource(section)
  })
  return { graph, sections, classes: readClasses(classTable) }
}

/** The header at the beginning of some bytes; what is behind it may be missing. */
export function readHeader(bytes: Uint8Array): Header {
  if (bytes.length < FIXED_BYTES || MAGIC.some((byte, at) => bytes[at] !== byte))
    throw malformed('it does not begin like one')
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
  const classBytes = view.getUint32(12, true)
  const count = view.getUint32(16, true)
  const graphOffset = headerBytes(classBytes, count)
  if (graphOffset > bytes.length) throw malformed('its header is cut')
  if (headerChecksum(bytes, 0, graphOffset) !== view.getUint32(8, true))
    throw malformed('the checksum of its header differs')
  const readerVersion = bytes[5] as number
  if (readerVersion > FORMAT_VERSION) throw newerFormat(readerVersion)
  if (view.getUint16(6, true) !== 0 || getUint53(view, 32) !== 0) throw malformed('flags that are not known')
  return {
    version: bytes[4] as number,
    readerVersion,
    classTable: bytes.subarray(FIXED_BYTES, FIXED_BYTES + classBytes),
    sections: readSections(view, FIXED_BYTES + classBytes, count),
    graphOffset,
    graphLength: getUint53(view, 24),
    graphChecksum: view.getUint32(20, true),
  }
}

function newerFormat(version: number): Error {
  const message = `The pickle needs a reader of format version ${version}; this one reads version ${FORMAT_VERSION}. Update @resultkit/pickle.`
  return decodeError('UNSUPPORTED', message)
}

function readSections(view: DataView, start: number, count: number): readonly Section[] {
  const sections: Section[] = []
  for (let at = start; sections.length < count; at += ENTRY_BYTES) {
    const checksum = view.getUint32(at + 16, true)
    if (view.getUint32(at + 20, true) !== 0) throw malformed('a buffer table that is not sound')
    sections.push({ offset: getUint53(view, at), length: getUint53(view, at + 8), checksum })
  }
  return sections
}

/** Everything stands where it must, and between the parts are zeros. */
function checkLayout(bytes: Uint8Array, { sections }: Header, graphEnd: number): void {
  let end = graphEnd
  for (const { offset, length } of sections) {
    if (offset !== align(end) || length === 0 || offset + length > bytes.length) throw malformed('it is cut')
    for (let at = end; at < offset; at++) if (bytes[at] !== 0) throw malformed('something between its parts')
    end = offset + length
  }
  if (end !== bytes.length) throw malformed(end > bytes.length ? 'it is cut' : 'something behind its end')
}

/** The class table: CBOR, an array of [name, version]. */
export function readClasses(table: Uint8Array): readonly ClassEntry[] {
  if (table.length === 0) return []
  const reader = startReader(table)
  const count = readCount(reader, 0x80)
  const classes: ClassEntry[] = []
  while (classes.length < count) {
    if (readByte(reader) !== 0x82) throw malformed('a class table that is not sound')
    const name = readText(reader, readHead(reader, 0x60))
    classes.push({ name, version: readHead(reader, 0) })
  }
  if (reader.at !== reader.end) throw malformed('a class table that is not sound')
  return classes
}
