import { redactionContract } from '@resultkit/contract'
import {
  createResultStore,
  type Key,
  memoryStorage,
  type ReadOptions,
  Result,
  ResultError,
  type ResultStorage,
  retry,
  trace,
  type ValueSerializer,
} from '@resultkit/core'
import { describe, expect, test } from 'vitest'
import {
  encrypt,
  exportKey,
  generateKey,
  generateKeyPair,
  importKey,
  keyring,
  openReference,
  passphraseKey,
  providerKey,
  rewrap,
  sealReference,
} from '../src/index.ts'
import { testProvider } from './kms.ts'
import { leaksOf, PRINTERS, walkErrorPaths } from './redaction.ts'

const key = generateKey()
const pair = await generateKeyPair()
const CANARIES = {
  value: 'canary-value-7f3a9c51',
  key: 'canary-key-0d81b2e4',
  uri: 'canary-bucket-5be01a77',
  credentials: 'canary-signature-c44d90fe',
  passphrase: 'canary-passphrase-19ab63d8',
  provider: 'canary-provider-error-e2706c5b',
  context: 'canary-context-aa95d013',
  namespace: 'canary-namespace-6619cf20',
  'symmetric key': key.slice('k4.local.'.length),
  'secret key': pair.secretKey.slice('k4.secret.'.length),
}
const NAME = `${CANARIES.key}/result`
const WHOLE: ReadOptions = {
  range: undefined,
  ifMatch: undefined,
  ifNoneMatch: undefined,
  maxBytes: undefined,
  signal: undefined,
}

/** A storage whose uri is a canary, and which fails as an SDK does when it is told to: with a presigned URL. */
function leakyStorage(): ResultStorage & { down: boolean } {
  const inner = memoryStorage()
  const fail = (name: string): void => {
    if (!storage.down) return
    const url = `https://${CANARIES.uri}.example/${name}?X-Amz-Signature=${CANARIES.credentials}`
    const cause = Object.assign(new Error(`connect ECONNREFUSED ${url}`), { url, config: { url } })
    const message = 'The service does not answer.'
    const place = { key: name, storage: storage.uri }
    throw new ResultError({ code: 'UNAVAILABLE', operation: 'request', message, retryable: true, cause, ...place })
  }
  const storage = {
    ...inner,
    down: false,
    uri: `s3://${CANARIES.uri}`,
    read: async (...given: Parameters<ResultStorage['read']>) => {
      fail(given[0])
      return inner.read(...given)
    },
    write: async (...given: Parameters<ResultStorage['write']>) => {
      fail(given[0])
      return inner.write(...given)
    },
  }
  return storage
}

const put = (storage: ResultStorage, name: string, bytes: Uint8Array) =>
  storage.write(name as Key, bytes, {
    ifAbsent: false,
    ifMatch: undefined,
    contentType: undefined,
    size: undefined,
    writeId: 'w',
    signal: undefined,
  })

async function bytesOf(storage: ResultStorage, name: string): Promise<Uint8Array> {
  return (await (await storage.read(name as Key, WHOLE))?.bytes()) ?? new Uint8Array()
}

/** A serializer of a stranger, who quotes values in errors. */
const quoting: ValueSerializer = {
  kind: 'value',
  name: 'json',
  contentType: 'application/json',
  extension: '.json',
  serialize: (value) => {
    if (JSON.stringify(value).includes('unserializable')) throw new TypeError(`cannot serialize ${CANARIES.value}`)
    return new TextEncoder().encode(JSON.stringify(value))
  },
  deserialize: (bytes) => {
    const text = new TextDecoder().decode(bytes)
    if (text.includes('undeserializable')) throw new SyntaxError(`unexpected ${text}`)
    return JSON.parse(text)
  },
}

describe('the contract', () => {
  const ring = keyring({ primary: key, keys: [pair.secretKey] })
  const options = { keyring: ring, seal: { context: CANARIES.context } } as const
  const secrets = { ...CANARIES }
  const results = {
    plainly: () => new Result({ ...options, codecs: [encrypt({ keyring: ring, namespace: CANARIES.namespace })] }),
    padded: () => new Result({ ...options, codecs: [encrypt({ keyring: ring, pad: true, suite: 'aes-256-gcm' })] }),
  }
  describe.each(Object.entries(results))('%s', (_, open) => {
    for (const contractCase of redactionContract)
      test(contractCase.name, () =>
        contractCase.run({ open: () => ({ result: open() as unknown as Result, secrets, printers: PRINTERS }) }),
      )
  })
})

test('no error path shows a canary', async () => {
  const storage = leakyStorage()
  const events: unknown[] = []
  const ring = keyring({ primary: key })
  const layers = [
    retry({ attempts: 2, minDelay: 1, maxDelay: 1, onRetry: (event) => events.push(event) }),
    trace((event) => events.push(event)),
  ]
  const options = {
    storage,
    layers,
    keyring: ring,
    codecs: [encrypt({ keyring: ring, namespace: CANARIES.namespace })],
    seal: { context: CANARIES.context },
    serializer: quoting,
  } as const
  const result = new Result({
    ...options,
    validators: [
      (value: unknown) => {
        if (JSON.stringify(value).includes('throws')) throw new Error(`bad ${CANARIES.value}`)
        return !JSON.stringify(value).includes('invalid')
      },
    ],
  })
  const value = { text: CANARIES.value }
  const sealed = await result.write(value, NAME)
  const { stat } = await result.writeWithStat({ ...value, second: true }, NAME)
  const intact = await bytesOf(storage, NAME)
  expect(leaksOf(intact, CANARIES), 'what is stored').toEqual([])
  expect(leaksOf(sealed, CANARIES), 'the sealed reference').toEqual([])

  const damaged = async (name: string, bytes: Uint8Array): Promise<string> => {
    await put(storage, `${CANARIES.key}/${name}`, bytes)
    return `${CANARIES.key}/${name}`
  }
  const flipped = intact.slice()
  flipped[intact.length - 250] = (flipped[intact.length - 250] ?? 0) ^ 1
  const cut = await damaged('cut', intact.slice(0, intact.length - 200))
  const swapped = await damaged('swapped', intact)
  const bitten = await damaged('bitten', flipped)
  const foreign = await damaged('foreign', new TextEncoder().encode(`{"text":"${CANARIES.value}"}`))
  const strange = await damaged(
    'strange',
    new TextEncoder().encode(`{"resultkit":1,"serializer":"${CANARIES.value}"}\n`),
  )
  await result.write({ text: `undeserializable ${CANARIES.value}` }, `${CANARIES.key}/odd`)
  await result.with({ validators: [] }).write({ text: `invalid ${CANARIES.value}` }, `${CANARIES.key}/invalid`)
  await result.write(value, `${CANARIES.key}/brief`, { expiresAt: new Date(Date.now() + 3_600_000) })
  const later = result.with({ clock: () => Date.now() + 7_200_000 })
  const aborted = AbortSignal.abort(new Error(CANARIES.value))
  const otherKeys = keyring({ primary: generateKey() })
  const other = result.with({ codecs: [encrypt({ keyring: otherKeys, namespace: CANARIES.namespace })] })
  const reference = await openReference(sealed as string, ring, { context: CANARIES.context })
  const store = createResultStore({
    storages: { main: memoryStorage() },
    keyring: ring,
    seal: { context: CANARIES.context },
  })
  const down = async (run: () => Promise<unknown>): Promise<unknown> => {
    storage.down = true
    try {
      return await run()
    } finally {
      storage.down = false
    }
  }

  const kms = testProvider('arn:test')
  const remote = new Result({
    ...options,
    codecs: [encrypt({ keyring: keyring({ primary: providerKey(kms, { cache: { entries: 0 } }), references: key }) })],
  })
  await remote.write(value, `${CANARIES.key}/remote`)
  kms.failure = new Error(`${CANARIES.provider} ${CANARIES.credentials}`)

  const problems = await walkErrorPaths(
    [
      ['SERIALIZE', () => result.write({ text: `unserializable ${CANARIES.value}` }, NAME)],
      ['VALIDATION_FAILED', () => result.write({ text: `invalid ${CANARIES.value}` }, NAME)],
      ['CONFIG for a validator that throws', () => result.write({ text: `throws ${CANARIES.value}` }, NAME)],
      ['VALIDATION_FAILED on reading', () => result.read(`${CANARIES.key}/invalid`)],
      ['ALREADY_EXISTS', () => result.write(value, NAME, { ifAbsent: true })],
      ['PRECONDITION_FAILED', () => result.write(value, NAME, { ifMatch: `${stat.etag}${CANARIES.credentials}` })],
      ['CONFIG for metadata', () => result.write(value, NAME, { metadata: { text: CANARIES.value } })],
      ['INVALID_KEY', () => result.write(value, `${CANARIES.key}//x`)],
      ['ABORTED', () => result.write(value, NAME, { signal: aborted })],
      ['NOT_FOUND', () => result.read(`${CANARIES.key}/absent`)],
      ['EXPIRED', () => later.read(`${CANARIES.key}/brief`)],
      ['TOO_LARGE', () => result.read(NAME, { maxBytes: 3 })],
      ['DESERIALIZE', () => result.read(`${CANARIES.key}/odd`)],
      ['REPLACED', () => result.read(sealed)],
      ['DECRYPT with another key', () => other.read(NAME)],
      [
        'DECRYPT in another namespace',
        () => result.with({ codecs: [encrypt({ keyring: ring, namespace: 'x' })] }).read(NAME),
      ],
      ['DECRYPT of a cut record', () => result.read(cut)],
      ['DECRYPT of a swapped record', () => result.find(swapped)],
      ['DECRYPT of a changed bit', () => result.find(bitten)],
      ['DECRYPT of what is no record', () => result.read(foreign)],
      ['DECRYPT of another pipeline', () => result.read(strange)],
      [
        'DECRYPT of a range',
        async () => {
          for await (const _ of result.stream(bitten, { range: { start: 0, end: 4 } }));
        },
      ],
      ['DECRYPT of a sealed reference', () => result.with({ seal: { context: 'another' } }).read(sealed)],
      ['DECRYPT of a changed sealed reference', () => openReference(`${sealed}A`, ring, { context: CANARIES.context })],
      ['DECRYPT with other keys', () => openReference(sealed as string, otherKeys, { context: CANARIES.context })],
      ['CONFIG without a keyring', () => new Result({ storage }).read(sealed)],
      ['CONFIG for what is no reference', () => sealReference({ ...reference, extra: CANARIES.value } as never, ring)],
      ['CONFIG for an unknown storage', () => store.get(sealed as string)],
      ['CONFIG for text', () => store.get(CANARIES.value)],
      ['CONFIG for a malformed key', () => keyring({ primary: `${key}x` })],
      ['CONFIG for a malformed secret key', () => keyring({ primary: pair.secretKey.slice(0, -4) })],
      ['CONFIG for a passphrase key', () => passphraseKey({ passphrase: CANARIES.passphrase, passes: 99 })],
      ['CONFIG for an export', () => exportKey(`${key}x`, { passphrase: CANARIES.passphrase })],
      [
        'DECRYPT of an import',
        async () => importKey(await exportKey(key, { wrappingKey: generateKey() }), { wrappingKey: key }),
      ],
      [
        'DECRYPT of a passphrase',
        async () =>
          importKey(await exportKey(key, { passphrase: 'another', memory: 8192, passes: 1 }), {
            passphrase: CANARIES.passphrase,
          }),
      ],
      ['UNAVAILABLE for a provider that cannot wrap', () => remote.write(value, NAME)],
      ['UNAVAILABLE for a provider that cannot unwrap', () => remote.read(`${CANARIES.key}/remote`)],
      ['UNAVAILABLE storage on reading', () => down(() => result.read(NAME))],
      ['UNAVAILABLE storage on writing', () => down(() => result.write(value, NAME))],
      ['UNAVAILABLE storage in a rewrap', () => down(() => rewrap(other, { mode: 'full' }))],
      ['UNSUPPORTED rewrap', () => rewrap(result, { mode: 'wrap' })],
      [
        'UNAVAILABLE rewrap',
        () =>
          rewrap(remote.with({ codecs: [encrypt({ keyring: keyring({ primary: key, keys: [providerKey(kms)] }) })] }), {
            mode: 'full',
            prefix: `${CANARIES.key}/remote`,
          }),
      ],
    ],
    CANARIES,
  )
  expect(problems).toEqual([])

  const report = await rewrap(other, { mode: 'full', prefix: CANARIES.key })
  expect(report.failed).toBeGreaterThan(4)
  expect(leaksOf(report, CANARIES), 'the report of rewrap').toEqual([])

  await result.find(NAME)
  expect(events.length).toBeGreaterThan(30)
  for (const event of events) expect(leaksOf(event, CANARIES), 'an event').toEqual([])
})

test('keys, keyrings and codecs show nothing of their material', () => {
  const kms = testProvider('arn:test')
  const subjects: readonly unknown[] = [
    keyring({
      primary: key,
      keys: [
        pair.secretKey,
        passphraseKey({ passphrase: CANARIES.passphrase }),
        providerKey(kms, { contextKey: generateKey() }),
      ],
    }),
    passphraseKey({ passphrase: CANARIES.passphrase }),
    keyring({ primary: pair.secretKey, references: key }),
    encrypt({ keyring: keyring({ primary: key }), namespace: CANARIES.namespace }),
  ]
  for (const subject of subjects) expect(leaksOf({ subject, list: [subject] }, CANARIES)).toEqual([])
})
