import { applies, serializerContract } from '@resultkit/contract'
import {
  collectBytes,
  ResultError,
  type Serializer,
  type StreamSerializer,
  streamOf,
  type ValueSerializer,
} from '@resultkit/core'
import { describe, expect, test } from 'vitest'
import { check, toyBytes, toyJson, toyLines } from './serializers.ts'

for (const open of [toyJson, toyBytes, toyLines])
  describe(open.name, () => {
    for (const contractCase of serializerContract)
      test(contractCase.name, async ({ skip }) => {
        const serializer: Serializer = open()
        if (!applies(contractCase, serializer)) skip('of the other kind')
        await contractCase.run({ open: () => serializer })
      })
  })

interface Mutant {
  readonly caughtBy: readonly string[]
  readonly open: () => Serializer
}

function exactly(name: string): string {
  return `value: ${name} comes back exactly, or is refused`
}

const encoder = new TextEncoder()

function json(change: Partial<ValueSerializer>): () => Serializer {
  return () => ({ ...toyJson(), ...change })
}

function lines(change: (inner: StreamSerializer) => Partial<StreamSerializer>): () => Serializer {
  return () => ({ ...toyLines(), ...change(toyLines()) })
}

const mutants: Record<string, Mutant> = {
  'whatever JSON.stringify makes of it': {
    caughtBy: [
      ...['-0', 'NaN', 'undefined', 'a Date', 'a Map', 'a Set', 'a RegExp', 'an Error', 'a hole', 'a getter'].map(
        exactly,
      ),
      ...['a shared reference', 'a cycle', 'an instance of a class', 'a member that is undefined', 'a bigint'].map(
        exactly,
      ),
      ...['a symbol', 'a function', 'an object without a prototype', 'an object with toJSON', 'a Uint8Array'].map(
        exactly,
      ),
      ...['a member named by a symbol', 'an array with a property', 'a boxed number', 'a Promise', 'a URL'].map(
        exactly,
      ),
      ...['a subclass of Array', 'an item that is undefined', 'a member that is not enumerable'].map(exactly),
    ],
    open: json({ serialize: (value) => encoder.encode(JSON.stringify(value)) }),
  },
  'a text loses its byte order mark and its lone surrogates': {
    caughtBy: ['a text with a byte order mark', 'a lone high surrogate', 'a lone low surrogate'].map(exactly),
    open: () => ({
      ...toyBytes(),
      serialize: (value) => (typeof value === 'string' ? encoder.encode(value) : toyBytes().serialize(value)),
      deserialize: (bytes) => new TextDecoder().decode(bytes),
    }),
  },
  'a refusal is untyped': {
    caughtBy: [exactly('a function'), 'values: a refusal names the path, and prints no value'],
    open: json({
      serialize(value) {
        if (JSON.stringify(value) === undefined || typeof value === 'object') throw new TypeError('no')
        return toyJson().serialize(value)
      },
    }),
  },
  'a refusal has no path': {
    caughtBy: ['values: a refusal names the path, and prints no value'],
    open: json({
      serialize(value) {
        check(typeof value === 'object' && value && 'list' in value ? { list: 0 } : value)
        try {
          return toyJson().serialize(value)
        } catch {
          return toyJson().serialize(undefined)
        }
      },
    }),
  },
  'bytes are not copied': {
    caughtBy: ['values: the bytes do not follow later changes of the value'],
    open: () => toyBytes(false),
  },
  'the input is changed': {
    caughtBy: [exactly('nested arrays and objects')],
    open: json({
      serialize(value) {
        const bytes = toyJson().serialize(value)
        if (Array.isArray((value as { list?: unknown } | null)?.list)) (value as { list: unknown }).list = []
        return bytes
      },
    }),
  },
  'members are sorted': {
    caughtBy: [exactly('an object that is not in alphabetical order')],
    open: json({
      deserialize(bytes) {
        const value = toyJson().deserialize(bytes)
        if (typeof value !== 'object' || value === null || Array.isArray(value)) return value
        return Object.fromEntries(Object.entries(value).sort())
      },
    }),
  },
  'prototypes are polluted': {
    caughtBy: [exactly('an own member __proto__')],
    open: json({
      deserialize(bytes) {
        const value = toyJson().deserialize(bytes)
        return typeof value === 'object' && value && !Array.isArray(value) ? Object.assign({}, value) : value
      },
    }),
  },
  'bytes differ each time': {
    caughtBy: [exactly('null'), exactly('an empty object')],
    open: () => {
      let count = 0
      return {
        ...toyJson(),
        serialize: (value) => [toyJson().serialize(value) as Uint8Array, encoder.encode(' '.repeat(count++))],
      }
    },
  },
  'garbage is an untyped error': {
    caughtBy: ['bytes: garbage is DESERIALIZE', 'bytes: a truncated or extended object is DESERIALIZE'],
    open: json({ deserialize: (bytes) => JSON.parse(new TextDecoder().decode(bytes)) }),
  },
  'garbage is undefined': {
    caughtBy: ['bytes: a truncated or extended object is DESERIALIZE'],
    open: json({
      deserialize(bytes) {
        try {
          return toyJson().deserialize(bytes)
        } catch {
          return undefined
        }
      },
    }),
  },
  'everything is refused': {
    caughtBy: ['values: some are taken'],
    open: json({ serialize: () => toyJson().serialize(undefined) }),
  },
  'the extension has a dot': {
    caughtBy: ['members: name, contentType, extension, kind and options'],
    open: json({ extension: '.json' }),
  },
  'a refused item is left out': {
    caughtBy: [
      'stream: an item that cannot be kept makes it fail',
      'stream: a Date as an item comes back exactly, or is refused',
    ],
    open: lines(() => ({
      async *encode(items) {
        for await (const item of items) yield encoder.encode(`${JSON.stringify(item) ?? 'null'}\n`)
      },
    })),
  },
  'the last line is lost': {
    caughtBy: ['stream: items come back in order, however the bytes are cut'],
    open: lines((inner) => ({
      async *decode(bytes) {
        let held: { item: unknown } | undefined
        for await (const item of inner.decode(bytes)) {
          if (held) yield held.item
          held = { item }
        }
      },
    })),
  },
  'pieces are taken for lines': {
    caughtBy: ['stream: items come back in order, however the bytes are cut'],
    open: lines(() => ({
      async *decode(bytes) {
        for await (const piece of bytes) if (piece.byteLength > 0) yield toyJson().deserialize(piece)
      },
    })),
  },
  'items are collected first': {
    caughtBy: [
      'stream: a consumer that leaves encode early makes it leave its source',
      'stream: a consumer that leaves decode early makes it leave its source',
    ],
    open: lines((inner) => ({
      async *encode(items) {
        const all: unknown[] = []
        for await (const item of items) all.push(item)
        yield encoder.encode(all.map((item) => `${JSON.stringify(item)}\n`).join(''))
      },
      async *decode(bytes) {
        const all: unknown[] = []
        for await (const item of inner.decode(bytes)) all.push(item)
        yield* all
      },
    })),
  },
  'options are no JSON': {
    caughtBy: ['members: name, contentType, extension, kind and options'],
    open: json({ options: { since: new Date(0) as never } }),
  },
  'an option is undefined': {
    caughtBy: ['members: name, contentType, extension, kind and options'],
    open: json({ options: { schema: undefined as never } }),
  },
  'pieces share their memory': {
    caughtBy: ['stream: pieces that were given out are not touched again'],
    open: lines((inner) => ({
      async *encode(items) {
        const memory = new Uint8Array(65_536)
        for await (const piece of inner.encode(items)) {
          memory.set(piece)
          yield memory.subarray(0, piece.byteLength)
        }
      },
    })),
  },
  'a line that is cut off is left out': {
    caughtBy: ['stream: an item that is cut off is not left out'],
    open: lines((inner) => ({
      async *decode(bytes) {
        const all = await collectBytes(bytes)
        yield* inner.decode(streamOf(all.slice(0, all.lastIndexOf(10) + 1)))
      },
    })),
  },
  'an outage is taken for damage': {
    caughtBy: ['stream: a source that fails makes it fail'],
    open: lines((inner) => ({
      async *decode(bytes) {
        try {
          yield* inner.decode(bytes)
        } catch (cause) {
          throw new ResultError({ code: 'DESERIALIZE', operation: 'decode', message: 'Damaged.', cause })
        }
      },
    })),
  },
  'a source that fails is its end': {
    caughtBy: ['stream: a source that fails makes it fail'],
    open: lines((inner) => ({
      async *encode(items) {
        try {
          yield* inner.encode(items)
        } catch {}
      },
    })),
  },
}

test('an invalid Date that becomes null is told apart from null', async () => {
  const found = serializerContract.find(({ name }) => name === exactly('an invalid Date'))
  const open = json({ serialize: (value) => encoder.encode(JSON.stringify(value)) })
  await expect(found?.run({ open })).rejects.toThrow('object null instead of object Invalid Date')
})

describe('a serializer with a fault is found out', () => {
  for (const [fault, { open, caughtBy }] of Object.entries(mutants))
    test(fault, async () => {
      for (const name of caughtBy) {
        const found = serializerContract.find((contractCase) => contractCase.name === name)
        await expect(found?.run({ open }), name).rejects.toThrow(/^promised: .+; happened: ./s)
      }
    })
})
