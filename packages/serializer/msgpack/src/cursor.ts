import { ResultError } from '@resultkit/core'

/** A place in bytes that are read from front to back. */
export interface Cursor {
  readonly bytes: Uint8Array
  readonly view: DataView
  readonly decoder: TextDecoder
  /** Short texts that occurred, with where they did, by a hash: most names occur many times. */
  readonly texts: ({ readonly text: string; readonly start: number } | undefined)[]
  at: number
}

/** A cursor at the first byte. */
export function cursorOf(bytes: Uint8Array): Cursor {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  return { bytes, view, decoder: new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }), texts: [], at: 0 }
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
const SHORT_TEXT = 24
const LAST_SLOT = 255

/** Passes over a text of `size` bytes; throws for one that is not UTF-8, or that the library's decoder would change. */
export function skipText(cursor: Cursor, size: number): void {
  const start = take(cursor, size)
  const { bytes, at: end } = cursor
  let index = start
  while (index < end && (bytes[index] as number) < 0x80) index += 1
  if (index < end) decodeText(cursor, start, end)
}

/** The text of `size` bytes, with the same checks. */
export function takeText(cursor: Cursor, size: number): string {
  const start = take(cursor, size)
  const { bytes, at: end } = cursor
  if (size > SHORT_TEXT) return decodeText(cursor, start, end)
  let hash = size
  for (let index = start; index < end; index++) {
    const unit = bytes[index] as number
    if (unit >= 0x80) return decodeText(cursor, start, end)
    hash = (31 * hash + unit) | 0
  }
  const known = cursor.texts[hash & LAST_SLOT]
  if (known?.text.length === size && isSame(bytes, known.start, start, size)) return known.text
  const text = String.fromCharCode(...bytes.subarray(start, end))
  cursor.texts[hash & LAST_SLOT] = { text, start }
  return text
}

function isSame(bytes: Uint8Array, one: number, other: number, size: number): boolean {
  for (let index = 0; index < size; index++) if (bytes[one + index] !== bytes[other + index]) return false
  return true
}

function decodeText(cursor: Cursor, start: number, end: number): string {
  const { bytes, decoder } = cursor
  const isMarked = bytes[start] === MARK && bytes[start + 1] === 0xbb && bytes[start + 2] === 0xbf
  if (isMarked && end - start > MAX_MARKED_BYTES) throw malformed('a long text with a byte order mark', cursor)
  try {
    return decoder.decode(bytes.subarray(start, end))
  } catch (cause) {
    throw malformed('a text is not UTF-8, or too long', cursor, cause)
  }
}
