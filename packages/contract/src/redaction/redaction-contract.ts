import { collectBytes, memoryStorage, type Result, ResultError, type ResultStorage, trace } from '@resultkit/core'
import { type ContractCase, contractCase } from '../contract-case.ts'
import { expectFailure, expectList, expectThat } from '../expectation.ts'
import { isEncrypting, onMemory } from '../result/use.ts'
import { findLeaks, type Printer, type Secrets } from './leaks.ts'

/** What {@link redactionContract} looks at. */
export interface RedactionSubject {
  /** Without a location, with `format: 'record'` and a serializer that takes JSON values. */
  readonly result: Result
  /** What the Result was made with and must not leave: keys, passphrases, credentials, namespaces. */
  readonly secrets: Secrets
  /** How things are printed here: `(subject) => inspect(subject, { depth: 9, showHidden: true })` on Node. */
  readonly printers: readonly Printer[]
}

/** Marks in what a Result handles. */
const MARKS = {
  value: 'canary-value-7f3a9c51',
  key: 'canary-key-0d81b2e4',
  uri: 'canary-bucket-5be01a77',
  credentials: 'canary-signature-c44d90fe',
} as const
const KEY = `${MARKS.key}/result`
const VALUE = { text: MARKS.value, list: [MARKS.value] }

/** A subject on a storage of its own. */
interface Marked {
  readonly result: Result
  readonly events: unknown[]
  bytes(): Promise<Uint8Array>
  replace(bytes: Uint8Array): Promise<unknown>
  /** Runs something while the storage's service is away. */
  away<R>(run: () => Promise<R>): Promise<R>
  show(what: string, subject: unknown): void
  fails(what: string, attempt: () => unknown): Promise<void>
}

/** A storage whose uri is a mark, and which fails as services do, with a presigned URL, while `isAway` says so. */
function failing(storage: ResultStorage, isAway: () => boolean): ResultStorage {
  const uri = `s3://${MARKS.uri}`
  const answer = async <R>(key: string, call: () => Promise<R>): Promise<R> => {
    if (!isAway()) return call()
    const url = `https://${MARKS.uri}.example/${key}?X-Amz-Signature=${MARKS.credentials}`
    const cause = Object.assign(new Error(`connect ECONNREFUSED ${url}`), { url, config: { url } })
    const message = 'The service does not answer.'
    throw new ResultError({ code: 'UNAVAILABLE', operation: 'request', message, key, storage: uri, cause })
  }
  return {
    ...storage,
    uri,
    read: (key, options) => answer(key, () => storage.read(key, options)),
    write: (key, body, options) => answer(key, () => storage.write(key, body, options)),
    stat: (key, options) => answer(key, () => storage.stat(key, options)),
  }
}

function marked({ result, secrets, printers }: RedactionSubject): Marked {
  const { storage, bytesOf, replace } = onMemory(result)
  let away = false
  const events: unknown[] = []
  const show = (what: string, subject: unknown): void => {
    const leaks = findLeaks(subject, { ...MARKS, ...secrets }, printers)
    expectThat(leaks.length === 0, `${what} shows no secret`, () => leaks.join(', '))
  }
  const layers = [trace((event) => events.push(event))]
  return {
    result: result.with({ storage: failing(storage, () => away), layers }),
    events,
    bytes: () => bytesOf(KEY),
    replace: (bytes) => replace(KEY, bytes),
    async away(run) {
      away = true
      try {
        return await run()
      } finally {
        away = false
      }
    },
    show,
    async fails(what, attempt) {
      show(`the error of ${what}`, await expectFailure(`${what} fails`, attempt))
    },
  }
}

async function checkReading({ result, bytes, replace, fails }: Marked): Promise<void> {
  await fails('reading what is absent', () => result.read(`${MARKS.key}/absent`))
  const reference = await result.write(VALUE, KEY)
  await result.write({ ...VALUE, another: true }, KEY)
  await fails('reading what was replaced', () => result.read(reference))
  await fails('reading more than maxBytes', () => result.read(KEY, { maxBytes: 1 }))
  const other = result.with({ serializer: 'text' })
  await fails('reading with another serializer', () => other.read(KEY))
  const intact = await bytes()
  for (const at of [0, 1, 20, 100, -1, -100, -200, -250]) {
    const flipped = intact.slice()
    const index = at < 0 ? flipped.length + at : at
    flipped[index] = (flipped[index] ?? 0) ^ 1
    await replace(flipped)
    await fails(`reading with bit 0 of byte ${at} flipped`, () => result.read(KEY))
    await fails(`finding with bit 0 of byte ${at} flipped`, () => result.find(KEY))
    await fails(`streaming with bit 0 of byte ${at} flipped`, () => collectBytes(result.stream(KEY)))
  }
  await replace(intact.slice(0, -100))
  await fails('reading what was cut', () => result.read(KEY))
  await replace(new TextEncoder().encode(`{"resultkit":1,"serializer":"${MARKS.value}"}\n${MARKS.value}`))
  await fails('reading what something else wrote', () => result.read(KEY))
}

async function checkWriting({ result, fails }: Marked): Promise<void> {
  const { stat } = await result.writeWithStat(VALUE, KEY)
  const strict = result.with({ validators: [() => false] })
  await fails('writing what is invalid', () => strict.write(VALUE, KEY))
  await fails('reading what is invalid', () => strict.read(KEY))
  await fails('writing a function', () =>
    result.with({ serializer: 'json' }).write({ ...VALUE, run: () => VALUE }, KEY),
  )
  await fails('writing where something is', () => result.write(VALUE, KEY, { ifAbsent: true }))
  await fails('writing over another version', () =>
    result.write(VALUE, KEY, { ifMatch: `${stat.etag}${MARKS.credentials}` }),
  )
  await fails('writing to no key', () => result.write(VALUE, `${MARKS.key}//x`))
  const signal = AbortSignal.abort(new Error(MARKS.value))
  await fails('an aborted write', () => result.write(VALUE, KEY, { signal }))
}

async function checkOutage({ result, away, fails }: Marked): Promise<void> {
  await result.write(VALUE, KEY)
  await away(async () => {
    await fails('reading while the service is away', () => result.read(KEY))
    await fails('finding while the service is away', () => result.find(KEY))
    await fails('writing while the service is away', () => result.write(VALUE, KEY))
    await fails('asking while the service is away', () => result.exists(KEY))
  })
}

async function checkTrace({ result, events, away, show }: Marked): Promise<void> {
  await result.write(VALUE, KEY)
  await result.read(KEY)
  await away(() => result.read(KEY).catch(() => {}))
  expectList('a write and two reads are three events', [events.length], [3])
  show('a list of trace events', events)
}

async function checkStored({ result, bytes, show }: Marked): Promise<void> {
  const reference: unknown = await result.write(VALUE, KEY)
  if (typeof reference === 'string') show('a sealed reference', reference)
  if (await isEncrypting(result.with({ storage: memoryStorage() }))) show('an encrypted record', await bytes())
}

async function checkPrinted({ result, secrets, printers }: RedactionSubject): Promise<void> {
  const leaks = findLeaks({ result, list: [result] }, secrets, printers)
  expectThat(leaks.length === 0, 'a Result shows no secret', () => leaks.join(', '))
}

function redactionCase(name: string, check: (subject: Marked) => Promise<void>): ContractCase<RedactionSubject> {
  return contractCase(`redaction: ${name}`, [], (subject) => check(marked(subject)))
}

/**
 * Nothing leaks: whatever goes wrong, no message, stack, JSON, trace event or printed object shows value, key, uri, credentials or
 * the subject's secrets; with encryption, neither do the stored bytes, and sealed references show none of them either.
 */
export const redactionContract: readonly ContractCase<RedactionSubject>[] = [
  redactionCase('errors of reading', checkReading),
  redactionCase('errors of writing', checkWriting),
  redactionCase('errors of a storage that is away', checkOutage),
  redactionCase('trace events', checkTrace),
  redactionCase('sealed references and encrypted records', checkStored),
  contractCase('redaction: the Result itself', [], checkPrinted),
]
