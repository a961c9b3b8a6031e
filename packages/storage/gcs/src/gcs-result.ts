import { type Location, Result, type ResultMode, type ResultOptions, type Seal } from '@resultkit/core'
import { gcsStorage } from './gcs-storage.ts'
import type { GcsStorageOptions } from './options.ts'

/** Options of {@link gcsResult}: those of a Result, and where the objects lie. */
export type GcsResultOptions<
  T = unknown,
  L extends Location = undefined,
  M extends ResultMode = 'value',
  S extends Seal = undefined,
> = ResultOptions<T, L, M, S> & GcsStorageOptions

/**
 * A Result in Google Cloud Storage.
 *
 * @example
 * const scores = gcsResult({ bucket: 'lab', prefix: 'results', location: 'scores/{user}.json' })
 * const reference = await scores.write([1], { user: 'ada' })
 * await scores.read(reference)
 */
export function gcsResult<
  T = unknown,
  const L extends Location = undefined,
  M extends ResultMode = 'value',
  S extends Seal = undefined,
>(options: GcsResultOptions<T, L, M, S>): Result<T, L, M, S> {
  return new Result<T, L, M, S>({ storage: gcsStorage(options), ...options })
}
