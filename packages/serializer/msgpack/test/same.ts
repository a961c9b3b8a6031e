/**
 * Where two values differ in anything that a program can tell, or undefined: types, prototypes, order of members, -0,
 * NaN, identity of shared objects, cycles, contents of built-in types.
 */
export function difference(actual: unknown, expected: unknown): string | undefined {
  const partners = new Map<object, object>()
  const reverse = new Map<object, object>()
  const todo: [unknown, unknown, string][] = [[actual, expected, 'value']]
  for (let pair = todo.pop(); pair !== undefined; pair = todo.pop()) {
    const [a, b, path] = pair
    if (typeof a !== 'object' || a === null || typeof b !== 'object' || b === null) {
      if (!Object.is(a, b)) return `${path}: ${String(a)} (${typeof a}) instead of ${String(b)} (${typeof b})`
      continue
    }
    if (partners.has(b) || reverse.has(a)) {
      if (partners.get(b) !== a || reverse.get(a) !== b) return `${path}: another identity`
      continue
    }
    partners.set(b, a)
    reverse.set(a, b)
    if (Object.getPrototypeOf(a) !== Object.getPrototypeOf(b)) return `${path}: another prototype`
    const [inA, inB] = [contentOf(a), contentOf(b)]
    if (inA.text !== inB.text) return `${path}: ${inA.text} instead of ${inB.text}`
    if (inA.children.length !== inB.children.length) return `${path}: another number of children`
    for (const [index, child] of inA.children.entries()) todo.push([child, inB.children[index], `${path}/${index}`])
  }
  return undefined
}

/** What is inside an object, its texts apart from its objects. */
function contentOf(value: object): { readonly text: string; readonly children: readonly unknown[] } {
  if (value instanceof Map) return { text: 'Map', children: [...value].flat(1) }
  if (value instanceof Set) return { text: 'Set', children: [...value] }
  if (value instanceof Date) return { text: `Date ${value.getTime()}`, children: [] }
  if (value instanceof RegExp) return { text: `RegExp ${value} ${value.lastIndex}`, children: [] }
  if (ArrayBuffer.isView(value) || value instanceof ArrayBuffer) {
    const view = ArrayBuffer.isView(value) ? value : new Uint8Array(value)
    const bytes = new Uint8Array(view.buffer, view.byteOffset, view.byteLength)
    return { text: `${value.constructor.name} ${Buffer.from(bytes).toString('hex')}`, children: [] }
  }
  const names = Reflect.ownKeys(value)
  const children = names.map((name) => (value as Record<PropertyKey, unknown>)[name])
  return { text: `${Array.isArray(value)} ${JSON.stringify(names.map(String))}`, children }
}
