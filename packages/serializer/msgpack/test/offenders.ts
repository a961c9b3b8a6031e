class Point {
  readonly x = 1
}
class Names extends Array<string> {}
class Registry extends Map {}
class Moment extends Date {}
class Bytes extends Uint8Array {}
class Failure extends Error {}

/** What no mode keeps: how it is made, where it stands below the made value, and what the refusal says. */
export interface Offender {
  readonly build: () => unknown
  readonly path?: readonly PropertyKey[]
  readonly says: RegExp
}

function accessor(property: PropertyDescriptor): object {
  return Object.defineProperty({ a: 1 }, 'b', { enumerable: true, ...property })
}

function never(): never {
  throw new Error('accessors are not run')
}

const buffer = new ArrayBuffer(16)

export const OFFENDERS: Readonly<Record<string, Offender>> = {
  '-0': { build: () => -0, says: /: -0/ },
  'a text with a lone surrogate': { build: () => 'hunter2\ud800', says: /lone surrogate/ },
  'a name with a lone surrogate': { build: () => ({ '\udc00': 1 }), path: ['\udc00'], says: /lone surrogate/ },
  'a long text with a byte order mark': { build: () => `\ufeff${'x'.repeat(70)}`, says: /byte order mark/ },
  'a hole': { build: () => Object.assign(new Array(3), { 0: 1, 2: 1 }), path: [1], says: /hole/ },
  'an array of holes': { build: () => new Array(2 ** 32 - 1), path: [0], says: /hole, and 4294967294 more/ },
  'an extra property of an array': { build: () => Object.assign([1], { x: 1 }), path: ['x'], says: /extra property/ },
  'a null prototype': { build: () => Object.create(null), says: /null prototype/ },
  'an own __proto__': { build: () => JSON.parse('{"__proto__":1}'), path: ['__proto__'], says: /__proto__/ },
  'a symbol key': { build: () => ({ [Symbol.iterator]: 1 }), path: [Symbol.iterator], says: /symbol key/ },
  'a getter': { build: () => accessor({ get: never }), path: ['b'], says: /accessor/ },
  'a setter': { build: () => accessor({ set: never }), path: ['b'], says: /accessor/ },
  'a getter in an array': { build: () => Object.defineProperty([1], 0, { get: never }), path: [0], says: /accessor/ },
  'a hidden member': {
    build: () => Object.defineProperty({}, 'b', { value: 1 }),
    path: ['b'],
    says: /non-enumerable/,
  },
  'an instance': { build: () => new Point(), says: /: Point/ },
  'a subclass of Array': { build: () => new Names(), says: /: Names/ },
  'a subclass of Map': { build: () => new Registry(), says: /: Registry/ },
  'a subclass of Date': { build: () => new Moment(), says: /: Moment/ },
  'a subclass of Uint8Array': { build: () => new Bytes(1), says: /: Bytes/ },
  'a subclass of Error': { build: () => new Failure(), says: /: Failure/ },
  toJSON: { build: () => ({ toJSON: () => 1 }), path: ['toJSON'], says: /: function/ },
  'a function': { build: () => never, says: /: function/ },
  'a symbol': { build: () => Symbol('hunter2'), says: /: symbol/ },
  'a Promise': { build: () => Promise.resolve(1), says: /: Promise/ },
  'a WeakMap': { build: () => new WeakMap(), says: /: WeakMap/ },
  'a WeakSet': { build: () => new WeakSet(), says: /: WeakSet/ },
  'a WeakRef': { build: () => new WeakRef({}), says: /: WeakRef/ },
  'an iterator': { build: () => [1].values(), says: /: Array Iterator|: object/ },
  'a generator': {
    build: () =>
      (function* () {
        yield 1
      })(),
    says: /Generator|: object/,
  },
  'a ReadableStream': { build: () => new ReadableStream(), says: /: ReadableStream/ },
  'a boxed number': { build: () => Object(1), says: /: Number/ },
  'a boxed text': { build: () => Object('hunter2'), says: /: String/ },
  'a boxed bigint': { build: () => Object(1n), says: /: BigInt/ },
  'a URL': { build: () => new URL('https://hunter2.example'), says: /: URL/ },
  URLSearchParams: { build: () => new URLSearchParams('a=hunter2'), says: /: URLSearchParams/ },
  Headers: { build: () => new Headers(), says: /: Headers/ },
  'a Blob': { build: () => new Blob(['hunter2']), says: /: Blob/ },
  'an AbortSignal': { build: () => new AbortController().signal, says: /: AbortSignal/ },
  'an Error': { build: () => new TypeError('hunter2', { cause: 1 }), says: /: TypeError/ },
  'an AggregateError': { build: () => new AggregateError([1]), says: /: AggregateError/ },
  'a DOMException': { build: () => new DOMException('hunter2'), says: /: DOMException/ },
  'a SharedArrayBuffer': { build: () => new SharedArrayBuffer(2), says: /: SharedArrayBuffer/ },
  'a view of a SharedArrayBuffer': { build: () => new Uint8Array(new SharedArrayBuffer(2)), says: /SharedArrayBuffer/ },
  'a view of a resizable buffer': {
    build: () => new Uint8Array(new ArrayBuffer(2, { maxByteLength: 4 })),
    says: /resizable/,
  },
  'a view of a buffer that was transferred': {
    build: () => {
      const bytes = new Uint8Array(2)
      bytes.buffer.transfer()
      return bytes
    },
    says: /transferred/,
  },
  'two views of one buffer': {
    build: () => [new Uint8Array(buffer, 0, 4), new Uint8Array(buffer, 8, 4)],
    path: [1],
    says: /the same memory as result\.list\[1\]\[0\]/,
  },
  'a Buffer': { build: () => Buffer.from('hunter2'), says: /: Buffer/ },
  'a Date with a property': { build: () => Object.assign(new Date(0), { x: 1 }), says: /Date: extra property/ },
  'a Uint8Array with a property': {
    build: () => Object.assign(new Uint8Array(3), { x: 1 }),
    says: /Uint8Array: extra property/,
  },
  'a long Uint8Array with a constructor': {
    build: () => Object.assign(new Uint8Array(5000), { constructor: 1 }),
    says: /Uint8Array: extra property/,
  },
  'what only looks like a Date': { build: () => Object.create(Date.prototype), says: /Date: .*looks like/ },
  'a Uint8Array with the prototype of another': {
    build: () => Object.setPrototypeOf(new Uint8Array(8), Float64Array.prototype),
    says: /Float64Array/,
  },
  'an object whose prototype has members': {
    build: () => Object.create({ __proto__: null, isPrototypeOf: 1 }),
    says: /another prototype/,
  },
  'a proxy that throws': { build: () => [new Proxy({}, { ownKeys: never })], path: [0], says: /examined/ },
  'deep nesting': {
    build: () => JSON.parse('['.repeat(10_000) + ']'.repeat(10_000)),
    path: new Array(254).fill(0),
    says: /nested/,
  },
  'a BigInt of many bytes': { build: () => 1n << 1_000_000n, says: /: bigint/ },
}

/** A value with an offender in each of its members, and the names of those. */
export function offendersInside(): { readonly value: object; readonly places: readonly string[] } {
  const sound = ['a proxy that throws', 'two views of one buffer']
  const entries = Object.entries(OFFENDERS).filter(([name]) => !sound.includes(name))
  return {
    value: { password: 'hunter2', ...Object.fromEntries(entries.map(([name, { build }]) => [name, build()])) },
    places: entries.map(([name]) => name),
  }
}
