// biome-ignore-all lint/complexity/noCommaOperator: values are built in one expression each
import { describe, expect, expectTypeOf, test } from 'vitest'
import { defineClass, describePickle, isOpaque, type Opaque, type PickleOptions, pickle } from '../src/index.ts'

class Money {
  readonly #amount: bigint
  readonly currency: string
  constructor(amount: bigint, currency: string) {
    this.#amount = amount
    this.currency = currency
  }
  get amount(): bigint {
    return this.#amount
  }
  toJSON(): never {
    throw new Error('toJSON is not called')
  }
}
class Node {
  name = ''
  readonly children = new Set<Node>()
  parent: Node | undefined
}
class Registry extends Map<string, number> {}
class HttpError extends Error {
  status = 0
}

const money = defineClass({
  name: 'acme/Money',
  version: 2,
  class: Money,
  encode: ({ amount, currency }) => [amount, currency] as const,
  decode: ([amount, currency]) => new Money(amount, currency),
  migrate: { 1: (state: { cents: number }) => [BigInt(state.cents), 'EUR'] },
})
const node = defineClass({
  name: 'Node',
  class: Node,
  encode: ({ name, children, parent }) => ({ name, children: [...children], parent }),
  decode: () => {
    throw new Error('not used')
  },
  allocate: () => new Node(),
  fill(instance, { name, children, parent }) {
    instance.name = name
    for (const child of children) instance.children.add(child)
    instance.parent = parent
  },
})
const registry = defineClass({
  name: 'Registry',
  class: Registry,
  encode: (map) => [...map],
  decode: (entries) => new Registry(entries),
})
const classes = [money, node, registry]

function through(value: unknown, write: PickleOptions = { classes }, read: PickleOptions = write): unknown {
  return pickle(read).deserialize(pickle(write).serialize(value) as Uint8Array)
}
const error = (code: string, text: string) => expect.objectContaining({ code, message: expect.stringContaining(text) })

test('the types of instance and state are inferred', () => {
  defineClass({
    name: 'x',
    class: Money,
    encode: (instance) => {
      expectTypeOf(instance).toEqualTypeOf<Money>()
      return instance.currency
    },
    decode: (state) => {
      expectTypeOf(state).toEqualTypeOf<string>()
      return new Money(0n, state)
    },
  })
})

test('instances, private state included, and shared ones', () => {
  const one = new Money(5n, 'EUR')
  const [a, b, map] = through([one, one, new Map([[one, { one }]])]) as [Money, Money, Map<Money, { one: Money }>]
  expect(a).toBeInstanceOf(Money)
  expect([a.amount, a.currency, a === b, map.get(a)?.one === a]).toEqual([5n, 'EUR', true, true])
})

test('subclasses of built-ins', () => {
  const back = through({ map: new Registry([['a', 1]]) }) as { map: Registry }
  expect(back.map).toBeInstanceOf(Registry)
  expect([...back.map]).toEqual([['a', 1]])
  const http = defineClass({
    name: 'HttpError',
    class: HttpError,
    encode: ({ message, status }) => ({ message, status }),
    decode: ({ message, status }) => Object.assign(new HttpError(message), { status }),
  })
  expect(through(Object.assign(new HttpError('m'), { status: 404 }), { classes: [http] })).toMatchObject({
    message: 'm',
    status: 404,
  })
})

test('a falsy state is a state', () => {
  for (const state of [0, '', false, null, undefined]) {
    const seen: unknown[] = []
    const defined = defineClass({
      name: 'm',
      class: Money,
      encode: () => state,
      decode: (s) => (seen.push(s), new Money(0n, '')),
    })
    through(new Money(1n, ''), { classes: [defined] })
    expect(seen).toEqual([state])
  }
})

test('cycles through allocate and fill, as keys and in Sets too', () => {
  const parent = Object.assign(new Node(), { name: 'parent' })
  const child = Object.assign(new Node(), { name: 'child', parent })
  parent.children.add(child).add(parent)
  const [back, keys, set] = through([parent, new Map([[child, parent]]), new Set([parent])]) as [
    Node,
    Map<Node, Node>,
    Set<Node>,
  ]
  const [first, second] = [...back.children]
  expect([first?.parent === back, second === back, keys.get(first as Node) === back, set.has(back)]).toEqual([
    true,
    true,
    true,
    true,
  ])
})

test('a cycle through a class with decode alone is refused, with a hint', () => {
  const { encode, name } = node
  const simple = defineClass({ name, class: Node, encode: encode as (n: Node) => unknown, decode: () => new Node() })
  const loop = new Node()
  loop.children.add(loop)
  expect(() => through([loop], { classes: [simple] })).toThrow(error('SERIALIZE', 'allocate and fill'))
})

describe('classes that are not known', () => {
  const bytes = pickle({ classes }).serialize({ price: new Money(3n, 'USD') }) as Uint8Array

  test('are UNSUPPORTED, with those that are known; the header can still be read', () => {
    expect(() => pickle().deserialize(bytes)).toThrow(error('UNSUPPORTED', '"acme/Money"'))
    expect(() => pickle({ classes: [registry] }).deserialize(bytes)).toThrow(error('UNSUPPORTED', '"Registry"'))
    expect(describePickle(bytes).classes).toEqual([{ name: 'acme/Money', version: 2 }])
  })

  test('are kept opaque on request, encode again to the same bytes, and are then read by who knows them', () => {
    const back = pickle({ onUnknownClass: 'opaque' }).deserialize(bytes) as { price: Opaque }
    expect([isOpaque(back.price), isOpaque({ ...back.price })]).toEqual([true, false])
    expect(back.price).toMatchObject({ name: 'acme/Money', version: 2, state: [3n, 'USD'] })
    const again = pickle().serialize(back) as Uint8Array
    expect(Buffer.compare(again, bytes)).toBe(0)
    expect(pickle({ classes }).deserialize(again)).toMatchObject({ price: { amount: 3n } })
  })

  test('a cycle through opaque instances', () => {
    const loop = new Node()
    loop.children.add(loop)
    const opaque = through(loop, { classes }, { onUnknownClass: 'opaque' }) as { state: { children: unknown[] } }
    expect(opaque.state.children[0]).toBe(opaque)
    expect((through(opaque, { classes }) as Node).children.size).toBe(1)
  })
})

test('migrations, and versions that cannot be read', () => {
  const old = defineClass({
    name: 'acme/Money',
    version: 1,
    class: Money,
    encode: () => ({ cents: 7 }),
    decode: () => new Money(0n, ''),
  })
  const bytes = pickle({ classes: [old] }).serialize(new Money(1n, 'X')) as Uint8Array
  expect(pickle({ classes }).deserialize(bytes)).toMatchObject({ amount: 7n, currency: 'EUR' })
  const { migrate: _, ...rest } = { ...money, class: Money, decode: () => new Money(0n, '') }
  const without = defineClass({ ...rest, encode: () => 1 })
  expect(() => pickle({ classes: [without] }).deserialize(bytes)).toThrow(error('UNSUPPORTED', 'migrate: { 1:'))
  const newer = pickle({ classes }).serialize(new Money(1n, 'X')) as Uint8Array
  expect(() => pickle({ classes: [old] }).deserialize(newer)).toThrow(error('UNSUPPORTED', 'version 2'))
})

test('what decode throws is DESERIALIZE, with the cause', () => {
  const mine = new Error('mine')
  const broken = defineClass({
    name: 'm',
    class: Money,
    encode: () => 1,
    decode: () => {
      throw mine
    },
  })
  expect(() => through(new Money(1n, ''), { classes: [broken] })).toThrow(
    expect.objectContaining({ code: 'DESERIALIZE', cause: mine }),
  )
  const nothing = defineClass({ name: 'm', class: Money, encode: () => 1, decode: () => undefined as never })
  expect(() => through(new Money(1n, ''), { classes: [nothing] })).toThrow(error('DESERIALIZE', 'no instance'))
})

test('encode may use pickle itself', () => {
  const inner = pickle()
  const nested = defineClass({
    name: 'nested',
    class: Money,
    encode: ({ amount }) => inner.serialize({ amount, text: 'inner' }) as Uint8Array,
    decode: (bytes) => new Money((inner.deserialize(bytes) as { amount: bigint }).amount, ''),
  })
  const back = through(['text', 'outer', new Money(9n, ''), 'text', 'outer', 'inner'], { classes: [nested] })
  expect(back).toMatchObject(['text', 'outer', { amount: 9n }, 'text', 'outer', 'inner'])
})

test.each([
  [{ name: '' }, 'name'],
  [{ version: 0 }, 'version'],
  [{ allocate: () => new Money(0n, '') }, 'allocate and fill'],
  [{ migrate: { 5: (state: never) => state } }, 'version 5'],
  [{ encode: undefined }, 'encode'],
])('a wrong definition %j is CONFIG', (change, text) => {
  const definition = { name: 'm', class: Money, encode: () => 1, decode: () => new Money(0n, '') }
  expect(() => defineClass({ ...definition, ...change } as never)).toThrow(error('CONFIG', text))
})

test('two classes of one name, or one class twice, are CONFIG', () => {
  expect(() => pickle({ classes: [money, money] })).toThrow(error('CONFIG', 'Two classes'))
  const other = defineClass({ name: 'other', class: Money, encode: () => 1, decode: () => new Money(0n, '') })
  expect(() => pickle({ classes: [money, other] })).toThrow(error('CONFIG', 'twice'))
})
