interface Claim {
  readonly first: object
  /** What the views of a pool have of it, in order; undefined for a buffer that is no pool. */
  readonly slices: Slice[] | undefined
}

interface Slice {
  readonly start: number
  readonly end: number
  readonly owner: object
}

/** Which objects have a buffer's memory. */
export type Memory = Map<ArrayBufferLike, Claim>

/**
 * Notes the memory of a view or buffer, and gives the object that has some of it already. Slices of one pool are
 * strangers to each other: only one that overlaps another shares something with it.
 */
export function claimMemory(
  memory: Memory,
  value: object,
  isPool: (buffer: ArrayBufferLike) => boolean,
): object | undefined {
  const isView = ArrayBuffer.isView(value)
  if (!isView && !(value instanceof ArrayBuffer)) return undefined
  const buffer = isView ? value.buffer : value
  const known = memory.get(buffer)
  const claim = known ?? { first: value, slices: isView && isPool(buffer) ? [] : undefined }
  memory.set(buffer, claim)
  if (!isView || claim.slices === undefined) return known?.first
  const { byteOffset: start, byteLength } = value
  return byteLength > 0 ? claimSlice(claim.slices, { start, end: start + byteLength, owner: value }) : undefined
}

function claimSlice(slices: Slice[], slice: Slice): object | undefined {
  let low = 0
  for (let high = slices.length; low < high; ) {
    const middle = (low + high) >> 1
    if ((slices[middle] as Slice).start < slice.end) low = middle + 1
    else high = middle
  }
  // Of those that begin before its end, the last one reaches farthest, because none overlap.
  const before = slices[low - 1]
  if (before !== undefined && before.end > slice.start) return before.owner
  slices.splice(low, 0, slice)
  return undefined
}
