import { failure, taskError } from './failure.ts'
import { upstreamOf } from './inputs.ts'
import type { Run } from './run.ts'
import { keeperFor, storeValue } from './store-value.ts'

/**
 * Stores what a run was given by other runs, each with its producer's own storage and once: when it retries, waits in a queue or
 * is cached. MISSING_RESULT, and nothing is stored, when a producer has `persistResult: false`.
 */
export async function storeUpstream(run: Run, signal: AbortSignal | undefined): Promise<void> {
  const waiting = upstreamOf(run).filter((each) => each.result === undefined && !isOff(each))
  for (const { definition } of waiting) {
    if (definition.options.persistResult !== false) continue
    const message = `${run.definition.kind} "${run.definition.name}" needs its inputs stored, and ${definition.kind} "${definition.name}" has persistResult: false. Remove it there.`
    throw failure('missing-result', taskError('MISSING_RESULT', 'run', message))
  }
  for (const each of waiting) {
    each.storing ??= store(each, signal).catch((error: unknown) => {
      each.storing = undefined
      throw error
    })
    await each.storing
  }
}

/** With checkpointing off nothing is written, unless a task says so itself. */
function isOff({ definition, outer }: Run): boolean {
  return outer.settings.runtime.defaults.checkpointing === false && definition.options.persistResult === undefined
}

async function store(run: Run, signal: AbortSignal | undefined): Promise<void> {
  const keeper = await keeperFor(run)
  await storeValue(run, run.value, { keeper, at: undefined, signal })
}
