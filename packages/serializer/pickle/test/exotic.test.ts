import { runInNewContext } from 'node:vm'
import { concatBytes, isResultError, type ResultError } from '@resultkit/core'
import { describe, expect, test } from 'vitest'
import { defineClass, findUnpicklable, type Opaque, type PickleOptions, pickle } from '../src/index.ts'

const bytesOf = (value: unknown, options: PickleOptions = {}): Uint8Array => {
  const bytes = pickle(options).serialize(value)
  return bytes instanceof Uint8Array ? bytes : concatBytes(bytes)
}
const through = <T>(value: T, options: PickleOptions = {}): T =>
  pickle(options).deserialize(bytesOf(value, options)) as T

function refused(value: unknown, options: PickleOptions = {}): ResultError {
  try {
    pickle(options).serialize(value)
  } catch (error) {
    if (isResultError(error)) return error
    throw error
  }
  throw new Error('It was not refused.')
}

test.each([
  'new ArrayBuffer(8)',
  'new Uint8Array(8)',
  'new Uint8Array(8000)',
  'new DataView(new ArrayBuffer(8))',
  'new Uint16Array(new ArrayBuffer(8, { maxByteLength: 16 }))',
])('the buffer of another realm is an ArrayBuffer here: %s', (source) => {
  const value = runInNewContext(source) as Uint8Array | ArrayBuffer
  const back = through(value)
  const [buffer, original] = [back, value].map((each) => ('buffer' in each ? each.buffer : each)) as [
    ArrayBuffer,
    ArrayBuffer,
  ]
  expect(Object.getPrototypeOf(buffer)).toBe(ArrayBuffer.prototype)
  expect([buffer.byteLength, buffer.maxByteLength]).toEqual([original.byteLength, original.maxByteLength])
})

describe('views of buffers that change their size', () => {
  const resizable = (size: number, maximum: number): ArrayBuffer => new ArrayBuffer(size, { maxByteLength: maximum })
  const growable = (size: number, maximum: number): ArrayBuffer =>
    new (SharedArrayBuffer as never as ArrayBufferConstructor)(size, { maxByteLength: maximum })
  const resize = (view: ArrayBufferView, size: number): void => {
    const { buffer } = view as ArrayBufferView<ArrayBuffer> & { buffer: { grow?(size: number): void } }
    if (buffer.grow === undefined) buffer.resize(size)
    else buffer.grow(size)
  }

  test.each<[string, () => Uint8Array | Float64Array | DataView, number]>([
    ['all, grows', () => new Uint8Array(resizable(8, 64)), 32],
    ['all, does not grow', () => new Uint8Array(resizable(8, 64), 0, 8), 32],
    ['does not grow, little room', () => new Uint8Array(resizable(8, 10), 0, 8), 10],
    ['grows, little room', () => new Uint8Array(resizable(8, 10)), 10],
    ['does not grow, no room', () => new Uint8Array(resizable(8, 8), 0, 8), 6],
    ['grows, no room', () => new Uint8Array(resizable(8, 8)), 6],
    ['a part of wide items that does not grow', () => new Float64Array(resizable(20, 24), 8, 1), 24],
    ['wide items with a rest, grows', () => new Float64Array(resizable(20, 24), 8), 24],
    ['nothing at the end, grows', () => new Uint8Array(resizable(8, 64), 8), 32],
    ['nothing at the end, does not grow', () => new Uint8Array(resizable(8, 64), 8, 0), 32],
    ['DataView, grows', () => new DataView(resizable(8, 9)), 9],
    ['DataView, does not grow', () => new DataView(resizable(8, 9), 0, 8), 9],
    ['Buffer', () => Buffer.from(resizable(8, 64)), 32],
    ['shared, grows', () => new Uint8Array(growable(8, 64)), 32],
    ['shared, does not grow', () => new Uint8Array(growable(8, 64), 0, 8), 32],
    ['shared DataView, grows', () => new DataView(growable(8, 64)), 32],
  ])('%s', (_, make, size) => {
    const value = make()
    const back = through(value)
    const sizes = (view: ArrayBufferView): readonly number[] => {
      const before = view.byteLength
      resize(view, size)
      try {
        return [before, view.byteLength]
      } catch {
        return [before, -1]
      }
    }
    expect(sizes(back)).toEqual(sizes(value))
  })

  test('beyond the end they are refused', () => {
    for (const size of [0, 2]) {
      for (const view of [new Uint8Array(resizable(8, 8), 0, 4), new DataView(resizable(8, 8), 0, 4)]) {
        resize(view, size)
        expect(refused([view]).issues[0]).toMatchObject({
          path: [0],
          message: expect.stringContaining('beyond the end'),
        })
      }
    }
  })
})

test('proxies that throw are refused where rows are expected', () => {
  const fail = (): never => {
    throw new Error('secret')
  }
  const revoked = Proxy.revocable({}, {})
  revoked.revoke()
  for (const proxy of [
    revoked.proxy,
    new Proxy({ a: 1 }, { ownKeys: fail }),
    new Proxy({ a: 1 }, { getPrototypeOf: fail }),
    new Proxy({ a: 1 }, { getOwnPropertyDescriptor: fail }),
  ]) {
    const error = refused([{ a: 1 }, { a: 2 }, proxy])
    expect([error.code, error.issues.map(({ path }) => path)]).toEqual(['SERIALIZE', [[2]]])
    expect(error.message).not.toContain('secret')
  }
})

test('what lossy functions make undefined can be read again', () => {
  const options: PickleOptions = { lossy: ['functions'] }
  const [one, two] = [() => 1, () => 2]
  expect(through(new Set([one, 1, two, undefined, Symbol('s')]), options)).toEqual(new Set([undefined, 1]))
  expect(through(new Map([[one, two]]), options)).toEqual(new Map([[undefined, undefined]]))
  expect(
    refused(
      new Map([
        [one, 1],
        [two, 2],
      ]),
      options,
    ).message,
  ).toContain('several keys')
  expect(
    refused(
      new Map([
        [one, 1],
        [undefined, 2],
      ] as const),
      options,
    ).message,
  ).toContain('several keys')
  expect(refused({ a: Object(Symbol('s')) as unknown }, options).issues[0]?.path).toEqual(['a'])
  const key = Symbol('s')
  for (const value of [{ [key]: 1 }, Object.assign(Object.create(null), { [key]: 1 }), Object.assign([], { [key]: 1 })])
    expect(refused([value], options).issues[0]?.path).toEqual([0, key])
})

test('no getter runs that stands for a stack', () => {
  let ran = 0
  const get = (() => ++ran).bind(undefined)
  const error = Object.defineProperty(new Error('m'), 'stack', { get, configurable: true })
  expect(refused(error).issues[0]?.path).toEqual(['stack'])
  expect(ran).toBe(0)
  const fixed = Object.defineProperty(new Error('m'), 'stack', { configurable: false })
  const { get: isAccessor } = Object.getOwnPropertyDescriptor(fixed, 'stack') ?? {}
  if (isAccessor === undefined)
    expect(Object.getOwnPropertyDescriptor(through(fixed), 'stack')?.configurable).toBe(false)
  else expect(refused(fixed).issues[0]?.path).toEqual(['stack'])
})

class Point {
  x = 1
}
const point = defineClass({
  name: 'Point',
  class: Point,
  encode: ({ x }) => x,
  decode: (x) => Object.assign(new Point(), { x }),
})

test('an Opaque that was changed is refused', () => {
  const opaque = (): Opaque =>
    pickle({ onUnknownClass: 'opaque' }).deserialize(bytesOf(new Point(), { classes: [point] })) as Opaque
  const changes: readonly ((value: Opaque) => unknown)[] = [
    (value) => Object.assign(value, { note: 1 }),
    (value) => Object.assign(value, { version: -1 }),
    (value) => Object.assign(value, { name: '\ud800' }),
    (value) => Object.defineProperty(value, 'state', { get: () => 1 }),
    (value) => Object.freeze(value),
  ]
  expect(through(opaque(), { onUnknownClass: 'opaque' })).toEqual(opaque())
  for (const change of changes) expect(refused(change(opaque())).message).toContain('changed Opaque')
})

const MODULE: string = 'data:text/javascript,export const name = 1, list = [1]'

test('objects of an exotic nature are refused behind a tag of their own', async () => {
  const namespace: unknown = await import(/* @vite-ignore */ MODULE)
  expect(refused({ namespace }).issues[0]).toMatchObject({
    path: ['namespace'],
    message: expect.stringContaining('namespace'),
  })
  const tagged = runInNewContext(
    '(function () { return Object.defineProperty(arguments, Symbol.toStringTag, { value: "x" }) })(1)',
  )
  expect(refused(tagged).code).toBe('SERIALIZE')
})

test('a lastIndex that cannot be written is refused unless all is frozen', () => {
  const pattern = Object.defineProperty(Object.assign(/a/g, { note: 1 }), 'lastIndex', { writable: false })
  for (const close of [Object.preventExtensions, Object.seal])
    expect(refused(close(pattern)).message).toContain('lastIndex')
  expect(Object.isFrozen(through(Object.freeze(pattern)))).toBe(true)
})

test('a URL and its own searchParams are refused together, in any order', () => {
  const url = new URL('http://a/?b=1')
  expect(refused([url, url.searchParams]).issues[0]?.path).toEqual([1])
  expect(refused([url.searchParams, 1, url]).issues[0]?.path).toEqual([2])
  expect(through([url, new URLSearchParams('b=1')]).map(String)).toEqual(['http://a/?b=1', 'b=1'])
})

test('long texts of URLs and regular expressions come again', () => {
  const long = 'x'.repeat(300)
  const value = [1, 2].map(() => [new URL(`http://a/${long}`), new URLSearchParams(long), new RegExp(long), long, long])
  expect(through(value)).toEqual(value)
})

test('offenders at the end of a long list take little memory, and a short message', () => {
  let list: unknown = null
  for (let level = 0; level < 100_000; level++) list = { next: list, handler: () => level }
  const { issues, message } = refused(list)
  expect(issues.length).toBeGreaterThan(5)
  expect(issues[0]?.path).toHaveLength(100_000)
  expect(message.length).toBeLessThan(10_000)
  expect(message).toContain('100000 values')
  expect(issues.reduce((steps, { path }) => steps + path.length, 0)).toBeLessThan(2_000_000)
  expect(findUnpicklable(list)).toHaveLength(issues.length)
})

test('what a limit lets be written, the same limit lets be read', () => {
  const bytes = new Uint8Array(10)
  const options: PickleOptions = { maxDepth: 3 }
  const values = [
    [[[[]]]],
    [[[{}, new Map(), new Set()]]],
    [[Object.freeze([1])]],
    [[Object.freeze([Object.freeze([])])]],
    [[[bytes.subarray(2), bytes, bytes.buffer]]],
    [[Object.assign(new Date(5), { a: 1 })]],
    [[[{ a: 1 }, { a: 2 }]]],
    [[[new Error('m')]]],
  ]
  let written = 0
  for (const value of values) {
    if (findUnpicklable(value, options).length > 0) continue
    written += 1
    expect(through(value, options)).toEqual(value)
  }
  expect(written).toBeGreaterThanOrEqual(6)
})

test('members that a changed Object.prototype would not let be assigned', () => {
  const value = [
    { toString: 1, a: 1, odd: 1 },
    { toString: 2, a: 2, odd: 2 },
    { toString: 3, a: 3, odd: 3 },
    { b: { toString: 4, odd: 4 } },
    Object.assign(Object.create(null), { odd: 5 }),
  ]
  const bytes = [bytesOf(value), bytesOf(value, { compact: false }), bytesOf({ a: { odd: 1 }, b: { odd: 2 } })]
  const changes: readonly PropertyDescriptor[] = [{ value: 0 }, { get: () => 0, set() {} }]
  for (const change of changes) {
    Object.defineProperty(Object.prototype, 'odd', { ...change, configurable: true })
    const back = bytes.map((each) => pickle().deserialize(each))
    const again = bytesOf(value)
    Reflect.deleteProperty(Object.prototype, 'odd')
    expect(back).toEqual([value, value, { a: { odd: 1 }, b: { odd: 2 } }])
    expect(Buffer.compare(again, bytes[0] as Uint8Array)).toBe(0)
  }
})

test('large BigInts and texts with lone surrogates', () => {
  const big = 2n ** 4_000_000n - 12_345n
  expect([through(big) === big, through(-big) === -big]).toEqual([true, true])
  const text = `${'x\u0100'.repeat(1_000_000)}\ud800`
  expect(through(text) === text).toBe(true)
})

type Temporal = Readonly<Record<string, { new (...parameters: unknown[]): object; from(value: unknown): object }>>
const { Temporal } = globalThis as unknown as { readonly Temporal?: Temporal }

test.runIf(Temporal !== undefined)('Temporal: units that the text has as one, and reference dates', () => {
  const { Duration, PlainMonthDay, PlainYearMonth } = Temporal as Temporal & Record<'Duration', Temporal[string]>
  const units = ['years', 'hours', 'seconds', 'milliseconds', 'microseconds', 'nanoseconds']
  const fields = (value: object): readonly unknown[] => units.map((unit) => (value as Record<string, unknown>)[unit])
  for (const parts of [
    { milliseconds: 1500 },
    { microseconds: -5000, hours: -36 },
    { seconds: 1, milliseconds: 999 },
    { years: 1, nanoseconds: 1e9 },
  ]) {
    const value = Duration?.from(parts) as object
    expect(fields(through(value))).toEqual(fields(value))
  }
  expect(refused(PlainMonthDay && new PlainMonthDay(5, 2, 'iso8601', 2000)).message).toContain('reference date')
  expect(refused(PlainYearMonth && new PlainYearMonth(2000, 5, 'iso8601', 17)).message).toContain('reference date')
  expect(String(through(PlainMonthDay?.from('05-02')))).toBe('05-02')
})
