import type { FindOutcome, ResultReference } from '@resultkit/core'
import { formatAge } from './table.ts'

/** What happened at one step, for the report. */
export interface StepRow {
  readonly step: string
  readonly outcome: 'hit' | 'computed'
  readonly why: string
  readonly reference: ResultReference
}

/** Takes what is stored when it is still good, else computes and stores it; says which and why. */
export async function step<V>(
  name: string,
  found: FindOutcome<V>,
  compute: () => Promise<ResultReference<V>>,
): Promise<StepRow> {
  if (found.status !== 'hit' || found.reference === undefined) {
    return { step: name, outcome: 'computed', why: reason(found), reference: await compute() }
  }
  const age = Date.now() - (found.record.createdAt?.getTime() ?? 0)
  const why = `written ${formatAge(age)} ago, digest verified`
  return { step: name, outcome: 'hit', why, reference: found.reference }
}

function reason<V>(found: FindOutcome<V>): string {
  if (found.status === 'miss') return 'nothing was stored there'
  if (found.status === 'expired') return found.reason === 'maxAge' ? 'older than cacheFor' : 'it had expired'
  return found.status === 'invalid' ? 'it no longer passes its validators' : 'streams are read anew'
}
