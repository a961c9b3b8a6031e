import { memoryResult, type ResultError } from '@resultkit/core'
import fc from 'fast-check'
import { expect, test } from 'vitest'

const at = (location: string, parameters: object): string | undefined =>
  (memoryResult({ location }).format as (p: object) => { location: unknown })(parameters).location as string

const refusal = (location: string, parameters: object): ResultError => {
  try {
    at(location, parameters)
  } catch (error) {
    return error as ResultError
  }
  throw new Error('it was accepted')
}

test.each([
  ['{thing}/here.txt', { thing: 'yes!' }, 'yes!/here.txt'],
  [
    'scores/{date:yyyy-MM-dd}/{user}.json',
    { date: new Date('2026-11-22T23:59:59Z'), user: 'ada' },
    'scores/2026-11-22/ada.json',
  ],
  ['{d:yyyy/MM/dd/HH-mm-ss.SSS}', { d: new Date('2026-01-02T03:04:05.006Z') }, '2026/01/02/03-04-05.006'],
  ['{d:yyyyMMddTHHmmssZ}', { d: new Date('2026-01-02T03:04:05.006Z') }, '20260102T030405Z'],
  ['{user}', { user: '../../etc/passwd' }, '..%2F..%2Fetc%2Fpasswd'],
  ['{user}', { user: 'a/b' }, 'a%2Fb'],
  ['x-{user}', { user: '\0' }, 'x-%00'],
  ['{user}', { user: '..' }, '%2E%2E'],
  ['{user}', { user: '.' }, '%2E'],
  ['{+path}/x', { path: 'a/b c/d' }, 'a/b%20c/d/x'],
  ['{n}/{b}/{i}', { n: 1.5, b: false, i: 10n }, '1.5/false/10'],
  ['{user}', { user: 'Zoë' }, 'Zo%C3%AB'],
])('%s renders', (location, parameters, key) => {
  expect(at(location, parameters)).toBe(key)
})

test('a literal brace is doubled, also in a formatted location', async () => {
  const result = memoryResult({ location: '{{{name}}}.json' })
  const fixed = result.format({ name: 'x' })
  const reference = await fixed.write(1)
  expect(reference.key).toBe('{x}.json')
  expect(await fixed.read()).toBe(1)
})

test.each([
  ['{user}', {}, 'missing'],
  ['{user}', { user: '' }, 'empty'],
  ['{user}', { user: undefined }, 'missing'],
  ['{user}', { user: Number.NaN }, 'finite'],
  ['{user}', { user: { a: 1 } }, 'not a string'],
  ['{user}', { user: new Date() }, 'format'],
  ['{user}', { user: 'x'.repeat(2000) }, 'longer'],
  ['{user}', { user: '\ud800' }, 'surrogate'],
  ['{+path}', { path: '../../etc/passwd' }, '".."'],
  ['{+path}', { path: 'a//b' }, 'empty'],
  ['{+path}', { path: '/etc' }, 'empty'],
  ['{date:yyyy}', { date: '2026' }, 'Date'],
  ['{date:yyyy}', { date: new Date(Number.NaN) }, 'Date'],
  ['a//{user}', { user: 'x' }, 'an empty, "." or ".." segment'],
  ['.resultkit/{user}', { user: 'x' }, 'which is reserved'],
])('%s with %o is refused', (location, parameters, words) => {
  const error = refusal(location, parameters)
  expect(error.code).toBe('INVALID_LOCATION')
  expect(error.message).toContain(words)
})

test.each(['{', '}', '{user', 'a}b', '{}', '{a b}', '{date:YYYY-MM-DD}', '{sha256}', '{+a:b}'])(
  'the template %s is refused',
  (location) => {
    expect(refusal(location, {}).code).toBe('INVALID_LOCATION')
  },
)

test('nothing is written when a parameter is missing', async () => {
  const result = memoryResult({ location: 'a/{user}' })
  // @ts-expect-error the parameter is missing
  await expect(result.write(1)).rejects.toMatchObject({ code: 'INVALID_LOCATION' })
  expect(await Array.fromAsync(result.list())).toEqual([])
})

test('a hostile parameter is one segment, whatever it is', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary', minLength: 1, maxLength: 60 }), (user) => {
      const key = at('a/{user}/b', { user: user.toWellFormed() }) ?? ''
      const segments = key.split('/')
      expect(segments).toHaveLength(3)
      expect(decodeURIComponent(segments[1] ?? '')).toBe(user.toWellFormed())
      expect(segments[1]).not.toMatch(/^\.{1,2}$/)
    }),
  )
})

test('without a location every result has a dated place of its own', async () => {
  const result = memoryResult({ clock: () => new Date('2026-11-22T10:11:12.013Z') })
  const first = await result.write(1)
  const second = await result.write(1)
  expect(first.key).toMatch(/^2026-11-22\/101112013-[0-9a-f-]{36}$/)
  expect(second.key).not.toBe(first.key)
  expect(result.format().location).not.toBe(result.format().location)
})

test('a location function receives everything and decides', async () => {
  const result = memoryResult({ location: ({ run, step }: { run: number; step: string }) => `runs/${run}/${step}` })
  expect((await result.write('x', { run: 7, step: 'clean' })).key).toBe('runs/7/clean')
  await expect(result.write('x', { run: 7, step: '../..' })).rejects.toMatchObject({ code: 'INVALID_LOCATION' })
  const broken = memoryResult({
    location: () => {
      throw new Error('no')
    },
  })
  await expect(broken.write(1)).rejects.toMatchObject({ code: 'INVALID_LOCATION', cause: { message: 'no' } })
})
