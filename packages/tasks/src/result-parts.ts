import type { Result, ResultParts } from '@resultkit/core'

/** What a Result keeps records with. Asked of its own class: where a process has two copies of core, each knows its own. */
export function partsOf(result: object): ResultParts {
  return (result.constructor as typeof Result).parts(result as Result<never>)
}
