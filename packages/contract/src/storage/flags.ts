import { isResultError, type ResultStorage } from '@resultkit/core'
import { spiedPieces, utf8 } from '../body.ts'
import type { Capability, ContractCase } from '../contract-case.ts'
import { expectBytes, expectRefusal, expectSame, expectThat } from '../expectation.ts'
import { show } from '../show.ts'
import { entries, expectAbsent, get, put, remove, storageCase } from './use.ts'

const VALUE = utf8('value')
const ETAG = '"0123456789abcdef"'

type Flag = Exclude<Capability, 'nestedKeys' | 'writeId'>
type Attempt = (storage: ResultStorage) => Promise<unknown>

/** What comes of it is for the cases of that operation; here it must only not be UNSUPPORTED. */
async function checkServed(storage: ResultStorage, flag: Flag, attempts: readonly Attempt[]): Promise<void> {
  await put(storage, 'present', VALUE)
  for (const attempt of attempts) {
    const outcome = await attempt(storage).catch((error: unknown) => error)
    const unsupported = isResultError(outcome) && outcome.code === 'UNSUPPORTED'
    expectThat(!unsupported, `with the capability ${flag} nothing of it is UNSUPPORTED`, () => show(outcome))
  }
}

/** An attempt on an absent key must be refused too: before any I/O nobody can know that it is absent. */
async function checkRefused(storage: ResultStorage, flag: Flag, attempts: readonly Attempt[]): Promise<void> {
  await put(storage, 'present', VALUE)
  for (const attempt of attempts) {
    const promised = `without the capability ${flag} all of it is UNSUPPORTED, before any I/O`
    const error = await expectRefusal(promised, 'UNSUPPORTED', () => attempt(storage))
    expectThat(isResultError(error) && !error.retryable, 'UNSUPPORTED is not retryable', 'it is')
  }
  expectBytes('a refused condition changes nothing', await get(storage, 'present'), VALUE)
  await expectAbsent(storage, 'absent', 'a refused condition writes nothing')
}

function flagCase(flag: Flag, what: string, attempts: readonly Attempt[]): ContractCase<ResultStorage> {
  const name = `flag ${flag}: ${what} is served, or refused before any I/O, as the flag says`
  return storageCase(name, [], (storage) =>
    storage.capabilities[flag] ? checkServed(storage, flag, attempts) : checkRefused(storage, flag, attempts),
  )
}

function streamFlagCase(
  flag: 'ifAbsentStream' | 'ifMatchStream',
  condition: { readonly ifAbsent: true } | { readonly ifMatch: string },
): ContractCase<ResultStorage> {
  const name = `flag ${flag}: a stream with that condition is served, or refused unread, as the flag says`
  return storageCase(name, [], async (storage) => {
    const body = spiedPieces([utf8('a stream')])
    const attempts = ['absent', 'present'].map(
      (name): Attempt =>
        (s) =>
          put(s, name, body.source, condition),
    )
    if (storage.capabilities[flag]) return checkServed(storage, flag, attempts)
    await checkRefused(storage, flag, attempts)
    expectSame('a refused write does not ask for its body', body.seen.asked, 0)
  })
}

/** Every flag is true to what the storage does: what it says it cannot do is refused before any I/O. */
export const flagCases: readonly ContractCase<ResultStorage>[] = [
  flagCase('ifAbsent', 'write with ifAbsent', [
    (s) => put(s, 'absent', utf8('other'), { ifAbsent: true }),
    (s) => put(s, 'present', utf8('other'), { ifAbsent: true }),
  ]),
  flagCase('ifMatch', 'write with ifMatch', [
    (s) => put(s, 'absent', utf8('other'), { ifMatch: ETAG }),
    (s) => put(s, 'present', utf8('other'), { ifMatch: ETAG }),
  ]),
  flagCase('deleteIfMatch', 'delete with ifMatch', [
    (s) => remove(s, 'absent', { ifMatch: ETAG }),
    (s) => remove(s, 'present', { ifMatch: ETAG }),
  ]),
  flagCase('readConditions', 'a conditional read', [
    (s) => get(s, 'absent', { ifMatch: ETAG }),
    (s) => get(s, 'absent', { ifNoneMatch: ETAG }),
    (s) => get(s, 'present', { ifMatch: ETAG }),
    (s) => get(s, 'present', { ifNoneMatch: ETAG }),
  ]),
  flagCase('ranges', 'a ranged read', [
    (s) => get(s, 'absent', { range: { start: 0, end: 1 } }),
    (s) => get(s, 'present', { range: { start: -1 } }),
  ]),
  flagCase('list', 'list', [(s) => entries(s), (s) => entries(s, 'present')]),
  streamFlagCase('ifAbsentStream', { ifAbsent: true }),
  streamFlagCase('ifMatchStream', { ifMatch: ETAG }),
]
