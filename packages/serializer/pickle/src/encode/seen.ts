/**
 * The objects met so far, and where their items begin. The first few stand in a list. Of more, most are met once, so that one look
 * into a Set is all it takes; which object is which position is only worked out when one comes again.
 */
export interface SeenObjects {
  readonly few: unknown[]
  /** All, as soon as there are more than a few. */
  objects: Set<unknown> | undefined
  /** How many there are. */
  count: number
  positions: number[]
  /** The positions by object, of those that `rest` has passed. */
  byObject: Map<unknown, number> | undefined
  rest: IterableIterator<unknown> | undefined
}

const FEW = 16

/** Without any object. */
export function seenObjects(): SeenObjects {
  return { few: [], objects: undefined, count: 0, positions: [], byObject: undefined, rest: undefined }
}

/** Forgets all objects. The lists keep their memory, which costs as much as the rest of a small value. */
export function clearSeen(seen: SeenObjects): void {
  const { few, objects, count } = seen
  seen.count = 0
  for (let index = 0; index < count && index <= FEW; index++) few[index] = undefined
  if (objects === undefined) return
  seen.objects = undefined
  seen.positions = []
  seen.byObject = undefined
  seen.rest = undefined
}

/** Notes an object whose item begins at a position. False when it was met before: then nothing is noted. */
export function note(seen: SeenObjects, object: object, position: number): boolean {
  const { objects, positions } = seen
  if (objects === undefined) return noteAmongFew(seen, object, position)
  objects.add(object)
  if (objects.size === seen.count) return false
  positions[seen.count++] = position
  return true
}

function noteAmongFew(seen: SeenObjects, object: object, position: number): boolean {
  const { few, positions, count } = seen
  for (let index = 0; index < count; index++) if (few[index] === object) return false
  few[count] = object
  positions[count] = position
  seen.count = count + 1
  if (count === FEW) seen.objects = new Set(few)
  return true
}

/** Whether an object was met before. */
export function isSeen({ few, objects }: SeenObjects, object: object): boolean {
  return objects === undefined ? few.includes(object) : objects.has(object)
}

/** Where the item of an object begins that was met before, or undefined. */
export function positionOf(seen: SeenObjects, object: object): number | undefined {
  const { few, objects, positions } = seen
  const index = few.indexOf(object)
  if (index >= 0) return positions[index]
  if (objects === undefined || !objects.has(object)) return undefined
  seen.byObject ??= new Map()
  const { byObject } = seen
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
