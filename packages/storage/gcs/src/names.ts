import { type Key, parseKey } from '@resultkit/core'

/*
 * Keys to object names. Ordinary keys stay as they are. The service refuses line feeds, carriage returns and names below
 * `.well-known/acme-challenge/`, which keys may have; they are escaped such that the order of UTF-8 bytes stays the same,
 * so that a listing of names is a listing of keys.
 */

const MARK = '\v'
const CHALLENGE = '.well-known/acme-challenge'
/** Sorts behind every other text that follows `acme-challenge.`, and so just before `acme-challenge/`. */
const LAST = `${CHALLENGE}.\u{10ffff}`

/** LF, VT, FF and CR are VT and a digit: `a\nb` is `a\v0b`. */
export function encodeName(text: string): string {
  const escaped = /[\n\v\f\r]/.test(text)
    ? text.replaceAll(/[\n\v\f\r]/g, (mark) => MARK + (mark.charCodeAt(0) - 10))
    : text
  if (!escaped.startsWith(CHALLENGE)) return escaped
  if (escaped.startsWith(`${CHALLENGE}/`)) return `${LAST}1${escaped.slice(CHALLENGE.length + 1)}`
  return escaped.startsWith(LAST) ? `${LAST}0${escaped.slice(LAST.length)}` : escaped
}

/** What {@link encodeName} was given; `undefined` for a name that it cannot have made. */
export function decodeName(name: string): string | undefined {
  if (name.startsWith(`${CHALLENGE}/`)) return undefined
  let text = name
  if (name.startsWith(LAST)) {
    const rest = name.slice(LAST.length + 1)
    const digit = name[LAST.length]
    if (digit !== '0' && digit !== '1') return undefined
    text = (digit === '1' ? `${CHALLENGE}/` : LAST) + rest
  }
  if (!/[\n\v\f\r]/.test(text)) return text
  if (/[\n\f\r]|\v(?![0-3])/.test(text)) return undefined
  return text.replaceAll(/\v([0-3])/g, (_, digit: string) => String.fromCharCode(10 + Number(digit)))
}

/** The key of a listed object; `undefined` for what no key names, and for what the project keeps for itself. */
export function listedKey(name: string, prefix: string): Key | undefined {
  const text = decodeName(name)
  if (text === undefined || !text.startsWith(prefix)) return undefined
  try {
    return parseKey(text.slice(prefix.length), 'list')
  } catch {
    return undefined
  }
}
