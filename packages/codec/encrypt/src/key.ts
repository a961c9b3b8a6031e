import type { PayloadKeyContext, WritingKey } from './payload-keys.ts'
import type { Slot } from './slots.ts'

/** How a key of a keyring works. */
export type KeyKind = 'local' | 'envelope' | 'passphrase' | 'sealing' | 'unsealing' | 'provider'

/**
 * A key of a keyring: made by {@link localKey}, {@link envelopeKey}, {@link passphraseKey}, {@link sealingKey},
 * {@link unsealingKey} or {@link providerKey}. It prints as its id; its material cannot be reached through it.
 */
export interface EncryptionKey {
  readonly kind: KeyKind
  /** Public: `k4.lid.…`, `k4.pid.…`, the provider's id, or a passphrase's name. */
  readonly id: string
  /** The id. */
  toJSON(): string
  /** Kind and id. */
  toString(): string
}

/** What a key seals references with. */
export interface ReferenceKey {
  /** `k4.lid.…`, written into the footer. */
  readonly id: string
  /** The 32-byte key of PASETO v4.local. */
  key(): Promise<Uint8Array>
}

/** What keyrings ask of a key. */
export interface KeyOperations {
  /** A new object's input key, and the slot that leads to it. */
  create(context: PayloadKeyContext, signal: AbortSignal | undefined): Promise<WritingKey>
  /** A slot for an input key that exists already; `undefined` where input keys follow from the key itself. */
  readonly wrap:
    | ((inputKey: Uint8Array, context: PayloadKeyContext, signal: AbortSignal | undefined) => Promise<Slot>)
    | undefined
  /** The input key behind a slot; `undefined` when it is not this key's, or does not open. */
  open(slot: Slot, context: PayloadKeyContext, signal: AbortSignal | undefined): Promise<Uint8Array | undefined>
  /** Whether a new object would have such a slot. */
  writes(slot: Slot): Promise<boolean>
  readonly references: ReferenceKey | undefined
}

const operations = new WeakMap<object, KeyOperations>()
const INSPECT = Symbol.for('nodejs.util.inspect.custom')

/** A key whose operations only this package can reach, so that nothing that prints objects shows its material. */
export function makeKey(kind: KeyKind, id: string, does: KeyOperations): EncryptionKey {
  const key = { kind, id, ...printedAs(`${kind} key ${id}`, id) }
  operations.set(key, does)
  return Object.freeze(key)
}

/** What a key does; `undefined` for everything that {@link makeKey} did not make. */
export function operationsOf(key: unknown): KeyOperations | undefined {
  return typeof key === 'object' && key !== null ? operations.get(key) : undefined
}

/** Members that make an object print as a text, whatever prints it. */
export function printedAs(text: string, json: string): { toJSON(): string; toString(): string } {
  return { toJSON: () => json, toString: () => text, [INSPECT]: () => text } as {
    toJSON(): string
    toString(): string
  }
}
