import { type Clock, nowMs } from './clock.ts'
import { type ResultError, resultError } from './errors.ts'
import { isNoSegment, type Key, parseKey } from './key.ts'

/** What a template parameter may be. A `Date` needs a format: `{day:yyyy-MM-dd}`. */
export type LocationValue = string | number | bigint | boolean

/** Parameters by name. */
export type LocationParameters = Readonly<Record<string, LocationValue | Date>>

/** Renders a key from whatever the caller passes. */
export type LocationFunction = (context: never) => string

/**
 * Where results lie: a template such as `scores/{date:yyyy-MM-dd}/{user}.json`, a function, or nothing for a dated
 * default that never collides.
 *
 * `{name}` is one segment or a part of one: what could change the path is percent-encoded. `{+name}` may have slashes,
 * never `..`. `{name:format}` is a Date in UTC with the tokens yyyy MM dd HH mm ss SSS. `{{` and `}}` are braces.
 */
export type Location = string | LocationFunction | undefined

type Fields<S extends string> = S extends `${string}{${infer Rest}`
  ? Rest extends `{${infer Escaped}`
    ? Fields<Escaped>
    : Rest extends `${infer Field}}${infer More}`
      ? Field | Fields<More>
      : never
  : never

type NameOf<F extends string> = F extends `+${infer N}` ? N : F extends `${infer N}:${string}` ? N : F
type ValueOf<F extends string> = F extends `${string}:${string}` ? Date : LocationValue

/** The parameters that a location requires. Where it has none, none are taken: options may not stand in their place. */
export type ParametersOf<L> = L extends (context: infer C) => string
  ? C
  : L extends string
    ? string extends L
      ? LocationParameters
      : [Fields<L>] extends [never]
        ? Readonly<Record<string, never>>
        : { readonly [F in Fields<L> as NameOf<F>]: ValueOf<F> }
    : Readonly<Record<string, never>>

/** A location that has been parsed once. */
export type LocationPart =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'segment' | 'path'; readonly name: string }
  | { readonly kind: 'date'; readonly name: string; readonly format: string }

/** INVALID_LOCATION. */
export function locationError(message: string, cause?: unknown): ResultError {
  return resultError('INVALID_LOCATION', 'format', message, { cause })
}

// In the order of an ISO time.
const DATE_FIELDS = ['yyyy', 'MM', 'dd', 'HH', 'mm', 'ss', 'SSS']
const DATE_TOKENS = /* @__PURE__ */ new RegExp(DATE_FIELDS.join('|'), 'g')
const PLACEHOLDER = /^(\+)?([A-Za-z_$][\w$]*)(?::([^{}]+))?$/

/** Parses a template; INVALID_LOCATION for an unbalanced brace or a field that is not `{name}`, `{+name}` or `{name:format}`. */
export function parseTemplate(template: string): readonly LocationPart[] {
  return Array.from(template.matchAll(/\{\{|\}\}|\{[^{}]*\}|[{}]|[^{}]+/g), ([token]) => {
    if (token === '{' || token === '}')
      throw locationError(`The location template has a lone "${token}". Write {{ or }} for a brace.`)
    if (token === '{{' || token === '}}') return { kind: 'text', text: token.slice(1) }
    return token.startsWith('{') ? parseField(token) : { kind: 'text', text: token }
  })
}

function parseField(token: string): LocationPart {
  const [, path, name, format] = PLACEHOLDER.exec(token.slice(1, -1)) ?? []
  if (name === undefined || (path !== undefined && format !== undefined))
    throw locationError(`${token} is not a field. Use {name}, {+name} or {name:yyyy-MM-dd}.`)
  // An object that owns `sha256` is a reference, so parameters may not have that name.
  if (name === 'sha256') throw wrongParameter(name, 'has a name which is reserved')
  if (format === undefined) return { kind: path === undefined ? 'segment' : 'path', name }
  if (/[A-SU-Ya-z]/.test(format.replaceAll(DATE_TOKENS, '')))
    throw locationError(`${token} has letters that are not tokens. Dates have ${DATE_FIELDS.join(', ')}.`)
  return { kind: 'date', name, format }
}

/** Renders a parsed template into a key. Errors: INVALID_LOCATION. */
export function renderTemplate(parts: readonly LocationPart[], parameters: LocationParameters): Key {
  return locationKey(parts.map((part) => renderPart(part, parameters)).join(''))
}

/** A rendered location as a key. Errors: INVALID_LOCATION. */
export function locationKey(rendered: string): Key {
  try {
    return parseKey(rendered, 'format')
  } catch (cause) {
    throw locationError(`The location does not give a key: ${(cause as Error).message}`, cause)
  }
}

function renderPart(part: LocationPart, parameters: LocationParameters): string {
  if (part.kind === 'text') return part.text
  const { name } = part
  const value = Object.hasOwn(parameters, name) ? parameters[name] : undefined
  if (value === undefined || value === null) throw wrongParameter(name, 'is missing; nothing was read or written')
  if (part.kind === 'date') return encodePath(name, formatUtc(dateOf(name, value), part.format))
  const text = textOf(name, value)
  return part.kind === 'segment' ? encodeSegment(name, text) : encodePath(name, text)
}

function textOf(name: string, value: LocationValue | Date): string {
  const usable = ['string', 'boolean', 'bigint'].includes(typeof value) || Number.isFinite(value)
  const hint = typeof value === 'object' ? `; a Date needs a format: {${name}:yyyy-MM-dd}` : ''
  if (!usable) throw wrongParameter(name, `is not a string, finite number, bigint or boolean${hint}`)
  const text = String(value)
  if (text === '') throw wrongParameter(name, 'is empty')
  if (!text.isWellFormed()) throw wrongParameter(name, 'has a lone surrogate')
  return text
}

/** One segment or a part of one: RFC 3986 percent-encoding, and dots as well where they would be `.` or `..`. */
function encodeSegment(name: string, text: string): string {
  const encoded = encodeURIComponent(text)
  if (encoded.length > 1024) throw wrongParameter(name, 'is longer than a key may be')
  return isNoSegment(encoded) ? encoded.replaceAll('.', '%2E') : encoded
}

function encodePath(name: string, text: string): string {
  const segments = text.split('/')
  if (segments.some(isNoSegment)) throw wrongParameter(name, 'has an empty, "." or ".." segment')
  return segments.map((segment) => encodeSegment(name, segment)).join('/')
}

function dateOf(name: string, value: LocationValue | Date): Date {
  // A copy: what extends Date may give another text for the same time.
  const date = typeof value === 'object' && typeof value.getTime === 'function' ? new Date(value.getTime()) : undefined
  if (date !== undefined && date.getUTCFullYear() >= 0 && date.getUTCFullYear() <= 9999) return date
  throw wrongParameter(name, 'has a format, so it must be a Date in the years 0 to 9999')
}

function wrongParameter(name: string, problem: string): ResultError {
  return locationError(`The location parameter "${name}" ${problem}.`)
}

/** A date in UTC by the tokens yyyy MM dd HH mm ss SSS; everything else stays as it is. */
export function formatUtc(date: Date, format: string): string {
  const fields = date.toISOString().split(/(?<=\d)\D/)
  return format.replaceAll(DATE_TOKENS, (token) => fields[DATE_FIELDS.indexOf(token)] ?? token)
}

/** The location of a result that was given none: its day, then its time and a UUID; different each time. */
export function defaultLocation(clock: Clock, extension: string): Key {
  const stamp = formatUtc(new Date(nowMs(clock)), 'yyyy-MM-dd/HHmmssSSS')
  return parseKey(`${stamp}-${crypto.randomUUID()}${extension === '' ? '' : `.${extension}`}`, 'format')
}
