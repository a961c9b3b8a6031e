import {
  collectBytes,
  concatBytes,
  equalBytes,
  ResultError,
  type Serializer,
  type StreamSerializer,
} from '@resultkit/core'
import { cut, ODD_SIZES, pattern, spiedBody, streamed, utf8 } from '../body.ts'
import type { ContractCase } from '../contract-case.ts'
import { expectBytes, expectFailure, expectRefusal, expectSame, expectThat, isCausedBy } from '../expectation.ts'
import { show } from '../show.ts'
import { AWKWARD_VALUES } from './awkward-values.ts'
import { firstDifference } from './same-value.ts'
import { expectValueOrDeserialize, streamCase, unlessRefused } from './use.ts'

function encoded(serializer: StreamSerializer, items: readonly unknown[]): Promise<Uint8Array> {
  return collectBytes(serializer.encode(streamed(items)))
}

async function decoded(serializer: StreamSerializer, pieces: readonly Uint8Array[]): Promise<readonly unknown[]> {
  const items: unknown[] = []
  for await (const item of serializer.decode(streamed(pieces))) items.push(item)
  return items
}

/** Items of this serializer, whatever it takes: rows, texts, values. */
async function acceptedItems(serializer: StreamSerializer): Promise<readonly unknown[]> {
  const candidates = [
    { id: 1, name: 'one' },
    ['a', 'b'],
    'text',
    1.5,
    true,
    null,
    [],
    {},
    pattern(10),
    { text: 'caf\u00e9 \u{1f600}\n"x"' },
  ]
  const accepted: unknown[] = []
  for (const item of candidates)
    if (await unlessRefused('an item is taken or refused', () => encoded(serializer, [item]))) accepted.push(item)
  expectThat(accepted.length > 0, 'a serializer takes some item', 'it refused them all')
  return Array.from({ length: 200 }, (_, index) => accepted[index % accepted.length])
}

async function checkOrder(serializer: StreamSerializer): Promise<void> {
  const items = await acceptedItems(serializer)
  const bytes = await encoded(serializer, items)
  for (const pieces of [[bytes], cut(bytes, [1]), cut(bytes, [0, 1, 0, 2, 3]), cut(bytes, ODD_SIZES)]) {
    const back = await decoded(serializer, pieces)
    const difference = firstDifference(
      back.map((item) => [item]),
      items.map((item) => [structuredClone(item)]),
    )
    expectThat(difference === undefined, 'items come back in order, however the bytes are cut', `${difference}`)
  }
  expectBytes('the same items give the same bytes', await encoded(serializer, items), bytes)
}

async function checkEmpty(serializer: StreamSerializer): Promise<void> {
  const bytes = await encoded(serializer, [])
  expectSame('no items come back as no items', (await decoded(serializer, [bytes])).length, 0)
  expectSame('no items come back as no items', (await decoded(serializer, cut(bytes, [1]))).length, 0)
}

async function checkItem(serializer: StreamSerializer, name: string, build: () => unknown): Promise<void> {
  const item = build()
  const promised = `${name} as an item comes back exactly, or is refused with SERIALIZE`
  const bytes = await unlessRefused(promised, () => encoded(serializer, [item, item]))
  if (bytes === undefined) return
  const back = await decoded(serializer, [bytes])
  expectSame(promised, back.length, 2)
  for (const one of back) {
    const difference = firstDifference(one, item)
    expectThat(difference === undefined, promised, `${difference}`)
  }
}

async function checkRefusedItem(serializer: StreamSerializer): Promise<void> {
  const [item] = await acceptedItems(serializer)
  const promised = 'an item that cannot be kept makes the stream fail with SERIALIZE'
  const items = [item, item, () => 1, item]
  await expectRefusal(promised, 'SERIALIZE', () => encoded(serializer, items))
}

/** Enough items for several pieces. */
async function manyItems(serializer: StreamSerializer): Promise<readonly unknown[]> {
  const items = await acceptedItems(serializer)
  return Array.from({ length: 20_000 }, (_, index) => items[index % items.length])
}

async function checkOwnPieces(serializer: StreamSerializer): Promise<void> {
  const items = await manyItems(serializer)
  const held: Uint8Array[] = []
  const copies: Uint8Array[] = []
  for await (const piece of serializer.encode(streamed(items))) {
    held.push(piece)
    copies.push(piece.slice())
  }
  expectBytes('a piece that was given out is not touched again', concatBytes(held), concatBytes(copies))
}

async function checkCutItem(serializer: StreamSerializer): Promise<void> {
  const [first, second] = await acceptedItems(serializer)
  const start = await encoded(serializer, [first])
  const both = await encoded(serializer, [first, second])
  // Where an item ends, a cut leaves fewer items and nothing to see; that is for the record's digest.
  if (!equalBytes(both.subarray(0, start.byteLength), start)) return
  for (let size = start.byteLength + 1; size < both.byteLength; size++) {
    const promised = `an item cut after ${size - start.byteLength} of ${both.byteLength - start.byteLength} bytes is not left out`
    const back = await decoded(serializer, [both.slice(0, size)]).catch(() => undefined)
    expectThat(back === undefined || back.length > 1, promised, () => `${back?.length} items, and a normal end`)
  }
}

const MANY = 100_000

async function checkEncodeLeft(serializer: StreamSerializer): Promise<void> {
  const [item] = await acceptedItems(serializer)
  const source = spiedBody((index) => (index < MANY ? (item as Uint8Array) : undefined))
  for await (const piece of serializer.encode(source.source())) if (piece.byteLength > 0) break
  expectThat(!source.seen.ended, 'items are encoded as they come', 'all were asked for')
  expectThat(source.seen.returned > 0, 'a consumer that leaves encode early makes it leave its source', 'it did not')
}

async function checkDecodeLeft(serializer: StreamSerializer): Promise<void> {
  const items = await acceptedItems(serializer)
  const piece = await encoded(
    serializer,
    Array.from({ length: MANY }, (_, index) => items[index % items.length]),
  )
  const source = spiedBody((index) => {
    const from = index * 1000
    return from < piece.byteLength ? piece.slice(from, from + 1000) : undefined
  })
  for await (const _ of serializer.decode(source.source())) break
  expectThat(!source.seen.ended, 'items are decoded as their bytes come', 'all bytes were asked for')
  expectThat(source.seen.returned > 0, 'a consumer that leaves decode early makes it leave its source', 'it did not')
}

async function checkSourceFails(serializer: StreamSerializer): Promise<void> {
  const items = await acceptedItems(serializer)
  const bytes = await encoded(serializer, items)
  const mine = new Error('the source broke')
  const failing = (pieces: readonly unknown[]): AsyncIterable<Uint8Array> =>
    spiedBody((index) => {
      if (index < 3) return pieces[index] as Uint8Array
      throw mine
    }).source()
  const promised = 'a source that fails makes the stream fail with that error'
  const encoding = await expectFailure(promised, () => collectBytes(serializer.encode(failing(items))))
  expectThat(isCausedBy(encoding, mine), promised, () => show(encoding))
  const decoding = await expectFailure(promised, async () => {
    for await (const _ of serializer.decode(failing(cut(bytes, [7]))));
  })
  expectThat(isCausedBy(decoding, mine), promised, () => show(decoding))
  const outage = new ResultError({ code: 'UNAVAILABLE', operation: 'read', message: 'The source is away.' })
  const away = spiedBody(() => Promise.reject(outage)).source
  const typed = 'an error of the source that has a code keeps it: an outage is not damage'
  await expectRefusal(typed, 'UNAVAILABLE', () => collectBytes(serializer.encode(away())))
  await expectRefusal(typed, 'UNAVAILABLE', async () => {
    for await (const _ of serializer.decode(away()));
  })
}

async function checkGarbage(serializer: StreamSerializer): Promise<void> {
  const garbage = [
    pattern(1),
    pattern(100),
    new Uint8Array(9).fill(255),
    ...['{', '\n\n', '[1\n2]', '{}{}\n', '\ufeff1\n'].map(utf8),
  ]
  for (const bytes of garbage)
    await expectValueOrDeserialize('garbage is DESERIALIZE, if it is not items', () => decoded(serializer, [bytes]))
}

// A stream awaits promises, so that none is ever an item.
const ITEMS = Object.entries(AWKWARD_VALUES).filter(([name]) => name !== 'a Promise')

/** Serializers of streams. */
export const streamCases: readonly ContractCase<Serializer>[] = [
  streamCase('stream: items come back in order, however the bytes are cut', checkOrder),
  streamCase('stream: no items', checkEmpty),
  ...ITEMS.map(([name, build]) =>
    streamCase(`stream: ${name} as an item comes back exactly, or is refused`, (s) => checkItem(s, name, build)),
  ),
  streamCase('stream: an item that cannot be kept makes it fail', checkRefusedItem),
  streamCase('stream: a consumer that leaves encode early makes it leave its source', checkEncodeLeft),
  streamCase('stream: a consumer that leaves decode early makes it leave its source', checkDecodeLeft),
  streamCase('stream: a source that fails makes it fail', checkSourceFails),
  streamCase('stream: pieces that were given out are not touched again', checkOwnPieces),
  streamCase('stream: an item that is cut off is not left out', checkCutItem),
  streamCase('stream: garbage is DESERIALIZE', checkGarbage),
]
