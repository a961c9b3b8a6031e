interface Claim {
  readonly first: object
  /** What the views of a pool have of it, in order, in blocks of bounded length; undefined for a buffer that is no pool. */
  readonly blocks: Slice[][] | undefined
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
  const claim = known ?? { first: value, blocks: isView && isPool(buffer) ? [[]] : undefined }
  memory.set(buffer, claim)
  if (!isView || claim.blocks === undefined) return known?.first
  const { byteOffset: start, byteLength } = value
  return byteLength > 0 ? claimSlice(claim.blocks, { start, end: start + byteLength, owner: value }) : undefined
}

// One long list would take quadratic time to fill out of order.
const MAX_BLOCK = 1000

function claimSlice(blocks: Slice[][], slice: Slice): object | undefined {
  const at = Math.max(0, countUntil(blocks, (block) => (block[0]?.start ?? 0) >= slice.end) - 1)
  const block = blocks[at] as Slice[]
  const index = countUntil(block, ({ start }) => start >= slice.end)
  // Of those that begin before its end, the last one reaches farthest, because none overlap.
  const before = block[index - 1]
  if (before !== undefined && before.end > slice.start) return before.owner
  block.splice(index, 0, slice)
  if (block.length > MAX_BLOCK) blocks.splice(at + 1, 0, block.splice(MAX_BLOCK / 2))
  return undefined
}

/** How many of the items, which are in order, come before the first one that is beyond. */
function countUntil<Item>(items: readonly Item[], isBeyond: (item: Item) => boolean): number {
  let low = 0
  for (let high = items.length; low < high; ) {
    const middle = (low + high) >> 1
    if (isBeyond(items[middle] as Item)) high = middle
    else low = middle + 1
  }
  return low
}
