import type { JsonObject } from '@resultkit/core'
import { signalOf } from './cancellation.ts'
import { contextId, logLine, type Run } from './run.ts'
import type { Scope } from './scope.ts'
import { checkedResult } from './state.ts'
import type { PublishedResult } from './state-types.ts'
import type { RunContext } from './task-options.ts'

/** Makes what a body is given beside its input. */
export function contextFor(run: Run, scope: Scope): RunContext {
  return new Context(run, scope)
}

/**
 * Bodies are called more often than anything else, and few look at all of this: a class keeps the making of it to one small
 * object, and what is taken out of it, also by destructuring, is made when it is asked for.
 */
class Context implements RunContext {
  readonly #run: Run
  readonly #scope: Scope

  constructor(run: Run, scope: Scope) {
    this.#run = run
    this.#scope = scope
  }

  get runId(): string {
    return contextId(this.#run)
  }

  get attempt(): number {
    return this.#run.attempt
  }

  get index(): number | undefined {
    return this.#run.index
  }

  get signal(): AbortSignal {
    return signalOf(this.#scope)
  }

  get log(): RunContext['log'] {
    const run = this.#run
    return (message: string, details?: JsonObject): void => {
      logLine(run, String(message) + (details === undefined ? '' : ` ${jsonOf(details)}`))
    }
  }

  get track(): RunContext['track'] {
    const run = this.#run
    return (result: PublishedResult): void => {
      run.tracked ??= []
      run.tracked.push(checkedResult(result))
    }
  }
}

/** A line of the log is no reason for a body to fail. */
function jsonOf(details: JsonObject): string {
  try {
    return JSON.stringify(details)
  } catch {
    return '[details that JSON cannot hold]'
  }
}
