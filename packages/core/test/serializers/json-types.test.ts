import { deepStrictEqual } from 'node:assert'
import { describe, expect, expectTypeOf, it } from 'vitest'
import { json } from '../../src/serializers/json.ts'
import { type JsonType, jsonType, jsonTypes } from '../../src/serializers/json-types.ts'
import { bytesOf, errorOf, roundTrip, textOf } from './helpers.ts'

class Point {
  readonly x: number
  constructor(x: number) {
    this.x = x
  }
}

const point = jsonType({
  name: 'Point',
  test: (value) => value instanceof Point,
  encode: ({ x }) => x,
  decode: (x) => new Point(x as number),
})
const nothing = jsonType<undefined>({
  name: 'undefined',
  test: (value) => value === undefined,
  encode: () => null,
  decode: () => undefined,
})
const all: readonly JsonType[] = [...Object.values(jsonTypes), point, nothing]

describe('json({ types })', () => {
  it('infers the type from the guard', () => {
    expectTypeOf(point).toEqualTypeOf<JsonType<Point>>()
    expectTypeOf(nothing).toEqualTypeOf<JsonType<undefined>>()
  })

  const kept: [string, unknown][] = [
    ['a Date', new Date('2026-11-22T01:02:03.004Z')],
    ['the last Date', new Date(8.64e15)],
    ['an invalid Date', new Date(Number.NaN)],
    ['bigints', [0n, -1n, 2n ** 64n, 3n ** 100n]],
    ['numbers', [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, -0, 0, 1.5]],
    ['undefined', undefined],
    ['undefined members and items', { a: undefined, b: [undefined, null] }],
    ['bytes', Uint8Array.from({ length: 20_000 }, (_, index) => index * 7)],
    ['no bytes', new Uint8Array()],
    ['a Map with Dates and Maps', new Map<unknown, unknown>([[new Date(0), new Map([[1n, new Set([new Point(1)])]])]])],
    ['a class', new Point(3)],
    ['nested hooks', new Map<unknown, unknown>([[new Set([1n]), { at: [new Date(5)], p: new Point(-0) }]])],
    ['own $type members', { $type: 'Date', value: 1, at: new Date(0), deep: [{ $type: { $type: 2 } }] }],
    ['own $type and nothing else', { $type: '$object', value: { $type: 'Map', value: [] } }],
    ['own __proto__ holding a hook', JSON.parse('{"__proto__":{"a":1},"$type":1}')],
  ]
  it.each(kept)('keeps %s', (_, value) => {
    deepStrictEqual(roundTrip(json({ types: all }), value), value)
  })

  it('sets own __proto__ members and never a prototype', () => {
    const value = Object.defineProperty({}, '__proto__', { value: new Date(1), enumerable: true })
    const back = roundTrip(json({ types: all }), value) as object
    expect(Object.getPrototypeOf(back)).toBe(Object.prototype)
    expect(Object.getOwnPropertyDescriptor(back, '__proto__')?.value).toEqual(new Date(1))
  })

  it('writes tags, and does not change the value', () => {
    const value = { at: new Date(0), plain: [1], own: { $type: 'x' } }
    const serializer = json({ types: [jsonTypes.date] })
    expect(textOf(serializer.serialize(value))).toBe(
      '{"at":{"$type":"Date","value":"1970-01-01T00:00:00.000Z"},"plain":[1],"own":{"$type":"$object","value":{"$type":"x"}}}',
    )
    expect(value).toEqual({ at: new Date(0), plain: [1], own: { $type: 'x' } })
  })

  it('runs no getter that comes after a hooked value', async () => {
    const get = () => {
      throw new Error('a getter ran')
    }
    const serializer = json({ types: [jsonTypes.bigint] })
    const member = Object.defineProperty({ a: 1n }, 'b', { enumerable: true, get })
    const item = Object.defineProperty([1n, 2], 1, { get })
    for (const value of [member, item]) {
      const { issues } = await errorOf(() => serializer.serialize(value), 'SERIALIZE')
      expect(issues).toMatchObject([{ message: 'accessor' }])
    }
  })

  it('lists the names, sorted, as options', () => {
    expect(json({ types: [jsonTypes.map, point, jsonTypes.date], lossy: ['shared'] }).options).toEqual({
      types: ['Date', 'Map', 'Point'],
    })
  })

  it('asks the hooks in order, and never about what JSON keeps', () => {
    const asked: unknown[] = []
    const spy = jsonType<unknown>({
      name: 'Spy',
      test: (value) => {
        asked.push(value)
        return value === 2n
      },
      encode: () => 'spied',
      decode: () => 2n,
    })
    const value = ['x', 1, true, null, {}, [], 1n, 2n]
    expect(roundTrip(json({ types: [spy, jsonTypes.bigint] }), value)).toEqual(value)
    expect(asked).toEqual([1n, 2n])
  })

  it('has no hook for subclasses and for objects with more properties', async () => {
    const serializer = json({ types: all })
    const odd = [new (class Day extends Date {})(), Object.assign(new Map(), { a: 1 }), Buffer.from('x')]
    const { issues } = await errorOf(() => serializer.serialize(odd), 'SERIALIZE')
    expect(issues.map(({ message }) => message)).toEqual(['Day', 'Map', 'Buffer'])
  })

  it('names places inside what a hook wrote, and shared objects', async () => {
    const serializer = json({ types: [jsonTypes.map, jsonTypes.date] })
    const at = new Date(0)
    const value = { m: new Map([['k', () => 1]]), a: at, b: at }
    const { message, issues } = await errorOf(() => serializer.serialize(value), 'SERIALIZE')
    expect(message).toContain('result.m[0][1]: function; result.b: the same object as result.a.')
    expect(issues[0]?.path).toEqual(['m', 0, 1])
    const selfish = new Map()
    selfish.set('self', selfish)
    await errorOf(() => json({ types: [jsonTypes.map], lossy: ['shared'] }).serialize(selfish), 'SERIALIZE')
  })

  it('turns what hooks throw into SERIALIZE and DESERIALIZE', async () => {
    const cause = new Error('broken')
    const broken = {
      name: 'Broken',
      test: (value: unknown) => typeof value === 'bigint',
      encode: () => {
        throw cause
      },
      decode: () => {
        throw cause
      },
    }
    const serializer = json({ types: [broken] })
    const refused = await errorOf(() => serializer.serialize({ a: 1n, b: Number.NaN }), 'SERIALIZE')
    expect(refused.message).toContain('result.a: bigint, whose hook threw; result.b: NaN')
    expect(refused.cause).toBe(cause)
    const unread = await errorOf(() => serializer.deserialize(bytesOf('{"$type":"Broken","value":1}')), 'DESERIALIZE')
    expect(unread.message).toContain('Broken')
    expect(unread.cause).toBe(cause)
  })

  it('refuses a hook that encodes without end', async () => {
    const endless = jsonType({
      name: 'Endless',
      test: (value) => value instanceof Point,
      encode: ({ x }) => new Point(x),
      decode: () => new Point(0),
    })
    await errorOf(() => json({ types: [endless] }).serialize(new Point(0)), 'SERIALIZE')
  })

  it('refuses unknown and malformed tags', async () => {
    const serializer = json({ types: [jsonTypes.date, jsonTypes.bigint, jsonTypes.bytes, jsonTypes.map] })
    const unknown = await errorOf(() => serializer.deserialize(bytesOf('[{"$type":"Point","value":1}]')), 'DESERIALIZE')
    expect(unknown.message).toContain('a type that no hook is for; there are hooks for Date, bigint, Uint8Array, Map')
    const malformed = [
      '{"$type":1,"value":1}',
      '{"$type":"Date"}',
      '{"$type":"Date","value":null,"more":1}',
      '{"$type":"$object","value":[]}',
      '{"$type":"Date","value":"tomorrow"}',
      '{"$type":"Date","value":"T99Z"}',
      '{"$type":"bigint","value":"0x1"}',
      '{"$type":"bigint","value":""}',
      '{"$type":"Uint8Array","value":"*"}',
      '{"$type":"Map","value":{}}',
    ]
    for (const text of malformed) await errorOf(() => serializer.deserialize(bytesOf(text)), 'DESERIALIZE')
  })

  it('refuses bigints whose decimals would take too long to read', async () => {
    await errorOf(() => json({ types: [jsonTypes.bigint] }).serialize(1n << 400_000n), 'SERIALIZE')
  })
})

it('views that share an ArrayBuffer are refused, because they would come back apart', () => {
  const { buffer } = new Uint8Array(16)
  const views = { first: new Uint8Array(buffer, 0, 8), list: [new Uint8Array(buffer, 8, 8)] }
  const strict = json({ types: [jsonTypes.bytes] })
  expect(() => strict.serialize(views)).toThrow(/result\.list\[0\]: shares its ArrayBuffer with result\.first/)
  expect(strict.deserialize(strict.serialize(views.first) as Uint8Array)).toEqual(new Uint8Array(8))
  const lossy = json({ types: [jsonTypes.bytes], lossy: ['shared'] })
  expect(lossy.deserialize(lossy.serialize(views) as Uint8Array)).toEqual({
    first: new Uint8Array(8),
    list: [new Uint8Array(8)],
  })
})
