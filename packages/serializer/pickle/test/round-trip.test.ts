import { concatBytes } from '@resultkit/core'
import { describe, expect, test } from 'vitest'
import { pickle } from '../src/index.ts'
import { difference } from './difference.ts'
import { VALUES } from './values.ts'

const bytesOf = (serializer: ReturnType<typeof pickle>, value: unknown): Uint8Array => {
  const bytes = serializer.serialize(value)
  return bytes instanceof Uint8Array ? bytes : concatBytes(bytes)
}

/** The value alone, as key and value, beside others, and twice in one place. */
const PLACES: Readonly<Record<string, (build: () => unknown) => unknown>> = {
  root: (build) => build(),
  'in an array': (build) => [0, build(), 'after'],
  'in rows': (build) => [
    { a: 1, v: build() },
    { a: 2, v: build() },
    { a: 3, v: 'after' },
  ],
  'in a Map': (build) => new Map([[build(), build()]]),
  'in an error': (build) => new Error('outer', { cause: { v: build() } }),
  'before itself': (build) => ((value) => [[value], { value, after: new Set([value]) }, value])(build()),
}

describe('comes back exactly, wherever it stands', () => {
  test.each(Object.entries(VALUES))('%s', (_name, build) => {
    Error.stackTraceLimit = 0
    for (const [place, put] of Object.entries(PLACES)) {
      check(pickle(), () => put(build), place)
      if (place === 'root' || place === 'in rows') check(pickle({ compact: false }), () => put(build), place)
    }
  })
})

function check(serializer: ReturnType<typeof pickle>, make: () => unknown, place: string): void {
  const value = make()
  const bytes = bytesOf(serializer, value)
  expect(difference(value, make()), `${place}: what was serialized`).toBeUndefined()
  const back = serializer.deserialize(bytes)
  expect(difference(back, value), place).toBeUndefined()
  expect(Buffer.compare(bytesOf(serializer, back), bytes), `${place}: again`).toBe(0)
  expect(Buffer.compare(bytesOf(serializer, make()), bytes), `${place}: an equal value`).toBe(0)
}

test('at any offset of the bytes', () => {
  const serializer = pickle({ buffers: 'view' })
  const value = [new Float64Array(1000).fill(1.5), 'text', new Uint8Array(5000).fill(7)]
  const bytes = bytesOf(serializer, value)
  for (let offset = 0; offset < 16; offset++) {
    const moved = new Uint8Array(bytes.length + 32).subarray(offset, offset + bytes.length)
    moved.set(bytes)
    expect(serializer.deserialize(moved)).toEqual(value)
  }
})

test('sharing among any number of objects', () => {
  for (let count = 1; count <= 40; count++) {
    const objects = Array.from({ length: count }, (_, index) => (index % 2 === 0 ? { index } : [index]))
    const value = {
      first: objects,
      again: objects.toReversed(),
      last: [objects[0], new Map([[objects, objects.at(-1)]])],
    }
    expect(difference(pickle().deserialize(bytesOf(pickle(), value)), value), `${count} objects`).toBe(undefined)
  }
})

test('an array among rows stays an array, among few objects and among many', () => {
  for (const count of [2, 40]) {
    const row = [1]
    const value = [...Array.from({ length: count }, (_, index) => ({ index })), row, row, [2]]
    expect(difference(pickle().deserialize(bytesOf(pickle(), value)), value)).toBe(undefined)
  }
})

test('what was written stays as it is while more is written', () => {
  const serializer = pickle()
  const values = Array.from({ length: 50 }, (_, index) => ({ index, text: 'text '.repeat(index) }))
  const written = values.map((value) => bytesOf(serializer, value))
  expect(written.map((bytes) => serializer.deserialize(bytes))).toEqual(values)
})

test('a large shared buffer', () => {
  const value = new Float64Array(new SharedArrayBuffer(8192)).fill(1.5)
  expect(difference(pickle().deserialize(bytesOf(pickle(), value)), value)).toBe(undefined)
})

test('nesting of 100,000 levels', () => {
  const wraps: ((inner: unknown) => unknown)[] = [
    (inner) => [inner],
    (inner) => ({ inner }),
    (inner) => new Map([['inner', inner]]),
    (inner) => new Map([[inner, 1]]),
    (inner) => new Set([inner]),
    (inner) => Object.assign(Object.create(null), { inner }),
    (inner) => Object.freeze([inner]),
    (inner) => Object.assign([], { inner }),
    (inner) => [{ a: inner }, { a: 1 }],
  ]
  for (const wrap of wraps) {
    let value: unknown = 'innermost'
    for (let level = 0; level < 100_000; level++) value = wrap(value)
    const bytes = bytesOf(pickle(), value)
    expect(Buffer.compare(bytesOf(pickle(), pickle().deserialize(bytes)), bytes)).toBe(0)
  }
})
