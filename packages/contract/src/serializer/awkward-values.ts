import { pattern } from '../body.ts'

class Point {
  readonly x: number
  constructor(x: number) {
    this.x = x
  }
}

class Names extends Array<string> {}
class Registry extends Map<string, number> {}

const UNIQUE = Symbol('unique')
const FUNCTION = (): number => 1

function deep(levels: number, wrap: (inner: unknown) => unknown): unknown {
  let value: unknown = 'innermost'
  for (let level = 0; level < levels; level++) value = wrap(value)
  return value
}

function cycle(): object {
  const value: Record<string, unknown> = { name: 'cycle' }
  value['self'] = value
  value['list'] = [value]
  return value
}

function shared(): object {
  const both = { x: 1 }
  return { first: both, second: both, list: [both, both] }
}

function withProperty<Value extends object>(value: Value): Value {
  return Object.assign(value, { extra: 1 })
}

const PRIMITIVES: Readonly<Record<string, unknown>> = {
  null: null,
  true: true,
  false: false,
  undefined: undefined,
  '0': 0,
  '-0': -0,
  '-1.5e-7': -1.5e-7,
  NaN: Number.NaN,
  Infinity: Number.POSITIVE_INFINITY,
  '-Infinity': Number.NEGATIVE_INFINITY,
  'the largest safe integer': Number.MAX_SAFE_INTEGER,
  'an integer beyond the safe ones': 2 ** 53 + 2,
  'the smallest number': Number.MIN_VALUE,
  'the largest number': Number.MAX_VALUE,
  '0.1 + 0.2': 0.1 + 0.2,
  'an integer of 32 bits': 2 ** 31,
  'an integer of 33 bits': 2 ** 32,
  'a bigint': 12n,
  'a large bigint': -(2n ** 200n),
  'a symbol': UNIQUE,
  'a registered symbol': Symbol.for('resultkit.contract'),
  'a function': FUNCTION,
  'a class': Point,
  'an empty text': '',
  'a text': 'text "with" \\ quotes\n\t\u0000\u0007\u2028\u2029',
  'a text beyond ASCII': 'caf\u00e9 cafe\u0301 \u65e5\u672c \u{1f468}\u200d\u{1f469} \uffff',
  'a text with a byte order mark': '\ufeffmark',
  'a lone high surrogate': 'a\ud800b',
  'a lone low surrogate': '\udc00',
  'a long text': 'long '.repeat(100_000),
  'a text that looks like a number': '1e3',
}

const CONTAINERS: Readonly<Record<string, () => unknown>> = {
  'an empty array': () => [],
  'an empty object': () => ({}),
  'nested arrays and objects': () => ({ list: [1, ['two', { three: null }], []], object: { empty: {} } }),
  'an object that is not in alphabetical order': () => ({ zebra: 1, apple: 2, 10: 3, 2: 4, '-1': 5, '': 6 }),
  'a long array of numbers': () => Array.from({ length: 20_000 }, (_, index) => index * 1.25),
  'a member that is undefined': () => ({ a: undefined, b: 1 }),
  'an item that is undefined': () => [undefined, 1],
  'a hole': () => Object.assign(new Array(3), { 0: 1, 2: 3 }),
  'an array of holes': () => new Array(3),
  'an array with a property': () => withProperty([1, 2]),
  'a member named by a symbol': () => ({ [UNIQUE]: 1, a: 1 }),
  'a member that is not enumerable': () => Object.defineProperty({ a: 1 }, 'hidden', { value: 2 }),
  'a getter': () => Object.defineProperty({ a: 1 }, 'b', { get: FUNCTION, enumerable: true }),
  'a member that is a function': () => ({ a: 1, method: FUNCTION }),
  'a frozen object': () => Object.freeze({ a: Object.freeze([1]) }),
  'an object without a prototype': () => Object.assign(Object.create(null), { a: 1 }),
  'an own member __proto__': () => JSON.parse('{"__proto__":{"polluted":true},"constructor":{"prototype":1},"a":1}'),
  'members named like methods': () => ({ toString: 1, hasOwnProperty: 2, length: 3, valueOf: 4 }),
  'an object with toJSON': () => ({ secret: 1, toJSON: FUNCTION }),
  'an instance of a class': () => new Point(1),
  'an instance inside': () => ({ list: [new Point(1)] }),
  'a subclass of Array': () => Names.from(['a', 'b']),
  'a shared reference': shared,
  'a cycle': cycle,
  'an array that holds itself': () => {
    const list: unknown[] = [1]
    list.push(list)
    return list
  },
  '10,000 arrays inside each other': () => deep(10_000, (inner) => [inner]),
  '10,000 objects inside each other': () => deep(10_000, (inner) => ({ inner })),
  'what looks like a marker': () => ({ $type: 'Date', value: 'x', $ref: '#', $object: { $type: 1 } }),
  'what looks like a Buffer': () => ({ type: 'Buffer', data: [1, 2] }),
}

const BUILT_IN: Readonly<Record<string, () => unknown>> = {
  'a Date': () => new Date(1_795_305_600_123),
  'an invalid Date': () => new Date(Number.NaN),
  'a Date with a property': () => withProperty(new Date(0)),
  'a RegExp': () => Object.assign(/a\/b+/giu, { lastIndex: 3 }),
  'a Map': () =>
    new Map<unknown, unknown>([
      ['b', 1],
      ['a', { x: 1 }],
      [1, 'one'],
      ['1', 'text'],
    ]),
  'a Map with objects as keys': () =>
    new Map<unknown, unknown>([
      [{ id: 1 }, 'object'],
      [Number.NaN, 'NaN'],
      [undefined, 'none'],
    ]),
  'a Map that holds itself': () => {
    const map = new Map<unknown, unknown>()
    return map.set('self', map)
  },
  'a subclass of Map': () => new Registry([['a', 1]]),
  'a Set': () => new Set<unknown>(['b', 'a', 1, '1', [1]]),
  'a Map inside': () => ({ list: [new Map([['a', 1]])] }),
  'an Error': () => new Error('message'),
  'a TypeError with a cause': () => new TypeError('message', { cause: new RangeError('cause') }),
  'an AggregateError': () => new AggregateError([new Error('one'), 'two'], 'message'),
  'an Error with members': () => Object.assign(new Error('message'), { code: 'E_CODE', details: { n: 1 } }),
  'a Uint8Array': () => pattern(1000),
  'a view into a larger buffer': () => pattern(1000).subarray(100, 300),
  'a Float64Array': () => Float64Array.of(1.5, -0, Number.NaN, Number.POSITIVE_INFINITY),
  'a BigInt64Array': () => BigInt64Array.of(1n, -(2n ** 63n)),
  'a Float32Array inside': () => ({ rows: [Float32Array.of(1.5, 2.5)] }),
  'an ArrayBuffer': () => pattern(100).buffer,
  'a DataView': () => new DataView(pattern(100).buffer, 10, 20),
  'a URL': () => new URL('https://example.org/a?b=c#d'),
  'a boxed number': () => Object(1),
  'a boxed text': () => Object('text'),
  'a Promise': () => Promise.resolve(1),
  'a WeakMap': () => new WeakMap(),
  'a proxy of an object': () => new Proxy({ a: 1 }, {}),
}

/** Values that serializers lose, change, or stumble over, each made anew. */
export const AWKWARD_VALUES: Readonly<Record<string, () => unknown>> = {
  ...Object.fromEntries(Object.entries(PRIMITIVES).map(([name, value]) => [name, () => value])),
  ...CONTAINERS,
  ...BUILT_IN,
}

/** A value that cannot be kept, three levels down, and where it stands. */
export const REFUSED_INSIDE = {
  build: (): unknown => ({ name: 'hunter2', list: [1, { bad: FUNCTION }] }),
  accepted: (): unknown => ({ name: 'hunter2', list: [1, { bad: 1 }] }),
  path: ['list', 1, 'bad'],
} as const
