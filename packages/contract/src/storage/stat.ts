import { type ObjectStat, type ResultStorage, releaseObject } from '@resultkit/core'
import { pattern, utf8 } from '../body.ts'
import type { ContractCase } from '../contract-case.ts'
import { expectSame, expectThat } from '../expectation.ts'
import { entries, get, key, open, put, remove, statOf, storageCase, writing } from './use.ts'

function expectSameObject(promised: string, actual: ObjectStat, expected: ObjectStat): void {
  expectSame(`${promised}: key`, actual.key, expected.key)
  expectSame(`${promised}: size`, actual.size, expected.size)
  expectSame(`${promised}: etag`, actual.etag, expected.etag)
  expectModified(promised, actual.lastModified)
}

function expectModified(promised: string, modified: Date | undefined): void {
  const valid = modified === undefined || (modified instanceof Date && Number.isFinite(modified.getTime()))
  expectThat(valid, `${promised}: lastModified is a valid Date or undefined`, () => `${String(modified)}`)
}

async function checkEqual(storage: ResultStorage): Promise<void> {
  for (const size of [0, 5, 70_000]) {
    const name = `stat/${size}`
    const written = await put(storage, name, pattern(size))
    expectSame('write returns the key', written.key, name)
    expectSame('write returns the size', written.size, size)
    expectThat(typeof written.etag === 'string' && written.etag !== '', 'write returns an etag', `${written.etag}`)
    expectModified('write', written.lastModified)
    expectSameObject('stat says what write returned', await statOf(storage, name), written)
    const object = await open(storage, name)
    await releaseObject(object)
    expectSameObject('read says what write returned', object.stat, written)
  }
}

async function checkListed(storage: ResultStorage): Promise<void> {
  const written = await put(storage, 'listed', pattern(70_000))
  const [entry] = await entries(storage)
  expectThat(entry !== undefined, 'list shows the key', 'it is empty')
  expectSame('list says the size', entry.size, written.size)
  expectModified('list', entry.lastModified)
  if (entry.etag !== undefined) expectSame('the etag of list is the one of write', entry.etag, written.etag)
}

async function checkStable(storage: ResultStorage): Promise<void> {
  const { etag } = await put(storage, 'stable', utf8('same'))
  const promised = 'looking at an object does not change its etag'
  expectSame(promised, (await statOf(storage, 'stable')).etag, etag)
  await get(storage, 'stable')
  await put(storage, 'neighbour', utf8('other'))
  expectSame(promised, (await statOf(storage, 'stable')).etag, etag)
  expectSame(promised, (await statOf(storage, 'stable')).etag, etag)
}

async function checkRewrites(storage: ResultStorage): Promise<void> {
  const seen = new Set<string>()
  for (let round = 0; round < 24; round++) {
    const { etag } = await put(storage, 'rewritten', utf8(`round ${String(round).padStart(2, '0')}`))
    const promised = 'other bytes have another etag, also when they have the same size and follow at once'
    expectThat(!seen.has(etag), promised, `rewrite ${round} has the etag of an earlier one`)
    seen.add(etag)
  }
}

async function checkReborn(storage: ResultStorage): Promise<void> {
  const seen = new Set<string>()
  for (let round = 0; round < 8; round++) {
    const { etag } = await put(storage, 'dir/reborn', utf8(`life ${round}`))
    const promised = 'other bytes have another etag, also when the key was deleted in between'
    expectThat(!seen.has(etag), promised, `life ${round} has the etag of an earlier one`)
    seen.add(etag)
    await remove(storage, 'dir/reborn')
  }
}

async function checkWriteId(storage: ResultStorage): Promise<void> {
  if (!storage.capabilities.writeId) return checkNoWriteId(storage)
  for (const writeId of ['contract-first.1', 'contract-second.2']) {
    const written = await storage.write(key('mine'), utf8(writeId), writing({ writeId }))
    expectSame('write returns the writeId', written.writeId, writeId)
    expectSame('stat returns the writeId of the last write', (await statOf(storage, 'mine')).writeId, writeId)
  }
}

async function checkNoWriteId(storage: ResultStorage): Promise<void> {
  await put(storage, 'mine', utf8('x'))
  const promised = 'without the capability stat has no writeId'
  expectSame(promised, (await statOf(storage, 'mine')).writeId, undefined)
}

/** Sizes, times, etags and writeIds. */
export const statCases: readonly ContractCase<ResultStorage>[] = [
  storageCase('stat: key, size and etag are the same in write, stat and read', [], checkEqual),
  storageCase('stat: size and etag are the same in list', ['list'], checkListed),
  storageCase('etag: looking at an object does not change it', [], checkStable),
  storageCase('etag: every rewrite with other bytes changes it, also fast ones of the same size', [], checkRewrites),
  storageCase('etag: a key that was deleted and written again has another', [], checkReborn),
  storageCase('flag writeId: it is kept with the object, or there is none, as the flag says', [], checkWriteId),
]
