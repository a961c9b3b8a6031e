/**
 * Writes the golden files of pickle. Run once per release, with a Node that has Temporal, Float16Array and SuppressedError (26 or
 * later): existing files are never changed.
 */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import {
  DIRECTORY,
  evaluate,
  type GoldenEntry,
  goldenBytes,
  missing,
} from '../packages/serializer/pickle/test/golden-kit.ts'

const STACK = "{ stack: { value: 'Error: m\\n    at golden', writable: true, configurable: true } }"

const LITERALS: Readonly<Record<string, string>> = {
  null: 'null',
  undefined: 'undefined',
  booleans: '[true, false]',
  integers:
    '[0, -0, 23, 24, 255, 256, 65535, 65536, 2 ** 32 - 1, 2 ** 32, 2 ** 53 - 1, -1, -24, -25, -256, -257, -(2 ** 32) - 1, 1 - 2 ** 53]',
  floats:
    '[0.5, -1.5, 65504, 65505.5, 2 ** -24, 2 ** -25, 2 ** -149, 0.1, 1e300, 2 ** 53, NaN, Infinity, -Infinity, Number.MIN_VALUE, 3.4028234663852886e38]',
  bigints: '[0n, 1n, -1n, 255n, 256n, -256n, -257n, 2n ** 64n, -(2n ** 200n)]',
  text: "['', 'a', 'caf\\u00e9', '\\u65e5\\u672c', '\\u{1f600}', '\\ufeff', '\\u0000', 'x'.repeat(300)]",
  surrogates: "['\\ud800', 'a\\udc00b', { '\\ud83d': 1 }]",
  'repeated-text': "Array.from({ length: 300 }, (_, i) => ['text ' + (i % 5), 'unique ' + i])",
  symbols: "[Symbol.for('golden'), Symbol.iterator]",
  array: '[1, [2, [3]], [], undefined]',
  holes: '[1, , 3, , ,]',
  'array-properties': "own([1], { extra: 2, [Symbol.for('s')]: 3 })",
  object: "({ z: 1, a: { b: undefined }, 2: 'two', '': null })",
  'object-proto-key': 'JSON.parse(\'{"__proto__":{"a":1},"constructor":2}\')',
  'null-prototype': 'own(Object.create(null), { a: 1 })',
  attributes:
    "Object.defineProperty(Object.defineProperty({ a: 1 }, 'hidden', { value: 2, writable: true, configurable: true }), 'fixed', { value: 3, enumerable: true })",
  integrity: '[Object.freeze({ a: 1 }), Object.seal({ a: 2 }), Object.preventExtensions({ a: 3 }), Object.freeze([])]',
  records: "({ one: { id: 1, name: 'a' }, two: { id: 2, name: 'b' }, three: { id: 3, name: { id: 4, name: 'c' } } })",
  table:
    "Array.from({ length: 20 }, (_, i) => ({ id: i, name: 'name ' + i, city: ['Berlin', 'Paris'][i % 2], score: i / 4, tags: ['x', i] }))",
  'table-mixed': '[{ a: 1 }, { a: 2 }, { b: 1 }, [3], null, { a: { a: 4 } }]',
  shared: '((one) => [one, one, { one }, new Map([[one, one]])])({ x: 1 })',
  cycle: "((o) => own(o, { self: o, list: [o], map: new Map([[o, o]]), set: new Set([o]) }))({ name: 'cycle' })",
  'shared-row': '((row) => [row, { a: 2 }, row, [row]])({ a: 1 })',
  dates: '[new Date(0), new Date(1795305600123), new Date(-1), new Date(8.64e15), new Date(-8.64e15), new Date(NaN)]',
  regexps: '[/a\\/b+/giu, own(/x/y, { lastIndex: 3 }), /(?<n>.)/ds, /[a--b]/v]',
  maps: "[new Map([[NaN, 1], [undefined, 2], [{ k: 1 }, [3]], ['1', 4], [1, 5]]), new Map(), own(new Map([[1, 1]]), { extra: 1 })]",
  sets: "[new Set([1, '1', [1], { a: 1 }]), new Set()]",
  boxed: "[Object(1), Object(-0), Object('text'), Object(true), Object(2n), Object(Symbol.for('b'))]",
  urls: "[new URL('https://user@example.org:8080/a?b=c#d'), new URLSearchParams('a=1&a=2&b=%20')]",
  errors: `[Error, EvalError, RangeError, ReferenceError, SyntaxError, TypeError, URIError].map((type) => Object.defineProperties(new type('m'), ${STACK}))`,
  'error-cause': `Object.defineProperties(new TypeError('m', { cause: { code: 1 } }), ${STACK})`,
  'error-properties': `own(Object.defineProperties(new Error('m'), ${STACK}), { code: 'E_CODE', name: 'Custom' })`,
  'error-aggregate': `Object.defineProperties(new AggregateError([1, 'two'], 'm'), ${STACK})`,
  'error-suppressed': `Object.defineProperties(new SuppressedError(1, 2, 'm'), ${STACK})`,
  'error-dom': `Object.defineProperties(new DOMException('m', 'AbortError'), ${STACK})`,
  'typed-arrays':
    '[Int8Array, Uint8Array, Uint8ClampedArray, Int16Array, Uint16Array, Int32Array, Uint32Array, Float32Array, Float64Array].map((type) => type.of(1, 2, 255))',
  'bigint-arrays': '[BigInt64Array.of(-1n, 2n ** 62n), BigUint64Array.of(2n ** 64n - 1n)]',
  float16: 'Float16Array.of(1.5, -0, 65504)',
  'array-buffers':
    '[new ArrayBuffer(3), new Uint8Array([1, 2, 3]).buffer, new ArrayBuffer(2, { maxByteLength: 8 }), new SharedArrayBuffer(2)]',
  views:
    '((b) => [new Uint8Array(b), new Uint16Array(b, 2, 2), new DataView(b, 1, 4), b])(new Uint8Array([1, 2, 3, 4, 5, 6, 7, 8]).buffer)',
  'view-tracking': 'new Uint8Array(new ArrayBuffer(4, { maxByteLength: 16 }), 1)',
  'node-buffer': 'Buffer.from(new Uint8Array([1, 2, 3]).buffer)',
  sections:
    '((b) => [new Float64Array(b), new Uint8Array(b, 8, 8), Uint8Array.from({ length: 5000 }, (_, i) => i)])(new ArrayBuffer(8192))',
  temporal:
    "[Temporal.Instant.from('2026-11-22T10:00:00.123456789Z'), Temporal.ZonedDateTime.from('2026-11-22T10:00:00+01:00[Europe/Berlin]'), Temporal.PlainDate.from('2026-11-22'), Temporal.PlainTime.from('10:00:00.5'), Temporal.PlainDateTime.from('2026-11-22T10:00'), Temporal.PlainYearMonth.from('2026-11'), Temporal.PlainMonthDay.from('11-22'), Temporal.Duration.from('P1Y2M3DT4H5.6S'), Temporal.PlainDate.from('2026-11-22[u-ca=hebrew]')]",
  class: '[new Money(5n), new Money(-1n)]',
  'class-cycle': '((knot) => own(knot, { to: [knot, new Map([[knot, 1]])] }))(new Knot())',
}

const NEEDS: Readonly<Record<string, readonly string[]>> = {
  float16: ['Float16Array'],
  'error-suppressed': ['SuppressedError'],
  temporal: ['Temporal'],
}

const changed = (bytes: Uint8Array, at: number): Uint8Array =>
  bytes.map((byte, index) => (index === at ? byte ^ 1 : byte))
const sample = goldenBytes({ a: [1, 'two'], big: new Uint8Array(4096) })
const BAD: Readonly<Record<string, Uint8Array>> = {
  'bad-empty': new Uint8Array(),
  'bad-magic': changed(sample, 1),
  'bad-version-bit': changed(sample, 5),
  'bad-header-bit': changed(sample, 24),
  'bad-graph-bit': changed(sample, 70),
  'bad-buffer-bit': changed(sample, sample.length - 1),
  'bad-cut': sample.subarray(0, -1),
  'bad-longer': Buffer.concat([sample, Buffer.alloc(1)]),
}

mkdirSync(DIRECTORY, { recursive: true })
const indexFile = new URL('index.json', DIRECTORY)
const index: Record<string, GoldenEntry> = existsSync(indexFile)
  ? (JSON.parse(readFileSync(indexFile, 'utf8')) as Record<string, GoldenEntry>)
  : {}
Error.stackTraceLimit = 0
for (const [name, literal] of Object.entries(LITERALS)) {
  const needs = NEEDS[name]
  const entry: GoldenEntry = { literal, ...(needs && { needs }) }
  const lacking = missing(entry)
  if (lacking !== undefined)
    throw new Error(`${name} needs ${lacking}: run ${fileURLToPath(import.meta.url)} with a newer Node.`)
  write(`${name}.pickle`, goldenBytes(evaluate(literal)), entry)
}
for (const [name, bytes] of Object.entries(BAD)) write(`${name}.pickle`, bytes, { error: 'DESERIALIZE' })
writeFileSync(indexFile, `${JSON.stringify(index, undefined, 2)}\n`)

function write(name: string, bytes: Uint8Array, entry: GoldenEntry): void {
  const file = new URL(name, DIRECTORY)
  if (existsSync(file)) return
  writeFileSync(file, bytes)
  index[name] = entry
}
