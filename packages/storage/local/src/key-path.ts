import { parseKey, RESERVED_SEGMENT } from '@resultkit/core'

/** The longest path that POSIX systems take, in bytes without the final NUL. */
export const MAX_PATH_BYTES = 4095

/** Ends the name of a directory that holds the rest of a segment too long for one name. */
export const SPLIT_MARK = '%~'

/** Bytes of a segment that go into one name; some room is left below the 255 that file systems take. */
const MAX_NAME_BYTES = 200

const PLAIN = /^[\w!-](?:[\w!.-]{0,198}[\w!-])?$/
const SPECIAL = /[\p{Cc}%\\:*?"<>|]/u
const ANYWHERE_SPECIAL = /[\p{Cc}%\\:*?"<>|]|[. ]$/u
// Windows finds these with any extension, and with spaces before it.
const DEVICE = /^(?:con|prn|aux|nul|com[0-9¹²³]|lpt[0-9¹²³]|conin\$|conout\$) *(?:\.|$)/i

const encoder = new TextEncoder()

/** The relative path of a key, `/` between names; one key has one path and no other key has it. */
export function encodePath(key: string): string {
  if (!key.includes('/')) return encodeSegment(key, true)
  return key
    .split('/')
    .map((segment, index) => encodeSegment(segment, index === 0))
    .join('/')
}

/** The key that has this path; `undefined` when none does, such as for a file that came from elsewhere. */
export function decodePath(path: string): string | undefined {
  const segments: string[] = []
  let chunks: string[] = []
  for (const name of path.split('/')) {
    chunks.push(name)
    if (name.endsWith(SPLIT_MARK)) continue
    const segment = decodeSegment(chunks.join('/'), segments.length === 0)
    if (segment === undefined) return undefined
    segments.push(segment)
    chunks = []
  }
  return chunks.length === 0 ? asKey(segments.join('/')) : undefined
}

/** The name of one segment; several names with `/` between them when it is long. */
export function encodeSegment(segment: string, first: boolean): string {
  if (PLAIN.test(segment)) return avoidDevice(segment)
  const units = escapeUnits(segment, first)
  const chunks: string[] = []
  let chunk = ''
  let size = 0
  for (const unit of units) {
    const bytes = Buffer.byteLength(unit)
    if (size + bytes > MAX_NAME_BYTES) {
      chunks.push(avoidDevice(chunk) + SPLIT_MARK)
      chunk = ''
      size = 0
    }
    chunk += unit
    size += bytes
  }
  chunks.push(avoidDevice(chunk))
  return chunks.join('/')
}

/** The segment of a name, or of several with `/` between them; `undefined` when no segment has it. */
export function decodeSegment(name: string, first: boolean): string | undefined {
  if (PLAIN.test(name)) return DEVICE.test(name) ? undefined : name
  const segment = decodePrefix(name.replaceAll(`${SPLIT_MARK}/`, ''))
  return segment !== undefined && encodeSegment(segment, first) === name ? segment : undefined
}

/** What an escaped text stands for, also when it is only the beginning of a segment; `undefined` when malformed. */
export function decodePrefix(text: string): string | undefined {
  if (!text.includes('%')) return text
  try {
    return decodeURIComponent(text)
  } catch {
    return undefined
  }
}

/** The text itself if it is a key. */
export function asKey(text: string): string | undefined {
  try {
    return parseKey(text)
  } catch {
    return undefined
  }
}

function escapeUnits(segment: string, first: boolean): readonly string[] {
  // File systems that normalise must not see a form that they would change into another key's.
  const normal = segment === segment.normalize('NFC')
  const hidden = first && segment !== RESERVED_SEGMENT && foldCase(segment) === RESERVED_SEGMENT
  const points = [...segment]
  if (normal && !hidden && !ANYWHERE_SPECIAL.test(segment)) return points
  const last = points.length - 1
  return points.map((point, index) => {
    const mustEscape =
      SPECIAL.test(point) ||
      (!normal && point > '\x7f') ||
      (hidden && index === 0) ||
      (index === last && (point === '.' || point === ' '))
    return mustEscape ? percent(point) : point
  })
}

function avoidDevice(name: string): string {
  return DEVICE.test(name) ? percent(name.charAt(0)) + name.slice(1) : name
}

// By way of upper case, because `ſ` is an `s` to file systems that ignore case.
function foldCase(text: string): string {
  return text.toUpperCase().toLowerCase()
}

function percent(point: string): string {
  let text = ''
  for (const byte of encoder.encode(point)) text += `%${byte.toString(16).toUpperCase().padStart(2, '0')}`
  return text
}
