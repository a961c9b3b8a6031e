import type { Key } from './key.ts'
import type { Settings } from './options.ts'
import type { ResultReference } from './reference.ts'
import type { ResultStorage } from './storage.ts'

/** What is to be read, and from where. */
export interface Source {
  readonly settings: Settings
  readonly storage: ResultStorage
  readonly key: Key
  readonly reference: ResultReference | undefined
}
