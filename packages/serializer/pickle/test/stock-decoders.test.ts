import { Decoder, Tag } from 'cbor-x'
import { decode as decodeCborg } from 'cborg'
import { expect, test } from 'vitest'
import { describePickle, type PickleOptions, pickle } from '../src/index.ts'

function graphOf(value: unknown, options: PickleOptions = {}): Uint8Array {
  const bytes = pickle(options).serialize(value) as Uint8Array
  const { offset, length } = describePickle(bytes).graph
  return bytes.subarray(offset, offset + length)
}

const JSON_LIKE = {
  name: 'report',
  pages: 3,
  ratio: 0.25,
  tags: ['a', 'b'],
  nested: { yes: true, no: null, negative: -70000 },
  text: 'é 日本',
}

test('cbor-x reads what is like JSON', () => {
  expect(new Decoder({ mapsAsObjects: true }).decode(graphOf(JSON_LIKE))).toEqual(JSON_LIKE)
  const value = { ...JSON_LIKE, again: ['report', 'report', 'nested'], rows: [{ a: 1 }, { a: 2 }] }
  expect(new Decoder({ mapsAsObjects: true }).decode(graphOf(value, { compact: false }))).toEqual(value)
})

test('cbor-x reads Dates, BigInts, Maps, Sets, typed arrays, floats', () => {
  const value = [
    new Date(1_795_305_600_123),
    2n ** 70n,
    -(2n ** 70n),
    new Map([['key', 1]]),
    new Set([1, 2]),
    Float64Array.of(1.5),
    1.1,
    -0,
    Number.NaN,
  ]
  expect(new Decoder({ mapsAsObjects: true }).decode(graphOf(value))).toEqual(value)
})

test('cbor-x resolves shared references and cycles', () => {
  const value: Record<string, unknown> = { list: [1] }
  value['same'] = value['list']
  value['self'] = value
  const back = new Decoder({ mapsAsObjects: true, structuredClone: true } as never).decode(
    graphOf(value),
  ) as typeof value
  expect([back['same'] === back['list'], back['self'] === back, back['list']]).toEqual([true, true, [1]])
})

test('cbor-x shows our own tags as tags, with plain CBOR inside', () => {
  const [tag] = new Decoder({ mapsAsObjects: true }).decode(graphOf([/a+/g])) as [Tag]
  expect(tag).toBeInstanceOf(Tag)
  expect([(tag as { tag: number }).tag, tag.value]).toEqual([56412, ['a+', 'g', 0]])
  const table = new Decoder({ mapsAsObjects: true }).decode(graphOf([{ a: 1 }, { a: 2 }])) as {
    tag: number
    value: unknown
  }
  expect([table.tag, table.value]).toEqual([56404, [['a'], [1], [2]]])
})

/** cborg refuses tags that it was given nothing for. */
const passing = (...tags: number[]): Record<number, (decode: () => unknown) => unknown> =>
  Object.fromEntries(tags.map((tag) => [tag, (decode: () => unknown) => decode()]))

test('cborg reads graphs that are not compact', () => {
  const rows = [
    { id: 1, city: 'Berlin' },
    { id: 2, city: 'Berlin' },
  ]
  const value = { ...JSON_LIKE, rows, again: 'report' }
  expect(decodeCborg(graphOf(value, { compact: false }), { tags: passing(55799) as never })).toEqual(value)
})

test('cborg reads what stands in our own tags', () => {
  const value = { pattern: /a+/g, missing: [1, undefined], boxed: Object(5) as unknown }
  const tags = passing(55799, 56412, 56411) as never
  expect(decodeCborg(graphOf(value, { compact: false }), { tags })).toEqual({
    pattern: ['a+', 'g', 0],
    missing: [1, undefined],
    boxed: 5,
  })
})
