import { bufferedParts, type Layer, type ResultStorage, releaseObject } from '@resultkit/core'
import { pattern, spiedPieces, utf8 } from '../body.ts'
import type { ContractCase } from '../contract-case.ts'
import { expectBytes, expectList, expectSame, expectThat } from '../expectation.ts'
import { CALL, deleting, entries, get, key, keysOf, listing, put, reading, remove, writing } from '../storage/use.ts'
import type { SeenCall } from './spy.ts'
import { layerCase, layered, unlessRefused } from './use.ts'

function expectOptions(call: SeenCall | undefined, operation: string, sent: object): void {
  const promised = `${operation} reaches the storage below with all of its options`
  expectThat(call !== undefined && call.operation === operation, promised, `${call?.operation ?? 'nothing'} did`)
  expectList(promised, Object.keys(call.options).sort(), Object.keys(sent).sort())
  for (const [name, value] of Object.entries(sent)) {
    if (name === 'signal') continue
    const actual = call.options[name]
    const kept =
      name === 'writeId' || name === 'startAfter' ? String(actual).includes(String(value)) : Object.is(actual, value)
    expectThat(kept, `${operation} passes ${name} on`, () => `${String(actual)} instead of ${String(value)}`)
  }
}

async function checkOptions(layer: Layer): Promise<void> {
  const { storage, calls } = layered(layer)
  const name = key('dir/name')
  const write = writing({ contentType: 'text/plain', size: 5 })
  const written = await unlessRefused(calls, () => storage.write(name, utf8('12345'), write))
  if (written) expectOptions(calls.at(-1), 'write', write)
  for (const conditional of [writing({ ifMatch: 'other' }), writing({ ifAbsent: true })]) {
    await storage.write(name, utf8('1'), conditional).catch(() => {})
    if (written) expectOptions(calls.at(-1), 'write', conditional)
  }
  const range = { start: 1, end: 3 }
  for (const read of [reading({ range, maxBytes: 100, ifNoneMatch: 'other' }), reading({ ifMatch: 'other' })]) {
    await releaseObject(await storage.read(name, read).catch(() => undefined))
    expectOptions(calls.at(-1), 'read', read)
  }
  await storage.stat(name, CALL)
  expectOptions(calls.at(-1), 'stat', CALL)
  await entries(storage, 'dir/', { startAfter: 'dir/a' })
  expectOptions(calls.at(-1), 'list', listing({ startAfter: 'dir/a' }))
  const erase = deleting({ ifMatch: 'other' })
  await storage.delete(name, erase).catch(() => {})
  if (written) expectOptions(calls.at(-1), 'delete', erase)
}

async function checkKeys(layer: Layer): Promise<void> {
  const { storage, calls } = layered(layer)
  await unlessRefused(calls, () => put(storage, 'dir/name', utf8('1')))
  await get(storage, 'dir/name')
  await storage.stat(key('dir/name'), CALL)
  await keysOf(storage, 'dir/')
  for (const call of calls) {
    const sent = call.operation === 'list' ? 'dir/' : 'dir/name'
    expectThat(call.key.endsWith(sent), `${call.operation} names the same key below`, `"${call.key}" for "${sent}"`)
  }
}

async function checkValues(layer: Layer): Promise<void> {
  const { storage, calls } = layered(layer)
  const bytes = pattern(200_000)
  const written = await unlessRefused(calls, () => put(storage, 'dir/value', bytes))
  if (written === undefined) return checkReadingAlone(layer)
  expectSame('write returns the key that it was given', written.value.key, 'dir/value')
  expectBytes('what is written through a layer is read through it', await get(storage, 'dir/value'), bytes)
  expectSame('stat returns the key that it was given', (await storage.stat(key('dir/value'), CALL))?.key, 'dir/value')
  expectSame('stat has the etag of write', (await storage.stat(key('dir/value'), CALL))?.etag, written.value.etag)
  await put(storage, 'other', spiedPieces([bytes, bytes]).source)
  expectSame('a stream passes', (await storage.stat(key('other'), CALL))?.size, 400_000)
  expectList('list shows the keys that were written', await keysOf(storage), ['dir/value', 'other'])
  expectList('list takes a prefix and startAfter', await keysOf(storage, 'd', { startAfter: 'a' }), ['dir/value'])
  await remove(storage, 'dir/value')
  expectSame('a deleted key is absent', await storage.read(key('dir/value'), reading()), undefined)
  expectSame('a deleted key is absent', await storage.stat(key('dir/value'), CALL), undefined)
}

/** A layer that refuses to write must still show what stands below, and leave it alone. */
async function checkReadingAlone(layer: Layer): Promise<void> {
  const { storage, calls, inner } = layered(layer)
  const bytes = pattern(1000)
  await put(inner, 'below', bytes)
  expectBytes('a layer for reading reads what is below', await get(storage, 'below'), bytes)
  expectList('a layer for reading lists what is below', await keysOf(storage), ['below'])
  await unlessRefused(calls, () => remove(storage, 'below'))
  expectBytes('a layer that refuses to write refuses to delete', await get(inner, 'below'), bytes)
}

async function checkLazyBody(layer: Layer): Promise<void> {
  const bodies: unknown[] = []
  const change: Partial<ResultStorage> = {
    async write(name, body, { writeId }) {
      bodies.push(body)
      return { key: name, size: 0, lastModified: undefined, etag: 'none', writeId }
    },
  }
  const { storage, calls } = layered(layer, change)
  const body = spiedPieces([utf8('1'), utf8('2')])
  const written = await unlessRefused(calls, () => put(storage, 'lazy', body.source))
  expectSame('a layer does not ask for a body that the storage below does not want', body.seen.asked, 0)
  if (written === undefined) return
  const [passed] = bodies
  expectThat(typeof passed === 'function', 'a stream reaches the storage below as a function', typeof passed)
  for (let pass = 1; pass <= 2; pass++) {
    const pieces: Uint8Array[] = []
    for await (const piece of passed() as AsyncIterable<Uint8Array>) pieces.push(piece)
    expectSame('each pass over the function gives the whole stream', pieces.length, 2)
    expectSame('each pass asks the body function once', body.seen.asked, pass)
  }
}

async function checkBytes(layer: Layer): Promise<void> {
  const bytes = pattern(1000)
  const { storage, calls } = layered(layer)
  for (const body of [bytes, [bytes.subarray(0, 10), bytes.subarray(10)]]) {
    await unlessRefused(calls, () => put(storage, 'bytes', body))
    const call = calls.at(-1)
    if (call?.operation !== 'write') return
    const parts = bufferedParts(call.body as Uint8Array)
    expectThat(parts !== undefined, 'bytes at hand reach the storage below as bytes at hand', 'they became a stream')
    expectBytes('a layer never changes bytes', parts[0], bufferedParts(body)?.[0] as Uint8Array)
  }
}

/** Everything reaches the storage below. */
export const passingCases: readonly ContractCase<Layer>[] = [
  layerCase('passing: every operation reaches the storage below with all of its options', checkOptions),
  layerCase('passing: keys stay the same, or are put below a prefix', checkKeys),
  layerCase('passing: values, stats and listings come through', checkValues),
  layerCase('passing: a body function is passed on, not called', checkLazyBody),
  layerCase('passing: bytes are passed on as they are', checkBytes),
]
