import { MAX_SHAPE_KEYS } from '../tags.ts'

/** The keys of an object, in order, which later objects with the same keys refer to by index. */
export interface Shape {
  readonly index: number
  readonly keys: readonly string[]
}

/** The shapes so far, by their first key. */
export interface ShapeTable {
  enabled: boolean
  next: number
  readonly byFirstKey: Map<string, Shape[]>
}

/** So many shapes that begin with the same key are looked through. */
const MAX_CANDIDATES = 32

/** Without any shape. */
export function shapeTable(): ShapeTable {
  return { enabled: false, next: 0, byFirstKey: new Map() }
}

/** Forgets all shapes. */
export function clearShapes(table: ShapeTable): void {
  if (table.next === 0) return
  table.byFirstKey.clear()
  table.next = 0
}

/** The shape of these keys, if an object has had it. */
export function findShape(table: ShapeTable, keys: readonly string[]): Shape | undefined {
  if (table.next === 0) return undefined
  const shapes = table.byFirstKey.get(keys[0] as string)
  if (shapes === undefined) return undefined
  for (let at = 0; at < shapes.length; at++) {
    const shape = shapes[at] as Shape
    if (!sameKeys(shape.keys, keys)) continue
    if (at > 0) {
      // What came last comes again.
      shapes[at] = shapes[0] as Shape
      shapes[0] = shape
    }
    return shape
  }
  return undefined
}

/** Gives keys the next index, where they may have one; the reader does the same at the same place. */
export function addShape(table: ShapeTable, keys: readonly string[]): void {
  if (!table.enabled || keys.length === 0 || keys.length > MAX_SHAPE_KEYS) return
  const shapes = table.byFirstKey.get(keys[0] as string)
  const shape: Shape = { index: table.next++, keys }
  if (shapes === undefined) table.byFirstKey.set(keys[0] as string, [shape])
  else if (shapes.length < MAX_CANDIDATES && !shapes.some((other) => sameKeys(other.keys, keys))) shapes.push(shape)
}

/** Whether two lists hold the same keys in the same order. */
export function sameKeys(a: readonly string[], b: readonly string[]): boolean {
  if (a.length !== b.length) return false
  for (let index = 0; index < a.length; index++) if (a[index] !== b[index]) return false
  return true
}
