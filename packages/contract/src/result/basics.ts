import { collectBytes, type Result } from '@resultkit/core'
import type { ContractCase } from '../contract-case.ts'
import { expectBytes, expectList, expectRefusal, expectSame, expectThat } from '../expectation.ts'
import { expectValue, hitValue, listedKeys, resultCase } from './use.ts'

const VALUE = { scores: [1, 2.5, -3], name: 'Ada \u{1f600}', nested: { empty: {}, none: null } }

async function checkLifecycle(result: Result): Promise<void> {
  const reference = await result.write(VALUE, 'dir/value')
  expectValue('read gives what was written', await result.read('dir/value'), VALUE)
  expectValue('read by reference gives what was written', await result.read(reference), VALUE)
  expectValue('find gives what was written', await hitValue(result, 'dir/value', 'a written value is a hit'), VALUE)
  expectSame('exists is true after a write', await result.exists('dir/value'), true)
  expectSame('exists takes a reference', await result.exists(reference), true)
  expectList('list shows the key', await listedKeys(result), ['dir/value'])
  await result.delete(reference)
  expectSame('exists is false after a delete', await result.exists('dir/value'), false)
  expectSame('find misses after a delete', (await result.find(reference)).status, 'miss')
  await expectRefusal('read of a deleted result is NOT_FOUND', 'NOT_FOUND', () => result.read(reference))
}

const FALSY: readonly unknown[] = [null, false, 0, '', [], {}]

async function checkFalsy(result: Result): Promise<void> {
  for (const [index, value] of FALSY.entries()) {
    const reference = await result.write(value, `falsy/${index}`)
    const promised = `${JSON.stringify(value)} is a hit, not a miss`
    expectValue(promised, await hitValue(result, `falsy/${index}`, promised), value)
    expectValue(promised, await result.read(reference), value)
    expectSame(promised, await result.exists(reference), true)
  }
}

async function checkUndefined(result: Result): Promise<void> {
  const reference = await result.write(undefined, 'undefined').catch((error: unknown) => {
    expectSame('undefined is kept, or refused with SERIALIZE', (error as { code?: unknown }).code, 'SERIALIZE')
    return undefined
  })
  if (reference === undefined)
    return expectSame('a refused value is not stored', await result.exists('undefined'), false)
  const promised = 'undefined is a hit'
  expectSame(promised, await hitValue(result, 'undefined', promised), undefined)
  expectSame(promised, await result.read(reference), undefined)
}

async function checkAbsent(result: Result): Promise<void> {
  expectSame('find of an absent key is a miss', (await result.find('absent')).status, 'miss')
  expectSame('exists of an absent key is false', await result.exists('absent'), false)
  expectSame('stat of an absent key is undefined', await result.stat('absent'), undefined)
  expectSame('describe of an absent key is undefined', await result.describe('absent'), undefined)
  await result.delete('absent')
  const error = await expectRefusal('read of an absent key is NOT_FOUND', 'NOT_FOUND', () => result.read('absent'))
  expectSame('NOT_FOUND has the key', error.key, 'absent')
  expectSame('NOT_FOUND has the storage', error.storage, result.uri)
  await expectRefusal('stream of an absent key is NOT_FOUND', 'NOT_FOUND', () => collectBytes(result.stream('absent')))
}

async function checkNowhere(result: Result): Promise<void> {
  const first = await result.write(VALUE)
  const second = await result.write(VALUE)
  expectThat(first.key !== second.key, 'without a location every write has a place of its own', `both are ${first.key}`)
  expectValue('a result without a location is read by its reference', await result.read(first), VALUE)
  await expectRefusal('read without a place is INVALID_LOCATION', 'INVALID_LOCATION', () => result.read())
  const fixed = result.format()
  const reference = await fixed.write(VALUE)
  expectValue('format fixes the place', await fixed.read(), VALUE)
  expectSame('format fixes the place', (await fixed.write(VALUE)).key, reference.key)
}

async function checkLocation(result: Result): Promise<void> {
  const scores = result.with({ location: 'scores/{day:yyyy-MM-dd}/{user}.json' })
  const at = { day: new Date('2026-11-22T23:59:59Z'), user: '../../x/y' }
  const reference = await scores.write(VALUE, at)
  const segments = reference.key.split('/')
  expectSame('a parameter is one segment, whatever is in it', segments.length, 3)
  expectSame('dates are UTC', segments[1], '2026-11-22')
  expectValue('the same parameters find the value', await scores.read(at), VALUE)
  const missing = { day: at.day } as typeof at
  await expectRefusal('a missing parameter is INVALID_LOCATION', 'INVALID_LOCATION', () => scores.write(VALUE, missing))
  const empty = { ...at, user: '' }
  await expectRefusal('an empty parameter is INVALID_LOCATION', 'INVALID_LOCATION', () => scores.write(VALUE, empty))
  expectList('a place without a name stores nothing', await listedKeys(result), [reference.key])
}

async function checkFacts(result: Result): Promise<void> {
  const now = Date.parse('2026-11-22T12:00:00.000Z')
  const clocked = result.with({ clock: () => now })
  const { reference, stat } = await clocked.writeWithStat(VALUE, 'facts')
  expectSame('stat has the size of writeWithStat', (await clocked.stat('facts'))?.size, stat.size)
  expectSame('stat has the etag of writeWithStat', (await clocked.stat('facts'))?.etag, stat.etag)
  const info = await clocked.describe(reference)
  expectSame('describe has the key', info?.key, 'facts')
  expectSame('describe has the time by the clock', info?.createdAt?.getTime(), now)
  expectSame('describe has the etag', info?.etag, stat.etag)
  expectSame('describe has the serializer', JSON.stringify(info?.serializer), JSON.stringify(reference.serializer))
  expectList('describe has the codecs', info?.codecs ?? [], reference.codecs ?? [])
  const found = await clocked.find('facts')
  expectThat(found.status === 'hit', 'a written value is a hit', found.status)
  expectSame('find has the etag, for ifMatch', found.record.etag, stat.etag)
  expectValue('find has the reference of write', found.reference, reference)
}

async function checkStream(result: Result): Promise<void> {
  const long = { text: 'long '.repeat(200_000) }
  const reference = await result.write(long, 'long')
  expectValue('a long value comes back', await result.read(reference), long)
  const bytes = await collectBytes(result.stream(reference))
  expectThat(bytes.byteLength > 0, "stream gives the serializer's bytes", 'it gave none')
  expectBytes('stream by key gives the same bytes', await collectBytes(result.stream('long')), bytes)
  await expectRefusal('a value beyond maxBytes is TOO_LARGE', 'TOO_LARGE', () =>
    result.read(reference, { maxBytes: 1000 }),
  )
  await expectRefusal('find beyond maxBytes is TOO_LARGE', 'TOO_LARGE', () =>
    result.find(reference, { maxBytes: 1000 }),
  )
}

async function checkLaterChange(result: Result): Promise<void> {
  const value = { list: [1, 2, 3] }
  const writing = result.write(value, 'changed')
  value.list.push(4)
  const reference = await writing
  expectValue('changing a value after write has begun changes nothing', await result.read(reference), {
    list: [1, 2, 3],
  })
  const read = (await result.read(reference)) as typeof value
  read.list.push(5)
  expectValue('changing what was read changes nothing', await result.read(reference), { list: [1, 2, 3] })
}

async function checkSerialize(result: Result): Promise<void> {
  const error = await expectRefusal('a value that cannot be kept is SERIALIZE', 'SERIALIZE', () =>
    result.write({ list: [1, () => 1] }, 'refused'),
  )
  expectSame('SERIALIZE has the key', error.key, 'refused')
  expectSame('a refused value is not stored', await result.exists('refused'), false)
}

async function checkOverwrite(result: Result): Promise<void> {
  await result.write({ v: 1 }, 'over')
  await result.write({ v: 2, longer: 'x'.repeat(1000) }, 'over')
  expectValue('a second write replaces', await result.read('over'), { v: 2, longer: 'x'.repeat(1000) })
  expectList('a replaced result is listed once', await listedKeys(result), ['over'])
}

async function checkImmutable(result: Result): Promise<void> {
  const other = result.with({ validators: [() => false] })
  await result.write(VALUE, 'kept')
  expectSame('with() makes a new Result and leaves this one', (await result.find('kept')).status, 'hit')
  expectSame('with() replaces what it is given', (await other.find('kept')).status, 'invalid')
  await expectRefusal('a Result without a storage says UNSUPPORTED', 'UNSUPPORTED', () =>
    result.with({ storage: undefined }).read('kept'),
  )
}

/** The operations, one by one. */
export const basicCases: readonly ContractCase<Result>[] = [
  resultCase('basics: write, read, find, exists, list, delete', checkLifecycle),
  resultCase('basics: null, false, 0 and empty values are hits', checkFalsy),
  resultCase('basics: undefined is a hit, or refused', checkUndefined),
  resultCase('basics: absent is a miss, and NOT_FOUND for read', checkAbsent),
  resultCase('basics: a second write replaces', checkOverwrite),
  resultCase('basics: stat, describe and find say the same', checkFacts),
  resultCase('basics: stream, and maxBytes', checkStream),
  resultCase('basics: the stored value does not follow later changes', checkLaterChange),
  resultCase('basics: a value that cannot be kept is SERIALIZE, and not stored', checkSerialize),
  resultCase('basics: with() leaves the Result as it is', checkImmutable),
  resultCase('location: none, and a fixed one', checkNowhere),
  resultCase('location: parameters', checkLocation),
]
