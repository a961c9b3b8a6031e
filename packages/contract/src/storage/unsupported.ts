import { isResultError, type ResultStorage } from '@resultkit/core'
import { spiedPieces, utf8 } from '../body.ts'
import type { ContractCase } from '../contract-case.ts'
import { expectBytes, expectRefusal, expectSame, expectThat } from '../expectation.ts'
import { entries, expectAbsent, get, put, remove, storageCase } from './use.ts'

const VALUE = utf8('value')
const ETAG = '"0123456789abcdef"'

type Attempt = (storage: ResultStorage) => Promise<unknown>

/** An attempt on an absent key must be refused too: before any I/O nobody can know that it is absent. */
async function checkRefused(storage: ResultStorage, what: string, attempts: readonly Attempt[]): Promise<void> {
  await put(storage, 'present', VALUE)
  for (const attempt of attempts) {
    const promised = `without the capability ${what} is UNSUPPORTED, before any I/O`
    const error = await expectRefusal(promised, 'UNSUPPORTED', () => attempt(storage))
    expectThat(isResultError(error) && !error.retryable, 'UNSUPPORTED is not retryable', 'it is')
  }
  expectBytes('a refused condition changes nothing', await get(storage, 'present'), VALUE)
  await expectAbsent(storage, 'absent', 'a refused condition writes nothing')
}

function refused(
  capability: 'ifAbsent' | 'ifMatch' | 'deleteIfMatch' | 'readConditions' | 'ranges' | 'list',
  what: string,
  attempts: readonly Attempt[],
): ContractCase<ResultStorage> {
  const name = `unsupported: without ${capability}, ${what} is refused before any I/O`
  return storageCase(name, [`!${capability}`], (storage) => checkRefused(storage, what, attempts))
}

async function checkStreamRefused(
  storage: ResultStorage,
  condition: { readonly ifAbsent: true } | { readonly ifMatch: string },
): Promise<void> {
  const body = spiedPieces([utf8('never read')])
  const attempt =
    (name: string): Attempt =>
    (s) =>
      put(s, name, body.source, condition)
  await checkRefused(storage, 'the condition on a stream', [attempt('absent'), attempt('present')])
  expectSame('a refused write does not ask for its body', body.seen.asked, 0)
}

/** What a storage says it cannot do is refused before any I/O. */
export const unsupportedCases: readonly ContractCase<ResultStorage>[] = [
  refused('ifAbsent', 'write with ifAbsent', [
    (s) => put(s, 'absent', utf8('other'), { ifAbsent: true }),
    (s) => put(s, 'present', utf8('other'), { ifAbsent: true }),
  ]),
  refused('ifMatch', 'write with ifMatch', [
    (s) => put(s, 'absent', utf8('other'), { ifMatch: ETAG }),
    (s) => put(s, 'present', utf8('other'), { ifMatch: ETAG }),
  ]),
  refused('deleteIfMatch', 'delete with ifMatch', [
    (s) => remove(s, 'absent', { ifMatch: ETAG }),
    (s) => remove(s, 'present', { ifMatch: ETAG }),
  ]),
  refused('readConditions', 'a conditional read', [
    (s) => get(s, 'absent', { ifMatch: ETAG }),
    (s) => get(s, 'absent', { ifNoneMatch: ETAG }),
    (s) => get(s, 'present', { ifMatch: ETAG }),
    (s) => get(s, 'present', { ifNoneMatch: ETAG }),
  ]),
  refused('ranges', 'a ranged read', [
    (s) => get(s, 'absent', { range: { start: 0, end: 1 } }),
    (s) => get(s, 'present', { range: { start: -1 } }),
  ]),
  refused('list', 'list', [(s) => entries(s), (s) => entries(s, 'present')]),
  storageCase(
    'unsupported: without ifAbsentStream, a stream with ifAbsent is refused unread',
    ['!ifAbsentStream'],
    (s) => checkStreamRefused(s, { ifAbsent: true }),
  ),
  storageCase('unsupported: without ifMatchStream, a stream with ifMatch is refused unread', ['!ifMatchStream'], (s) =>
    checkStreamRefused(s, { ifMatch: ETAG }),
  ),
]
