import { compareUtf8, type ResultStorage } from '@resultkit/core'
import { pattern, utf8 } from '../body.ts'
import type { ContractCase } from '../contract-case.ts'
import { expectList, expectSame, expectThat } from '../expectation.ts'
import { forEachOf } from '../timing.ts'
import { entries, keysOf, listing, put, remove, storageCase } from './use.ts'

/** Keys whose order differs between UTF-8 bytes, UTF-16 code units, locales and directory walks. */
const TRICKY = [
  'a-c',
  'a-/b',
  'a.',
  'a.b/c',
  'a/b',
  'a/b-',
  'a/b.c',
  'a/b0',
  'a0',
  'aa',
  'a b',
  'a!',
  'a%',
  'a%2F',
  'a:b',
  'a~',
  'A',
  'Y',
  '_',
  'z',
  'file1',
  'file10',
  'file2',
  '\u00e9',
  '\u00ff',
  '\u0100',
  '\ud7ff',
  '\ue000',
  '\uff5e',
  '\u{10000}',
  '\u{1f600}',
  'deep/a/z',
  'deep/a-b',
  'deep/a.z/y',
  'deep/b',
  'deep.x',
  'deep-x',
  'deep0',
]

async function checkEmpty(storage: ResultStorage): Promise<void> {
  expectList('an empty storage lists nothing', await keysOf(storage), [])
  expectList('an empty storage lists nothing below a prefix', await keysOf(storage, 'any/'), [])
  await put(storage, 'dir/gone', utf8('x'))
  await remove(storage, 'dir/gone')
  expectList('a deleted key is not listed, nor what stood above it', await keysOf(storage), [])
}

async function checkOrder(storage: ResultStorage): Promise<void> {
  await forEachOf(TRICKY, (name) => put(storage, name, utf8(name)))
  const sorted = [...TRICKY].sort(compareUtf8)
  expectList('list gives every key once, in the order of its UTF-8 bytes', await keysOf(storage), sorted)
  for (const prefix of ['a', 'a/', 'a-', 'a%', 'deep', 'deep/', 'deep/a', '\u00e9', 'file1']) {
    const expected = sorted.filter((name) => name.startsWith(prefix))
    expectList(
      `list of the prefix ${JSON.stringify(prefix)} is complete and in order`,
      await keysOf(storage, prefix),
      expected,
    )
  }
}

async function checkPrefix(storage: ResultStorage): Promise<void> {
  const names = ['users/ada', 'users/bob/x', 'users:archive/ada', 'usa', 'us', 'u', 'other', 'User', 'us*r', 'us%r']
  await forEachOf(names, (name) => put(storage, name, utf8(name)))
  const cases: Record<string, readonly string[]> = {
    us: ['us', 'us%r', 'us*r', 'usa', 'users/ada', 'users/bob/x', 'users:archive/ada'],
    users: ['users/ada', 'users/bob/x', 'users:archive/ada'],
    'users/': ['users/ada', 'users/bob/x'],
    'users/b': ['users/bob/x'],
    'users/bob/x': ['users/bob/x'],
    'us*': ['us*r'],
    'us%': ['us%r'],
    U: ['User'],
  }
  await forEachOf(Object.entries(cases), async ([prefix, expected]) => {
    expectList(`a prefix is any text that a key starts with (${prefix})`, await keysOf(storage, prefix), expected)
  })
  const none = ['none', 'users/c', 'users/ada/', 'users/bob/x/', '/', '//', '../', './', 'users//', 'us?r', 'us[', '.']
  await forEachOf(none, async (prefix) => {
    expectList(`a prefix that no key starts with lists nothing (${prefix})`, await keysOf(storage, prefix), [])
  })
}

async function checkStartAfter(storage: ResultStorage): Promise<void> {
  const names = ['a', 'b-', 'b/1', 'b/2', 'b/sub/1', 'b0', 'c/1', '\uff5e', '\u{1f600}']
  await forEachOf(names, (name) => put(storage, name, utf8(name)))
  const places = [
    ...names,
    '',
    'a ',
    'b',
    'b/',
    'b/1/x',
    'b/3',
    'b/sub',
    'b/sub/',
    'b1',
    'c',
    'c/',
    'c/1 ',
    '\uffff',
    '\u{1ffff}',
  ]
  const asked = places.flatMap((startAfter) => ['', 'b', 'b/'].map((prefix) => ({ startAfter, prefix })))
  await forEachOf(asked, async ({ startAfter, prefix }) => {
    const after = names.filter((name) => name.startsWith(prefix) && compareUtf8(name, startAfter) > 0)
    const promised = `startAfter ${JSON.stringify(startAfter)} leaves out that key and all before it`
    expectList(`${promised} (prefix ${JSON.stringify(prefix)})`, await keysOf(storage, prefix, { startAfter }), after)
  })
}

const MANY = 1060

async function checkMany(storage: ResultStorage): Promise<void> {
  const names = Array.from({ length: MANY }, (_, n) => `many/${n % 7}/${String(n).padStart(5, '0')}`)
  await forEachOf(names, (name, index) => put(storage, name, new Uint8Array(index % 3)), 32)
  await put(storage, 'before', utf8('x'))
  await put(storage, 'zzz', utf8('x'))
  const sorted = [...names].sort(compareUtf8)
  expectList('a listing of more than 1,000 keys is complete', await keysOf(storage), ['before', ...sorted, 'zzz'])
  expectList('a listing by prefix is complete', await keysOf(storage, 'many/'), sorted)
  const startAfter = sorted[29] as string
  expectList('a listing from the middle is complete', await keysOf(storage, 'many/', { startAfter }), sorted.slice(30))
}

async function checkSizes(storage: ResultStorage): Promise<void> {
  const sizes = [0, 1, 4096, 70_001]
  await forEachOf(sizes, (size) => put(storage, `size/${String(size).padStart(6, '0')}`, pattern(size)))
  const listed = await entries(storage)
  expectList(
    'list says how many bytes each object has',
    listed.map((entry) => entry.size),
    sizes,
  )
}

async function checkWhileWriting(storage: ResultStorage): Promise<void> {
  const names = Array.from({ length: 15 }, (_, n) => `k${String(n).padStart(2, '0')}/x`)
  await forEachOf(names, (name) => put(storage, name, utf8(name)))
  const seen: string[] = []
  for await (const entry of storage.list('', listing())) {
    seen.push(entry.key)
    const written = [`${entry.key}-after`, `a${entry.key}`, entry.key]
    await forEachOf(written, (name) => put(storage, name, utf8('again')))
    if (seen.length > 100) break
  }
  const ascending = seen.every((name, index) => index === 0 || compareUtf8(seen[index - 1] as string, name) < 0)
  expectThat(ascending, 'a listing during writes is in order and shows no key twice', () => seen.join(' '))
  const found = new Set(seen)
  const missing = names.find((name) => !found.has(name))
  expectSame('a listing during writes shows every key that was there before', missing, undefined)
}

async function checkWhileDeleting(storage: ResultStorage): Promise<void> {
  const names = Array.from({ length: 12 }, (_, n) => `k${String(n).padStart(2, '0')}/x`)
  await forEachOf(names, (name) => put(storage, name, utf8(name)))
  const seen: string[] = []
  for await (const entry of storage.list('', listing())) {
    if (seen.length === 0) await forEachOf(names.slice(3, 9), (name) => remove(storage, name))
    seen.push(entry.key)
  }
  const kept = [...names.slice(0, 3), ...names.slice(9)]
  const missing = kept.find((name) => !seen.includes(name))
  expectSame('a listing during deletes goes on, and shows every key that stayed', missing, undefined)
}

async function checkEarlyStop(storage: ResultStorage): Promise<void> {
  for (const name of ['one', 'two', 'three']) await put(storage, name, utf8(name))
  for await (const entry of storage.list('', listing())) {
    expectSame('a listing begins with the first key', entry.key, 'one')
    break
  }
  expectList('a listing that was left early can be made again', await keysOf(storage), ['one', 'three', 'two'])
}

/** `list`: complete, ordered, prefix and startAfter. */
export const listingCases: readonly ContractCase<ResultStorage>[] = [
  storageCase('list: an empty storage, and one that became empty', ['list'], checkEmpty),
  storageCase('list: every key once, in the order of its UTF-8 bytes', ['list'], checkOrder),
  storageCase('list: a prefix is any text', ['list'], checkPrefix),
  storageCase('list: startAfter is exclusive, also when it is no key', ['list'], checkStartAfter),
  storageCase('list: more than 1,000 keys are complete', ['list'], checkMany),
  storageCase('list: sizes', ['list'], checkSizes),
  storageCase('list: no duplicates while others write', ['list'], checkWhileWriting),
  storageCase('list: goes on while others delete', ['list'], checkWhileDeleting),
  storageCase('list: can be left early', ['list'], checkEarlyStop),
]
