import type { Definition } from './definition.ts'
import { keepingBelow } from './plan.ts'
import { isResultAdapter } from './result-adapter.ts'
import { makeRuntime } from './runtime.ts'
import { currentScope, makeScope, type Scope, type Settings } from './scope.ts'

interface Known {
  readonly outer: Settings
  readonly settings: Settings
}

/** Where a call is made, as its run sees it: a flow has its own runtime for itself as well. */
export function surroundingsOf(definition: Definition): Scope {
  const scope = currentScope()
  if (definition.runtime === undefined) return scope
  const settings = remembered(ownRuntimes, definition, scope.settings, withOwnRuntime)
  return settings === scope.settings ? scope : makeScope(settings, scope.flow, scope)
}

// Made once for a definition and its surroundings, so that plans, stores and limits stay the same from run to run.
const ownRuntimes = new WeakMap<Definition, Known>()
const below = new WeakMap<Definition, Known>()

function remembered(
  known: WeakMap<Definition, Known>,
  definition: Definition,
  outer: Settings,
  make: (definition: Definition, outer: Settings) => Settings,
): Settings {
  const found = known.get(definition)
  if (found?.outer === outer) return found.settings
  const settings = make(definition, outer)
  known.set(definition, { outer, settings })
  return settings
}

function withOwnRuntime({ runtime }: Definition, outer: Settings): Settings {
  const says = runtime !== undefined && Object.values(runtime).some((value) => value !== undefined)
  return says ? { ...outer, runtime: makeRuntime(runtime, outer.runtime.options) } : outer
}

/** What a flow's tasks inherit. */
export function settingsBelow(definition: Definition, outer: Settings): Settings {
  return remembered(below, definition, outer, inherited)
}

/** A result type without a storage is for the flow's own value: its tasks may have something to look up. */
function withoutAdapter(options: Definition['options']): Definition['options'] {
  const { result } = options
  return result !== undefined && isResultAdapter(result) ? { ...options, result: undefined } : options
}

function inherited({ options }: Definition, outer: Settings): Settings {
  const { persistResult, resultStorage, resultSerializer, result } = options
  const keeps = resultStorage !== undefined || resultSerializer !== undefined || result !== undefined
  return {
    runtime: outer.runtime,
    keeping: keepingBelow(outer.keeping, withoutAdapter(options)),
    persists: persistResult ?? (keeps ? true : outer.persists),
  }
}
