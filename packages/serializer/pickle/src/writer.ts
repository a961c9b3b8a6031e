import { platform } from './platform.ts'

/** A method of Node's Buffer that its types do not name. */
export interface NativeText {
  utf8Write(text: string, at: number, length: number): number
}

/** Bytes that grow. Whoever writes calls `reserve` first. */
export interface Writer {
  bytes: Uint8Array
  view: DataView
  /** The same memory where there are Buffers: their methods write text without a view per call. */
  buffer: NativeText | undefined
  at: number
}

const FIRST_BYTES = 16 * 1024

/** An empty writer, which leaves some bytes at the beginning free. */
export function newWriter(size: number = FIRST_BYTES, at: number = 0): Writer {
  return { ...memory(new Uint8Array(size)), at }
}

function memory(bytes: Uint8Array<ArrayBuffer>): Omit<Writer, 'at'> {
  return {
    bytes,
    view: new DataView(bytes.buffer),
    buffer: platform().Buffer?.from(bytes.buffer) as NativeText | undefined,
  }
}

/** Makes room for so many bytes more. */
export function reserve(writer: Writer, count: number): void {
  if (writer.at + count > writer.bytes.length) grow(writer, count)
}

function grow(writer: Writer, count: number): void {
  const { bytes, at } = writer
  const larger = new Uint8Array(Math.max(bytes.length * 2, at + count))
  larger.set(bytes.subarray(0, at))
  Object.assign(writer, memory(larger))
}

/** The head of an item: its major type, shifted, and its argument, which is at most 2^53 - 1. */
export function writeHead(writer: Writer, major: number, argument: number): void {
  if (writer.at + 9 > writer.bytes.length) grow(writer, 9)
  const { bytes } = writer
  if (argument < 24) bytes[writer.at++] = major | argument
  else if (argument < 0x100) {
    bytes[writer.at++] = major | 24
    bytes[writer.at++] = argument
  } else if (argument < 0x10000) {
    bytes[writer.at++] = major | 25
    bytes[writer.at++] = argument >> 8
    bytes[writer.at++] = argument & 0xff
  } else writeLargeHead(writer, major, argument)
}

function writeLargeHead(writer: Writer, major: number, argument: number): void {
  const { bytes, view } = writer
  if (argument < 0x100000000) {
    bytes[writer.at] = major | 26
    view.setUint32(writer.at + 1, argument)
    writer.at += 5
    return
  }
  bytes[writer.at] = major | 27
  const high = Math.floor(argument / 0x100000000)
  view.setUint32(writer.at + 1, high)
  view.setUint32(writer.at + 5, argument - high * 0x100000000)
  writer.at += 9
}

/** The simple values, with their initial byte. */
export const FALSE = 0xf4
export const TRUE = 0xf5
export const NULL = 0xf6
export const UNDEFINED = 0xf7

/** A simple value. */
export function writeSimple(writer: Writer, initial: number): void {
  if (writer.at + 1 > writer.bytes.length) grow(writer, 9)
  writer.bytes[writer.at++] = initial
}

/** One of our own tags, or any other above 255 and below 65,536. */
export function writeTag(writer: Writer, tag: number): void {
  writeHead(writer, 0xc0, tag)
}

/** A number: integers as such, others as the shortest float that is exact. */
export function writeNumber(writer: Writer, value: number): void {
  if (writer.at + 9 > writer.bytes.length) grow(writer, 9)
  if (value >= 0 && value < 24 && (value | 0) === value && (value !== 0 || 1 / value > 0)) {
    writer.bytes[writer.at++] = value
  } else if (Number.isSafeInteger(value) && (value !== 0 || 1 / value > 0)) {
    if (value < 0) writeHead(writer, 0x20, -1 - value)
    else writeHead(writer, 0, value)
  } else writeFloat(writer, value)
}

/** A float of 2, 4 or 8 bytes, whichever is the shortest that is exact. */
export function writeFloat(writer: Writer, value: number): void {
  reserve(writer, 9)
  const { bytes, view, at } = writer
  if (Math.fround(value) !== value && !Number.isNaN(value)) {
    bytes[at] = 0xfb
    view.setFloat64(at + 1, value)
    writer.at += 9
    return
  }
  view.setFloat32(at + 1, value)
  const half = Number.isNaN(value) ? 0x7e00 : halfOf(view.getUint32(at + 1))
  bytes[at] = half < 0 ? 0xfa : 0xf9
  if (half >= 0) view.setUint16(at + 1, half)
  writer.at += half < 0 ? 5 : 3
}

/** Whether a float of 4 bytes fits into 2. */
export function isHalf(value: number): boolean {
  scratch.setFloat32(0, value)
  return halfOf(scratch.getUint32(0)) >= 0
}
const scratch = new DataView(new ArrayBuffer(4))

/** The bits of the half that equals a float (IEEE 754 binary16, binary32), or -1. */
function halfOf(bits: number): number {
  const sign = (bits >>> 16) & 0x8000
  const fraction = bits & 0x7fffff
  const exponent = ((bits >>> 23) & 0xff) - 127
  if ((bits & 0x7fffffff) === 0) return sign
  if (exponent === 128) return sign | 0x7c00
  if (exponent > 15 || exponent < -24) return -1
  if (exponent >= -14) return (fraction & 0x1fff) === 0 ? sign | ((exponent + 15) << 10) | (fraction >> 13) : -1
  const dropped = -exponent - 1
  const whole = fraction | 0x800000
  return (whole & ((1 << dropped) - 1)) === 0 ? sign | (whole >>> dropped) : -1
}

/** A byte string. */
export function writeBytes(writer: Writer, bytes: Uint8Array): void {
  writeHead(writer, 0x40, bytes.length)
  reserve(writer, bytes.length)
  writer.bytes.set(bytes, writer.at)
  writer.at += bytes.length
}
