import fc from 'fast-check'

/** What of the built-in types is in generated values. */
export interface Kinds {
  readonly map: boolean
  readonly set: boolean
  readonly regExp: boolean
  readonly typedArrays: boolean
  readonly buffers: boolean
  readonly invalidDate: boolean
  readonly bigints: fc.Arbitrary<bigint>
}

const AWKWARD_NAMES = [
  'constructor',
  'toJSON',
  'hasOwnProperty',
  'length',
  '0',
  '10',
  '2',
  '-1',
  '',
  'a b',
  'then',
  '\0',
]

const text = fc.oneof(
  fc.string({ unit: 'grapheme', maxLength: 12 }),
  fc.string({ unit: 'binary', maxLength: 40 }),
  fc.constantFrom('\ufeffshort', '\uffff\u0000', '1e3', 'x'.repeat(31), '\u00e9'.repeat(32), 'x'.repeat(300)),
)

const name = fc
  .oneof(text, fc.constantFrom(...AWKWARD_NAMES))
  .filter((each) => each !== '__proto__' && each !== '__keys__')

const number = fc
  .oneof(
    fc.double(),
    fc.integer(),
    fc.maxSafeInteger(),
    fc.integer({ min: -300, max: 300 }),
    fc.constantFrom(2 ** 31, 2 ** 32, -(2 ** 31) - 1, -(2 ** 32), -(2 ** 32) - 1, 2 ** 53 + 2, 1e21, 5e-324, 0.1 + 0.2),
  )
  .map((each) => (each === 0 ? 0 : each))

const VIEWS = [
  ...[Int8Array, Uint8ClampedArray, Int16Array, Uint16Array, Int32Array, Uint32Array],
  ...[Float32Array, Float64Array, BigInt64Array, BigUint64Array],
]

const typedArray: fc.Arbitrary<object> = fc
  .tuple(fc.constantFrom(...VIEWS), fc.uint8Array({ maxLength: 40 }))
  .map(([type, bytes]) => new type(bytes.slice(0, bytes.length & ~7).buffer))

function leaves(kinds: Kinds): fc.Arbitrary<unknown> {
  const date = fc.date({ noInvalidDate: !kinds.invalidDate, min: new Date(-8e14), max: new Date(8e14) })
  return fc.oneof(
    { weight: 4, arbitrary: text },
    { weight: 4, arbitrary: number },
    { weight: 2, arbitrary: fc.constantFrom<unknown>(null, undefined, true, false) },
    kinds.bigints,
    date.map((each) => new Date(each.getTime())),
    fc.uint8Array({ maxLength: 300 }).map((each) => each.slice()),
    ...(kinds.typedArrays ? [typedArray] : []),
    ...(kinds.buffers ? [fc.uint8Array().map((each) => each.slice().buffer)] : []),
    ...(kinds.buffers ? [fc.uint8Array().map((each) => new DataView(each.slice().buffer))] : []),
    ...(kinds.regExp
      ? [fc.constantFrom('a/b', '', '[\u00e9]', '\\n+', '__proto__').map((each) => new RegExp(each, 'giu'))]
      : []),
  )
}

/** Trees of everything that a serializer keeps. */
export function keptValues(kinds: Kinds): fc.Arbitrary<unknown> {
  return fc.letrec<{ value: unknown; leaf: unknown }>((tie) => ({
    leaf: leaves(kinds),
    value: fc.oneof(
      { maxDepth: 4, withCrossShrink: true },
      tie('leaf'),
      fc.array(tie('value'), { maxLength: 8 }),
      fc.dictionary(name, tie('value'), { maxKeys: 12 }).map((each) => ({ ...each })),
      fc.record({ id: number, name: text, nested: tie('value') }, { noNullPrototype: true }),
      ...(kinds.map ? [fc.array(fc.tuple(tie('value'), tie('value'))).map((each) => new Map(each))] : []),
      ...(kinds.set ? [fc.array(tie('value')).map((each) => new Set(each))] : []),
    ),
  })).value
}

/** Graphs of objects that point to each other in any way, cycles included. */
export const graphs: fc.Arbitrary<unknown> = fc
  .array(
    fc.record({
      kind: fc.constantFrom('array', 'object', 'map', 'set', 'date', 'bytes'),
      links: fc.array(fc.oneof(fc.nat(7), text), { maxLength: 5 }),
    }),
    { minLength: 1, maxLength: 8 },
  )
  .map((nodes) => {
    const objects = nodes.map(({ kind }) => empty(kind))
    for (const [index, { links }] of nodes.entries()) {
      for (const [at, link] of links.entries()) {
        fill(objects[index], at, typeof link === 'string' ? link : objects[link % objects.length])
      }
    }
    return objects[0]
  })

function empty(kind: string): object {
  if (kind === 'array') return []
  if (kind === 'object') return {}
  if (kind === 'map') return new Map()
  if (kind === 'set') return new Set()
  return kind === 'date' ? new Date(7) : Uint8Array.of(1, 2)
}

function fill(object: unknown, at: number, child: unknown): void {
  if (Array.isArray(object)) object.push(child)
  else if (object instanceof Map) object.set(at % 2 === 0 ? child : at, child)
  else if (object instanceof Set) object.add(child)
  else if (!(object instanceof Date) && !ArrayBuffer.isView(object))
    (object as Record<string, unknown>)[`m${at % 3}`] = child
}

/** Anything that fast-check can think of. */
export const anything: fc.Arbitrary<unknown> = fc.anything({
  withBigInt: true,
  withBoxedValues: true,
  withDate: true,
  withMap: true,
  withSet: true,
  withNullPrototype: true,
  withObjectString: true,
  withSparseArray: true,
  withTypedArray: true,
  withUnicodeString: true,
})
