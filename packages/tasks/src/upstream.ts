import { orAborted, signalAround } from './cancellation.ts'
import { failure, taskError } from './failure.ts'
import { upstreamOf } from './inputs.ts'
import type { Run } from './run.ts'
import { keeperFor, storeValue } from './store-value.ts'
import { isStream } from './streamed.ts'

/**
 * Stores what a run was given by other runs, each with its producer's own storage and once: when it retries, waits in a queue or
 * is cached. MISSING_RESULT, and nothing is stored, when a producer has `persistResult: false`.
 */
export async function storeUpstream(run: Run, signal: AbortSignal | undefined): Promise<void> {
  const waiting = upstreamOf(run).filter((each) => each.result === undefined && !isOff(each))
  for (const each of waiting) {
    const why = whyNever(each)
    if (why === undefined) continue
    const { kind, name } = each.definition
    const message = `${run.definition.kind} "${run.definition.name}" needs its inputs stored, and ${kind} "${name}" ${why}.`
    throw failure('missing-result', taskError('MISSING_RESULT', 'run', message))
  }
  for (const each of waiting) {
    each.storing ??= store(each).catch((error: unknown) => {
      each.storing = undefined
      throw error
    })
    await orAborted(signal, each.storing)
  }
}

/** With checkpointing off nothing is written, unless a task says so itself. */
function isOff({ definition, outer }: Run): boolean {
  return outer.settings.runtime.defaults.checkpointing === false && definition.options.persistResult === undefined
}

/** To store a stream now would be to read it, before or after who was given it. */
function whyNever({ definition, storing, value }: Run): string | undefined {
  if (definition.options.persistResult === false) return 'has persistResult: false. Remove it there'
  if (storing !== undefined || !isStream(value)) return undefined
  return 'gave a stream, and did not store it. Give it persistResult: true'
}

/** For all who need it: the signal of one of them does not end it. */
async function store(run: Run): Promise<void> {
  const keeper = await keeperFor(run)
  await storeValue(run, run.value, { keeper, at: undefined, signal: signalAround(run.outer) })
}
