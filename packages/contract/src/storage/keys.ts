import { MAX_KEY_BYTES, type ResultStorage, reservedKey } from '@resultkit/core'
import { utf8 } from '../body.ts'
import type { ContractCase } from '../contract-case.ts'
import { expectBytes, expectRefusal, expectSame, expectThat } from '../expectation.ts'
import { show } from '../show.ts'
import { forEachOf } from '../timing.ts'
import { AWKWARD_KEYS, longKeys } from './awkward-keys.ts'
import {
  CALL,
  deleting,
  entries,
  expectAbsent,
  get,
  keysOf,
  put,
  reading,
  remove,
  statOf,
  storageCase,
  writing,
} from './use.ts'

/** Writes all, and expects each to be its own object, listed exactly, and gone when it is deleted. */
async function checkDistinct(storage: ResultStorage, names: readonly string[]): Promise<void> {
  const value = (name: string): Uint8Array => utf8(`value of ${name}`)
  await forEachOf(names, (name) => put(storage, name, value(name)))
  await forEachOf(names, async (name) => {
    expectBytes(`key ${show(name)} has its own object`, await get(storage, name), value(name))
    const stat = await statOf(storage, name)
    expectSame(`stat of key ${show(name)} names it`, stat.key, name)
  })
  if (storage.capabilities.list) {
    const listed = new Set(await keysOf(storage))
    for (const name of names) expectThat(listed.delete(name), `list shows key ${show(name)}`, 'it is not listed')
    expectSame('list shows no key but those written', [...listed][0], undefined)
  }
  const [first, ...rest] = names as [string, ...string[]]
  await remove(storage, first)
  await expectAbsent(storage, first, 'a deleted key is absent')
  await forEachOf(rest, async (name) => {
    expectBytes(`deleting ${show(first)} leaves ${show(name)}`, await get(storage, name), value(name))
  })
}

async function checkTooLong(storage: ResultStorage): Promise<void> {
  const { maxKeyBytes } = storage.capabilities
  const valid = Number.isInteger(maxKeyBytes) && maxKeyBytes >= 1 && maxKeyBytes <= MAX_KEY_BYTES
  expectThat(valid, `maxKeyBytes is 1 to ${MAX_KEY_BYTES}`, `${maxKeyBytes}`)
  if (maxKeyBytes === MAX_KEY_BYTES) return
  const name = 'l'.repeat(maxKeyBytes + 1)
  const promised = 'a key longer than maxKeyBytes is INVALID_KEY'
  await expectRefusal(promised, 'INVALID_KEY', () => put(storage, name, utf8('x')))
}

async function checkReserved(storage: ResultStorage): Promise<void> {
  await put(storage, 'ordinary', utf8('x'))
  await put(storage, 'ordinary', utf8('y'))
  const rows = await entries(storage, '.resultkit')
  expectSame('keys below .resultkit/ are not listed', rows[0]?.key, undefined)
  expectSame(
    'list shows what was written, and nothing of the storage itself',
    (await keysOf(storage)).join(),
    'ordinary',
  )
}

/** What packages of this project keep beside results, such as leases. */
async function checkReservedUse(storage: ResultStorage): Promise<void> {
  const reserved = reservedKey('contract/lease')
  await storage.write(reserved, utf8('held'), writing())
  const object = await storage.read(reserved, reading())
  expectBytes('a reserved key holds what was written there', await object?.bytes(), utf8('held'))
  const stat = await storage.stat(reserved, CALL)
  expectSame('stat finds a reserved key', stat?.size, 4)
  if (storage.capabilities.list) {
    const listed = [...(await keysOf(storage)), ...(await keysOf(storage, '.resultkit/'))]
    expectSame('a reserved key is not listed', listed.join(), '')
  }
  await storage.delete(reserved, deleting())
  expectSame('a deleted reserved key is absent', await storage.stat(reserved, CALL), undefined)
}

/** From key to object name and back: injective, and never outside the root. */
export const keyCases: readonly ContractCase<ResultStorage>[] = [
  ...Object.entries(AWKWARD_KEYS).map(([name, names]) =>
    storageCase(`keys: ${name}`, [], (storage) => checkDistinct(storage, names)),
  ),
  storageCase('keys: those that differ in case only are different', [], (storage) =>
    checkDistinct(storage, [
      'Case',
      'case',
      'CASE',
      'dir/Case',
      'Dir/case',
      'DIR/case',
      '\u00c9',
      '\u00e9',
      'K',
      'k',
      '\u212a',
      'x%2Fy',
      'x%2fy',
    ]),
  ),
  storageCase('keys: long segments, long keys, deep keys', [], (storage) =>
    checkDistinct(storage, longKeys(storage.capabilities.maxKeyBytes)),
  ),
  storageCase('keys: one longer than maxKeyBytes is INVALID_KEY', [], checkTooLong),
  storageCase('keys: the storage hides what it keeps for itself', ['list'], checkReserved),
  storageCase('keys: reserved ones can be used and are not listed', [], checkReservedUse),
]
