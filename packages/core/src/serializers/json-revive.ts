import { isResultError } from '../errors.ts'
import { isJsonObject, type JsonObject } from '../json-value.ts'
import { undecodable } from './failure.ts'
import { ESCAPE, TAG } from './json-rules.ts'
import type { JsonType } from './json-types.ts'

type Hooks = ReadonlyMap<string, JsonType>

/** Undoes the hooks in freshly parsed JSON, which it changes. */
export function revive(hooks: Hooks, value: unknown, where: string): unknown {
  try {
    return reviveValue(hooks, value, where)
  } catch (error) {
    if (isResultError(error)) throw error
    throw undecodable(where, 'nested too deeply for its hooks', error)
  }
}

function reviveValue(hooks: Hooks, value: unknown, where: string): unknown {
  if (typeof value !== 'object' || value === null) return value
  return Object.hasOwn(value, TAG) && !Array.isArray(value)
    ? reviveTagged(hooks, value as JsonObject, where)
    : reviveMembers(hooks, value as JsonObject, where)
}

function reviveMembers(hooks: Hooks, value: JsonObject, where: string): unknown {
  for (const name of Object.keys(value)) {
    const member = value[name]
    const next = reviveValue(hooks, member, where)
    // An assignment to __proto__ would change the prototype.
    if (next !== member) Object.defineProperty(value, name, { value: next })
  }
  return value
}

function reviveTagged(hooks: Hooks, tagged: JsonObject, where: string): unknown {
  const { [TAG]: name, value } = tagged
  if (typeof name !== 'string' || value === undefined || Object.keys(tagged).length !== 2) {
    throw undecodable(where, `malformed ${TAG}`)
  }
  if (name === ESCAPE && isJsonObject(value)) return reviveMembers(hooks, value, where)
  const type = hooks.get(name)
  if (type === undefined) {
    const known = [...hooks.keys()].join(', ')
    // Not the name itself: it is stored content, and may be anything.
    throw undecodable(where, `a value has a type that no hook is for; there are hooks for ${known}`)
  }
  const json = reviveValue(hooks, value, where)
  try {
    return type.decode(json)
  } catch (cause) {
    throw undecodable(where, `the hook ${type.name} threw`, cause)
  }
}
