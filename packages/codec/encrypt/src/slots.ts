import { concatBytes } from '@resultkit/core'

/** How a slot leads to the input key (docs/spec/encryption-v1.md). 128 to 255 are free for providers of others. */
export const SLOT = {
  direct: 0,
  wrapped: 1,
  awsKms: 2,
  gcpKms: 3,
  azureKeyVault: 4,
  sealed: 5,
  passphrase: 7,
} as const

/** The most bytes that a slot block may have: with it, what a pin needs stands in the first 8,192 bytes. */
export const MAX_SLOT_BYTES = 8128
/** The most slots that a block may have. */
export const MAX_SLOTS = 16

/** One way to the input key of an object. */
export interface Slot {
  readonly type: number
  /** Which key it needs; at most 255 bytes. */
  readonly kid: Uint8Array
  readonly data: Uint8Array
}

/** `u8 type, u8 kidLen, kid, u16 len, data` for each slot. */
export function encodeSlots(slots: readonly Slot[]): Uint8Array {
  return concatBytes(
    slots.flatMap(({ type, kid, data }) => [
      Uint8Array.of(type, kid.byteLength),
      kid,
      Uint8Array.of(data.byteLength >> 8, data.byteLength & 255),
      data,
    ]),
  )
}

/** The slots of a block; `undefined` when it is malformed or over its limits. The pieces are views. */
export function decodeSlots(block: Uint8Array): readonly Slot[] | undefined {
  if (block.byteLength > MAX_SLOT_BYTES) return undefined
  const slots: Slot[] = []
  for (let at = 0; at < block.byteLength; ) {
    const decoded = decodeSlot(block, at)
    if (decoded === undefined || slots.push(decoded.slot) > MAX_SLOTS) return undefined
    at = decoded.end
  }
  // Each asks for seconds of work and up to a gigabyte.
  const passphrases = slots.filter(({ type }) => type === SLOT.passphrase).length
  return slots.length > 0 && passphrases <= 1 ? slots : undefined
}

function decodeSlot(block: Uint8Array, start: number): { readonly slot: Slot; readonly end: number } | undefined {
  const view = new DataView(block.buffer, block.byteOffset, block.byteLength)
  if (start + 2 > block.byteLength) return undefined
  const kidEnd = start + 2 + view.getUint8(start + 1)
  if (kidEnd + 2 > block.byteLength) return undefined
  const end = kidEnd + 2 + view.getUint16(kidEnd)
  if (end > block.byteLength) return undefined
  const slot = {
    type: view.getUint8(start),
    kid: block.subarray(start + 2, kidEnd),
    data: block.subarray(kidEnd + 2, end),
  }
  return { slot, end }
}
