/**
 * The objects met so far, and where their items begin. Most objects are met once, so that one look into a Set is all it takes; which
 * object is which position is only worked out when one comes again.
 */
export interface SeenObjects {
  objects: Set<object>
  readonly positions: number[]
  /** The positions by object, of those that `rest` has passed. */
  byObject: Map<object, number> | undefined
  rest: IterableIterator<object> | undefined
}

/** Without any object. */
export function seenObjects(): SeenObjects {
  return { objects: new Set(), positions: [], byObject: undefined, rest: undefined }
}

/** Forgets all objects. */
export function clearSeen(seen: SeenObjects): void {
  if (seen.positions.length === 0) return
  seen.objects = new Set()
  seen.positions.length = 0
  seen.byObject = undefined
  seen.rest = undefined
}

/** Notes an object whose item begins at a position. False when it was met before: then nothing is noted. */
export function note({ objects, positions }: SeenObjects, object: object, position: number): boolean {
  objects.add(object)
  if (objects.size === positions.length) return false
  positions.push(position)
  return true
}

/** Where the item of an object begins that was met before, or undefined. */
export function positionOf(seen: SeenObjects, object: object): number | undefined {
  if (!seen.objects.has(object)) return undefined
  seen.byObject ??= new Map()
  const { byObject, positions, objects } = seen
  const known = byObject.get(object)
  if (known !== undefined) return known
  // An iterator of a Set goes on with what is added behind it.
  seen.rest ??= objects.values()
  for (let next = seen.rest.next(); !next.done; next = seen.rest.next()) {
    byObject.set(next.value, positions[byObject.size] as number)
    if (next.value === object) break
  }
  return byObject.get(object)
}
