import type { ResultStorage } from '@resultkit/core'
import type { ContractCase } from '../contract-case.ts'
import { abortCases } from './abort.ts'
import { atomicityCases } from './atomicity.ts'
import { conditionalReadCases } from './conditional-reads.ts'
import { conditionalWriteCases } from './conditional-writes.ts'
import { errorCases } from './errors.ts'
import { flagCases } from './flags.ts'
import { identityCases } from './identity.ts'
import { keyCases } from './keys.ts'
import { listingCases } from './listing.ts'
import { nestedKeyCases } from './nested-keys.ts'
import { ownershipCases } from './ownership.ts'
import { presenceCases } from './presence.ts'
import { raceCases } from './races.ts'
import { rangeCases } from './ranges.ts'
import { roundTripCases } from './round-trip.ts'
import { statCases } from './stat.ts'
import { streamCases } from './streams.ts'

/** What every storage promises. `open()` gives a storage that is fresh and empty; a case opens it once. */
export const storageContract: readonly ContractCase<ResultStorage>[] = [
  ...identityCases,
  ...roundTripCases,
  ...presenceCases,
  ...statCases,
  ...keyCases,
  ...nestedKeyCases,
  ...conditionalWriteCases,
  ...conditionalReadCases,
  ...raceCases,
  ...flagCases,
  ...atomicityCases,
  ...abortCases,
  ...streamCases,
  ...rangeCases,
  ...listingCases,
  ...ownershipCases,
  ...errorCases,
]
