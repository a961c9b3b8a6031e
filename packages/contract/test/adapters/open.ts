import type { ResultStorage } from '@resultkit/core'
import { limitedStorage } from '../storages.ts'

export function open(): ResultStorage {
  return limitedStorage({ list: true, ranges: true, ifAbsent: true })
}
