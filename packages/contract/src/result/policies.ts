import type { Result } from '@resultkit/core'
import type { ContractCase } from '../contract-case.ts'
import { expectRefusal, expectSame, expectThat } from '../expectation.ts'
import { expectValue, isEncrypting, resultCase } from './use.ts'

const START = Date.parse('2026-11-22T12:00:00.000Z')
const HOUR = 3_600_000

async function checkExpiry(result: Result): Promise<void> {
  const at = (now: number): Result => result.with({ clock: () => now })
  const expiresAt = new Date(START + HOUR)
  const reference = await at(START).write({ v: 1 }, 'expiring', { expiresAt })
  const before = at(START + HOUR - 1)
  expectValue('a result is read one millisecond before it expires', await before.read(reference), { v: 1 })
  expectSame('a result is a hit one millisecond before it expires', (await before.find('expiring')).status, 'hit')
  const after = at(START + HOUR)
  await expectRefusal('a result is EXPIRED at expiresAt', 'EXPIRED', () => after.read('expiring'))
  await expectRefusal('a result is EXPIRED at expiresAt, by reference', 'EXPIRED', () => after.read(reference))
  const found = await after.find(reference)
  expectThat(found.status === 'expired', 'find says expired at expiresAt', found.status)
  expectSame('find says which limit has passed', found.reason, 'expiresAt')
  expectSame('find says when', found.record.expiresAt?.getTime(), expiresAt.getTime())
  expectSame('an expired result exists', await after.exists('expiring'), true)
  expectSame(
    'an expired result can be described',
    (await after.describe('expiring'))?.expiresAt?.getTime(),
    expiresAt.getTime(),
  )
  await expectRefusal('an expired result exists for ifAbsent', 'ALREADY_EXISTS', () =>
    after.write({ v: 2 }, 'expiring', { ifAbsent: true }),
  )
  await after.write({ v: 2 }, 'expiring', { ifMatch: found.record.etag })
  expectValue('an expired result can be replaced', await after.read('expiring'), { v: 2 })
}

async function checkMaxAge(result: Result): Promise<void> {
  const at = (now: number): Result => result.with({ clock: () => now })
  await at(START).write({ v: 1 }, 'aging')
  const status = async (now: number): Promise<string> => (await at(now).find('aging', { maxAge: '1h' })).status
  expectSame('a value younger than maxAge is a hit', await status(START + HOUR - 1), 'hit')
  expectSame('a value older than maxAge is expired', await status(START + HOUR + 1), 'expired')
  const later = START + HOUR + 1
  const cached = at(later).with({ cacheFor: '1h' })
  const found = await cached.find('aging')
  expectThat(found.status === 'expired', 'cacheFor is the maxAge of find', found.status)
  expectSame('find says which limit has passed', found.reason, 'maxAge')
  expectValue('cacheFor does not concern read', await cached.read('aging'), { v: 1 })
  expectSame('maxAge overrides cacheFor', (await cached.find('aging', { maxAge: '2h' })).status, 'hit')
}

const isPositive = (value: unknown): boolean => (value as { n: number }).n > 0

async function checkValidators(result: Result): Promise<void> {
  const positive = result.with({ validators: [isPositive] })
  await expectRefusal('an invalid value is VALIDATION_FAILED', 'VALIDATION_FAILED', () =>
    positive.write({ n: -1 }, 'valid'),
  )
  expectSame('an invalid value is not written', await result.exists('valid'), false)
  await positive.write({ n: 1 }, 'valid')
  expectValue('a valid value is written', await positive.read('valid'), { n: 1 })
  await positive.write({ n: -2 }, 'invalid', { validate: false })
  const found = await positive.find('invalid')
  expectThat(found.status === 'invalid', 'find of an invalid value says so', found.status)
  expectSame('find says who objects', found.reason, 'validators')
  await expectRefusal('read of an invalid value is VALIDATION_FAILED', 'VALIDATION_FAILED', () =>
    positive.read('invalid'),
  )
  expectValue('validate: false reads it', await positive.read('invalid', { validate: false }), { n: -2 })
  expectSame('validators never see a miss', (await positive.find('absent')).status, 'miss')
  expectSame('validate accepts', (await positive.validate({ n: 1 })).valid, true)
  expectSame('validate objects', (await positive.validate({ n: 0 })).valid, false)
  expectSame('validate takes more validators', (await positive.validate({ n: 1 }, [() => false])).valid, false)
}

async function checkCacheValidators(result: Result): Promise<void> {
  const now = START + 5
  const picky = result.with({
    clock: () => now,
    cacheValidators: [({ value }, context) => isPositive(value) && context.now.getTime() === now],
  })
  await picky.write({ n: 1 }, 'good')
  await picky.write({ n: -1 }, 'bad')
  expectSame('a cache validator agrees', (await picky.find('good')).status, 'hit')
  const found = await picky.find('bad')
  expectThat(found.status === 'invalid', 'a cache validator objects', found.status)
  expectSame('find says who objects', found.reason, 'cacheValidators')
  expectValue('cache validators do not concern read', await picky.read('bad'), { n: -1 })
}

async function checkMetadata(result: Result): Promise<void> {
  const metadata = { run: 7, tags: ['a', 'b'], nested: { on: true } }
  if (await isEncrypting(result)) {
    await expectRefusal('metadata with encryption is CONFIG', 'CONFIG', () => result.write(1, 'meta', { metadata }))
    return expectSame('a refused write stores nothing', await result.exists('meta'), false)
  }
  const reference = await result.write({ v: 1 }, 'meta', { metadata })
  expectValue('describe gives the metadata', (await result.describe(reference))?.metadata, metadata)
  const found = await result.find('meta')
  expectThat(found.status === 'hit', 'a written value is a hit', found.status)
  expectValue('find gives the metadata', found.record.metadata, metadata)
}

/** Expiry, validators, metadata. */
export const policyCases: readonly ContractCase<Result>[] = [
  resultCase('expiry: exact at the boundary, by the clock', checkExpiry),
  resultCase('expiry: maxAge and cacheFor concern find alone', checkMaxAge),
  resultCase('validators: invalid values are not written, and told from misses', checkValidators),
  resultCase('validators: of the cache concern find alone', checkCacheValidators),
  resultCase('metadata: kept, or CONFIG with encryption', checkMetadata),
]
