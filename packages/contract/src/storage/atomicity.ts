import { ResultError, type ResultStorage, type WriteOptions } from '@resultkit/core'
import { pattern, type SpiedBody, spiedBody, spiedPieces, utf8 } from '../body.ts'
import type { ContractCase } from '../contract-case.ts'
import { expectBytes, expectFailure, expectRefusal, expectSame, expectThat, isCausedBy } from '../expectation.ts'
import { show } from '../show.ts'
import { gate, settles } from '../timing.ts'
import { CALL, expectAbsent, expectListed, get, key, put, reading, statOf, storageCase } from './use.ts'

const SIZES = [200_000, 65_536, 300_001, 1]

/** A value that shows a mixture: every byte is the round's, and so is the size. */
function filled(round: number): Uint8Array {
  return new Uint8Array(SIZES[round % SIZES.length] as number).fill(round)
}

async function checkWhole(storage: ResultStorage): Promise<void> {
  const object = await storage.read(key('torn'), reading())
  expectThat(object !== undefined, 'a key that is being replaced is never absent', 'read gave undefined')
  const bytes = await object.bytes()
  const promised = 'a reader sees the old value or the new one, never a part or a mixture'
  expectBytes(promised, bytes, filled(bytes[0] ?? 0))
  expectSame(`${promised}: stat.size is that of the value read`, object.stat.size, bytes.byteLength)
  const stat = await storage.stat(key('torn'), CALL)
  expectThat(SIZES.includes(stat?.size ?? -1), 'stat sees a whole value', `${stat?.size} bytes`)
}

async function checkConcurrentReaders(storage: ResultStorage): Promise<void> {
  await put(storage, 'torn', filled(0))
  let writing = true
  const write = async (): Promise<void> => {
    for (let round = 1; round <= 16; round++) {
      const body = filled(round)
      await put(storage, 'torn', round % 2 === 0 ? body : spiedPieces([body.subarray(0, 9), body.subarray(9)]).source)
    }
  }
  const starved = performance.now() + 30_000
  const read = async (): Promise<void> => {
    while (writing) {
      await checkWhole(storage)
      // No timer could tell: a storage that never leaves the microtask queue keeps timers from firing as well.
      expectThat(performance.now() < starved, 'readers let a writer finish', 'the writes made no end in 30 s')
    }
  }
  const writer = write().finally(() => {
    writing = false
  })
  try {
    await Promise.all([writer, read(), read(), read()])
  } finally {
    // A case that failed must not go on writing after its test has cleaned up.
    await writer.catch(() => {})
  }
  expectBytes('the last write is what stays', await get(storage, 'torn'), filled(16))
}

async function checkConcurrentWriters(storage: ResultStorage): Promise<void> {
  for (let round = 0; round < 3; round++) {
    const bodies = [1, 2, 3, 4, 5, 6, 7].map((writer) => filled(writer))
    await Promise.all(bodies.map((body) => put(storage, 'torn', body)))
    await checkWhole(storage)
  }
}

/** Runs `look` when the body has been read halfway and the write waits for the rest. */
async function halfway(
  storage: ResultStorage,
  name: string,
  look: () => Promise<void>,
  options: Partial<WriteOptions>,
): Promise<void> {
  const half = gate()
  const looked = gate()
  const body = spiedBody(async (index) => {
    if (index === 1) {
      half.open()
      await looked.opened
    }
    return index < 2 ? pattern(100_000, index) : undefined
  })
  const write = put(storage, name, body.source, options)
  try {
    await settles('write reads its stream', Promise.race([half.opened, write.then(() => {})]))
    await settles('nobody waits for a write that waits for its stream', look())
  } finally {
    looked.open()
    await write
  }
}

async function checkHalfwayNew(storage: ResultStorage, options: Partial<WriteOptions> = {}): Promise<void> {
  const look = async (): Promise<void> => {
    await expectAbsent(storage, 'dir/new', 'a key is absent while it is being written for the first time')
    await expectListed(storage, [], 'list shows nothing of a write that is not finished')
  }
  await halfway(storage, 'dir/new', look, options)
  expectSame('the finished write is there', (await statOf(storage, 'dir/new')).size, 200_000)
}

async function checkHalfwayReplaced(storage: ResultStorage, conditional: boolean = false): Promise<void> {
  const old = utf8('old value')
  const { etag } = await put(storage, 'dir/old', old)
  const look = async (): Promise<void> => {
    const promised = 'the old value stays while it is being replaced'
    expectBytes(promised, await get(storage, 'dir/old'), old)
    expectSame(promised, (await statOf(storage, 'dir/old')).etag, etag)
    await expectListed(storage, ['dir/old'], promised)
  }
  await halfway(storage, 'dir/old', look, conditional ? { ifMatch: etag } : {})
  expectSame('the finished write is there', (await statOf(storage, 'dir/old')).size, 200_000)
}

async function checkThrows(storage: ResultStorage, body: (error: Error) => SpiedBody['source']): Promise<void> {
  const old = utf8('old value')
  await put(storage, 'dir/kept', old)
  for (const name of ['dir/kept', 'dir/new']) {
    const mine = new Error('the stream broke')
    const error = await expectFailure('a write whose stream throws fails', () => put(storage, name, body(mine)))
    expectThat(isCausedBy(error, mine), "the failure is the stream's error, or has it as a cause", () => show(error))
    const typed = new ResultError({ code: 'VALIDATION_FAILED', operation: 'write', message: 'An item is not valid.' })
    const promised = 'an error of the stream that has a code comes out with it'
    await expectRefusal(promised, 'VALIDATION_FAILED', () => put(storage, name, body(typed)))
  }
  expectBytes('a write whose stream throws leaves the old value', await get(storage, 'dir/kept'), old)
  await expectAbsent(storage, 'dir/new', 'a write whose stream throws stores nothing')
  await expectListed(storage, ['dir/kept'], 'a write whose stream throws leaves nothing in the listing')
}

/** What an untyped caller may give: read as the end, or as no bytes, it would be a short object that looks whole. */
async function checkNoBytes(storage: ResultStorage): Promise<void> {
  const old = utf8('old value')
  await put(storage, 'dir/kept', old)
  for (const piece of ['text', 7, undefined, [1, 2]]) {
    const source = async function* (): AsyncGenerator<Uint8Array> {
      yield utf8('begins well')
      yield piece as unknown as Uint8Array
      yield utf8('and goes on')
    }
    await expectFailure('a stream piece that is no Uint8Array is refused', () => put(storage, 'dir/kept', source))
  }
  expectBytes('a write that was refused leaves the old value', await get(storage, 'dir/kept'), old)
}

function throwsAt(at: number): (error: Error) => SpiedBody['source'] {
  return (error) =>
    spiedBody((index) => {
      if (index < at) return pattern(100_000, index)
      throw error
    }).source
}

/** A reader sees the old value or the new one, whatever happens to the write. */
export const atomicityCases: readonly ContractCase<ResultStorage>[] = [
  storageCase('atomicity: concurrent readers see whole values during overwrites', [], checkConcurrentReaders),
  storageCase('atomicity: concurrent writers leave one whole value', [], checkConcurrentWriters),
  storageCase('atomicity: nothing is visible halfway through a first write', [], (s) => checkHalfwayNew(s)),
  storageCase('atomicity: nothing is visible halfway through a first write with ifAbsent', ['ifAbsentStream'], (s) =>
    checkHalfwayNew(s, { ifAbsent: true }),
  ),
  storageCase('atomicity: the old value is visible halfway through an overwrite', [], (s) => checkHalfwayReplaced(s)),
  storageCase('atomicity: the old value is visible halfway through an overwrite with ifMatch', ['ifMatchStream'], (s) =>
    checkHalfwayReplaced(s, true),
  ),
  storageCase('atomicity: a stream that throws midway stores nothing, and its error comes out', [], (s) =>
    checkThrows(s, throwsAt(2)),
  ),
  storageCase('atomicity: a stream that throws at once stores nothing, and its error comes out', [], (s) =>
    checkThrows(s, throwsAt(0)),
  ),
  storageCase('atomicity: a stream that gives something else than bytes stores nothing', [], checkNoBytes),
  storageCase('atomicity: a body function that throws stores nothing, and its error comes out', [], (s) =>
    checkThrows(s, (error) => () => {
      throw error
    }),
  ),
]
