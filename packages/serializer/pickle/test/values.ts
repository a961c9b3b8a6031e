// biome-ignore-all lint/complexity/noCommaOperator: values are built in one expression each
/** Values that come back exactly, each made anew, by category. */
export type Builders = Readonly<Record<string, () => unknown>>

const own = <T extends object>(value: T, members: object): T => Object.assign(value, members)
const bytes = (length: number): Uint8Array<ArrayBuffer> => Uint8Array.from({ length }, (_, index) => (index * 7) & 255)
const list = (name: string, values: readonly unknown[]): Builders =>
  Object.fromEntries(values.map((value, index) => [`${name} ${index}: ${label(value)}`, () => value]))
const label = (value: unknown): string =>
  (Object.is(value, -0) ? '-0' : typeof value === 'symbol' ? String(value) : JSON.stringify(String(value))).slice(0, 40)

const NUMBERS = [
  ...[
    0,
    -0,
    1,
    -1,
    23,
    24,
    -24,
    -25,
    255,
    256,
    -256,
    -257,
    65535,
    65536,
    -65536,
    -65537,
    2 ** 31,
    -(2 ** 31),
    2 ** 32 - 1,
  ],
  ...[
    2 ** 32,
    -(2 ** 32),
    -(2 ** 32) - 1,
    2 ** 53 - 1,
    -(2 ** 53) + 1,
    2 ** 53,
    -(2 ** 53),
    2 ** 53 + 2,
    2 ** 63,
    2 ** 64,
    1e21,
  ],
  ...[0.5, -0.5, 1.5, 65504, 65505.5, 65519.5, 2 ** -24, 2 ** -25, 2 ** -14, 2 ** -14 * 1.0009765625, 2 ** -15 * 1.5],
  ...[
    1.0009765625,
    1.00048828125,
    2 ** -126,
    2 ** -149,
    2 ** 127,
    3.4028234663852886e38,
    3.5e38,
    0.1,
    1 / 3,
    1e300,
    -1e-300,
  ],
  ...[
    Number.MIN_VALUE,
    Number.MAX_VALUE,
    Number.EPSILON,
    Number.NaN,
    Number.POSITIVE_INFINITY,
    Number.NEGATIVE_INFINITY,
  ],
]
const BIGINTS = [
  ...[
    0n,
    1n,
    -1n,
    255n,
    256n,
    -256n,
    -257n,
    2n ** 63n,
    -(2n ** 63n),
    2n ** 64n,
    2n ** 64n - 1n,
    -(2n ** 64n),
    10n ** 40n,
  ],
  ...[-(10n ** 40n), 2n ** 4096n, -(2n ** 4096n) + 1n],
]
const STRINGS = [
  ...[
    '',
    'a',
    'ab',
    'abc',
    '\u0000',
    'x'.repeat(23),
    'x'.repeat(24),
    'x'.repeat(48),
    'x'.repeat(49),
    'x'.repeat(255),
    'x'.repeat(256),
  ],
  ...[
    'x'.repeat(65535),
    'x'.repeat(70000),
    'é',
    'é'.repeat(12),
    'é'.repeat(30),
    'é'.repeat(130),
    '日本語',
    '😀',
    '👨‍👩‍👧',
    '\ufeffbom',
    '\ufffd',
  ],
  ...[
    '\ud800',
    '\udc00',
    'a\ud800',
    '\udc00b',
    '\ud800\ud800',
    '\udc00\ud800',
    'x'.repeat(100).concat('\ud83d'),
    '\u2028\u2029',
  ],
  ...[
    '__proto__',
    'constructor',
    '$ref',
    'date:2026',
    '\\u0000',
    '{"$type":"Date"}',
    'ASCII then é at the end of a longer text, beyond 48 units.',
  ],
]

const SPARSE = (): unknown[] => {
  const array: unknown[] = []
  array[1000] = 1
  array[90_000] = undefined
  return array
}

const ARRAYS: Builders = {
  empty: () => [],
  'one hole': () => new Array(1),
  'hole first': () => own(new Array(2), { 1: 1 }),
  'hole last': () => own(new Array(2), { 0: 1 }),
  'hole and undefined': () => own(new Array(3), { 1: undefined }),
  sparse: SPARSE,
  'own property': () => own([1, 2], { extra: { a: 1 } }),
  'own symbol': () => own([1], { [Symbol.for('s')]: 1 }),
  'own property on a long one': () =>
    own(
      Array.from({ length: 100 }, (_, i) => i),
      { extra: 1 },
    ),
  'hidden property on a long one': () =>
    Object.defineProperty(
      Array.from({ length: 100 }, (_, i) => i),
      'x',
      { value: 1 },
    ),
  'negative index': () => own([1], { '-1': 2, '01': 3 }),
  'match of a RegExp': () => /(?<y>a)(b)?/.exec('xa'),
  'strings of a template': () => ((strings: TemplateStringsArray, ..._: unknown[]) => strings)`a${1}b`,
  frozen: () => Object.freeze([1, Object.freeze({ a: 1 })]),
  sealed: () => Object.seal([1, 2]),
  'frozen with holes': () => Object.freeze(own(new Array(3), { 1: 1 })),
  'not extensible': () => Object.preventExtensions([1]),
  long: () => Array.from({ length: 70_000 }, (_, index) => index),
  mixed: () => [1, 'a', null, undefined, true, [], {}, [[[]]], 1n, new Date(0)],
  'rows, then others': () => [
    { a: 1 },
    { a: 2 },
    { b: 1 },
    [1],
    [[2]],
    { a: 1, b: 2 },
    null,
    'x',
    { a: [1] },
    new Map(),
    { a: 3 },
  ],
  'rows of other order': () => [
    { a: 1, b: 2 },
    { b: 1, a: 2 },
    { a: 1, b: 2 },
  ],
  'a row twice': () => ((row) => [row, { a: 2 }, row, { a: row }, [row]])({ a: 1 }),
  'a row that is itself a member': () => ((row: Record<string, unknown>) => own(row, { a: [row, { a: 1 }, row] }))({}),
  'a frozen row': () => [{ a: 1 }, Object.freeze({ a: 2 }), { a: 3 }],
  'rows with functions of names': () => [
    { toString: 1, valueOf: 2 },
    { toString: 3, valueOf: 4 },
  ],
  'rows with __proto__': () => [JSON.parse('{"a":1,"__proto__":2}'), JSON.parse('{"a":3,"__proto__":{"x":1}}')],
  'rows in rows': () => [1, 2, 3].map((n) => ({ n, rows: [1, 2].map((m) => ({ n: m, rows: [] as unknown[] })) })),
  'arrays among rows': () => [
    { a: 1 },
    { a: 2 },
    [1],
    Object.freeze([2]),
    own(new Array(2), { x: 1 }),
    [{ b: 1 }, { b: 2 }],
  ],
  'sealed and empty': () => Object.seal([]),
  'sealed, holes alone': () => Object.seal(new Array(2)),
  'not extensible and empty': () => Object.preventExtensions([]),
  'holes among rows': () => own(Object.assign([{ a: 1 }, { a: 2 }], { 5: { a: 3 } }), { length: 9 }),
  'rows whose keys have lone surrogates': () => [1, 2, 3].map((n) => ({ '\ud800': n, 'key \udc00': [n] })),
  'properties beyond the largest index': () => own([1], { 4294967295: 1, 4294967296: 2, 9007199254740993: 3, '-1': 4 }),
  'rows of 64 and 65 members': () => [64, 65].flatMap((size) => [1, 2].map(() => wide(size))),
}

function wide(size: number): object {
  return Object.fromEntries(Array.from({ length: size }, (_, index) => [`key${index}`, index]))
}

const OBJECTS: Builders = {
  empty: () => ({}),
  'order of keys': () => ({ z: 1, a: 2, 10: 3, 2: 4, '-1': 5, '': 6, '01': 7, 4294967295: 8 }),
  'undefined members': () => ({ a: undefined, b: { c: undefined } }),
  'null prototype': () => own(Object.create(null) as object, { a: 1, b: Object.create(null) }),
  'null prototype with a symbol': () => own(Object.create(null) as object, { [Symbol.for('x')]: 1, a: 2 }),
  'frozen null prototype': () => Object.freeze(own(Object.create(null) as object, { a: 1 })),
  'own __proto__': () => JSON.parse('{"__proto__":{"polluted":1},"a":1}'),
  'nested own __proto__': () => JSON.parse('{"a":{"__proto__":{"__proto__":null}}}'),
  'names of methods': () => ({ toString: 1, constructor: 2, hasOwnProperty: 3, toJSON: 5, length: 6 }),
  'registered symbols': () => ({ a: 1, [Symbol.for('k')]: 2, [Symbol.for('')]: 3, [Symbol.iterator]: 4 }),
  'hidden member': () => Object.defineProperty({ a: 1 }, 'h', { value: [2], configurable: true, writable: true }),
  'read-only member': () => Object.defineProperty({}, 'r', { value: 2, enumerable: true, configurable: true }),
  'fixed member': () => Object.defineProperty({}, 'f', { value: 2, enumerable: true }),
  frozen: () => Object.freeze({ a: 1, b: { c: 1 } }),
  sealed: () => Object.seal({ a: 1 }),
  'sealed with a read-only member': () =>
    Object.seal(Object.defineProperty({ a: 1 }, 'r', { value: 2, enumerable: true })),
  'not extensible': () => Object.preventExtensions({ a: 1 }),
  'frozen and empty': () => Object.freeze({}),
  'frozen with hidden': () => Object.freeze(Object.defineProperty({ a: 1 }, 'h', { value: 1 })),
  'many members': () => wide(300),
  'keys with lone surrogates': () => ({ '\ud800': 1, 'a\udc00': 2 }),
  'same keys twice': () => ({
    one: { id: 1, name: 'a' },
    two: { id: 2, name: 'b' },
    three: { id: [3], name: { id: 4, name: 5 } },
  }),
  'strings again and again': () => Array.from({ length: 400 }, (_, i) => [`text ${i % 7}`, `text ${i}`, `key${i % 3}`]),
}

const GRAPHS: Builders = {
  'shared object': () => ((one) => ({ a: one, b: [one, one], c: new Map([[one, one]]) }))({ x: 1 }),
  'shared array': () => ((one: unknown[]) => [one, one, [one]])([]),
  'shared Date, RegExp, Error': () => ((d, r, e) => [d, d, r, r, e, e])(new Date(1), /a/, new Error('e')),
  'object in itself': () => ((o: Record<string, unknown>) => own(o, { o, list: [o, { o }] }))({}),
  'array in itself': () => ((a: unknown[]) => (a.push(a, [a]), a))([]),
  'Map in itself': () => ((m: Map<unknown, unknown>) => m.set(m, m).set('m', [m]))(new Map()),
  'Set in itself': () => ((s: Set<unknown>) => s.add(s).add([s]))(new Set()),
  'error in itself': () => ((e: Error) => own(e, { cause: e, list: [e] }))(new Error('cyclic')),
  'AggregateError in itself': () => ((e: AggregateError) => (e.errors.push(e), e))(new AggregateError([1])),
  'boxed with itself': () => ((b: object) => own(b, { b }))(Object('x') as object),
  'Date with itself': () => ((d: Date) => own(d, { d }))(new Date(5)),
  'null prototype in itself': () => ((o: Record<string, unknown>) => own(o, { o }))(Object.create(null)),
  'frozen cycle': () => ((o: Record<string, unknown>) => Object.freeze(own(o, { o })))({}),
  'array with itself as property': () => ((a: unknown[]) => own(a, { a }))([1]),
  'tree of one shape': () => tree(6),
  'list of one shape': () => linked(300),
  diamonds: () => diamonds(60),
  'many shared': () => ((all: object[]) => [all, [...all].reverse()])(Array.from({ length: 300 }, (_, i) => ({ i }))),
}

function tree(depth: number): unknown {
  return { depth, left: depth === 0 ? null : tree(depth - 1), right: depth === 0 ? null : tree(depth - 1) }
}

function linked(length: number): unknown {
  let next: unknown = null
  for (let index = 0; index < length; index++) next = { index, next }
  return next
}

function diamonds(depth: number): unknown {
  let value: unknown = ['end']
  for (let level = 0; level < depth; level++) value = { left: value, right: value }
  return value
}

const BUILT_IN: Builders = {
  ...Object.fromEntries(
    [
      0,
      1,
      -1,
      999,
      -999,
      1000,
      1_795_305_600_123,
      -62_135_596_800_001,
      8.64e15,
      -8.64e15,
      8.64e15 - 1,
      4.3e15 + 7,
      Number.NaN,
    ].map((time) => [`Date ${time}`, () => new Date(time)]),
  ),
  'Date with properties': () => own(new Date(1), { a: 1 }),
  'frozen Date': () => Object.freeze(new Date(1)),
  ...Object.fromEntries(
    ['', 'g', 'i', 'm', 's', 'u', 'y', 'd', 'v', 'dgimsuy'].map((flags) => [
      `RegExp ${flags}`,
      () => new RegExp('a/b[x-z]+\\n(?<n>é)', flags),
    ]),
  ),
  'RegExp, empty': () => /(?:)/,
  'RegExp with lastIndex': () => own(/a/g, { lastIndex: 7 }),
  'RegExp with properties': () => own(/a/y, { lastIndex: 1.5, note: [1] }),
  'frozen RegExp': () => Object.freeze(/a/g),
  Map: () =>
    new Map<unknown, unknown>([
      ['b', 1],
      ['a', 2],
      [1, 3],
      ['1', 4],
      [Number.NaN, 5],
      [0, 6],
      [null, 7],
      [undefined, 8],
      [1n, 9],
    ]),
  'Map with objects': () =>
    new Map<unknown, unknown>([
      [{ a: 1 }, [1]],
      [[1], new Set([1])],
      [new Date(0), 1],
      [Symbol.for('k'), 1],
    ]),
  'Map with properties': () => own(new Map([[1, 2]]), { note: 1 }),
  'empty Map': () => new Map(),
  Set: () => new Set<unknown>(['b', 'a', 1, '1', [1], { a: 1 }, Number.NaN, undefined]),
  'Set with properties': () => own(new Set([1]), { note: 1 }),
  'frozen Set': () => Object.freeze(new Set([1])),
  'empty Set': () => new Set(),
  ...Object.fromEntries(
    [1, -0, Number.NaN, 'text', '', 'é\ud800', true, false, 1n, Symbol.for('b')].map((value) => [
      `boxed ${String(value)}`,
      () => Object(value),
    ]),
  ),
  'boxed with properties': () => own(Object('abc') as object, { note: 1 }),
  URL: () => new URL('https://user:pw@example.org:8080/a%20b?c=d#é'),
  'URL of no authority': () => new URL('data:text/plain,hello'),
  URLSearchParams: () => new URLSearchParams('a=1&a=2&b=%20+%26&é='),
  'URL with properties': () => own(new URL('http://a/'), { note: 1 }),
}

const ERRORS: Builders = {
  ...Object.fromEntries(
    [Error, EvalError, RangeError, ReferenceError, SyntaxError, TypeError, URIError].map((type) => [
      type.name,
      () => new type('message'),
    ]),
  ),
  'no message': () => new Error(),
  cause: () => new Error('m', { cause: new TypeError('c', { cause: { code: 1 } }) }),
  'undefined cause': () => new Error('m', { cause: undefined }),
  AggregateError: () => new AggregateError([new Error('1'), 'two', { three: 3 }], 'm', { cause: 1 }),
  SuppressedError: () =>
    typeof SuppressedError === 'undefined' ? new Error('missing') : new SuppressedError(new Error('e'), 's', 'm'),
  'own properties': () => own(new Error('m'), { code: 'E_CODE', errno: -2, details: { a: [1] }, name: 'Custom' }),
  'enumerable message': () => Object.defineProperty(new Error('m'), 'message', { enumerable: true }),
  'no stack': () => ((e: Error) => (Reflect.deleteProperty(e, 'stack'), e))(new Error('m')),
  'stack as data': () =>
    Object.defineProperty(new Error('m'), 'stack', { value: 'mine', writable: true, configurable: true }),
  'a system error': () => {
    try {
      return process.chdir('/nowhere/at/all')
    } catch (error) {
      return error
    }
  },
  'an engine error': () => {
    try {
      return (null as unknown as { x: number }).x
    } catch (error) {
      return error
    }
  },
  'frozen error': () => Object.freeze(new RangeError('m')),
  'message that is no text': () => own(new Error('m'), { message: { a: 1 } }),
  DOMException: () => new DOMException('m', 'AbortError'),
  'DOMException with a cause': () => own(new DOMException('m', { name: 'Mine', cause: 1 } as never), { extra: 1 }),
}

const TYPES = [
  ...[
    Int8Array,
    Uint8Array,
    Uint8ClampedArray,
    Int16Array,
    Uint16Array,
    Int32Array,
    Uint32Array,
    Float32Array,
    Float64Array,
  ],
  ...[BigInt64Array, BigUint64Array, ...('Float16Array' in globalThis ? [(globalThis as never)['Float16Array']] : [])],
] as (typeof Uint8Array)[]

const BINARY: Builders = {
  ...Object.fromEntries(
    TYPES.flatMap((type): [string, () => unknown][] => [
      [`${type.name}, all of a buffer`, () => new type(bytes(64).buffer)],
      [`${type.name}, empty`, () => new type(0)],
      [`${type.name}, a part`, () => new type(bytes(64).buffer, 16, 2)],
      [`${type.name}, large`, () => new type(bytes(8192).buffer)],
      [`${type.name}, a part of a large one`, () => new type(bytes(8192).buffer, 4096, 16)],
    ]),
  ),
  'special floats': () => Float64Array.of(-0, Number.NaN, Number.POSITIVE_INFINITY, 5e-324),
  'typed array with properties': () => own(Uint8Array.of(1, 2), { note: 1 }),
  'long typed array with a hidden property': () => Object.defineProperty(new Uint8Array(100), 'h', { value: 1 }),
  'long Buffer with a hidden property': () => Object.defineProperty(Buffer.alloc(100), 'h', { value: 1 }),
  'typed array with properties of such names': () =>
    ['buffer', 'length', 'byteLength', 'parent'].map((name) =>
      Object.defineProperty(new Float64Array(50), name, { value: 7, enumerable: true }),
    ),
  'a property named buffer, then the buffer': () =>
    ((v) => [Object.defineProperty(v, 'buffer', { value: 1 }), v.subarray(1)])(bytes(9)),
  'DataView with an index': () => own(new DataView(new ArrayBuffer(4)), { 0: 1, length: 2 }),
  'ArrayBuffer with properties of such names': () =>
    Object.defineProperty(new ArrayBuffer(3), 'resizable', { value: true }),
  'empty view of a resizable buffer': () => new Uint8Array(new ArrayBuffer(8, { maxByteLength: 64 }), 0, 0),
  'long typed array with properties': () => own(new Uint8Array(5000), { note: 1 }),
  ArrayBuffer: () => bytes(10).buffer,
  'empty ArrayBuffer': () => new ArrayBuffer(0),
  'large ArrayBuffer': () => bytes(10_000).buffer,
  'resizable ArrayBuffer': () => new ArrayBuffer(8, { maxByteLength: 64 }),
  'large resizable ArrayBuffer': () => new ArrayBuffer(8192, { maxByteLength: 16384 }),
  'view that grows': () => new Uint8Array(new ArrayBuffer(8, { maxByteLength: 64 })),
  'view that does not grow': () => new Uint8Array(new ArrayBuffer(8, { maxByteLength: 64 }), 0, 8),
  SharedArrayBuffer: () => new SharedArrayBuffer(16),
  'growable SharedArrayBuffer': () =>
    new (SharedArrayBuffer as never as new (size: number, options: object) => object)(16, { maxByteLength: 32 }),
  'view of a SharedArrayBuffer': () => new Int32Array(new SharedArrayBuffer(16), 4, 2),
  DataView: () => new DataView(bytes(32).buffer, 3, 9),
  'large DataView': () => new DataView(bytes(9000).buffer),
  'two views of one buffer': () =>
    ((b) => [new Uint8Array(b), new Uint16Array(b, 2, 3), new DataView(b)])(bytes(16).buffer),
  'two views, then the buffer': () => ((b) => [new Uint8Array(b), new Uint8Array(b), b, b])(bytes(16).buffer),
  'the buffer, then a view': () => ((b) => [b, new Uint8Array(b), b])(bytes(16).buffer),
  'views of a large buffer': () => ((b) => [new Float64Array(b), new Uint8Array(b, 5, 7), b])(bytes(8192).buffer),
  'one view twice': () => ((v) => [v, v, { v }])(bytes(9)),
  'many large buffers': () => [5000, 4096, 4097, 64_000].map((size) => bytes(size)),
  'Buffer of its own': () => Buffer.from(bytes(20).buffer),
  'large Buffer': () => Buffer.from(bytes(20_000).buffer),
  'parts of a Buffer': () => ((b: Buffer) => [b.subarray(1, 5), b.subarray(3)])(Buffer.from(bytes(100).buffer)),
}

const NESTINGS: Builders = {
  'everything inside everything': () =>
    new Map<unknown, unknown>([
      [
        new Set([[{ d: new Date(1), e: new Error('x', { cause: new Map([[1n, /x/g]]) }) }]]),
        Object.freeze([bytes(5000)]),
      ],
    ]),
}

/** All of them; names are unique. */
export const VALUES: Builders = {
  ...list('literal', [null, undefined, true, false, Symbol.for('registered'), Symbol.iterator]),
  ...list('number', NUMBERS),
  ...list('bigint', BIGINTS),
  ...list('string', STRINGS),
  ...prefixed('array', ARRAYS),
  ...prefixed('object', OBJECTS),
  ...prefixed('graph', GRAPHS),
  ...prefixed('built-in', BUILT_IN),
  ...prefixed('error', ERRORS),
  ...prefixed('binary', BINARY),
  ...NESTINGS,
}

function prefixed(prefix: string, builders: Builders): Builders {
  return Object.fromEntries(Object.entries(builders).map(([name, build]) => [`${prefix}: ${name}`, build]))
}
