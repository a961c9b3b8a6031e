import { bufferShown, getter, viewPrototype } from '../getter.ts'
import { platform } from '../platform.ts'
import { SECTION_BYTES, TAG, TYPED_ARRAY_TAGS } from '../tags.ts'
import { UNDEFINED, writeBytes, writeHead, writeNumber, writeSimple, writeTag } from '../writer.ts'
import { byteLengthOf, bytesOf, isDetached, isOrdinary, isResizable, isShared, maxByteLength } from './buffers.ts'
import { type Encoding, refuse } from './encoding.ts'
import { isSeen, note, positionOf } from './seen.ts'
import { countString, writeString } from './strings.ts'
import { isOutOfBounds, isTracking, UNKNOWN } from './tracking.ts'
import { writeOwn } from './view-properties.ts'

/** A view with what it shows of its buffer, read without running what may shadow it. */
export interface ViewParts {
  readonly type: string
  readonly buffer: ArrayBufferLike
  readonly byteOffset: number
  readonly byteLength: number
  /** In items; of a DataView in bytes. */
  readonly length: number
}

/** An ArrayBuffer or SharedArrayBuffer that is itself part of the value. */
export function writeArrayBuffer(encoding: Encoding, buffer: ArrayBufferLike): void {
  if (isDetached(buffer)) {
    refuse(encoding, 'detached ArrayBuffer')
    return
  }
  writeOwn(encoding, buffer, 0)
  writeBuffer(encoding, buffer)
}

/** A typed array, Buffer or DataView. */
export function writeView(encoding: Encoding, view: ArrayBufferView, type: string): void {
  const reason = whyNot(view, type)
  if (reason !== undefined) {
    refuse(encoding, reason)
    return
  }
  const parts = partsOf(view, type)
  writeOwn(encoding, view, type === 'DataView' ? 0 : parts.length)
  const { writer } = encoding
  if (isAlone(encoding, parts)) {
    writeAlone(encoding, parts)
    return
  }
  if (isCompact(encoding, parts)) {
    encoding.viewOf.set(parts.buffer, view)
    writeCompact(encoding, parts, bytesOf(parts.buffer))
    return
  }
  writeTag(writer, TAG.view)
  writeHead(writer, 0x80, 4)
  writeString(encoding.strings, writer, type)
  writeBufferOf(encoding, parts.buffer)
  writeNumber(writer, parts.byteOffset)
  const tracking = isResizable(parts.buffer) ? isTracking(view, parts) : false
  if (tracking === UNKNOWN) refuse(encoding, `${type} of a growable SharedArrayBuffer, which may grow with it`)
  if (tracking === true) writeSimple(writer, UNDEFINED)
  else writeNumber(writer, parts.length)
}

function whyNot(view: ArrayBufferView, type: string): string | undefined {
  const buffer = bufferShown(view)
  if (isDetached(buffer)) return `${type} of a detached ArrayBuffer`
  if (isResizable(buffer) && isOutOfBounds(view)) return `${type} beyond the end of its resized ArrayBuffer`
  return undefined
}

function partsOf(view: ArrayBufferView, type: string): ViewParts {
  const prototype = viewPrototype(view)
  const read = (name: string): unknown => getter(prototype, name).call(view)
  const byteLength = read('byteLength') as number
  return {
    type,
    buffer: read('buffer') as ArrayBufferLike,
    byteOffset: read('byteOffset') as number,
    byteLength,
    length: type === 'DataView' ? byteLength : (read('length') as number),
  }
}

// A pooled Buffer shares its memory with strangers, and the caller may not care for what a view does not show.
function isAlone({ settings }: Encoding, { buffer, byteLength }: ViewParts): boolean {
  if (settings.lossy.has('backing')) return true
  return byteLength < byteLengthOf(buffer) && platform().isPooled(buffer)
}

function writeAlone(encoding: Encoding, parts: ViewParts): void {
  const bytes = new Uint8Array(parts.buffer, parts.byteOffset, parts.byteLength)
  if (bytes.length < SECTION_BYTES && parts.type !== 'DataView') {
    writeCompact(encoding, parts, bytes)
    return
  }
  const { writer, strings } = encoding
  writeTag(writer, TAG.view)
  writeHead(writer, 0x80, 4)
  writeString(strings, writer, parts.type)
  writeTag(writer, TAG.buffer)
  writeContent(encoding, bytes)
  writeNumber(writer, 0)
  writeNumber(writer, parts.length)
}

/** Whether the view shows all of a small, ordinary buffer that nothing else has shown so far. */
function isCompact({ seen, viewOf }: Encoding, { type, buffer, byteLength }: ViewParts): boolean {
  if (type === 'DataView' || byteLength !== byteLengthOf(buffer) || byteLength >= SECTION_BYTES) return false
  return isOrdinary(buffer) && !isSeen(seen, buffer) && !viewOf.has(buffer)
}

function writeCompact(encoding: Encoding, { type }: ViewParts, bytes: Uint8Array): void {
  const { writer } = encoding
  if (type === 'Buffer') writeTag(writer, TAG.nodeBuffer)
  else if (type !== 'Uint8Array') writeTag(writer, TYPED_ARRAY_TAGS[type] as number)
  writeBytes(writer, bytes)
  countString(encoding.strings, bytes.length)
}

function writeBufferOf(encoding: Encoding, buffer: ArrayBufferLike): void {
  const { seen, references, writer } = encoding
  if (note(seen, buffer, writer.at)) writeBuffer(encoding, buffer)
  else references.push(writer.at, positionOf(seen, buffer) as number)
}

/** The buffer as an item: in place, in a section, or as that of an earlier view. */
function writeBuffer(encoding: Encoding, buffer: ArrayBufferLike): void {
  const { writer, viewOf, seen, references } = encoding
  const view = viewOf.get(buffer)
  if (view !== undefined) {
    writeTag(writer, TAG.bufferOf)
    references.push(writer.at, positionOf(seen, view) as number)
  } else if (isOrdinary(buffer)) {
    writeTag(writer, TAG.buffer)
    writeContent(encoding, bytesOf(buffer))
  } else {
    writeTag(writer, isShared(buffer) ? TAG.sharedBuffer : TAG.resizableBuffer)
    writeHead(writer, 0x80, 2)
    writeContent(encoding, bytesOf(buffer))
    writeNumber(writer, isResizable(buffer) ? maxByteLength(buffer) : -1)
  }
}

function writeContent({ writer, strings, sections }: Encoding, bytes: Uint8Array): void {
  if (bytes.length < SECTION_BYTES) {
    writeBytes(writer, bytes)
    countString(strings, bytes.length)
  } else writeHead(writer, 0, sections.push(bytes) - 1)
}
