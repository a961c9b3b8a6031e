import type { ResultStorage } from '@resultkit/core'
import { pattern, spiedPieces, utf8 } from '../body.ts'
import type { ContractCase } from '../contract-case.ts'
import { expectBytes, expectSame, expectThat } from '../expectation.ts'
import { expectAbsent, get, keysOf, put, remove, statOf, storageCase } from './use.ts'

async function checkNeverWritten(storage: ResultStorage): Promise<void> {
  await expectAbsent(storage, 'never/written', 'a key that was never written is absent')
  await expectAbsent(storage, 'never', 'a key that was never written is absent')
}

async function checkLifecycle(storage: ResultStorage): Promise<void> {
  await put(storage, 'life', utf8('one'))
  expectBytes('a value is there when write has resolved', await get(storage, 'life'), utf8('one'))
  expectSame('stat finds it when write has resolved', (await statOf(storage, 'life')).size, 3)
  if (storage.capabilities.list)
    expectSame('list shows it when write has resolved', (await keysOf(storage)).join(), 'life')
  await remove(storage, 'life')
  await expectAbsent(storage, 'life', 'a deleted key is absent when delete has resolved')
  await put(storage, 'life', utf8('two'))
  expectBytes('a deleted key can be written again', await get(storage, 'life'), utf8('two'))
}

async function checkDeleteAbsent(storage: ResultStorage): Promise<void> {
  await remove(storage, 'absent')
  await remove(storage, 'absent/below')
  await put(storage, 'gone', utf8('x'))
  await remove(storage, 'gone')
  await remove(storage, 'gone')
  await expectAbsent(storage, 'gone', 'deleting twice leaves nothing')
}

async function checkEmpty(storage: ResultStorage): Promise<void> {
  await put(storage, 'empty', new Uint8Array(0))
  expectBytes('an object of 0 bytes is not absent', await get(storage, 'empty'), new Uint8Array(0))
  expectSame('an object of 0 bytes has size 0', (await statOf(storage, 'empty')).size, 0)
  if (storage.capabilities.list) expectSame('an object of 0 bytes is listed', (await keysOf(storage)).join(), 'empty')
}

async function checkOverwrite(storage: ResultStorage): Promise<void> {
  const values = [pattern(70_000, 1), pattern(3, 2), new Uint8Array(0), pattern(70_001, 3)]
  for (const [index, bytes] of values.entries()) {
    await put(storage, 'over', index % 2 === 0 ? bytes : spiedPieces([bytes]).source)
    const promised = 'a second write replaces the value whole, whatever the sizes'
    expectBytes(promised, await get(storage, 'over'), bytes)
    expectSame(promised, (await statOf(storage, 'over')).size, bytes.byteLength)
  }
  if (!storage.capabilities.list) return
  expectThat((await keysOf(storage)).length === 1, 'a replaced key is listed once', 'it was not')
}

/** Absent, present, replaced, deleted. */
export const presenceCases: readonly ContractCase<ResultStorage>[] = [
  storageCase('absence: a key that was never written is undefined', [], checkNeverWritten),
  storageCase('presence: written, deleted and written again, each visible at once', [], checkLifecycle),
  storageCase('absence: deleting an absent key succeeds', [], checkDeleteAbsent),
  storageCase('presence: an object of 0 bytes is there', [], checkEmpty),
  storageCase('presence: a second write replaces the value whole', [], checkOverwrite),
]
