import { isResultError, memoryStorage, type Result } from '@resultkit/core'
import type { ContractCase } from '../contract-case.ts'
import { expectRefusal, expectSame, expectThat } from '../expectation.ts'
import { forEachOf } from '../timing.ts'
import { counting, expectValue, listedKeys, resultCase } from './use.ts'

async function checkIfAbsent(result: Result): Promise<void> {
  await result.write({ v: 1 }, 'once', { ifAbsent: true })
  await expectRefusal('ifAbsent on an existing result is ALREADY_EXISTS', 'ALREADY_EXISTS', () =>
    result.write({ v: 2 }, 'once', { ifAbsent: true }),
  )
  expectValue('a refused write leaves the value', await result.read('once'), { v: 1 })
}

async function checkIfMatch(result: Result): Promise<void> {
  await result.write({ v: 1 }, 'match')
  const found = await result.find('match')
  expectThat(found.status === 'hit', 'a written value is a hit', found.status)
  const ifMatch = found.record.etag
  const { stat } = await result.writeWithStat({ v: 2 }, 'match', { ifMatch })
  const stale = 'a stale ifMatch is PRECONDITION_FAILED'
  await expectRefusal(stale, 'PRECONDITION_FAILED', () => result.write({ v: 3 }, 'match', { ifMatch }))
  await expectRefusal(stale, 'PRECONDITION_FAILED', () => result.delete('match', { ifMatch }))
  expectValue('a refused write leaves the value', await result.read('match'), { v: 2 })
  await result.write({ v: 4 }, 'match', { ifMatch: stat.etag })
  expectValue('the etag of writeWithStat is current', await result.read('match'), { v: 4 })
}

async function checkRace(result: Result): Promise<void> {
  const values = Array.from({ length: 12 }, (_, writer) => ({ writer }))
  const won = await forEachOf(values, async (value) => {
    try {
      return await result.write(value, 'race', { ifAbsent: true })
    } catch (error) {
      expectThat(isResultError(error), 'a lost race is typed', `${error}`)
      expectSame('a lost race is ALREADY_EXISTS', error.code, 'ALREADY_EXISTS')
      return undefined
    }
  })
  const winners = won.flatMap((reference, writer) => (reference === undefined ? [] : [{ reference, writer }]))
  expectSame('of concurrent writers with ifAbsent one wins', winners.length, 1)
  for (const { reference, writer } of winners)
    expectValue("the winner's value is stored", await result.read(reference), { writer })
}

async function checkConcurrent(result: Result): Promise<void> {
  const values = Array.from({ length: 12 }, (_, writer) => ({ writer, text: `${writer}`.repeat(1000 * writer) }))
  const references = await Promise.all(values.map((value) => result.write(value, 'shared')))
  const read = (await result.read('shared')) as (typeof values)[number]
  expectValue('concurrent writers leave one whole value', read, values[read.writer])
  expectThat(references.length === 12, 'each writer gets its reference', 'they did not')
  const apart = await Promise.all(values.map((value) => result.write(value, `apart/${value.writer}`)))
  await forEachOf(apart, async (reference, writer) => {
    expectValue('concurrent writers of different keys do not meet', await result.read(reference), values[writer])
  })
  expectSame('each key is listed', (await listedKeys(result, 'apart/')).length, 12)
}

async function checkRequests(result: Result): Promise<void> {
  const { storage, seen } = counting(memoryStorage())
  const counted = result.with({ storage })
  const asked = async (work: () => Promise<unknown>): Promise<string> => {
    seen.length = 0
    await work()
    return seen.join()
  }
  expectSame('write is one request', await asked(() => counted.write({ v: 1 }, 'key')), 'write')
  expectSame('find is one request', await asked(() => counted.find('key')), 'read')
  expectSame('a miss is one request', await asked(() => counted.find('absent')), 'read')
  expectSame('read is one request', await asked(() => counted.read('key')), 'read')
  expectSame('exists reads no payload', await asked(() => counted.exists('key')), 'stat')
  expectSame('stat reads no payload', await asked(() => counted.stat('key')), 'stat')
  expectSame('describe is one request', await asked(() => counted.describe('key')), 'read')
}

async function checkAbort(result: Result): Promise<void> {
  await result.write({ v: 1 }, 'aborted')
  const reason = new Error('stop')
  const signal = AbortSignal.abort(reason)
  const attempts: Record<string, () => Promise<unknown>> = {
    write: () => result.write({ v: 2 }, 'aborted', { signal }),
    read: () => result.read('aborted', { signal }),
    find: () => result.find('aborted', { signal }),
    exists: () => result.exists('aborted', { signal }),
    describe: () => result.describe('aborted', { signal }),
    delete: () => result.delete('aborted', { signal }),
  }
  for (const [operation, attempt] of Object.entries(attempts))
    await expectRefusal(`${operation} with a signal that has fired is ABORTED`, 'ABORTED', attempt)
  expectValue('aborted operations change nothing', await result.read('aborted'), { v: 1 })
}

/** Conditions, concurrency, requests, abort. */
export const conditionCases: readonly ContractCase<Result>[] = [
  resultCase('conditions: ifAbsent', checkIfAbsent),
  resultCase('conditions: ifMatch with the etag of find and of writeWithStat', checkIfMatch),
  resultCase('conditions: of concurrent writers with ifAbsent one wins', checkRace),
  resultCase('concurrency: writers leave whole values', checkConcurrent),
  resultCase('requests: as few as possible', checkRequests),
  resultCase('abort: ABORTED, and nothing changes', checkAbort),
]
