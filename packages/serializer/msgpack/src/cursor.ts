import { ResultError } from '@resultkit/core'
import { isUtf8, skipAscii } from './utf8.ts'

/** A place in bytes that are read from front to back. */
export interface Cursor {
  readonly bytes: Uint8Array
  readonly view: DataView
  /** Made for the first text that is needed. */
  decoder: TextDecoder | undefined
  at: number
}

/** A cursor at the first byte. */
export function cursorOf(bytes: Uint8Array): Cursor {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  return { bytes, view, decoder: undefined, at: 0 }
}

/** The DESERIALIZE error for stored bytes; it names a position and never what is there. */
export function malformed(problem: string, { at }: Pick<Cursor, 'at'>, cause?: unknown): ResultError {
  const message = `msgpack: ${problem}, before byte ${at}. Another serializer wrote it, or it is damaged.`
  return new ResultError({ code: 'DESERIALIZE', operation: 'deserialize', message, cause })
}

/** Goes on by `size` bytes and gives where they begin. */
export function take(cursor: Cursor, size: number): number {
  const start = cursor.at
  if (size > cursor.bytes.byteLength - start) throw malformed('it ends too early', cursor)
  cursor.at = start + size
  return start
}

/** The next 1, 2 or 4 bytes as an unsigned number. */
export function takeUint(cursor: Cursor, size: 1 | 2 | 4): number {
  const start = take(cursor, size)
  if (size === 1) return cursor.view.getUint8(start)
  return size === 2 ? cursor.view.getUint16(start) : cursor.view.getUint32(start)
}

const MARK = 0xef
const MAX_MARKED_BYTES = 64

/** Passes over a text of `size` bytes; throws for one that is not UTF-8, or that the library's decoder would change. */
export function skipText(cursor: Cursor, size: number): void {
  const start = take(cursor, size)
  const { view, at: end } = cursor
  const index = skipAscii(view, start, end)
  if (index === end) return
  if (size > MAX_MARKED_BYTES && isMarked(cursor.bytes, start)) {
    throw malformed('a long text with a byte order mark', cursor)
  }
  if (!isUtf8(view, index, end)) throw malformed('a text is not UTF-8', cursor)
}

function isMarked(bytes: Uint8Array, start: number): boolean {
  return bytes[start] === MARK && bytes[start + 1] === 0xbb && bytes[start + 2] === 0xbf
}

/** The text of `size` bytes, with the same checks. */
export function takeText(cursor: Cursor, size: number): string {
  const start = cursor.at
  skipText(cursor, size)
  cursor.decoder ??= new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })
  try {
    return cursor.decoder.decode(cursor.bytes.subarray(start, cursor.at))
  } catch (cause) {
    throw malformed('a text is too long', cursor, cause)
  }
}
