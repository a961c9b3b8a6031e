import type { ResultStorage, StorageCapabilities } from '@resultkit/core'
import type { ContractCase } from '../contract-case.ts'
import { expectList, expectSame, expectThat } from '../expectation.ts'
import { storageCase } from './use.ts'

const FLAGS: readonly (keyof StorageCapabilities)[] = [
  'ifAbsent',
  'ifMatch',
  'ifAbsentStream',
  'ifMatchStream',
  'deleteIfMatch',
  'readConditions',
  'list',
  'ranges',
  'nestedKeys',
  'writeId',
]
const MEMBERS = ['capabilities', 'delete', 'list', 'read', 'stat', 'uri', 'write'] as const

async function checkUri({ uri }: ResultStorage): Promise<void> {
  expectSame('uri is a string', typeof uri, 'string')
  const scheme = /^[a-z][a-z0-9+.-]*:\/\/./
  expectThat(scheme.test(uri), 'uri has a scheme, such as s3://bucket/prefix', 'it has none')
  const secret = /^[^/]*\/\/[^/]*@|[?&][^=]*(?:sig|signature|token|secret|password|accountkey)[^=]*=/i
  expectThat(!secret.test(uri), 'uri holds no credentials', 'it seems to hold some')
}

async function checkCapabilities({ capabilities }: ResultStorage): Promise<void> {
  for (const flag of FLAGS) expectSame(`capabilities.${flag} is true or false`, typeof capabilities[flag], 'boolean')
  const copy = JSON.parse(JSON.stringify(capabilities)) as StorageCapabilities
  expectList('capabilities are plain data', Object.keys(copy).sort(), [...FLAGS, 'maxKeyBytes'].sort())
}

async function checkMembers(storage: ResultStorage): Promise<void> {
  for (const member of MEMBERS)
    expectThat(Object.hasOwn(storage, member), `a storage is an object literal that has ${member}`, 'it is not its own')
  const { uri, capabilities } = storage
  expectSame('uri stays the same', storage.uri, uri)
  expectSame('capabilities stay the same', JSON.stringify(storage.capabilities), JSON.stringify(capabilities))
}

/** Uri, capabilities and members. */
export const identityCases: readonly ContractCase<ResultStorage>[] = [
  storageCase('identity: the uri has a scheme and no secret', [], checkUri),
  storageCase('identity: capabilities are complete, plain data', [], checkCapabilities),
  storageCase('identity: all members are own ones', [], checkMembers),
]
