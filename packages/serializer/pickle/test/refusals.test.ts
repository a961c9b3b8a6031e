// biome-ignore-all lint/complexity/noCommaOperator: values are built in one expression each
import { isResultError, type ResultError } from '@resultkit/core'
import { expect, test } from 'vitest'
import { defineClass, findUnpicklable, pickle } from '../src/index.ts'

class Point {
  readonly x = 1
}
class Names extends Array<string> {}
class HttpError extends TypeError {
  readonly status = 404
}

function refused(value: unknown, options = {}): ResultError {
  try {
    pickle(options).serialize(value)
  } catch (error) {
    if (isResultError(error)) return error
    throw error
  }
  throw new Error('It was not refused.')
}

function argumentsOf(): unknown {
  // biome-ignore lint/complexity/noArguments: the object itself is meant
  return arguments
}

let ran = 0
const run = (): number => ++ran

const REFUSED: Readonly<Record<string, () => unknown>> = {
  function: () => run,
  class: () => Point,
  'local symbol': () => Symbol('local'),
  'symbol key': () => ({ [Symbol('local')]: 1 }),
  instance: () => new Point(),
  'subclass of Array': () => Names.of('a'),
  'subclass of Map': () => new (class Registry extends Map {})(),
  'subclass of Error': () => new HttpError('m'),
  'subclass of Uint8Array': () => new (class Bytes extends Uint8Array {})(2),
  Promise: () => Promise.resolve(1),
  WeakMap: () => new WeakMap(),
  WeakSet: () => new WeakSet(),
  WeakRef: () => new WeakRef({}),
  generator: () => (function* () {})(),
  iterator: () => [1].values(),
  'Map iterator': () => new Map().entries(),
  arguments: argumentsOf,
  getter: () => Object.defineProperty({}, 'a', { get: run, enumerable: true }),
  setter: () => Object.defineProperty({}, 'a', { set: run, enumerable: true }),
  'getter in an array': () => Object.defineProperty([1, 2], 1, { get: run, enumerable: true }),
  'setter in an array': () => Object.defineProperty([1, 2], 1, { set: run, enumerable: true }),
  'getter in a long array': () => Object.defineProperty(new Array(100).fill(1), 50, { get: run, enumerable: true }),
  'getter in a row': () => [{ a: 1 }, { a: 2 }, Object.defineProperty({}, 'a', { get: run, enumerable: true })],
  'getter named by a symbol': () => Object.defineProperty({}, Symbol.for('x'), { get: run }),
  'getter on a Map': () => Object.defineProperty(new Map(), 'x', { get: run }),
  'getter on an error': () => Object.defineProperty(new Error('m'), 'message', { get: run }),
  'read-only item beside a hole': () => Object.defineProperty(new Array(2), 0, { value: 1 }),
  Blob: () => new Blob(['x']),
  File: () => new File(['x'], 'n'),
  Headers: () => new Headers(),
  FormData: () => new FormData(),
  Response: () => new Response('x'),
  Request: () => new Request('http://a/'),
  ReadableStream: () => new ReadableStream(),
  AbortSignal: () => new AbortController().signal,
  TextEncoder: () => new TextEncoder(),
  'Intl.Collator': () => new Intl.Collator(),
  WebAssembly: () => new WebAssembly.Memory({ initial: 0 }),
  globalThis: () => globalThis,
  Math: () => Math,
  'fake Map': () => Object.create(Map.prototype),
  'fake Date': () => Object.create(Date.prototype),
  'fake Array': () => Object.create(Array.prototype),
  'fake Error': () => Object.create(Error.prototype),
  'fake Uint8Array': () => Object.create(Uint8Array.prototype),
  'fake ArrayBuffer': () => Object.create(ArrayBuffer.prototype),
  'Map as a plain object': () => Object.setPrototypeOf(new Map([[1, 2]]), Object.prototype),
  'Date without a prototype': () => Object.setPrototypeOf(new Date(), null),
  'array as a plain object': () => Object.setPrototypeOf([1], Object.prototype),
  'Promise without a prototype': () => Object.setPrototypeOf(Promise.resolve(), null),
  'revoked proxy': () => ((p) => (p.revoke(), p.proxy))(Proxy.revocable({}, {})),
  'proxy that throws': () => new Proxy({}, { ownKeys: fail }),
  'detached buffer': () => ((b) => (structuredClone(b, { transfer: [b] }), b))(new ArrayBuffer(8)),
  'view of a detached buffer': () => ((b) => (structuredClone(b, { transfer: [b.buffer] }), b))(new Uint8Array(8)),
}

function fail(): never {
  throw new Error('secret')
}

test.each(Object.entries(REFUSED))('%s is refused with its path, and no code runs', (_, build) => {
  ran = 0
  for (const [value, path] of [
    [build(), []],
    [{ rows: [1, { 'a b': build() }] }, ['rows', 1, 'a b']],
    [
      [{ v: 1 }, { v: build() }],
      [1, 'v'],
    ],
    [new Map<unknown, unknown>([['key', new Set([build()])]]), ['key', 0]],
    [new Error('m', { cause: build() }), ['cause']],
    [Object.assign([1], { extra: build() }), ['extra']],
  ] as const) {
    const error = refused(value)
    expect(error.code).toBe('SERIALIZE')
    expect(error.issues[0]?.path.slice(0, path.length)).toEqual(path)
    expect(error.message).not.toContain('secret')
    expect(findUnpicklable(value)).toEqual(error.issues)
  }
  expect(ran).toBe(0)
})

test('every offender is listed, and the message says where', () => {
  const value = { rows: [{}, {}, {}, { handler: run }], when: Promise.resolve(), point: new Point(), fine: 1 }
  const error = refused(value)
  expect(error.issues.map(({ path }) => path)).toEqual([['rows', 3, 'handler'], ['when'], ['point']])
  expect(error.message).toContain('3 values')
  expect(error.message).toContain('result.rows[3].handler: function')
  expect(error.message).toContain('result.when: Promise: await it')
  expect(error.message).toContain('defineClass')
  expect(findUnpicklable({ fine: [1] })).toEqual([])
})

test('no more than a thousand offenders are kept, but all are counted', () => {
  const error = refused(Array.from({ length: 1500 }, () => run))
  expect(error.issues).toHaveLength(1000)
  expect(error.message).toContain('1500 values')
})

test('named losses', () => {
  const through = (value: unknown, options: object): unknown => {
    const bytes = pickle(options).serialize(value)
    return pickle().deserialize(bytes as Uint8Array)
  }
  expect(through({ a: run, b: [Symbol('x')] }, { lossy: ['functions'] })).toEqual({ a: undefined, b: [undefined] })
  expect(Object.isFrozen(through(Object.freeze({ a: 1 }), { lossy: ['frozen'] }))).toBe(false)
  expect(through(Object.assign(/a/g, { lastIndex: 3 }), { lossy: ['lastIndex'] })).toMatchObject({ lastIndex: 0 })
  expect(Object.hasOwn(through(new Error('m'), { lossy: ['stack'] }) as Error, 'stack')).toBe(false)
  const error = through(new HttpError('m'), { lossy: ['errorClass'] }) as HttpError
  const found = [Object.getPrototypeOf(error) === TypeError.prototype, error.name, error.message, error.status]
  expect(found).toEqual([true, 'HttpError', 'm', 404])
  const part = through(new Uint8Array(1000).subarray(3, 5), { lossy: ['backing'] }) as Uint8Array
  expect(part.buffer.byteLength).toBe(2)
})

test('getters run when asked, and their values are kept', () => {
  const value = Object.defineProperty({ a: 1 }, 'b', { get: () => 2, enumerable: true, configurable: true })
  expect(pickle().deserialize(pickle({ getters: 'run' }).serialize(value) as Uint8Array)).toEqual({ a: 1, b: 2 })
})

test('limits of the writer', () => {
  expect(refused([[[1]]], { maxDepth: 2 }).issues[0]?.path).toEqual([0, 0])
  expect(refused(2n ** 80n, { maxBigIntBytes: 8 }).message).toContain('maxBigIntBytes')
  const sparse: unknown[] = []
  sparse[4_294_967_293] = 1
  expect(refused({ sparse }).message).toContain('maxHoles')
})

test('what encode throws is the cause', () => {
  const mine = new Error('mine')
  const encode = (): never => {
    throw mine
  }
  const broken = defineClass({ name: 'p', class: Point, encode, decode: () => new Point() })
  const error = refused([new Point()], { classes: [broken] })
  expect([error.cause, error.issues[0]?.path]).toEqual([mine, [0]])
})

test.each([
  [{ lossy: ['nothing'] }, 'lossy'],
  [{ buffers: 'maybe' }, 'buffers'],
  [{ maxDepth: -1 }, 'maxDepth'],
  [{ maxdepth: 1 }, 'maxdepth'],
  [{ classes: [{}] }, 'defineClass'],
  [{ classes: 1 }, 'classes'],
  [{ lossy: 'stack' }, 'lossy'],
  [{ compact: 'no' }, 'compact'],
])('wrong options %j are CONFIG', (options, named) => {
  const expected = expect.objectContaining({ code: 'CONFIG', message: expect.stringContaining(named) })
  expect(() => pickle(options as never)).toThrow(expected)
})
