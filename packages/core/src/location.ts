import { type Clock, nowMs } from './clock.ts'
import { type ResultError, resultError } from './errors.ts'
import { type Key, parseKey } from './key.ts'

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

/** The parameters that a location requires. */
export type ParametersOf<L> = L extends (context: infer C) => string
  ? C
  : L extends string
    ? string extends L
      ? LocationParameters
      : { readonly [F in Fields<L> as NameOf<F>]: ValueOf<F> }
    : Readonly<Record<never, never>>

/** A location that has been parsed once. */
export type LocationPart =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'segment' | 'path'; readonly name: string }
  | { readonly kind: 'date'; readonly name: string; readonly format: string }

/** INVALID_LOCATION. */
export function locationError(message: string, cause?: unknown): ResultError {
  return resultError('INVALID_LOCATION', 'format', message, { cause })
}

const DATE_TOKENS = /yyyy|SSS|MM|dd|HH|mm|ss/g
const FIELD = /^(?:(?<path>\+)?(?<name>[A-Za-z_$][\w$]*)|(?<dated>[A-Za-z_$][\w$]*):(?<format>[^{}]+))$/

/** Parses a template; INVALID_LOCATION for an unbalanced brace or a field that is not `{name}`, `{+name}` or `{name:format}`. */
export function parseTemplate(template: string): readonly LocationPart[] {
  const parts: LocationPart[] = []
  for (const [token] of template.matchAll(/\{\{|\}\}|\{[^{}]*\}|[{}]|[^{}]+/g)) {
    if (token === '{' || token === '}') {
      throw locationError(`The location template has a lone "${token}". Write {{ or }} for a brace.`)
    }
    if (token === '{{' || token === '}}') parts.push({ kind: 'text', text: token.slice(1) })
    else if (token.startsWith('{')) parts.push(parseField(token))
    else parts.push({ kind: 'text', text: token })
  }
  return parts
}

function parseField(token: string): LocationPart {
  const groups = FIELD.exec(token.slice(1, -1))?.groups
  if (groups === undefined) {
    throw locationError(`${token} is not a field of a location template. Use {name}, {+name} or {name:yyyy-MM-dd}.`)
  }
  const { path, name, dated, format } = groups
  // An object that owns `sha256` is a reference, so parameters may not have that name.
  if (name === 'sha256' || dated === 'sha256') throw locationError('A location parameter may not be called sha256.')
  if (dated !== undefined && format !== undefined) {
    if (/[A-SU-Ya-z]/.test(format.replaceAll(DATE_TOKENS, ''))) {
      throw locationError(`${token} has letters that are not tokens. Dates have yyyy, MM, dd, HH, mm, ss and SSS.`)
    }
    return { kind: 'date', name: dated, format }
  }
  return { kind: path === undefined ? 'segment' : 'path', name: name as string }
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
  if (value === undefined || value === null) {
    throw locationError(`The location needs the parameter "${name}", and it is missing. Nothing was read or written.`)
  }
  if (part.kind === 'date') return formatDate(name, value, part.format)
  const text = parameterText(name, value)
  return part.kind === 'segment' ? encodeSegment(name, text) : encodePath(name, text)
}

function parameterText(name: string, value: LocationValue | Date): string {
  const usable =
    typeof value === 'string' || typeof value === 'boolean' || typeof value === 'bigint' || Number.isFinite(value)
  if (!usable) {
    const hint = typeof value === 'object' ? ` Give it a format: {${name}:yyyy-MM-dd}.` : ''
    throw locationError(`The location parameter "${name}" is not a string, finite number, bigint or boolean.${hint}`)
  }
  const text = String(value)
  if (text === '') throw locationError(`The location parameter "${name}" is empty.`)
  if (!text.isWellFormed()) throw locationError(`The location parameter "${name}" has a lone surrogate.`)
  return text
}

/** One segment or a part of one: RFC 3986 percent-encoding, and dots as well where they would be `.` or `..`. */
function encodeSegment(name: string, text: string): string {
  const encoded = encodeURIComponent(text)
  if (encoded.length > 1024) throw locationError(`The location parameter "${name}" is longer than a key may be.`)
  return /^\.{1,2}$/.test(encoded) ? encoded.replaceAll('.', '%2E') : encoded
}

function encodePath(name: string, text: string): string {
  const segments = text.split('/')
  if (segments.some((segment) => segment === '' || segment === '.' || segment === '..')) {
    throw locationError(`The location parameter "${name}" has an empty, "." or ".." segment.`)
  }
  return segments.map((segment) => encodeSegment(name, segment)).join('/')
}

function formatDate(name: string, value: LocationValue | Date, format: string): string {
  const date = typeof value === 'object' && typeof value.getUTCFullYear === 'function' ? value : undefined
  if (date === undefined || !(date.getUTCFullYear() >= 0 && date.getUTCFullYear() <= 9999)) {
    throw locationError(`The location parameter "${name}" has a format, so it must be a Date in the years 0 to 9999.`)
  }
  return encodePath(name, formatUtc(date, format))
}

/** A date in UTC by the tokens yyyy MM dd HH mm ss SSS; everything else stays as it is. */
export function formatUtc(date: Date, format: string): string {
  const pad = (value: number, width: number): string => String(value).padStart(width, '0')
  const values: Readonly<Record<string, string>> = {
    yyyy: pad(date.getUTCFullYear(), 4),
    MM: pad(date.getUTCMonth() + 1, 2),
    dd: pad(date.getUTCDate(), 2),
    HH: pad(date.getUTCHours(), 2),
    mm: pad(date.getUTCMinutes(), 2),
    ss: pad(date.getUTCSeconds(), 2),
    SSS: pad(date.getUTCMilliseconds(), 3),
  }
  return format.replaceAll(DATE_TOKENS, (token) => values[token] ?? token)
}

/** The location of a result that was given none: its day, then its time and a UUID; different each time. */
export function defaultLocation(clock: Clock, extension: string): Key {
  const stamp = formatUtc(new Date(nowMs(clock)), 'yyyy-MM-dd/HHmmssSSS')
  return parseKey(`${stamp}-${crypto.randomUUID()}${extension === '' ? '' : `.${extension}`}`, 'format')
}
