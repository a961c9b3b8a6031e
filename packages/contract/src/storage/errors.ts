import type { ResultError, ResultStorage } from '@resultkit/core'
import { utf8 } from '../body.ts'
import type { ContractCase } from '../contract-case.ts'
import { expectRefusal, expectSame, expectThat } from '../expectation.ts'
import { get, put, remove, storageCase } from './use.ts'

const NAME = 'patients/jane-doe-4711'

function expectTyped(storage: ResultStorage, error: ResultError): void {
  const what = `the ${error.code} error`
  expectSame(`${what} has the key`, error.key, NAME)
  expectSame(`${what} has the storage's uri`, error.storage, storage.uri)
  expectSame(`${what} says whether a second attempt may succeed`, error.retryable, false)
  expectThat(error.operation !== '', `${what} names the operation`, 'it is empty')
  expectThat(error.message !== '', `${what} has a message`, 'it is empty')
  const printed = `${error.message} ${JSON.stringify(error)} ${String(error)} ${error.stack}`
  expectThat(!printed.includes('jane-doe'), `${what} does not print the key`, printed)
}

async function checkIfAbsent(storage: ResultStorage): Promise<void> {
  await put(storage, NAME, utf8('x'))
  const error = await expectRefusal('ifAbsent on an existing key fails', 'ALREADY_EXISTS', () =>
    put(storage, NAME, utf8('y'), { ifAbsent: true }),
  )
  expectTyped(storage, error)
}

async function checkIfMatch(storage: ResultStorage): Promise<void> {
  const { etag } = await put(storage, 'other', utf8('x'))
  const error = await expectRefusal('ifMatch on an absent key fails', 'PRECONDITION_FAILED', () =>
    put(storage, NAME, utf8('y'), { ifMatch: etag }),
  )
  expectTyped(storage, error)
}

async function checkDeleteIfMatch(storage: ResultStorage): Promise<void> {
  const { etag } = await put(storage, 'other', utf8('x'))
  const error = await expectRefusal('a conditional delete of an absent key fails', 'PRECONDITION_FAILED', () =>
    remove(storage, NAME, { ifMatch: etag }),
  )
  expectTyped(storage, error)
}

async function checkNotModified(storage: ResultStorage): Promise<void> {
  const { etag } = await put(storage, NAME, utf8('x'))
  const error = await expectRefusal('ifNoneMatch of the same version fails', 'NOT_MODIFIED', () =>
    get(storage, NAME, { ifNoneMatch: etag }),
  )
  expectTyped(storage, error)
}

async function checkTooLarge(storage: ResultStorage): Promise<void> {
  await put(storage, NAME, utf8('12345'))
  const error = await expectRefusal('more than maxBytes fails', 'TOO_LARGE', () => get(storage, NAME, { maxBytes: 4 }))
  expectTyped(storage, error)
}

async function checkWrongSize(storage: ResultStorage): Promise<void> {
  const body = async function* (): AsyncGenerator<Uint8Array> {
    yield utf8('12345')
  }
  const error = await expectRefusal('a stream of another size than announced fails', undefined, () =>
    put(storage, NAME, body, { size: 4 }),
  )
  expectTyped(storage, error)
}

/** What an error has, and what it never prints. */
export const errorCases: readonly ContractCase<ResultStorage>[] = [
  storageCase('errors: ALREADY_EXISTS has key and storage, and prints neither', ['ifAbsent'], checkIfAbsent),
  storageCase('errors: PRECONDITION_FAILED of write has key and storage', ['ifMatch'], checkIfMatch),
  storageCase('errors: PRECONDITION_FAILED of delete has key and storage', ['deleteIfMatch'], checkDeleteIfMatch),
  storageCase('errors: NOT_MODIFIED has key and storage', ['readConditions'], checkNotModified),
  storageCase('errors: TOO_LARGE has key and storage', [], checkTooLarge),
  storageCase('errors: a wrong size has key and storage', [], checkWrongSize),
]
