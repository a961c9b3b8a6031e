import { execFileSync } from 'node:child_process'
import { canonicalHash } from '@resultkit/tasks'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'

class Point {
  readonly x: number
  readonly y: number
  constructor(x: number, y: number) {
    this.x = x
    this.y = y
  }
}

describe('equal values have equal hashes', () => {
  const pairs: readonly (readonly [string, unknown, unknown])[] = [
    ['property order', { a: 1, b: { c: 2, d: 3 } }, { b: { d: 3, c: 2 }, a: 1 }],
    [
      'Map order',
      new Map<unknown, unknown>([
        ['a', 1],
        [{ k: 1 }, 2],
        [3, 4],
      ]),
      new Map<unknown, unknown>([
        [3, 4],
        [{ k: 1 }, 2],
        ['a', 1],
      ]),
    ],
    [
      'Map order with twins',
      new Map([
        [{ k: 1 }, 1],
        [{ k: 1 }, 2],
      ]),
      new Map([
        [{ k: 1 }, 2],
        [{ k: 1 }, 1],
      ]),
    ],
    ['Set order', new Set([1, 'b', { c: 1 }]), new Set([{ c: 1 }, 'b', 1])],
    ['numbers in a Set', new Set([10, 9, 1]), new Set([1, 9, 10])],
    ['objects without a prototype', Object.assign(Object.create(null), { a: 1 }), { a: 1 }],
    ['typed arrays of equal bytes', new Uint8Array([1, 2]), new Uint8Array([0, 1, 2]).subarray(1)],
    [
      'shared and equal',
      [{ a: 1 }, { a: 1 }],
      (() => {
        const o = { a: 1 }
        return [o, o]
      })(),
    ],
    ['Dates', new Date(5), new Date(5)],
    ['Errors', new RangeError('x', { cause: 1 }), new RangeError('x', { cause: 1 })],
  ]
  test.each(pairs)('%s', (_, a, b) => expect(canonicalHash(a)).toBe(canonicalHash(b)))

  test('cycles', () => {
    const cycle = (): object => {
      const o: Record<string, unknown> = { name: 'o' }
      o['self'] = [o]
      return o
    }
    expect(canonicalHash(cycle())).toBe(canonicalHash(cycle()))
  })

  test('any JSON value, however its properties are ordered', () => {
    const shuffled = (value: unknown): unknown => {
      if (Array.isArray(value)) return value.map(shuffled)
      if (typeof value !== 'object' || value === null) return value
      return Object.fromEntries(
        Object.entries(value)
          .reverse()
          .map(([key, each]) => [key, shuffled(each)]),
      )
    }
    fc.assert(fc.property(fc.jsonValue(), (value) => canonicalHash(value) === canonicalHash(shuffled(value))))
  })
})

describe('different values have different hashes', () => {
  const values: readonly unknown[] = [
    undefined,
    null,
    true,
    false,
    0,
    -0,
    Number.NaN,
    1,
    '1',
    1n,
    '',
    [],
    {},
    [undefined],
    new Array(1),
    [null],
    [[]],
    { a: undefined },
    { a: 1 },
    { a: '1' },
    ['a', 1],
    new Map([['a', 1]]),
    new Set(['a', 1]),
    [['a', 1]],
    new Date(1),
    new Date(Number.NaN),
    new Uint8Array([1]),
    new Int8Array([1]),
    new Uint8Array([1]).buffer,
    /a/,
    /a/g,
    new URL('http://a/'),
    'http://a/',
    new Error('a'),
    new TypeError('a'),
    new Error('a', { cause: 1 }),
    '\ud800',
    '\ud801',
    '\ufffd',
    ['ab', 'c'],
    ['a', 'bc'],
    new Map(),
    new Set(),
    { n: 1, s: 'n1;' },
    's1:a',
  ]
  test('these all', () => {
    expect(new Set(values.map((value) => canonicalHash(value))).size).toBe(values.length)
  })

  test('any two JSON values that differ', () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.jsonValue(), (a, b) => {
        const same =
          JSON.stringify(sortedKeys(a)) === JSON.stringify(sortedKeys(b)) && !hasNegativeZero(a) && !hasNegativeZero(b)
        const isZero = hasNegativeZero(a) || hasNegativeZero(b)
        return isZero || (canonicalHash(a) === canonicalHash(b)) === same
      }),
    )
  })
})

test('classes are hashed when they are given, by name, version and content', () => {
  const encode = ({ x, y }: Point): unknown => [x, y]
  const classes = [{ name: 'Point', class: Point, encode }]
  expect(canonicalHash(new Point(1, 2), { classes })).toBe(canonicalHash(new Point(1, 2), { classes }))
  expect(canonicalHash(new Point(1, 2), { classes })).not.toBe(canonicalHash(new Point(2, 1), { classes }))
  expect(
    canonicalHash(new Point(1, 2), { classes: [{ name: 'Point', version: 2, prototype: Point.prototype, encode }] }),
  ).not.toBe(canonicalHash(new Point(1, 2), { classes }))
})

test.each([
  ['a function', { a: { f: () => 1 } }, 'input.a.f'],
  ['a symbol', [Symbol('x')], 'input[0]'],
  ['a promise', { p: Promise.resolve() }, 'input.p'],
  ['an unknown class', { list: [{ point: new Point(1, 2) }] }, 'input.list[0].point'],
  ['a symbol key', { a: { [Symbol('k')]: 1 } }, 'input.a'],
  ['a function in a Map', { m: new Map([['k', () => 1]]) }, 'input.m["(entry)"]'],
  ['an array with properties', { a: Object.assign([1], { extra: 1 }) }, 'input.a'],
  ['a Map with properties', { m: Object.assign(new Map(), { extra: 1 }) }, 'input.m'],
  ['a subclass of Map', { m: new (class Tagged extends Map {})() }, 'input.m'],
  [
    'an accessor that throws',
    {
      a: {
        get b(): never {
          throw new Error('no')
        },
      },
    },
    'input.a',
  ],
  ['a function in a Set', { s: new Set([() => 1]) }, 'input.s'],
])('%s is refused with its place', (_, value, place) => {
  expect(() => canonicalHash(value)).toThrow(
    expect.objectContaining({ code: 'SERIALIZE', message: expect.stringContaining(place) }),
  )
})

test('nesting beyond the stack is refused, not a crash', () => {
  let deep: unknown = 0
  for (let level = 0; level < 200_000; level++) deep = [deep]
  expect(() => canonicalHash(deep)).toThrow(expect.objectContaining({ code: 'SERIALIZE' }))
})

test('the same in another process, and for good', () => {
  const code = `import { canonicalHash } from '@resultkit/tasks'
    console.log(canonicalHash({ b: [1, -0, 'x'], a: new Map([['k', new Date(0)]]), c: new Set([2, 1]), d: new Uint8Array([1, 2]) }))`
  const hash = execFileSync(process.execPath, ['--conditions=resultkit:source', '--input-type=module', '-e', code], {
    cwd: import.meta.dirname,
    encoding: 'utf8',
  }).trim()
  const value = { d: new Uint8Array([1, 2]), c: new Set([1, 2]), b: [1, -0, 'x'], a: new Map([['k', new Date(0)]]) }
  expect(canonicalHash(value)).toBe(hash)
  // A change of the encoding would make every stored key a miss.
  expect(hash).toMatchInlineSnapshot(`"20a4f756832c30f1c237d6092307687d5f43bd1ad0bb19243bbbea438efdb2bf"`)
})

test('100,000 entries take a tenth of what a million may: far from quadratic', () => {
  const entries = Array.from({ length: 100_000 }, (_, n) => [`key ${(n * 7919) % 100_000}`, n] as const)
  for (const value of [Object.fromEntries(entries), new Map(entries), new Set(entries.map(([key]) => key))]) {
    const started = process.cpuUsage()
    canonicalHash(value)
    const { user, system } = process.cpuUsage(started)
    // The million of the benchmark has 2 s; here is room for a busy machine.
    expect((user + system) / 1e6).toBeLessThan(1.5)
  }
})

function sortedKeys(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sortedKeys)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    Object.entries(value)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, each]) => [key, sortedKeys(each)]),
  )
}

function hasNegativeZero(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return Object.is(value, -0)
  return Object.values(value).some(hasNegativeZero)
}
