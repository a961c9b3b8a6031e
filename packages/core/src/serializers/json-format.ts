import { type IssuePath, type ResultError, resultError } from '../errors.ts'
import type { JsonValue } from '../json-value.ts'
import { decodeText, refused, undecodable } from './failure.ts'
import { refusal } from './json-report.ts'
import { revive } from './json-revive.ts'
import type { JsonLoss, JsonRules } from './json-rules.ts'
import type { JsonType } from './json-types.ts'
import { type JsonWalk, REFUSED, walkValue } from './json-walk.ts'

/** Turns values into JSON text and back. Same contract as the global `JSON`. */
export interface JsonLibrary {
  stringify(value: unknown): string
  parse(text: string): unknown
}

/** Options of {@link json}. */
export interface JsonOptions {
  /**
   * Losses to allow: `undefined` drops members that are undefined (not array items), `shared` writes an object that
   * is met twice twice (cycles stay refused), `negative-zero` writes -0 as 0, `null-prototype` gives objects
   * without a prototype the ordinary one. @default []
   */
  readonly lossy?: readonly JsonLoss[] | undefined
  /** Hooks for further types, asked in this order. @default [] */
  readonly types?: readonly JsonType[] | undefined
  /** What writes and reads the text; values are checked before it is asked. @default JSON */
  readonly library?: JsonLibrary | undefined
}

/** What `json()` and `ndjson()` have in common. */
export interface JsonFormat {
  readonly options: Readonly<Record<string, JsonValue>> | undefined
  /** The text of a value. Paths in errors begin with `root`. */
  stringify(value: unknown, root: IssuePath): string
  /** The value of UTF-8 text; `where` names it in errors. */
  parse(bytes: Uint8Array, where: string): unknown
}

const LOSSES: readonly string[] = ['undefined', 'shared', 'negative-zero', 'null-prototype'] satisfies JsonLoss[]

/** Checks the options. CONFIG names the wrong field. */
export function jsonFormat(name: string, options: JsonOptions, alsoKnown: readonly string[] = []): JsonFormat {
  const { lossy = [], types = [], library = JSON } = options
  const known = ['lossy', 'types', 'library', ...alsoKnown]
  const unknown = Object.keys(options).find((field) => !known.includes(field))
  if (unknown !== undefined) throw config(name, unknown, `is not an option; there are ${known.join(', ')}`)
  if (!lossy.every((loss) => LOSSES.includes(loss))) throw config(name, 'lossy', `allows only ${LOSSES.join(', ')}`)
  const names = types.map((type) => type.name)
  if (!names.every((each, at) => typeof each === 'string' && /^[^$]/.test(each) && names.indexOf(each) === at)) {
    throw config(name, 'types', 'needs different names that are not empty and do not begin with $')
  }
  if (typeof library.stringify !== 'function' || typeof library.parse !== 'function') {
    throw config(name, 'library', 'needs the functions stringify and parse')
  }
  const rules: JsonRules = { lossy: new Set(lossy), types }
  const hooks = new Map(types.map((type) => [type.name, type]))
  return {
    options: types.length > 0 ? { types: names.sort() } : undefined,
    stringify: (value, root) => write(name, library, checked(name, value, root, rules)),
    parse: (bytes, where) => {
      const value = read(library, bytes, where)
      return hooks.size > 0 ? revive(hooks, value, where) : value
    },
  }
}

function config(name: string, field: string, problem: string): ResultError {
  return resultError('CONFIG', name, `${name}: the option ${field} ${problem}.`)
}

/** The value to be written: checked, with the hooks applied. */
function checked(name: string, value: unknown, root: IssuePath, rules: JsonRules): unknown {
  const walk: JsonWalk = { rules, seen: new Set(), depth: 0 }
  try {
    return walkValue(walk, value, false)
  } catch (error) {
    if (!isOverflow(error)) throw refusal(name, value, root, rules, error === REFUSED ? undefined : error)
    throw refused(`${name} cannot keep a value nested ${walk.depth} levels deep. Use pickle, which can.`, error)
  }
}

function isOverflow(error: unknown): boolean {
  return error instanceof Error && /^(Maximum call stack|too much recursion)/.test(error.message)
}

function write(name: string, library: JsonLibrary, value: unknown): string {
  let text: unknown
  try {
    text = library.stringify(value)
  } catch (cause) {
    throw refused(`${name} cannot write the text: it is too long for one string, or nested too deeply.`, cause)
  }
  if (typeof text === 'string' && (library === JSON || text.isWellFormed())) return text
  throw refused(`${name}: the library gave no well-formed text.`)
}

function read(library: JsonLibrary, bytes: Uint8Array, where: string): unknown {
  const text = decodeText(where, bytes)
  if (text === '') throw undecodable(where, 'empty')
  if (text.startsWith('\uFEFF')) throw undecodable(where, 'not JSON, but a byte order mark first')
  try {
    return library.parse(text)
  } catch (cause) {
    // The rest of the message quotes the content.
    const position = /at position (\d+)(?: \(line \d+ column \d+\))?$/.exec(String(cause))
    throw undecodable(where, position ? `not JSON (at character ${position[1]})` : 'not JSON', cause)
  }
}
