import { isResultError, type Layer, type ResultStorage } from '@resultkit/core'
import { type ContractCase, contractCase } from '../contract-case.ts'
import { expectThat } from '../expectation.ts'
import { show } from '../show.ts'
import { type SeenCall, spiedStorage } from './spy.ts'

/** The case of one layer. */
export function layerCase(name: string, check: (layer: Layer) => Promise<void>): ContractCase<Layer> {
  return contractCase(name, [], check)
}

/** A layer over a {@link spiedStorage}. */
export function layered(
  layer: Layer,
  change: Partial<ResultStorage> = {},
): { readonly storage: ResultStorage; readonly calls: readonly SeenCall[]; readonly inner: ResultStorage } {
  const { storage: inner, calls } = spiedStorage(change)
  return { storage: layer(inner), calls, inner }
}

const REFUSALS = ['UNSUPPORTED', 'ACCESS_DENIED']

/**
 * What `attempt` gives, or `undefined` when the layer itself refuses the operation, as one for reading alone does: typed,
 * and without asking the storage below.
 */
export async function unlessRefused<Value>(
  calls: readonly SeenCall[],
  attempt: () => Promise<Value>,
): Promise<{ readonly value: Value } | undefined> {
  const before = calls.length
  try {
    return { value: await attempt() }
  } catch (error) {
    if (!isResultError(error) || !REFUSALS.includes(error.code) || calls.length > before) throw error
    expectThat(!error.retryable, 'a refusal of a layer is not retryable', () => show(error))
    return undefined
  }
}
