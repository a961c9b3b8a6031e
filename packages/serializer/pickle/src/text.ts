import { platform } from './platform.ts'
import { reserve, type Writer, writeHead } from './writer.ts'

/** Up to here a loop is faster than a call out of JavaScript; the head has one byte. */
const SHORT = 23
/** From here on the exact size is worth finding out before memory is taken. */
const LARGE = 64 * 1024

let encoder: TextEncoder | undefined

/** A text string of well-formed text; gives its size in bytes. */
export function writeText(writer: Writer, text: string): number {
  const { length } = text
  if (length <= SHORT && writeShortAscii(writer, text, length)) return length
  return writeLongText(writer, text)
}

function writeShortAscii(writer: Writer, text: string, length: number): boolean {
  reserve(writer, length + 1)
  const { bytes } = writer
  let at = writer.at
  bytes[at++] = 0x60 | length
  for (let index = 0; index < length; index++) {
    const unit = text.charCodeAt(index)
    if (unit > 0x7f) return false
    bytes[at++] = unit
  }
  writer.at = at
  return true
}

// The head is as long as that of ASCII of this length would be; where it is not, the text is moved.
function writeLongText(writer: Writer, text: string): number {
  reserve(writer, largestSize(text) + 18)
  const start = writer.at
  writeHead(writer, 0x60, text.length)
  const from = writer.at
  const size = writeUtf8(writer, text)
  if (size !== text.length) {
    writer.at = start
    const to = start + headSize(size)
    if (to !== from) writer.bytes.copyWithin(to, from, from + size)
    writeHead(writer, 0x60, size)
  }
  writer.at += size
  return size
}

function headSize(argument: number): number {
  if (argument < 24) return 1
  if (argument < 0x100) return 2
  return argument < 0x10000 ? 3 : argument < 0x100000000 ? 5 : 9
}

function largestSize(text: string): number {
  if (text.length <= LARGE) return text.length * 3
  return platform().Buffer?.byteLength(text) ?? text.length * 3
}

function writeUtf8(writer: Writer, text: string): number {
  const { buffer, bytes, at } = writer
  if (buffer !== undefined) return buffer.utf8Write(text, at, bytes.length - at)
  encoder ??= new TextEncoder()
  return encoder.encodeInto(text, bytes.subarray(at)).written
}
