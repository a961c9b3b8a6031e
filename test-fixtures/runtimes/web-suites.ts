import { cbor } from '@resultkit/cbor'
import {
  type ContractCase,
  codecContract,
  layerContract,
  resultContract,
  serializerContract,
  storageContract,
} from '@resultkit/contract'
import {
  bytes,
  type Codec,
  json,
  jsonTypes,
  limit,
  memoryStorage,
  ndjson,
  prefix,
  Result,
  type Serializer,
  text,
  timeout,
} from '@resultkit/core'
import { encrypt, generateKey, keyring } from '@resultkit/encrypt'
import { msgpack } from '@resultkit/msgpack'
import { pickle } from '@resultkit/pickle'

/** Contract cases with what they run on. */
export interface Suite {
  readonly name: string
  readonly cases: readonly ContractCase<never>[]
  open(): unknown
}

/** A suite of cases, whatever they are about: `open` gives what they take. */
export function suite<S>(name: string, cases: readonly ContractCase<S>[], open: () => Promise<S> | S): Suite {
  return { name, cases, open }
}

export const serializers = (all: Readonly<Record<string, () => Serializer>>): readonly Suite[] =>
  Object.entries(all).map(([name, open]) => suite(name, serializerContract, open))

export const codecs = (all: Readonly<Record<string, () => Codec>>): readonly Suite[] =>
  Object.entries(all).flatMap(([name, open]) => [
    suite(name, codecContract, open),
    suite(`Result with ${name}`, resultContract, () => new Result({ storage: memoryStorage(), codecs: [open()] })),
  ])

/** For every suite that encrypts. */
export const keys = keyring({ primary: generateKey() })

/** What needs no more than web standards. */
export const webSuites: readonly Suite[] = [
  suite('memory', storageContract, () => memoryStorage()),
  suite('memory with a prefix', storageContract, () => prefix('a/b')(memoryStorage())),
  suite('Result', resultContract, () => new Result({ storage: memoryStorage() })),
  suite('limit', layerContract, () => limit({ concurrency: 2 })),
  suite('timeout', layerContract, () => timeout('1m')),
  ...serializers({
    'json()': json,
    'json({ types })': () => json({ types: Object.values(jsonTypes) }),
    'text()': text,
    'bytes()': bytes,
    'ndjson()': ndjson,
    'pickle()': pickle,
    'msgpack()': msgpack,
    'cbor()': cbor,
  }),
  ...codecs({ 'encrypt()': () => encrypt({ keyring: keys }) }),
]
