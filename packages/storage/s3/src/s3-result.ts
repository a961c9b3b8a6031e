import { type Location, Result, type ResultMode, type ResultOptions, type Seal } from '@resultkit/core'
import type { S3StorageOptions } from './options.ts'
import { s3Storage } from './s3-storage.ts'

/** Options of {@link s3Result}: those of a Result, and where the objects lie. */
export type S3ResultOptions<
  T = unknown,
  L extends Location = undefined,
  M extends ResultMode = 'value',
  S extends Seal = undefined,
> = ResultOptions<T, L, M, S> & S3StorageOptions

/**
 * A Result on S3, or on a server that speaks S3. The bucket has to exist.
 *
 * @example
 * const scores = s3Result({ bucket: 'lab', prefix: 'results', location: 'scores/{user}.json' })
 * const reference = await scores.write([1], { user: 'ada' })
 * await scores.read(reference)
 */
export function s3Result<
  T = unknown,
  const L extends Location = undefined,
  M extends ResultMode = 'value',
  S extends Seal = undefined,
>(options: S3ResultOptions<T, L, M, S>): Result<T, L, M, S> {
  return new Result<T, L, M, S>({ storage: s3Storage(options), ...options })
}
