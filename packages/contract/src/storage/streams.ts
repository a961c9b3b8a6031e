import { collectBytes, concatBytes, type ResultStorage, releaseObject } from '@resultkit/core'
import { cut, pattern, spiedBody, utf8 } from '../body.ts'
import type { ContractCase } from '../contract-case.ts'
import { expectBytes, expectSame, expectThat } from '../expectation.ts'
import { settles, settleTasks, withoutStrayRejections } from '../timing.ts'
import { expectAbsent, get, open, put, remove, storageCase } from './use.ts'

const MIB = 1024 * 1024

async function checkPieces(storage: ResultStorage): Promise<void> {
  for (const size of [0, 1, 65_537, MIB + 1]) {
    const bytes = pattern(size, size)
    await put(storage, 'pieces', bytes)
    const pieces: Uint8Array[] = []
    for await (const piece of (await open(storage, 'pieces')).stream()) {
      expectThat(piece instanceof Uint8Array, 'a stream gives Uint8Arrays', typeof piece)
      pieces.push(piece)
    }
    expectBytes('the pieces of a stream, one after the other, are the object', concatBytes(pieces), bytes)
  }
}

async function checkEarlyStop(storage: ResultStorage): Promise<void> {
  const promised = 'a consumer that stops early leaves nothing behind'
  const bytes = pattern(4 * MIB)
  await withoutStrayRejections(promised, async () => {
    for (let round = 0; round < 2; round++) {
      await put(storage, 'stopped', bytes)
      for await (const piece of (await open(storage, 'stopped')).stream()) {
        expectBytes('a stream begins with the first bytes', piece, bytes.subarray(0, piece.byteLength))
        break
      }
      await put(storage, 'stopped', utf8('new'))
      expectBytes(`${promised}: the key can be written`, await get(storage, 'stopped'), utf8('new'))
      await remove(storage, 'stopped')
      await expectAbsent(storage, 'stopped', `${promised}: the key can be deleted`)
    }
  })
}

async function checkRelease(storage: ResultStorage): Promise<void> {
  const promised = 'return() before the first next() lets go of the object'
  await withoutStrayRejections(promised, async () => {
    await put(storage, 'released', pattern(2 * MIB))
    for (let round = 0; round < 8; round++) await settles(promised, releaseObject(await open(storage, 'released')))
    const iterator = (await open(storage, 'released')).stream()[Symbol.asyncIterator]()
    await iterator.return?.()
    const after = await settles('next() after return() settles', iterator.next())
    expectSame('a stream that was let go is at its end', after.done, true)
    await put(storage, 'released', utf8('new'))
    expectBytes(promised, await get(storage, 'released'), utf8('new'))
  })
}

type Change = (storage: ResultStorage) => Promise<unknown>

/** Reads the first piece, changes the key, and reads on. */
async function checkKeepsVersion(storage: ResultStorage, change: Change): Promise<void> {
  const bytes = pattern(4 * MIB, 1)
  await put(storage, 'version', bytes)
  const object = await open(storage, 'version')
  const iterator = object.stream()[Symbol.asyncIterator]()
  const first = await iterator.next()
  await change(storage)
  const rest = await collectBytes({ [Symbol.asyncIterator]: () => iterator })
  const all = first.done ? rest : concatBytes([first.value, rest])
  expectBytes('a reader keeps its version when the key changes midway', all, bytes)
}

/** Opens, changes the key, and reads only then. */
async function checkKeepsOpened(storage: ResultStorage, change: Change): Promise<void> {
  const bytes = pattern(MIB, 1)
  await put(storage, 'version', bytes)
  const object = await open(storage, 'version')
  await change(storage)
  expectBytes('what was opened before the key changed is the old version', await object.bytes(), bytes)
}

const overwrite: Change = (storage) => put(storage, 'version', pattern(4 * MIB, 2))
const erase: Change = (storage) => remove(storage, 'version')

async function checkSlowProducer(storage: ResultStorage): Promise<void> {
  const bytes = pattern(300_000)
  const pieces = cut(bytes, [10_007])
  const body = spiedBody(async (index) => {
    if (index % 7 === 0) await settleTasks()
    return pieces[index]
  })
  await put(storage, 'slow', body.source)
  expectBytes('a slow stream is written whole', await get(storage, 'slow'), bytes)
  expectSame('a write waits for a piece before it asks for the next', body.seen.waiting, 1)
}

async function checkSlowConsumer(storage: ResultStorage): Promise<void> {
  const bytes = pattern(3 * MIB)
  await put(storage, 'slow', bytes)
  const pieces: Uint8Array[] = []
  for await (const piece of (await open(storage, 'slow')).stream()) {
    if (pieces.length % 16 === 0) await settleTasks()
    pieces.push(piece)
  }
  expectBytes('a slow consumer gets every byte', concatBytes(pieces), bytes)
}

async function checkPiped(storage: ResultStorage): Promise<void> {
  const bytes = pattern(3 * MIB)
  await put(storage, 'from', bytes)
  const object = await open(storage, 'from')
  await settles(
    'one object streams into another',
    put(storage, 'to', () => object.stream(), { size: bytes.byteLength }),
  )
  expectBytes('one object streams into another', await get(storage, 'to'), bytes)
  const self = await open(storage, 'from')
  await settles(
    'an object streams into itself',
    put(storage, 'from', () => self.stream()),
  )
  expectBytes('an object streams into itself', await get(storage, 'from'), bytes)
}

/** Reading streams: early ends, changing keys, slow ends. */
export const streamCases: readonly ContractCase<ResultStorage>[] = [
  storageCase('streams: the pieces are the object', [], checkPieces),
  storageCase('streams: a consumer that stops early leaves nothing behind', [], checkEarlyStop),
  storageCase('streams: an object that is not read is let go', [], checkRelease),
  storageCase('streams: a reader keeps its version when the key is overwritten midway', [], (s) =>
    checkKeepsVersion(s, overwrite),
  ),
  storageCase('streams: a reader keeps its version when the key is deleted midway', [], (s) =>
    checkKeepsVersion(s, erase),
  ),
  storageCase('streams: what was opened is one version, whatever happens before it is read', [], async (storage) => {
    await checkKeepsOpened(storage, overwrite)
    await checkKeepsOpened(storage, erase)
  }),
  storageCase('streams: a slow producer is asked piece by piece', [], checkSlowProducer),
  storageCase('streams: a slow consumer gets every byte', [], checkSlowConsumer),
  storageCase('streams: an object streams into another one, and into itself', [], checkPiped),
]
