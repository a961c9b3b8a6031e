import { type Location, Result, type ResultMode, type ResultOptions, type Seal } from '@resultkit/core'
import { azureStorage } from './azure-storage.ts'
import type { AzureStorageOptions } from './options.ts'

/** Options of {@link azureResult}: those of a Result, and where the blobs lie. */
export type AzureResultOptions<
  T = unknown,
  L extends Location = undefined,
  M extends ResultMode = 'value',
  S extends Seal = undefined,
> = ResultOptions<T, L, M, S> & AzureStorageOptions

/**
 * A Result in a container of Azure Blob Storage.
 *
 * @example
 * const scores = azureResult({ accountName: 'lab', container: 'results', location: 'scores/{user}.json' })
 * const reference = await scores.write([1], { user: 'ada' })
 * await scores.read(reference)
 */
export function azureResult<
  T = unknown,
  const L extends Location = undefined,
  M extends ResultMode = 'value',
  S extends Seal = undefined,
>(options: AzureResultOptions<T, L, M, S>): Result<T, L, M, S> {
  return new Result<T, L, M, S>({ storage: azureStorage(options), ...options })
}
