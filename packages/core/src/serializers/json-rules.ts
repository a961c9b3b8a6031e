import type { JsonType } from './json-types.ts'

/** A loss that may be allowed by name, see `JsonOptions.lossy`. */
export type JsonLoss = 'undefined' | 'shared' | 'negative-zero' | 'null-prototype'

/** What decides whether a value is kept. */
export interface JsonRules {
  readonly lossy: ReadonlySet<JsonLoss>
  readonly types: readonly JsonType[]
}

/** The member that marks a hook's value. */
export const TAG = '$type'
/** The tag around an object that owns a member of that name itself. */
export const ESCAPE = '$object'

/** Whether JSON keeps a value that is not an object. */
export function isExactPrimitive(value: unknown): boolean {
  if (typeof value === 'number') return Number.isFinite(value) && !Object.is(value, -0)
  return typeof value === 'string' || typeof value === 'boolean' || value === null
}

/** Whether the loss of a primitive is allowed; `undefined` only where it is a member of an object. */
export function isAllowedLoss(value: unknown, isMember: boolean, { lossy }: JsonRules): boolean {
  if (value === undefined) return isMember && lossy.has('undefined')
  return Object.is(value, -0) && lossy.has('negative-zero')
}

/** Which of JSON's two containers an object is by its prototype, also by one of another realm. */
export function containerKind(value: object, { lossy }: JsonRules): 'array' | 'object' | undefined {
  const prototype: object | null = Object.getPrototypeOf(value)
  const kind = Array.isArray(value) ? 'array' : 'object'
  if (prototype === (kind === 'array' ? Array.prototype : Object.prototype)) return kind
  if (prototype === null) return kind === 'object' && lossy.has('null-prototype') ? kind : undefined
  return isForeign(prototype, kind) ? kind : undefined
}

function isForeign(prototype: object, kind: 'array' | 'object'): boolean {
  const parent: object | null = Object.getPrototypeOf(prototype)
  if (kind === 'array') return Array.isArray(prototype) && parent !== null && isForeign(parent, 'object')
  return parent === null && Object.hasOwn(prototype, 'isPrototypeOf') && !('toJSON' in prototype)
}

/** Whether someone gave all objects a `toJSON`, which JSON would call. */
export function isHijacked(): boolean {
  return 'toJSON' in Array.prototype
}

/** The hook that stores a value which plain JSON would refuse. */
export function hookFor(value: unknown, { types }: JsonRules): JsonType | undefined {
  return types.find((type) => type.test(value))
}
