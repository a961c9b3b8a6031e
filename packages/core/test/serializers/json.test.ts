import { deepStrictEqual } from 'node:assert'
import { runInNewContext } from 'node:vm'
import { describe, expect, it } from 'vitest'
import { json } from '../../src/serializers/json.ts'
import type { JsonOptions } from '../../src/serializers/json-format.ts'
import { formatPath } from '../../src/validator.ts'
import { bytesOf, errorOf, roundTrip, textOf } from './helpers.ts'

class Point {
  x = 1
}

const withGetter = (): object =>
  Object.defineProperty({}, 'a', {
    enumerable: true,
    get: () => {
      throw new Error('a getter ran')
    },
  })
const itemGetter = Object.defineProperty([1, 2], 1, {
  get: () => {
    throw new Error('a getter ran')
  },
})
const shared = { secret: 'do not print' }
const cycle: unknown[] = [[]]
;(cycle[0] as unknown[]).push(cycle)
const tagged = Object.assign([1], { extra: true })
const symbolKey = Symbol('note')
function argumentsOf(): unknown {
  // biome-ignore lint/complexity/noArguments: the subject
  return arguments
}

const refused: [string, unknown, string][] = [
  ['NaN', { rows: [1, { price: Number.NaN }] }, 'result.rows[1].price: NaN'],
  ['Infinity', [Number.POSITIVE_INFINITY], 'result[0]: Infinity'],
  ['-Infinity', [Number.NEGATIVE_INFINITY], 'result[0]: -Infinity'],
  ['-0', { a: -0 }, 'result.a: -0'],
  ['undefined', undefined, 'result: undefined'],
  ['an undefined member', { a: undefined }, 'result.a: undefined'],
  ['an undefined item', [undefined], 'result[0]: undefined'],
  ['a function', { handler: () => 1 }, 'result.handler: function'],
  ['a symbol', { 'odd key': Symbol('x') }, 'result["odd key"]: symbol'],
  ['a bigint', [[1n]], 'result[0][0]: bigint'],
  ['a Date', { at: new Date(0) }, 'result.at: Date'],
  ['a Map', new Map(), 'result: Map'],
  ['a Set', new Set(), 'result: Set'],
  ['a RegExp', /x/, 'result: RegExp'],
  ['a typed array', new Float32Array(2), 'result: Float32Array'],
  ['a Buffer', Buffer.from('x'), 'result: Buffer'],
  ['an ArrayBuffer', new ArrayBuffer(1), 'result: ArrayBuffer'],
  ['an Error', new TypeError('secret'), 'result: TypeError'],
  ['a boxed number', Object(1), 'result: Number'],
  ['a boxed string', Object('x'), 'result: String'],
  ['a Promise', Promise.resolve(1), 'result: Promise'],
  ['a URL', new URL('http://x'), 'result: URL'],
  ['a class instance', [new Point()], 'result[0]: Point'],
  ['an array subclass', new (class Rows extends Array {})(), 'result: Rows'],
  ['an object with a null prototype', { a: Object.create(null) }, 'result.a: object with a null prototype'],
  ['an object with another prototype', Object.create({}), 'result: object with another prototype'],
  ['an array without its prototype', Object.setPrototypeOf([], Object.prototype), 'result: Object'],
  ['an object with the prototype of arrays', Object.create(Array.prototype), 'result: Array'],
  ['a hole', Object.assign(new Array(3), [1]), 'result[1]: hole'],
  ['a huge sparse array', new Array(4_294_967_295), 'result[0]: hole'],
  ['an extra property of an array', tagged, 'result.extra: extra property of an array'],
  ['a regular expression match', /b/.exec('abc'), 'result.index: extra property of an array'],
  ['the strings of a template', ((strings: unknown) => strings)`x`, 'result.raw: extra property of an array'],
  ['a symbol key', { [symbolKey]: 1 }, 'result[Symbol(note)]: symbol key'],
  [
    'a symbol key of an array',
    Object.assign([], { [symbolKey]: 1 }),
    'result[Symbol(note)]: extra property of an array',
  ],
  ['a getter', withGetter(), 'result.a: accessor'],
  ['a setter', { set a(_: unknown) {} }, 'result.a: accessor'],
  ['a getter of an item', itemGetter, 'result[1]: accessor'],
  ['a non-enumerable property', Object.defineProperty({}, 'a', { value: 1 }), 'result.a: non-enumerable property'],
  ['an own toJSON function', { toJSON: () => 'x' }, 'result.toJSON: function'],
  ['a cycle', cycle, 'result[0][0]: the same object as result'],
  ['a shared reference', { a: [shared], b: shared }, 'result.b: the same object as result.a[0]'],
  ['arguments', argumentsOf(), 'result.length: non-enumerable property'],
  ['Math', Math, 'result.abs: non-enumerable property'],
]

describe('json refuses', () => {
  it.each(refused)('%s', async (_, value, place) => {
    const error = await errorOf(() => json().serialize(value), 'SERIALIZE')
    expect(error.operation).toBe('serialize')
    expect(error.message).toContain(place)
    expect(error.message).not.toContain('secret')
    const [issue] = error.issues
    expect(issue && `${formatPath(issue.path)}: ${issue.message}`).toBe(place)
  })

  it('names every place, ten of them in the message and a thousand in the issues', async () => {
    const value = { rows: Array.from({ length: 1500 }, () => ({ price: Number.NaN })), handler: () => 1 }
    const error = await errorOf(() => json().serialize(value), 'SERIALIZE')
    expect(error.message).toMatch(/^json cannot keep 1501 values exactly: result\.rows\[0\]\.price: NaN; /)
    expect(error.message).toContain('result.rows[9].price: NaN; and 1491 more. Use another serializer such as pickle')
    expect(error.issues).toHaveLength(1000)
    expect(error.issues[2]).toEqual({ path: ['rows', 2, 'price'], message: 'NaN' })
  })

  it('says so in the words of the documentation', async () => {
    const value = { rows: [1, 2, 3, { price: Number.NaN }], handler: () => 1 }
    const { message } = await errorOf(() => json().serialize(value), 'SERIALIZE')
    expect(message).toBe(
      'json cannot keep 2 values exactly: result.rows[3].price: NaN; result.handler: function. Use another serializer such as pickle, give json({ types }), or allow a loss with json({ lossy }).',
    )
  })

  it('nesting that is too deep, and says how deep', async () => {
    let deep: unknown = 1
    for (let i = 0; i < 200_000; i++) deep = [deep]
    const { message } = await errorOf(() => json().serialize(deep), 'SERIALIZE')
    expect(message).toMatch(/^json cannot keep a value nested \d{4,} levels deep/)
  })

  it('a revoked proxy, with the cause', async () => {
    const { proxy, revoke } = Proxy.revocable({}, {})
    revoke()
    const error = await errorOf(() => json().serialize([proxy]), 'SERIALIZE')
    expect(error.cause).toBeInstanceOf(TypeError)
  })

  it('everything while all objects inherit a toJSON', async () => {
    const prototype = Object.prototype as { toJSON?: unknown }
    prototype.toJSON = () => 'hijacked'
    try {
      await errorOf(() => json().serialize({ a: 1 }), 'SERIALIZE')
      await errorOf(() => json().serialize([]), 'SERIALIZE')
    } finally {
      delete prototype.toJSON
    }
  })

  it('extra properties of very long arrays that are enumerable', async () => {
    const long = new Array(100_001).fill(0)
    expect(roundTrip(json(), long)).toEqual(long)
    await errorOf(() => json().serialize(Object.assign(long, { extra: 1 })), 'SERIALIZE')
  })
})

describe('json keeps', () => {
  const kept: [string, unknown][] = [
    ['primitives', ['', 'x', 0, -1.5, 1e308, 5e-324, 2 ** 53, true, false, null]],
    ['an empty object', {}],
    ['lone surrogates and every control character', ['\ud800', '\udc00x', '\u0000\u001f\u2028\ufeff']],
    ['own __proto__', JSON.parse('{"__proto__":{"a":1},"constructor":1,"toString":null}')],
    ['toJSON that is no function', { toJSON: 1 }],
    ['$type members without hooks', { $type: 'Date', value: [{ $type: '$object' }] }],
    ['integer-like names', { b: 1, 2: 'x', 1: 'y' }],
    ['a thousand levels', JSON.parse('['.repeat(1000) + ']'.repeat(1000))],
  ]
  it.each(kept)('%s', (_, value) => {
    deepStrictEqual(roundTrip(json(), value), value)
  })

  it('plain objects and arrays of another realm, as ones of this realm', async () => {
    expect(roundTrip(json(), runInNewContext('({a: [1, {}]})'))).toStrictEqual({ a: [1, {}] })
    await errorOf(() => json().serialize(runInNewContext('new Date()')), 'SERIALIZE')
    await errorOf(() => json().serialize(runInNewContext('Object.prototype.toJSON = () => 1; ({})')), 'SERIALIZE')
    await errorOf(() => json().serialize(runInNewContext('new (class X extends Array {})()')), 'SERIALIZE')
  })

  it('plain JSON as JSON.stringify writes it', () => {
    const value = { b: [1, 'é\ud800'], a: { c: null } }
    expect(textOf(json().serialize(value))).toBe(JSON.stringify(value))
    expect(json()).toMatchObject({ kind: 'value', name: 'json', contentType: 'application/json', extension: 'json' })
    expect(json().options).toBeUndefined()
  })
})

describe('json({ lossy })', () => {
  it('undefined: drops members only', async () => {
    const serializer = json({ lossy: ['undefined'] })
    expect(roundTrip(serializer, { a: undefined, b: { c: undefined, d: 1 } })).toStrictEqual({ b: { d: 1 } })
    const { issues } = await errorOf(() => serializer.serialize([undefined]), 'SERIALIZE')
    expect(issues).toEqual([{ path: [0], message: 'undefined' }])
    await errorOf(() => serializer.serialize(undefined), 'SERIALIZE')
    const setter = { set a(_: unknown) {} }
    await errorOf(() => serializer.serialize(setter), 'SERIALIZE')
    expect(serializer.options).toBeUndefined()
  })

  it('shared: writes the object twice, and still refuses cycles', async () => {
    const serializer = json({ lossy: ['shared'] })
    expect(roundTrip(serializer, [shared, { a: shared }])).toStrictEqual([shared, { a: shared }])
    const { message } = await errorOf(() => serializer.serialize({ a: 1, b: cycle }), 'SERIALIZE')
    expect(message).toContain('result.b[0][0]: the same object as result.b.')
  })

  it('negative-zero and null-prototype', () => {
    const value = Object.assign(Object.create(null), { a: -0 })
    const serializer = json({ lossy: ['negative-zero', 'null-prototype'] })
    expect(textOf(serializer.serialize(value))).toBe('{"a":0}')
  })
})

describe('json.deserialize', () => {
  const wrong: [string, Uint8Array, RegExp][] = [
    ['empty input', new Uint8Array(), /^json: empty\./],
    ['a byte order mark', bytesOf('\ufeff{}'), /byte order mark/],
    ['wrong UTF-8', Uint8Array.of(0x22, 0xff, 0x22), /not UTF-8/],
    ['wrong JSON', bytesOf('{"a": 1, "secret" 2}'), /^json: not JSON \(at character 18\)\./],
    ['a wrong word', bytesOf('secret'), /^json: not JSON\./],
    ['a cut', bytesOf('{"secret": [1'), /^json: not JSON/],
    ['a position in the content', bytesOf('x at position 77'), /^json: not JSON\./],
  ]
  it.each(wrong)('refuses %s, and does not quote it', async (_, bytes, message) => {
    const error = await errorOf(() => json().deserialize(bytes), 'DESERIALIZE')
    expect(error.message).toMatch(message)
    expect(error.message).not.toContain('secret')
    expect(error.operation).toBe('deserialize')
  })

  it('keeps the cause; of duplicate names the last one counts', async () => {
    const { cause } = await errorOf(() => json().deserialize(bytesOf('{')), 'DESERIALIZE')
    expect(cause).toBeInstanceOf(SyntaxError)
    expect(json().deserialize(bytesOf('{"a":1,"a":2}'))).toEqual({ a: 2 })
  })
})

describe('json options', () => {
  const wrong: [string, unknown][] = [
    ['space', { space: 2 }],
    ['maxLineBytes', { maxLineBytes: 2 }],
    ['lossy', { lossy: ['all'] }],
    ['types', { types: [{ name: '$object' }] }],
    ['types', { types: [{ name: '' }] }],
    ['types', { types: [{}] }],
    ['types', { types: [{ name: 'A' }, { name: 'A' }] }],
    ['library', { library: { parse: JSON.parse } }],
  ]
  it.each(wrong)('CONFIG names %s', async (field, options) => {
    const { message } = await errorOf(() => json(options as JsonOptions), 'CONFIG')
    expect(message).toContain(`the option ${field} `)
  })

  it('library replaces JSON, and the check stays', async () => {
    const library = {
      prefix: '  ',
      stringify(value: unknown) {
        return this.prefix + JSON.stringify(value)
      },
      parse: (text: string) => ({ parsed: JSON.parse(text) }),
    }
    expect(textOf(json({ library }).serialize([1]))).toBe('  [1]')
    expect(json({ library }).deserialize(bytesOf('1'))).toEqual({ parsed: 1 })
    await errorOf(() => json({ library }).serialize([-0]), 'SERIALIZE')
    await errorOf(() => json({ library }).deserialize(bytesOf('\ufeff1')), 'DESERIALIZE')
  })

  it('library: what throws or gives no well-formed text is SERIALIZE', async () => {
    const cause = new Error('Invalid string length')
    const throwing = () => {
      throw cause
    }
    const error = await errorOf(
      () => json({ library: { stringify: throwing, parse: JSON.parse } }).serialize(1),
      'SERIALIZE',
    )
    expect(error.cause).toBe(cause)
    for (const text of [undefined, '"\ud800"']) {
      const library = { stringify: () => text as string, parse: JSON.parse }
      await errorOf(() => json({ library }).serialize(1), 'SERIALIZE')
    }
  })
})
