import type { Result } from '@resultkit/core'
import type { ContractCase } from '../contract-case.ts'
import { basicCases } from './basics.ts'
import { conditionCases } from './conditions.ts'
import { integrityCases } from './integrity.ts'
import { policyCases } from './policies.ts'
import { referenceCases } from './references.ts'

/**
 * What every Result promises, whatever its storage, serializer and codecs. `open()` gives a Result without a location, with
 * `format: 'record'` and a serializer that takes JSON values, on a storage that is fresh, empty and keeps conditions.
 */
export const resultContract: readonly ContractCase<Result>[] = [
  ...basicCases,
  ...referenceCases,
  ...conditionCases,
  ...integrityCases,
  ...policyCases,
]
