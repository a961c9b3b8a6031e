import type { Layer, ResultStorage, StorageCapabilities } from '@resultkit/core'
import { utf8 } from '../body.ts'
import type { ContractCase } from '../contract-case.ts'
import { expectList, expectSame, expectThat } from '../expectation.ts'
import { CALL, get, key, put, reading } from '../storage/use.ts'
import { behaviourCases } from './behaviour.ts'
import { passingCases } from './passing.ts'
import { layerCase, layered, unlessRefused } from './use.ts'

const STORAGE: readonly (keyof ResultStorage)[] = ['capabilities', 'delete', 'list', 'read', 'stat', 'uri', 'write']

async function checkMembers(layer: Layer): Promise<void> {
  const { storage, calls } = layered(layer)
  expectList('a layer gives a plain object with every member of a storage', Object.keys(storage).sort(), STORAGE)
  for (const member of STORAGE) expectThat(storage[member] !== undefined, `a storage has ${member}`, 'it is undefined')
  expectSame('applying a layer does no I/O', calls.length, 0)
}

async function checkObjectMembers(layer: Layer): Promise<void> {
  const { storage, calls, inner } = layered(layer)
  const written = await unlessRefused(calls, () => put(storage, 'name', utf8('1')))
  if (written === undefined) await put(inner, 'name', utf8('1'))
  const object = await storage.read(key('name'), reading())
  expectThat(object !== undefined, 'a layer reads what was written', 'it gave undefined')
  await object.bytes()
  for (const member of ['stat', 'bytes', 'stream'] as const)
    expectThat(object[member] !== undefined, `what read gives has ${member}`, 'it is missing')
  const stat = await storage.stat(key('name'), CALL)
  const members = ['etag', 'key', 'lastModified', 'size', 'writeId']
  expectList('a stat has every member', Object.keys(stat ?? {}).sort(), members)
  expectList('the stat of read has every member', Object.keys(object.stat).sort(), members)
}

async function checkUri(layer: Layer): Promise<void> {
  const { storage, inner } = layered(layer)
  expectThat(
    storage.uri.startsWith(inner.uri),
    'a layer keeps the uri, or extends it',
    `${storage.uri} for ${inner.uri}`,
  )
}

const NOTHING: StorageCapabilities = {
  ifAbsent: false,
  ifMatch: false,
  ifAbsentStream: false,
  ifMatchStream: false,
  deleteIfMatch: false,
  readConditions: false,
  list: false,
  ranges: false,
  nestedKeys: false,
  writeId: false,
  maxKeyBytes: 500,
}

async function checkCapabilities(layer: Layer): Promise<void> {
  const full = layered(layer)
  for (const capabilities of [full.inner.capabilities, NOTHING]) {
    const { storage } = layered(layer, { capabilities })
    expectList('capabilities are complete', Object.keys(storage.capabilities).sort(), Object.keys(NOTHING).sort())
    for (const [flag, able] of Object.entries(capabilities)) {
      const claimed = storage.capabilities[flag as keyof StorageCapabilities]
      expectThat(
        Number(claimed) <= Number(able),
        `a layer claims no ${flag} beyond that of the storage below`,
        `${claimed} for ${able}`,
      )
    }
  }
}

async function checkIndependent(layer: Layer): Promise<void> {
  const first = layered(layer)
  const second = layered(layer)
  await put(first.inner, 'name', utf8('first'))
  const written = await unlessRefused(first.calls, () => put(first.storage, 'name', utf8('first')))
  if (written === undefined) return
  expectSame('two storages under one layer share nothing', await get(second.storage, 'name'), undefined)
}

/** What every layer promises. `open()` gives a layer; the cases apply it to memory storages and spies. */
export const layerContract: readonly ContractCase<Layer>[] = [
  layerCase('members: a plain, total object, made without I/O', checkMembers),
  layerCase('members: nothing is lost from objects and stats', checkObjectMembers),
  layerCase('members: the uri is kept or extended', checkUri),
  layerCase('members: capabilities are honest', checkCapabilities),
  layerCase('members: one layer serves many storages', checkIndependent),
  ...passingCases,
  ...behaviourCases,
]
