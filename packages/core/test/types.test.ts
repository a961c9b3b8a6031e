import {
  createResultStore,
  type InputOf,
  memoryResult,
  memoryStorage,
  ndjson,
  type ParametersOf,
  type ReferenceSealer,
  Result,
  type ResultOptions,
  type ResultReference,
  type SealedReference,
  type,
} from '@resultkit/core'
import * as v from 'valibot'
import { expect, expectTypeOf, test } from 'vitest'
import { z } from 'zod'

// Nothing here runs: the compiler is the test. It is part of `npm test`, through tsc -b.
const never = (): boolean => false

test('T is inferred from the validators', () => {
  expectTypeOf(memoryResult({ validators: [z.array(z.number())] })).toEqualTypeOf<Result<number[]>>()
  expectTypeOf(memoryResult({ validators: [v.object({ a: v.string() })] })).toEqualTypeOf<Result<{ a: string }>>()
  expectTypeOf(memoryResult({ validators: [type<Date>()] })).toEqualTypeOf<Result<Date>>()
  expectTypeOf(new Result({ validators: [(value: string) => value !== ''] })).toEqualTypeOf<Result<string>>()
  expectTypeOf(memoryResult({})).toEqualTypeOf<Result<unknown>>()
  const scores = memoryResult({ validators: [type<number[]>()], location: 'x' })
  if (never()) {
    expectTypeOf(scores.read()).resolves.toEqualTypeOf<number[]>()
    expectTypeOf(scores.write([1])).resolves.toEqualTypeOf<ResultReference<number[]>>()
    // @ts-expect-error a string is not number[]
    scores.write('1')
  }
  expect(scores).toBeInstanceOf(Result)
})

test('parameters are inferred from a literal location', () => {
  type At<L extends string> = ParametersOf<L>
  expectTypeOf<At<'a/{user}.json'>>().toEqualTypeOf<{ readonly user: string | number | bigint | boolean }>()
  expectTypeOf<At<'{date:yyyy-MM-dd}/{+path}'>>().toEqualTypeOf<{
    readonly date: Date
    readonly path: string | number | bigint | boolean
  }>()
  expectTypeOf<keyof At<'{{literal}}/{a}{{b}}{c}'>>().toEqualTypeOf<'a' | 'c'>()
  expectTypeOf<At<'no/parameters'>>().toEqualTypeOf<Readonly<Record<string, never>>>()
  expectTypeOf<ParametersOf<(context: { run: number }) => string>>().toEqualTypeOf<{ run: number }>()

  const scores = memoryResult({ location: 'scores/{date:yyyy-MM-dd}/{user}.json', validators: [type<number>()] })
  if (never()) {
    scores.write(1, { date: new Date(), user: 'ada' })
    scores.read('a/key')
    scores.read({} as ResultReference<number>)
    // @ts-expect-error the location needs parameters
    scores.write(1)
    // @ts-expect-error user is missing
    scores.read({ date: new Date() })
    // @ts-expect-error a formatted parameter is a Date
    scores.find({ date: '2026-11-22', user: 'ada' })
    // @ts-expect-error a misspelt option
    memoryResult({ cacheFro: '1d' })
    // @ts-expect-error not a duration
    memoryResult({ cacheFor: '1 day' })
  }
  expect(scores.location).toContain('{user}')
})

test('find narrows on its status', () => {
  const result = memoryResult({ location: 'x', validators: [type<number>()] })
  if (never()) {
    void result.find().then((found) => {
      if (found.status === 'hit') expectTypeOf(found.value).toEqualTypeOf<number>()
      // @ts-expect-error a miss has no value
      if (found.status === 'miss') found.value
      if (found.status === 'expired') expectTypeOf(found.reason).toEqualTypeOf<'expiresAt' | 'maxAge'>()
    })
  }
})

test('a stream serializer makes values streams of items', () => {
  const rows = memoryResult({ location: 'x', serializer: ndjson(), validators: [z.object({ n: z.number() })] })
  if (never()) expectTypeOf(rows.read()).resolves.toEqualTypeOf<AsyncIterable<{ n: number }>>()
  expectTypeOf<InputOf<string, 'stream'>>().toExtend<object>()
})

test('seal makes write return a string', () => {
  const keyring: ReferenceSealer = { seal: async (json) => json, open: async (token) => token }
  const result = memoryResult({ location: 'x', seal: { keyring }, validators: [type<number>()] })
  if (never()) expectTypeOf(result.write(1)).resolves.toEqualTypeOf<SealedReference<number>>()
})

test('a store that seals says so in its types', () => {
  const keyring: ReferenceSealer = { seal: async (json) => json, open: async (token) => token }
  const sealing = createResultStore({ storages: { m: memoryStorage() }, keyring, seal: true })
  const open = createResultStore({ storages: { m: memoryStorage() } })
  if (never()) {
    expectTypeOf(sealing.result('m', { validators: [type<number>()] }).write(1)).resolves.toEqualTypeOf<
      SealedReference<number>
    >()
    expectTypeOf(open.result('m', { validators: [type<number>()] }).write(1)).resolves.toEqualTypeOf<
      ResultReference<number>
    >()
  }
})

test('options in the place of parameters do not compile', () => {
  const fixed = memoryResult({ location: 'fixed' })
  const dated = memoryResult()
  if (never()) {
    fixed.write(1, {}, { ifAbsent: true })
    dated.write(1, undefined, { ifAbsent: true })
    fixed.find('a/key', { maxAge: 0 })
    // @ts-expect-error the location has no parameters
    fixed.write(1, { ifAbsent: true })
    // @ts-expect-error the location has no parameters
    fixed.find({ maxAge: 0 })
    // @ts-expect-error there is no location, so that there are no parameters
    dated.write(1, { ifAbsent: true })
  }
})

test('a Result of something is a Result of unknown', () => {
  const scores: Result<number[], 'a/{user}'> = memoryResult({ location: 'a/{user}', validators: [type<number[]>()] })
  const any: Result<unknown, 'a/{user}'> = scores
  expect(any).toBe(scores)
})

test("a stranger's factory is one line", () => {
  const factory = <T = unknown, const L extends string | undefined = undefined>(
    o: { bucket: string } & ResultOptions<T, L>,
  ): Result<T, L> => new Result<T, L>({ ...o, name: o.bucket })
  expectTypeOf(factory({ bucket: 'b', location: '{a}', validators: [type<1>()] })).toEqualTypeOf<Result<1, '{a}'>>()
})
