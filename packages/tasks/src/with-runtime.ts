import { taskError } from './failure.ts'
import { makeRuntime, type Runtime } from './runtime.ts'
import { currentScope, inScope, makeScope, outerSettings } from './scope.ts'
import type { RuntimeOptions } from './task-options.ts'

const runtimes = new WeakMap<RuntimeOptions, { readonly outer: RuntimeOptions; readonly runtime: Runtime }>()

/**
 * Calls a function with a runtime: tasks and flows that it calls keep and report by these options; what they leave out is as around.
 * Inside a flow it leads out of it: what the function starts inherits nothing of the flow, and may end after it.
 * Errors: CONFIG, and the function's own.
 */
export function withRuntime<R>(options: RuntimeOptions, fn: () => R): R {
  const outer = currentScope()
  const { runtime: around } = outer.settings
  const known = runtimes.get(options)
  const runtime = known?.outer === around.options ? known.runtime : makeRuntime(options, around.options)
  if (typeof fn !== 'function')
    throw taskError(
      'CONFIG',
      'withRuntime',
      'withRuntime(options, fn): the second argument is the function that is called.',
    )
  runtimes.set(options, { outer: around.options, runtime })
  return inScope(makeScope(outerSettings(runtime), undefined, outer), fn, undefined, undefined)
}
