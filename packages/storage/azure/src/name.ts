/** Azure refuses names with more than 254 segments; what lies deeper than this many slashes is written without any. */
const MAX_SLASHES = 250

/** What most keys look like: they are their own names. */
const PLAIN = /^[\w-]+(?:\/[\w-]+|\.\w[\w-]*)*$/

const DOT = 0x2e
const SLASH = 0x2f

/**
 * The blob name for a storage path (prefix and key). Injective, and in the same order: names are in the order of
 * the paths' UTF-8 bytes, whether the service compares UTF-8 or UTF-16.
 *
 * Most characters stand for themselves. What Azure refuses, rewrites, drops or sorts in two ways is written as the
 * character below it and its code in hex, so that the order stays: `!20` for a space, `[5c` for a backslash, `~7f` and
 * so on for control characters, U+D7FB and four digits for U+E000 to U+FFFF. After a dot, `-`, `.` and `/` become `-2d`,
 * `-2e` and `-2f/`, and a dot at the very end gets `!-`: Azure drops dots at the end of a segment. Behind 250 slashes
 * ASCII characters are moved to U+4E00 and others follow a U+4E80.
 */
export function encodeName(path: string): string {
  return encode(path, true)
}

/** What the names of all paths start with that start with `prefix`. */
export function encodeNamePrefix(prefix: string): string {
  return encode(prefix, false)
}

/** The path that a name stands for; `undefined` for a name that `encodeName` does not make. */
export function decodeName(name: string): string | undefined {
  if (isPlain(name)) return name
  const deep = deepPart(name)
  const path = decodeFlat(name.slice(0, deep)) + decodeDeep(name.slice(deep))
  return path.isWellFormed() && encodeName(path) === name ? path : undefined
}

function isPlain(text: string): boolean {
  return text.length < MAX_SLASHES && PLAIN.test(text)
}

function encode(path: string, complete: boolean): string {
  if (complete && isPlain(path)) return path
  let name = ''
  let slashes = 0
  let afterDot = false
  for (const char of path) {
    const code = char.codePointAt(0) ?? 0
    if (slashes === MAX_SLASHES) {
      name += code < 0x80 ? String.fromCharCode(0x4e00 + code) : `\u4e80${encodeChar(char, code)}`
      continue
    }
    const hidden: boolean = afterDot && (code === 0x2d || code === DOT || code === SLASH)
    if (hidden) name += `-${hex(code, 2)}${code === SLASH ? '/' : ''}`
    else name += encodeChar(char, code)
    afterDot = code === DOT && !hidden
    if (code === SLASH) slashes++
  }
  return complete && afterDot ? `${name}!-` : name
}

function encodeChar(char: string, code: number): string {
  if (code <= 0x21) return `!${hex(code, 2)}`
  if (code === 0x5b || code === 0x5c) return `[${hex(code, 2)}`
  if (code >= 0x7e && code <= 0x9f) return `~${hex(code, 2)}`
  if (code >= 0xd7fb && code <= 0xffff) return `\ud7fb${hex(code, 4)}`
  return char
}

function hex(code: number, digits: number): string {
  return code.toString(16).padStart(digits, '0')
}

const ESCAPES = /!-$|(?<=\.)-(2d|2e)|(?<=\.)-2f(?=\/)|[!~[]([0-9a-f]{2})|\ud7fb([0-9a-f]{4})/g

function decodeFlat(name: string): string {
  return name.replace(ESCAPES, (_, afterDot?: string, two?: string, four?: string) =>
    fromHex(afterDot ?? two ?? four ?? ''),
  )
}

function decodeDeep(name: string): string {
  return name.replace(/\u4e80(~[0-9a-f]{2}|\ud7fb[0-9a-f]{4}|.)|[\u4e00-\u4e7f]/gsu, (char, other?: string) =>
    other === undefined ? String.fromCharCode(char.charCodeAt(0) - 0x4e00) : decodeFlat(other),
  )
}

function fromHex(digits: string): string {
  return digits === '' ? '' : String.fromCharCode(Number.parseInt(digits, 16))
}

/** The index behind the slash from which on names have none. */
function deepPart(name: string): number {
  let at = 0
  for (let slashes = 0; slashes < MAX_SLASHES; slashes++) {
    at = name.indexOf('/', at) + 1
    if (at === 0) return name.length
  }
  return at
}
