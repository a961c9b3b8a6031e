import { type Location, Result, type ResultMode, type ResultOptions, type Seal } from '@resultkit/core'
import { fileStorage } from './file-storage.ts'
import type { FileStorageOptions } from './root.ts'

/** Options of {@link localResult}: those of a Result, and where the files lie. */
export type LocalResultOptions<
  T = unknown,
  L extends Location = undefined,
  M extends ResultMode = 'value',
  S extends Seal = undefined,
> = ResultOptions<T, L, M, S> & FileStorageOptions

/**
 * A Result on local disk. The directory is created by the first write.
 *
 * @example
 * const scores = localResult({ directory: 'results', location: 'scores/{user}.json' })
 * const reference = await scores.write([1], { user: 'ada' })
 * await scores.read(reference)
 */
export function localResult<
  T = unknown,
  const L extends Location = undefined,
  M extends ResultMode = 'value',
  S extends Seal = undefined,
>(options: LocalResultOptions<T, L, M, S> = {}): Result<T, L, M, S> {
  return new Result<T, L, M, S>({ ...options, storage: options.storage ?? fileStorage(options) })
}
