import { equalBytes } from '@resultkit/core'
import { type EncryptionKey, type KeyOperations, makeKey } from './key.ts'
import { type DecodedKey, idOf, parseKeyString } from './paserk.ts'
import { unwrapPie, wrapPie } from './paserk-wrap.ts'
import type { WritingKey } from './payload-keys.ts'
import { randomBytes, SUBKEY, subkey } from './primitives.ts'
import { encodeSlots, SLOT, type Slot } from './slots.ts'
import { loadSodium, type Sodium } from './sodium.ts'

/** What one symmetric key is used as: each use has a subkey of its own. */
interface RootMaterial {
  readonly sodium: Sodium
  /** The first 8 bytes of a subkey, so that slots and references cannot be told to be under one key. */
  readonly kid: Uint8Array
  readonly payload: Uint8Array
  readonly wrapping: Uint8Array
  readonly references: Uint8Array
}

const NOTHING = new Uint8Array()

/**
 * A symmetric key that encrypts directly: objects have no key of their own, which is smallest and fastest. Rotating it
 * means encrypting objects anew.
 *
 * @param paserk - `k4.local.…`, as {@link generateKey} gives it. CONFIG for anything else
 */
export function localKey(paserk: string): EncryptionKey {
  return rootKey('local', parseKeyString(paserk, 'localKey', ['k4.local.']))
}

/**
 * A symmetric key that wraps a random key for each object (PASERK `k4.local-wrap.pie`, 96 bytes an object). Rotating it
 * rewrites the wrapped key and leaves the ciphertext as it is.
 *
 * @param paserk - `k4.local.…`, as {@link generateKey} gives it. CONFIG for anything else
 */
export function envelopeKey(paserk: string): EncryptionKey {
  return rootKey('envelope', parseKeyString(paserk, 'envelopeKey', ['k4.local.']))
}

/** Either kind opens what the other wrote with the same key; a new write tells them apart. */
function rootKey(kind: 'local' | 'envelope', decoded: DecodedKey): EncryptionKey {
  let loading: Promise<RootMaterial> | undefined
  const material = (): Promise<RootMaterial> => {
    loading ??= deriveMaterial(decoded.bytes)
    return loading
  }
  const id = idOf(decoded)
  const type = kind === 'local' ? SLOT.direct : SLOT.wrapped
  const wrap = async (inputKey: Uint8Array): Promise<Slot> => {
    const { sodium, kid, wrapping } = await material()
    return { type: SLOT.wrapped, kid, data: wrapPie(sodium, wrapping, inputKey) }
  }
  const shared: Omit<KeyOperations, 'create' | 'wrap'> = {
    open: async (slot) => openSlot(await material(), slot),
    writes: async (slot) => slot.type === type && equalBytes(slot.kid, (await material()).kid),
    references: { id, key: async () => (await material()).references },
  }
  return kind === 'local'
    ? makeKey(kind, id, { ...shared, create: directly(material), wrap: undefined })
    : makeKey(kind, id, { ...shared, create: withNewKey(wrap), wrap })
}

async function deriveMaterial(root: Uint8Array): Promise<RootMaterial> {
  const sodium = await loadSodium()
  const derive = (id: number): Uint8Array => subkey(sodium, root, id)
  return {
    sodium,
    kid: derive(SUBKEY.id).slice(0, 8),
    payload: derive(SUBKEY.payload),
    wrapping: derive(SUBKEY.wrapping),
    references: derive(SUBKEY.references),
  }
}

function directly(material: () => Promise<RootMaterial>): KeyOperations['create'] {
  let writing: WritingKey | undefined
  return async () => {
    if (writing !== undefined) return writing
    const { kid, payload } = await material()
    writing = { slots: encodeSlots([{ type: SLOT.direct, kid, data: NOTHING }]), inputKey: payload }
    return writing
  }
}

function openSlot({ sodium, kid, payload, wrapping }: RootMaterial, slot: Slot): Uint8Array | undefined {
  if (!equalBytes(slot.kid, kid)) return undefined
  if (slot.type === SLOT.direct) return slot.data.byteLength === 0 ? payload : undefined
  return slot.type === SLOT.wrapped ? unwrapPie(sodium, wrapping, slot.data) : undefined
}

/** A random key for each object. */
export function withNewKey(wrap: NonNullable<KeyOperations['wrap']>): KeyOperations['create'] {
  return async (context, signal) => {
    const inputKey = randomBytes(32)
    return { inputKey, slots: encodeSlots([await wrap(inputKey, context, signal)]) }
  }
}
