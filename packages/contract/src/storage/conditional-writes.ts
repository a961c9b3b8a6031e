import type { ByteSource, ResultStorage } from '@resultkit/core'
import { cut, pattern, spiedPieces, utf8 } from '../body.ts'
import type { Capability, ContractCase } from '../contract-case.ts'
import { expectBytes, expectRefusal, expectSame } from '../expectation.ts'
import { expectAbsent, expectListed, get, put, remove, statOf, storageCase } from './use.ts'

type Form = (bytes: Uint8Array) => ByteSource

const FORMS: readonly { readonly form: string; readonly suffix: '' | 'Stream'; readonly body: Form }[] = [
  { form: 'bytes', suffix: '', body: (bytes) => bytes },
  { form: 'stream', suffix: 'Stream', body: (bytes) => spiedPieces(cut(bytes, [1, 60_000])).source },
]

const OLD = pattern(70_000, 1)
const NEW = pattern(70_000, 2)

async function checkIfAbsent(storage: ResultStorage, body: Form): Promise<void> {
  const written = await put(storage, 'fresh', body(OLD), { ifAbsent: true })
  expectBytes('ifAbsent writes a new key', await get(storage, 'fresh'), OLD)
  const promised = 'ifAbsent on an existing key is ALREADY_EXISTS'
  await expectRefusal(promised, 'ALREADY_EXISTS', () => put(storage, 'fresh', body(NEW), { ifAbsent: true }))
  expectBytes('a refused ifAbsent leaves the value', await get(storage, 'fresh'), OLD)
  expectSame('a refused ifAbsent leaves the etag', (await statOf(storage, 'fresh')).etag, written.etag)
  await put(storage, 'empty', new Uint8Array(0))
  await expectRefusal('ifAbsent meets an object of 0 bytes', 'ALREADY_EXISTS', () =>
    put(storage, 'empty', body(NEW), { ifAbsent: true }),
  )
  await expectListed(storage, ['empty', 'fresh'], 'a refused ifAbsent leaves nothing in the listing')
  await remove(storage, 'fresh')
  await put(storage, 'fresh', body(NEW), { ifAbsent: true })
  expectBytes('ifAbsent writes a key that was deleted', await get(storage, 'fresh'), NEW)
}

async function checkIfMatch(storage: ResultStorage, body: Form): Promise<void> {
  const first = await put(storage, 'match', OLD)
  const second = await put(storage, 'match', body(NEW), { ifMatch: first.etag })
  expectBytes('ifMatch with the current etag writes', await get(storage, 'match'), NEW)
  expectSame('the etag of a conditional write is the current one', (await statOf(storage, 'match')).etag, second.etag)
  await put(storage, 'match', body(OLD.subarray(1)), { ifMatch: second.etag })
  expectBytes('ifMatch can follow ifMatch', await get(storage, 'match'), OLD.subarray(1))
}

async function checkIfMatchStale(storage: ResultStorage, body: Form): Promise<void> {
  const stale = await put(storage, 'stale', OLD)
  const current = await put(storage, 'stale', NEW)
  const other = await put(storage, 'other', utf8('another object'))
  for (const ifMatch of [stale.etag, other.etag, 'no-such-version']) {
    const promised = `ifMatch with another etag (${ifMatch}) is PRECONDITION_FAILED`
    await expectRefusal(promised, 'PRECONDITION_FAILED', () => put(storage, 'stale', body(OLD), { ifMatch }))
    expectBytes('a refused ifMatch leaves the value', await get(storage, 'stale'), NEW)
  }
  expectSame('a refused ifMatch leaves the etag', (await statOf(storage, 'stale')).etag, current.etag)
  await expectListed(storage, ['other', 'stale'], 'a refused ifMatch leaves nothing in the listing')
}

async function checkIfMatchAbsent(storage: ResultStorage, body: Form): Promise<void> {
  const { etag } = await put(storage, 'left', OLD)
  const promised = 'ifMatch on an absent key is PRECONDITION_FAILED'
  await expectRefusal(promised, 'PRECONDITION_FAILED', () => put(storage, 'never', body(NEW), { ifMatch: etag }))
  await expectAbsent(storage, 'never', 'a refused ifMatch creates nothing')
  await remove(storage, 'left')
  await expectRefusal(promised, 'PRECONDITION_FAILED', () => put(storage, 'left', body(NEW), { ifMatch: etag }))
  await expectAbsent(storage, 'left', 'a refused ifMatch does not bring a deleted key back')
}

async function checkDelete(storage: ResultStorage): Promise<void> {
  const stale = await put(storage, 'conditional', OLD)
  const current = await put(storage, 'conditional', NEW)
  const promised = 'delete with a stale ifMatch is PRECONDITION_FAILED'
  for (const ifMatch of [stale.etag, 'no-such-version']) {
    await expectRefusal(promised, 'PRECONDITION_FAILED', () => remove(storage, 'conditional', { ifMatch }))
    expectBytes('a refused delete leaves the value', await get(storage, 'conditional'), NEW)
  }
  await remove(storage, 'conditional', { ifMatch: current.etag })
  await expectAbsent(storage, 'conditional', 'delete with the current etag deletes')
  const absent = 'delete with ifMatch on an absent key is PRECONDITION_FAILED'
  await expectRefusal(absent, 'PRECONDITION_FAILED', () => remove(storage, 'conditional', { ifMatch: current.etag }))
}

const writeCases = FORMS.flatMap(({ form, suffix, body }) => {
  const ifAbsent: Capability = `ifAbsent${suffix}`
  const ifMatch: Capability = `ifMatch${suffix}`
  return [
    storageCase(`ifAbsent (${form}): creates, and leaves what exists`, [ifAbsent], (s) => checkIfAbsent(s, body)),
    storageCase(`ifMatch (${form}): replaces the current version`, [ifMatch], (s) => checkIfMatch(s, body)),
    storageCase(`ifMatch (${form}): another etag is PRECONDITION_FAILED`, [ifMatch], (s) => checkIfMatchStale(s, body)),
    storageCase(`ifMatch (${form}): on an absent key is PRECONDITION_FAILED`, [ifMatch], (s) =>
      checkIfMatchAbsent(s, body),
    ),
  ]
})

/** `ifAbsent` and `ifMatch` of `write` and `delete`, one caller at a time. */
export const conditionalWriteCases: readonly ContractCase<ResultStorage>[] = [
  ...writeCases,
  storageCase('delete: ifMatch removes the current version alone', ['deleteIfMatch'], checkDelete),
]
