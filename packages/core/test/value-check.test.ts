import vm from 'node:vm'
import { describe, expect, test } from 'vitest'
import { checkValue, refusalMessage, type ValueRules } from '../src/value-check/index.ts'

const STRICT: ValueRules = {
  types: new Set(['Date', 'Map', 'Set', 'Uint8Array']),
  negativeZero: false,
  undefined: false,
  nullPrototype: false,
  lastIndex: false,
  shared: 'refused',
  collectionCycles: false,
  maxShared: 10,
  maxDepth: 100,
  text: (text) => (text === 'bad text' ? 'bad' : undefined),
  key: (name) => (name === 'bad name' ? 'bad' : undefined),
  bigint: () => 'bigint',
  date: (time) => (time < 0 ? 'too old' : undefined),
  isPool: () => false,
  other: () => false,
  hint: (topic) => (topic === 'function' ? 'call it' : undefined),
}

function messages(value: unknown, rules: Partial<ValueRules> = {}): string {
  return refusalMessage('x', checkValue(value, { ...STRICT, ...rules }), '')
}

describe('checkValue', () => {
  test('passes what the rules keep, and tells of NaN', () => {
    const value = { list: [1, 'a', null], map: new Map([[new Date(0), new Set([Uint8Array.of(1)])]]) }
    expect(checkValue(value, STRICT)).toEqual({ issues: [], total: 0, hasNaN: false })
    expect(checkValue([value, Number.NaN], STRICT)).toEqual({ issues: [], total: 0, hasNaN: true })
  })

  test('lists every place with its path', () => {
    const both = {}
    const value = {
      list: [1, -0, () => 1],
      both,
      map: new Map<unknown, unknown>([
        ['k', 5n],
        ['bad text', new Map([[undefined, 1]])],
      ]),
      set: new Set([both, new Date(-1)]),
      'bad name': 1,
    }
    const { issues, total } = checkValue(value, STRICT)
    expect(total).toBe(8)
    expect(issues).toEqual([
      { path: ['list', 1], message: '-0' },
      { path: ['list', 2], message: 'function (call it)' },
      { path: ['map', 'k'], message: 'bigint' },
      { path: ['map', 'bad text'], message: 'key of a Map: bad' },
      { path: ['map', 'bad text', 0], message: 'key of a Map: undefined' },
      { path: ['set', 0], message: 'the same object as result.both' },
      { path: ['set', 1], message: 'Date: too old' },
      { path: ['bad name'], message: 'name of a property: bad' },
    ])
  })

  test('says how many there are beyond the first ten', () => {
    const value = Array.from({ length: 2000 }, () => -0)
    expect(messages(value)).toMatch(/^x cannot keep 2000 values exactly: result\[0\]: -0; .*; and 1990 more\. $/)
    expect(checkValue(value, STRICT).issues).toHaveLength(1000)
  })

  test('keeps, copies or refuses shared objects', () => {
    const cycle: unknown[] = []
    cycle.push(cycle)
    const item = [1]
    const own = new Map<unknown, unknown>()
    own.set(1, [own])
    expect(messages([item, item])).toMatch(/result\[1\]: the same object as result\[0\]/)
    expect(checkValue([item, item], { ...STRICT, shared: 'copied' }).total).toBe(0)
    expect(messages(cycle, { shared: 'copied' })).toMatch(/result\[0\]: the same object as result/)
    expect(checkValue(cycle, { ...STRICT, shared: 'kept' }).total).toBe(0)
    expect(messages(own, { shared: 'kept' })).toMatch(/result\[1\]\[0\]: Map that contains itself/)
    expect(checkValue(own, { ...STRICT, shared: 'kept', collectionCycles: true }).total).toBe(0)
    expect(messages([item, item, own, own], { shared: 'kept', maxShared: 1, collectionCycles: true })).toMatch(
      /more than 1 shared/,
    )
  })

  test('passes undefined everywhere, as a value alone, or nowhere', () => {
    const value = { a: undefined, map: new Map([[1, undefined]]) }
    const keys = [new Map([[undefined, 1]]), new Set([undefined])]
    for (const undefinedRule of [true, 'values', false] as const) {
      const rules = { ...STRICT, undefined: undefinedRule }
      expect(checkValue(value, rules).total).toBe(undefinedRule === false ? 2 : 0)
      expect(checkValue(keys, rules).total).toBe(undefinedRule === true ? 0 : 2)
    }
  })

  test('looks at the memory and properties of views of another type', () => {
    class Slice extends Uint8Array<ArrayBufferLike> {}
    const rules = { other: (value: object) => value instanceof Slice }
    expect(
      checkValue([new Slice(new ArrayBuffer(2)), new Slice(new ArrayBuffer(9000))], { ...STRICT, ...rules }).total,
    ).toBe(0)
    expect(messages(Object.assign(new Slice(new ArrayBuffer(2)), { x: 1 }), rules)).toMatch(/Slice: extra property/)
    expect(messages(new Slice(new SharedArrayBuffer(2)), rules)).toMatch(/Slice: SharedArrayBuffer/)
  })

  test('finds what overlaps among many slices of a pool, in any order', () => {
    const pool = new ArrayBuffer(100_000)
    const slices = Array.from({ length: 5000 }, (_, index) => new Uint8Array(pool, ((index * 1237) % 5000) * 20, 20))
    const rules = { ...STRICT, isPool: () => true }
    for (const order of [slices, slices.toSorted((a, b) => b.byteOffset - a.byteOffset)]) {
      expect(checkValue(order, rules).total).toBe(0)
      for (const [start, size] of [
        [0, 1],
        [99_999, 1],
        [50_039, 2],
        [40, 20],
      ] as const) {
        const { issues } = checkValue([...order, new Uint8Array(pool, start, size)], rules)
        expect(issues).toEqual([
          { path: [5000], message: expect.stringMatching(/^view of the same memory as result\[/) },
        ])
      }
    }
  })

  test('knows objects of other realms from objects with a prototype of their own', () => {
    const { make } = vm.runInNewContext('({ make: () => ({ a: [1] }) })') as { make: () => object }
    expect(checkValue(make(), STRICT).total).toBe(0)
    expect(messages(Object.create({ __proto__: null, isPrototypeOf: 1 }))).toMatch(/another prototype/)
    expect(messages(Object.setPrototypeOf(new Int8Array(2), Uint8Array.prototype))).toMatch(/looks like/)
  })

  test('walks without recursion, to the depth that is asked for', () => {
    let value: unknown = 1
    for (let level = 0; level < 100_000; level++) value = [value]
    expect(checkValue(value, { ...STRICT, maxDepth: 100_000 }).total).toBe(0)
    expect(messages(value)).toMatch(/^x cannot keep 1 value exactly: result\[0\]/)
  })

  test('runs no accessor, and survives proxies', () => {
    const fail = (): never => {
      throw new Error('ran')
    }
    const getter = Object.defineProperty({}, 'a', { get: fail, enumerable: true })
    expect(messages([getter])).toMatch(/result\[0\]\.a: accessor/)
    let ran = 0
    const quiet = (): number => {
      ran += 1
      return 1
    }
    const item = Object.defineProperty([0, 1], 0, { get: quiet, enumerable: true })
    const member = Object.defineProperty({ b: 1 }, 'a', { get: quiet, enumerable: true })
    expect(messages(item)).toMatch(/result\[0\]: accessor/)
    expect(messages(member)).toMatch(/result\.a: accessor/)
    expect(ran).toBe(0)
    expect(messages([new Proxy([], { getPrototypeOf: fail })])).toMatch(/result\[0\]: cannot be examined/)
    expect(messages([new Proxy({ a: 1 }, { get: fail })])).toMatch(/cannot be examined/)
    expect(checkValue(new Proxy({ a: [1] }, {}), STRICT).total).toBe(0)
  })
})
