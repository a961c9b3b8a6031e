import { isResultError, type ResultStorage } from '@resultkit/core'
import { spiedPieces, utf8 } from '../body.ts'
import type { ContractCase } from '../contract-case.ts'
import { expectFailure, expectSame, expectThat } from '../expectation.ts'
import { show } from '../show.ts'
import { settles } from '../timing.ts'
import { CALL, entries, key, put, reading, remove, storageCase } from './use.ts'

const NAME = 'patients/jane-doe-4711'

type Attempt = (storage: ResultStorage) => Promise<unknown>

/** An outage must be told from every answer that a working storage gives. */
async function checkFailure(storage: ResultStorage, operation: string, attempt: Attempt): Promise<void> {
  const promised = `${operation} fails with a ResultError when the service cannot answer`
  const error = await settles(
    promised,
    expectFailure(promised, () => attempt(storage)),
    60_000,
  )
  expectThat(isResultError(error), promised, () => `it failed with ${show(error)}`)
  const outage = ['UNAVAILABLE', 'TIMEOUT', 'ACCESS_DENIED', 'CONFIG'].includes(error.code)
  expectThat(outage, `${promised} that says so`, error.code)
  expectSame(`${promised} that has the storage's uri`, error.storage, storage.uri)
  if (operation !== 'list') expectSame(`${promised} that has the key`, error.key, NAME)
  expectThat(error.cause !== undefined, `${promised} that has the cause`, 'it has none')
  expectThat(
    !`${error.message} ${error.stack}`.includes('jane-doe'),
    `${promised} that does not print the key`,
    error.message,
  )
}

const ATTEMPTS: Readonly<Record<string, Attempt>> = {
  read: (s) => s.read(key(NAME), reading()),
  'write of bytes': (s) => put(s, NAME, utf8('value')),
  'write of a stream': (s) => put(s, NAME, spiedPieces([utf8('value')]).source),
  stat: (s) => s.stat(key(NAME), CALL),
  delete: (s) => remove(s, NAME),
}

/**
 * An outage is never a miss. `open()` gives a storage whose service cannot answer: a closed port, revoked
 * credentials, a directory that is a file. Leave retries off or few.
 */
export const outageContract: readonly ContractCase<ResultStorage>[] = [
  ...Object.entries(ATTEMPTS).map(([operation, attempt]) =>
    storageCase(`outage: ${operation} fails, and says nothing about the key being there`, [], (storage) =>
      checkFailure(storage, operation, attempt),
    ),
  ),
  storageCase('outage: list fails, and does not end as if it were empty', ['list'], (storage) =>
    checkFailure(storage, 'list', (s) => entries(s)),
  ),
]
