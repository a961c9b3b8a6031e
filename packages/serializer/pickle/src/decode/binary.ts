import { malformed } from '../failure.ts'
import { bufferShown } from '../getter.ts'
import { platform } from '../platform.ts'
import { SECTION_BYTES, TYPED_ARRAY_TAGS } from '../tags.ts'
import { noHole } from './containers.ts'
import {
  asObject,
  bindShare,
  type Decoding,
  type FrameKind,
  indexString,
  missingType,
  OPENED,
  open,
  type SectionSource,
  tooLarge,
} from './decoding.ts'
import { readArgument, readByte, readBytes, readCount } from './reader.ts'
import { expectInteger } from './scalars.ts'

type ViewType = {
  new (buffer: ArrayBufferLike, byteOffset: number, length?: number): ArrayBufferView
  readonly BYTES_PER_ELEMENT?: number
}

const VIEW_TYPES = new Set(['Uint8Array', 'DataView', 'Buffer', ...Object.keys(TYPED_ARRAY_TAGS)])
const TYPE_BY_TAG = new Map(Object.entries(TYPED_ARRAY_TAGS).map(([type, tag]) => [tag, type]))

/** The typed array that a tag of RFC 8746 stands for; `undefined` when it stands for none. */
export function typeOfTag(tag: number): string | undefined {
  return TYPE_BY_TAG.get(tag)
}

/** A byte string that was begun; its bytes are copied. */
export function readUint8Array(decoding: Decoding, initial: number): Uint8Array<ArrayBuffer> {
  const length = readArgument(decoding.reader, initial)
  const bytes = readBytes(decoding.reader, length)
  indexString(decoding, length, undefined)
  return ownBytes(bytes)
}

function ownBytes(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  const copy = new Uint8Array(bytes.length)
  copy.set(bytes)
  return copy
}

/** A typed array that shows all of a small buffer. */
export function readTypedArray(decoding: Decoding, type: string): object {
  const initial = readByte(decoding.reader)
  if ((initial & 0xe0) !== 0x40) throw malformed('a typed array without bytes')
  const { buffer } = readUint8Array(decoding, initial)
  return makeView(type, buffer, 0, undefined)
}

/** An ArrayBuffer: its bytes, or the section that has them. */
export function readBuffer(decoding: Decoding): object {
  const content = readContent(decoding)
  return 'buffer' in content ? content.buffer : content
}

function readContent(decoding: Decoding): Uint8Array<ArrayBuffer> | SectionSource {
  const { reader, sections } = decoding
  const initial = readByte(reader)
  if ((initial & 0xe0) === 0x40) return readUint8Array(decoding, initial)
  const section = (initial & 0xe0) === 0 ? sections[readArgument(reader, initial)] : undefined
  if (section === undefined || section.bytes.length < SECTION_BYTES) throw malformed('a buffer without bytes')
  if (section.isTaken) throw malformed('two buffers of the same bytes')
  section.isTaken = true
  return section
}

/** A resizable or shared buffer: content, largest size or -1. */
export function readSpecialBuffer(decoding: Decoding, isShared: boolean): ArrayBufferLike {
  if (readCount(decoding.reader, 0x80) !== 2) throw malformed('a buffer of the wrong size')
  const content = readContent(decoding)
  const bytes = 'buffer' in content ? content : content.bytes
  const maximum = expectInteger(decoding)
  if (maximum < -1 || (maximum >= 0 && maximum < bytes.length)) throw malformed('a buffer beyond its largest size')
  if (maximum > decoding.settings.maxBytes) throw tooLarge('a buffer that may grow beyond the limit', 'maxBytes')
  const options = maximum < 0 ? undefined : { maxByteLength: maximum }
  const { SharedArrayBuffer: Shared } = globalThis as Partial<typeof globalThis>
  if (isShared && Shared === undefined) throw missingType('SharedArrayBuffer')
  try {
    const buffer =
      isShared && Shared !== undefined ? new Shared(bytes.length, options) : new ArrayBuffer(bytes.length, options)
    new Uint8Array(buffer).set(bytes)
    return buffer
  } catch (error) {
    throw malformed('a buffer of an impossible size', error)
  }
}

/** A section where an ArrayBuffer is wanted: a copy, one for all who want it. */
export function ownBuffer(section: SectionSource): ArrayBuffer {
  section.copy ??= section.bytes.slice().buffer as ArrayBuffer
  return section.copy
}

/** Whether a value stands for a section. */
export function isSection(value: unknown): value is SectionSource {
  return typeof value === 'object' && value !== null && SECTIONS.has(value)
}
const SECTIONS = new WeakSet<object>()

/** A section of the container. */
export function sectionSource(bytes: Uint8Array): SectionSource {
  const source: SectionSource = { bytes, copy: undefined, isTaken: false }
  SECTIONS.add(source)
  return source
}

/** A view with its type, buffer, offset and length; the buffer may be marked or referred to. */
export const VIEW: FrameKind = {
  takesSections: true,
  isLabel: true,
  attach({ values }, value) {
    values.push(noHole(value))
  },
  close(frame, decoding) {
    const [type, buffer, byteOffset, length] = frame.values
    if (typeof type !== 'string' || !isCount(byteOffset) || !(length === undefined || isCount(length)))
      throw malformed('a view of the wrong form')
    const view = viewOf(decoding, type, buffer, byteOffset, length)
    return bindShare(decoding, frame, view)
  },
}

function isCount(value: unknown): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0
}

/** Opens a view. */
export function openView(decoding: Decoding, count: number): typeof OPENED {
  if (count !== 4) throw malformed('a view of the wrong form')
  open(decoding, VIEW, undefined, 4)
  const frame = decoding.frames[decoding.depth - 1]
  if (frame !== undefined) frame.values = []
  return OPENED
}

function viewOf(
  { settings }: Decoding,
  type: string,
  buffer: unknown,
  byteOffset: number,
  length: number | undefined,
): object {
  if (!isSection(buffer)) return makeView(type, bufferIn(buffer), byteOffset, length)
  const { bytes } = buffer
  if (settings.view && length !== undefined && isAligned(type, bytes.byteOffset + byteOffset)) {
    const width = type === 'DataView' ? 1 : (typeNamed(type).BYTES_PER_ELEMENT ?? 1)
    if (byteOffset + length * width > bytes.length) throw malformed('a view beyond its buffer')
    return makeView(type, bytes.buffer, bytes.byteOffset + byteOffset, length)
  }
  return makeView(type, ownBuffer(buffer), byteOffset, length)
}

function isAligned(type: string, offset: number): boolean {
  return type === 'DataView' || offset % (typeNamed(type).BYTES_PER_ELEMENT ?? 1) === 0
}

function bufferIn(value: unknown): ArrayBufferLike {
  const { SharedArrayBuffer: Shared } = globalThis as Partial<typeof globalThis>
  if (value instanceof ArrayBuffer || (Shared !== undefined && value instanceof Shared)) return value
  throw malformed('a view without a buffer')
}

function typeNamed(type: string): ViewType {
  if (!VIEW_TYPES.has(type)) throw malformed('a view of an unknown type')
  const found = (globalThis as unknown as Record<string, ViewType | undefined>)[type]
  if (found === undefined) throw missingType(type)
  return found
}

function makeView(type: string, buffer: ArrayBufferLike, byteOffset: number, length: number | undefined): object {
  const view = typeNamed(type)
  try {
    if (type === 'Buffer')
      return platform().Buffer?.from(buffer as ArrayBuffer, byteOffset, length) ?? asObject(undefined)
    return new view(buffer, byteOffset, length)
  } catch (error) {
    throw malformed('a view beyond its buffer', error)
  }
}

/** The buffer of an earlier view. */
export const BUFFER_OF: FrameKind = {
  takesSections: false,
  isLabel: true,
  attach(frame, value) {
    if (!ArrayBuffer.isView(value)) throw malformed('the buffer of something that has none')
    frame.values = [bufferShown(value)]
  },
  close: (frame, decoding) => bindShare(decoding, frame, frame.values[0]),
}
