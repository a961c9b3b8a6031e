import fc from 'fast-check'
import { expect, test } from 'vitest'
import { json } from '../src/serializers/json.ts'
import type { JsonType } from '../src/serializers/json-types.ts'
import { glanceAt } from '../src/value-check/glance.ts'
import { checkValue, type ValueRules } from '../src/value-check/index.ts'

const STRICT: ValueRules = {
  types: new Set(['Date', 'Map', 'Set', 'RegExp', 'ArrayBuffer', 'DataView', 'Uint8Array', 'Float64Array']),
  negativeZero: false,
  undefined: true,
  nullPrototype: false,
  lastIndex: false,
  shared: 'refused',
  collectionCycles: false,
  maxShared: 3,
  maxDepth: 6,
  text: (text) => (text.length > 30 ? 'long' : undefined),
  key: (name) => (name === '__keys__' ? name : undefined),
  bigint: (value) => (value > 1000n ? 'large' : undefined),
  date: (time) => (Number.isNaN(time) ? 'invalid' : undefined),
  isPool: () => false,
  other: () => false,
  hint: () => undefined,
}
const LOOSE: ValueRules = { ...STRICT, negativeZero: true, nullPrototype: true, shared: 'copied' }
const GRAPH: ValueRules = { ...LOOSE, shared: 'kept' }

class Point {
  x = 1
}

let accessorsRun = 0
const never = (): number => {
  accessorsRun += 1
  return 1
}
const key = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 3 }),
  fc.constantFrom<PropertyKey>('a', 'b', '0', '__keys__', '__proto__', '\ud800', 'length', Symbol('s')),
)
const descriptor: fc.Arbitrary<PropertyDescriptor> = fc.oneof(
  { weight: 3, arbitrary: fc.constantFrom<PropertyDescriptor>({ value: undefined, enumerable: true }, { value: 1 }) },
  fc.constantFrom<PropertyDescriptor>(
    { get: never, enumerable: true },
    { set: never, enumerable: true },
    { get: never },
  ),
)
const leaf: fc.Arbitrary<unknown> = fc.oneof(
  { weight: 6, arbitrary: fc.oneof(fc.string({ unit: 'binary' }), fc.integer(), fc.double(), fc.boolean()) },
  fc.constantFrom<unknown>(null, undefined, 5n, 5000n, -0, Number.NaN, new Point(), never, Symbol('s')),
  fc
    .constantFrom<() => unknown>(
      () => new Date(0),
      () => new Date(Number.NaN),
      () => /x/,
      () => Uint8Array.of(1),
    )
    .map((make) => make()),
)

/** Turns an object into something odd, or leaves it as it is. */
const oddity: fc.Arbitrary<(value: object) => object> = fc.oneof(
  { weight: 12, arbitrary: fc.constant((value: object) => value) },
  fc.tuple(key, descriptor).map(([name, property]) => (value: object) => {
    Reflect.defineProperty(value, name, property)
    return value
  }),
  fc.nat(3).map((index) => (value: object) => {
    if (Array.isArray(value)) delete value[index]
    return value
  }),
  fc.constantFrom<(value: object) => object>(
    Object.freeze,
    (value) => Object.setPrototypeOf(value, null),
    (value) => Object.setPrototypeOf(value, Array.prototype),
    (value) => Object.setPrototypeOf(value, Object.prototype),
    (value) => new Proxy(value, {}),
    (value) => [value, value],
    (value) => Object.assign(value, { own: value }),
    (value) => (Array.isArray(value) ? Object.assign(value, { extra: 1 }) : value),
  ),
)

const odd = fc.letrec<{ value: unknown }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 5, depthSize: 'small' },
    leaf,
    fc
      .tuple(
        fc.oneof(
          fc.array(tie('value'), { maxLength: 4 }),
          fc.dictionary(fc.string({ maxLength: 2 }), tie('value'), { maxKeys: 4, noNullPrototype: true }),
          fc.array(fc.tuple(tie('value'), tie('value')), { maxLength: 2 }).map((entries) => new Map(entries)),
          fc.array(tie('value'), { maxLength: 2 }).map((items) => new Set(items)),
        ),
        fc.array(oddity, { maxLength: 2 }),
      )
      .map(([value, oddities]) => oddities.reduce<object>((object, change) => ignoring(change, object), value)),
  ),
})).value

function ignoring(change: (value: object) => object, value: object): object {
  try {
    return change(value)
  } catch {
    return value
  }
}

// Beyond the depth of the glance, so that the walk decides alone.
function walked(value: unknown, rules: ValueRules): ReturnType<typeof checkValue> {
  let nested = value
  for (let level = 0; level < 250; level++) nested = [nested]
  return checkValue(nested, { ...rules, maxDepth: rules.maxDepth + 250 })
}

test.each([
  ['strict', STRICT],
  ['loose', LOOSE],
  ['graph', GRAPH],
])('the glance passes nothing that the walk refuses, and all trees that it passes: %s', (_, rules) => {
  const seen = { passed: 0, refused: 0 }
  const anything = fc.anything({
    withBigInt: true,
    withBoxedValues: true,
    withDate: true,
    withMap: true,
    withNullPrototype: true,
    withSet: true,
    withSparseArray: true,
    withTypedArray: true,
    withUnicodeString: true,
  })
  fc.assert(
    fc.property(fc.oneof({ weight: 3, arbitrary: odd }, anything), (value) => {
      const glance = glanceAt(value, rules)
      const walk = walked(value, rules)
      if (glance !== undefined) expect(walk).toEqual({ issues: [], total: 0, hasNaN: glance.hasNaN })
      else if (rules.shared !== 'kept') expect(walk.total).toBeGreaterThan(0)
      expect(checkValue(value, rules).total).toBe(walk.total)
      seen[walk.total > 0 ? 'refused' : 'passed'] += 1
    }),
    { numRuns: 2000, seed: 20_261_122 },
  )
  expect(Math.min(seen.passed, seen.refused)).toBeGreaterThan(200)
  expect(accessorsRun).toBe(0)
})

test.each(['__keys__', '\ud800', 'n'.repeat(31), '__proto__'])(
  'a bad name is noticed after objects of another shape: %j',
  (name) => {
    const value = [{ a: 1, b: 2 }, { a: 1, b: 2 }, JSON.parse(JSON.stringify({ a: 1, [name]: 2 }))]
    expect(checkValue(value, STRICT).issues.map(({ path }) => path)).toEqual([[2, name]])
  },
)

test('a hole is noticed beside an extra property, which makes up for it in number', () => {
  const short = Object.assign([1, 2, 3], { extra: 1 })
  const long = Object.assign(new Array(2000).fill(0), { extra: 1 })
  for (const value of [short, long]) {
    delete value[1]
    const places = checkValue([value], STRICT).issues.map(({ path, message }) => [path.at(-1), message])
    expect(places).toEqual([
      ['extra', 'extra property of an array'],
      [1, 'hole'],
    ])
  }
})

test('inherited names are not the value’s own', () => {
  const prototype = Object.prototype as { inherited?: unknown }
  prototype.inherited = () => 1
  try {
    expect(checkValue({ a: [{ b: 1 }] }, STRICT).total).toBe(0)
    expect(new TextDecoder().decode(json().serialize({ a: [{ b: 1 }] }) as Uint8Array)).toBe('{"a":[{"b":1}]}')
  } finally {
    delete prototype.inherited
  }
})

const NOTHING: JsonType = {
  name: 'nothing',
  test: (value) => value === undefined,
  encode: () => 0,
  decode: () => undefined,
}

test.each([
  ['a hole beside an extra property', () => Object.assign(new Array(1), { extra: 1 })],
  ['a setter', () => ({ set a(_: unknown) {} })],
  ['a setter of an item', () => Object.defineProperty([1], 0, { set: never })],
])('json with a hook for undefined refuses %s', (_, build) => {
  expect(() => json({ types: [NOTHING] }).serialize(build())).toThrow(/accessor|hole/)
})

test('json keeps read-only members, undefined ones too where that is allowed', () => {
  const value = Object.freeze({ a: undefined, b: Object.freeze([1]) })
  expect(new TextDecoder().decode(json({ lossy: ['undefined'] }).serialize(value) as Uint8Array)).toBe('{"b":[1]}')
})
