import type { ByteSource, ResultStorage } from '@resultkit/core'
import { cut, ODD_SIZES, pattern, spiedPieces } from '../body.ts'
import type { ContractCase } from '../contract-case.ts'
import { expectBytes, expectRefusal, expectSame, expectThat } from '../expectation.ts'
import { forEachOf } from '../timing.ts'
import { expectAbsent, get, open, put, storageCase } from './use.ts'

const MIB = 1024 * 1024
const SIZES = [0, 1, 63, 64, 65, 4095, 4096, 4097, 65_535, 65_536, 65_537, MIB + 1]

async function checkSizes(storage: ResultStorage, body: (bytes: Uint8Array) => ByteSource): Promise<void> {
  await forEachOf(SIZES, async (size) => {
    const name = `sizes/${size}`
    const bytes = pattern(size, size)
    const promised = `${size} bytes that are written read back equal`
    const written = await put(storage, name, body(bytes))
    expectSame('write returns the number of bytes written', written.size, size)
    expectBytes(promised, await get(storage, name), bytes)
  })
}

function stream(pieces: readonly Uint8Array[]): ByteSource {
  return spiedPieces(pieces).source
}

const none = new Uint8Array(0)

async function checkParts(storage: ResultStorage): Promise<void> {
  await checkSizes(storage, (bytes) => [none, ...cut(bytes, ODD_SIZES), none])
}

async function checkNoParts(storage: ResultStorage): Promise<void> {
  await put(storage, 'no-parts', [])
  expectBytes('a body of no arrays is an object of 0 bytes', await get(storage, 'no-parts'), none)
  await put(storage, 'no-pieces', stream([]))
  expectBytes('a stream of no pieces is an object of 0 bytes', await get(storage, 'no-pieces'), none)
  await put(storage, 'empty-pieces', stream([none, none, none]))
  expectBytes('a stream of empty pieces is an object of 0 bytes', await get(storage, 'empty-pieces'), none)
}

async function checkViews(storage: ResultStorage): Promise<void> {
  const around = pattern(10_000)
  const view = around.subarray(1001, 1001 + 5000)
  const bodies: Record<string, ByteSource> = {
    array: view,
    arrays: [view.subarray(0, 17), view.subarray(17)],
    stream: stream([view.subarray(0, 17), view.subarray(17)]),
  }
  for (const [form, body] of Object.entries(bodies)) {
    await put(storage, `view/${form}`, body)
    const promised = `a view into a larger buffer stores the view alone (${form})`
    expectBytes(promised, await get(storage, `view/${form}`), view)
  }
}

const LARGE = 20 * MIB + 13

async function checkLarge(storage: ResultStorage): Promise<void> {
  const bytes = pattern(LARGE)
  const written = await put(storage, 'large', stream(cut(bytes, [1_000_003, 1, 2 * MIB])))
  expectSame('a large stream is written whole', written.size, LARGE)
  let at = 0
  for await (const piece of (await open(storage, 'large')).stream()) {
    const expected = bytes.subarray(at, at + piece.byteLength)
    expectBytes(`a large object streams back equal (from byte ${at})`, piece, expected)
    at += piece.byteLength
  }
  expectSame('a large object streams back whole', at, LARGE)
}

async function checkAnnounced(storage: ResultStorage): Promise<void> {
  const bytes = pattern(70_001)
  const pieces = cut(bytes, [30_000])
  const options = { contentType: 'application/json; charset=utf-8', size: bytes.byteLength }
  const promised = 'contentType and the right size change nothing about the bytes'
  await put(storage, 'announced/bytes', bytes, options)
  expectBytes(promised, await get(storage, 'announced/bytes'), bytes)
  await put(storage, 'announced/stream', stream(pieces), options)
  expectBytes(promised, await get(storage, 'announced/stream'), bytes)
}

async function checkWrongSize(storage: ResultStorage): Promise<void> {
  const pieces = cut(pattern(70_000), [30_000])
  await forEachOf([0, 69_999, 70_001, 140_000], async (size) => {
    const name = `wrong-size/${size}`
    const promised = `a stream of 70000 bytes that was announced with ${size} fails the write`
    await expectRefusal(promised, undefined, () => put(storage, name, stream(pieces), { size }))
    await expectAbsent(storage, name, 'a stream of another size than announced stores nothing')
  })
}

async function checkAskedOnce(storage: ResultStorage): Promise<void> {
  const body = spiedPieces(cut(pattern(100_000), [9999]))
  await put(storage, 'asked-once', body.source)
  expectSame('one write asks the body function once', body.seen.asked, 1)
  expectThat(body.seen.ended, 'a body is read to its end', 'it was not')
}

/** Bytes of awkward sizes and forms come back equal. */
export const roundTripCases: readonly ContractCase<ResultStorage>[] = [
  storageCase('round trip: every awkward size, as one array', [], (s) => checkSizes(s, (bytes) => bytes)),
  storageCase('round trip: every awkward size, as several arrays, some of them empty', [], checkParts),
  storageCase('round trip: every awkward size, as a stream of odd pieces, some of them empty', [], (s) =>
    checkSizes(s, (bytes) => stream(cut(bytes, ODD_SIZES))),
  ),
  storageCase('round trip: no arrays, no pieces and empty pieces are 0 bytes', [], checkNoParts),
  storageCase('round trip: a view into a larger buffer stores the view alone', [], checkViews),
  storageCase('round trip: a large stream of unknown length', [], checkLarge),
  storageCase('round trip: contentType and the right size are accepted', [], checkAnnounced),
  storageCase('write: a stream of another size than announced fails and stores nothing', [], checkWrongSize),
  storageCase('write: the body function is asked once', [], checkAskedOnce),
]
