import type { KeyKind, KeyOperations } from './key.ts'
import type { PayloadKeyContext } from './payload-keys.ts'
import { decodeSlots, type Slot } from './slots.ts'

/** A key in a ring. */
export interface KeyringEntry {
  readonly kind: KeyKind
  readonly id: string
  readonly state: 'primary' | 'decrypt-only' | 'disabled'
  readonly does: KeyOperations
}

/** What a keyring is made of. */
export interface KeyringParts {
  readonly primary: KeyringEntry
  /** The primary, then the others. */
  readonly entries: readonly KeyringEntry[]
  /** Seals references, if its key can. */
  readonly sealing: KeyringEntry
}

const known = new WeakMap<object, KeyringParts>()

/** Keeps a keyring's parts where only this package finds them. */
export function registerParts(ring: object, parts: KeyringParts): void {
  known.set(ring, parts)
}

/** The parts of what `keyring()` made; `undefined` for anything else. */
export function partsOf(ring: object): KeyringParts | undefined {
  return known.get(ring)
}

/** A slot that a key of a ring opened. */
export interface OpenedSlot {
  readonly entry: KeyringEntry
  readonly slot: Slot
  readonly inputKey: Uint8Array
}

/** The first slot of a block that a key of the ring opens. Slots are checked before any key, or provider, is asked. */
export async function openBlock(
  { entries }: KeyringParts,
  block: Uint8Array,
  context: PayloadKeyContext,
  signal: AbortSignal | undefined,
): Promise<OpenedSlot | undefined> {
  for (const slot of decodeSlots(block) ?? []) {
    for (const entry of entries) {
      const inputKey = entry.state === 'disabled' ? undefined : await entry.does.open(slot, context, signal)
      if (inputKey !== undefined) return { entry, slot, inputKey }
    }
  }
  return undefined
}

/** Whether a new write would have such a slot. */
export async function isCurrent({ entry, slot }: Pick<OpenedSlot, 'entry' | 'slot'>): Promise<boolean> {
  return entry.state === 'primary' && entry.does.writes(slot)
}
