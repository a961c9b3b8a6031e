import { type Cursor, malformed } from './cursor.ts'

/** The names of the objects that are open, the innermost last: where each begins, how long it is, and a hash of it. */
export interface Names {
  readonly starts: number[]
  readonly sizes: number[]
  readonly hashes: number[]
  count: number
}

/** No names. */
export function noNames(): Names {
  return { starts: [], sizes: [], hashes: [], count: 0 }
}

/** Adds the name of `size` bytes to those from `first` on; throws when it is there already. */
export function addName(cursor: Cursor & { readonly names: Names }, first: number, start: number, size: number): void {
  const { bytes, names } = cursor
  const { hashes, starts, sizes, count } = names
  let hash = size
  for (let at = start; at < start + size; at++) hash = (Math.imul(31, hash) + (bytes[at] as number)) & 0x3fff_ffff
  for (let other = first; other < count; other++) {
    if (hashes[other] !== hash || sizes[other] !== size) continue
    if (isSame(bytes, starts[other] as number, start, size)) throw malformed('a key occurs twice', cursor)
  }
  hashes[count] = hash
  starts[count] = start
  sizes[count] = size
  names.count = count + 1
}

function isSame(bytes: Uint8Array, one: number, other: number, size: number): boolean {
  for (let index = 0; index < size; index++) if (bytes[one + index] !== bytes[other + index]) return false
  return true
}

const PROTO = [95, 95, 112, 114, 111, 116, 111, 95, 95]

/** Whether the name is `__proto__`. */
export function isProto(bytes: Uint8Array, start: number, size: number): boolean {
  return size === PROTO.length && bytes[start] === PROTO[0] && PROTO.every((unit, at) => bytes[start + at] === unit)
}
