import type { ResultStorage } from '@resultkit/core'
import { pattern, utf8 } from '../body.ts'
import type { ContractCase } from '../contract-case.ts'
import { expectBytes, expectRefusal, expectSame } from '../expectation.ts'
import { get, key, put, reading, storageCase } from './use.ts'

const OLD = pattern(5000, 1)
const NEW = pattern(5000, 2)

async function checkIfMatch(storage: ResultStorage): Promise<void> {
  const stale = await put(storage, 'read', OLD)
  const current = await put(storage, 'read', NEW)
  expectBytes('ifMatch with the current etag reads', await get(storage, 'read', { ifMatch: current.etag }), NEW)
  for (const ifMatch of [stale.etag, 'no-such-version']) {
    const promised = 'read with a stale ifMatch is PRECONDITION_FAILED'
    await expectRefusal(promised, 'PRECONDITION_FAILED', () => get(storage, 'read', { ifMatch }))
  }
}

async function checkIfNoneMatch(storage: ResultStorage): Promise<void> {
  const stale = await put(storage, 'read', OLD)
  const promised = 'read with ifNoneMatch of the same version is NOT_MODIFIED'
  await expectRefusal(promised, 'NOT_MODIFIED', () => get(storage, 'read', { ifNoneMatch: stale.etag }))
  const current = await put(storage, 'read', NEW)
  expectBytes('ifNoneMatch of another version reads', await get(storage, 'read', { ifNoneMatch: stale.etag }), NEW)
  await expectRefusal(promised, 'NOT_MODIFIED', () => get(storage, 'read', { ifNoneMatch: current.etag }))
}

async function checkAbsent(storage: ResultStorage): Promise<void> {
  const { etag } = await put(storage, 'other', utf8('x'))
  for (const options of [{ ifMatch: etag }, { ifNoneMatch: etag }]) {
    const object = await storage.read(key('absent'), reading(options))
    expectSame('a conditional read of an absent key is undefined', object, undefined)
  }
}

async function checkRanged(storage: ResultStorage): Promise<void> {
  const { etag } = await put(storage, 'read', OLD)
  const range = { start: 10, end: 20 }
  expectBytes(
    'ifMatch and a range go together',
    await get(storage, 'read', { range, ifMatch: etag }),
    OLD.subarray(10, 20),
  )
  await put(storage, 'read', NEW)
  await expectRefusal('a ranged read of another version is PRECONDITION_FAILED', 'PRECONDITION_FAILED', () =>
    get(storage, 'read', { range, ifMatch: etag }),
  )
}

/** `ifMatch` and `ifNoneMatch` of `read`. */
export const conditionalReadCases: readonly ContractCase<ResultStorage>[] = [
  storageCase('read: ifMatch reads the named version alone', ['readConditions'], checkIfMatch),
  storageCase('read: ifNoneMatch of the same version is NOT_MODIFIED', ['readConditions'], checkIfNoneMatch),
  storageCase('read: conditions on an absent key are undefined', ['readConditions'], checkAbsent),
  storageCase('read: ifMatch with a range', ['readConditions', 'ranges'], checkRanged),
]
