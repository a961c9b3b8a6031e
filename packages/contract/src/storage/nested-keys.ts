import type { ResultStorage } from '@resultkit/core'
import { utf8 } from '../body.ts'
import type { ContractCase } from '../contract-case.ts'
import { expectBytes, expectList, expectRefusal } from '../expectation.ts'
import { forEachOf } from '../timing.ts'
import { expectAbsent, get, keysOf, put, remove, storageCase } from './use.ts'

const NESTED = ['n', 'n/a', 'n/a/b', 'n/a/b/c', 'na'] as const

async function checkTogether(storage: ResultStorage): Promise<void> {
  for (const order of [NESTED, [...NESTED].reverse()]) {
    for (const name of order) await put(storage, name, utf8(name))
    await forEachOf(NESTED, async (name) => {
      expectBytes(`"${name}" exists beside the keys below it`, await get(storage, name), utf8(name))
    })
    if (storage.capabilities.list) expectList('list shows a key and the keys below it', await keysOf(storage), NESTED)
    await remove(storage, 'n/a')
    await expectAbsent(storage, 'n/a', 'a deleted key is absent though there are keys below it')
    expectBytes('deleting a key leaves the keys below it', await get(storage, 'n/a/b'), utf8('n/a/b'))
    expectBytes('deleting a key leaves the keys above it', await get(storage, 'n'), utf8('n'))
    await forEachOf(NESTED, (name) => remove(storage, name))
  }
}

/** Whether both can exist or the second is refused, the flag says which. */
async function checkFlag(storage: ResultStorage): Promise<void> {
  if (storage.capabilities.nestedKeys) return checkTogether(storage)
  const promised = 'without nestedKeys the second of "a" and "a/b" is INVALID_KEY'
  for (const [first, second] of [
    ['up', 'up/down'],
    ['left/right', 'left'],
    ['one', 'one/two/three'],
    ['x/y/z', 'x'],
  ] as const) {
    await put(storage, first, utf8(first))
    await expectRefusal(promised, 'INVALID_KEY', () => put(storage, second, utf8(second)))
    expectBytes(`the refused "${second}" leaves "${first}"`, await get(storage, first), utf8(first))
    await expectAbsent(storage, second, 'a refused key is absent')
  }
}

async function checkFreed(storage: ResultStorage): Promise<void> {
  for (const [first, second] of [
    ['up', 'up/down'],
    ['left/right/far', 'left'],
  ] as const) {
    await put(storage, first, utf8(first))
    await remove(storage, first)
    await put(storage, second, utf8(second))
    const promised = `"${second}" can be written when "${first}" has been deleted`
    expectBytes(promised, await get(storage, second), utf8(second))
  }
}

async function checkAbsentBeside(storage: ResultStorage): Promise<void> {
  await put(storage, 'above', utf8('above'))
  await put(storage, 'parent/child', utf8('child'))
  const absent = ['above/x', 'above/x/y', 'parent', 'parent/child/x', 'parent/chil', 'parent/child2', 'abov', 'above2']
  await forEachOf(absent, async (name) => {
    await expectAbsent(storage, name, `"${name}" is absent beside keys that resemble it`)
    await remove(storage, name)
  })
  expectBytes('deleting absent keys leaves those above', await get(storage, 'above'), utf8('above'))
  expectBytes('deleting absent keys leaves those below', await get(storage, 'parent/child'), utf8('child'))
}

/** A key beside keys below it. */
export const nestedKeyCases: readonly ContractCase<ResultStorage>[] = [
  storageCase('flag nestedKeys: a key exists beside keys below it, or is refused, as the flag says', [], checkFlag),
  storageCase('nested keys: a deleted key makes room above and below', [], checkFreed),
  storageCase('nested keys: keys above, below and beside are absent', [], checkAbsentBeside),
]
