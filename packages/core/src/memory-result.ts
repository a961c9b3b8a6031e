import type { Location } from './location.ts'
import { type MemoryStorageOptions, memoryStorage } from './memory.ts'
import type { ResultMode, ResultOptions, Seal } from './options.ts'
import { Result } from './result.ts'

/** Options of {@link memoryResult}: those of a Result; `name` also names the storage. */
export type MemoryResultOptions<
  T = unknown,
  L extends Location = undefined,
  M extends ResultMode = 'value',
  S extends Seal = undefined,
> = ResultOptions<T, L, M, S> & MemoryStorageOptions

/** A Result in this process's memory, for tests and for values that need not survive. */
export function memoryResult<
  T = unknown,
  const L extends Location = undefined,
  M extends ResultMode = 'value',
  S extends Seal = undefined,
>(options: MemoryResultOptions<T, L, M, S> = {}): Result<T, L, M, S> {
  return new Result<T, L, M, S>({ ...options, storage: options.storage ?? memoryStorage(options) })
}
