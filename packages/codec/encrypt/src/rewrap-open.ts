import { bindingContext } from './binding.ts'
import { deriveKeys } from './chunked.ts'
import { decryptError } from './decrypt-error.ts'
import { decodeEnvelope, type Envelope, flagsOf, PREFIX_BYTES } from './envelope.ts'
import { type OpenedSlot, openBlock } from './keyring-parts.ts'
import type { RecordHead, RewrapJob } from './rewrap-head.ts'
import { decodeSlots } from './slots.ts'

/** An envelope whose commitment was verified. */
export interface OpenedEnvelope extends OpenedSlot {
  /** Bytes of the slots, which follow the first {@link PREFIX_BYTES}. */
  readonly slotsBytes: number
}

/** Reads what stands before the chunks. DECRYPT when it is cut, or no envelope. */
export async function readEnvelope({ start }: RecordHead): Promise<Envelope> {
  let at = 0
  return decodeEnvelope((count) => {
    at += count
    return start.subarray(at - count, at)
  })
}

/**
 * Whether the slots are what a new write would have, and none of them lets another key in. They are not opened: the primary
 * may be a public key.
 */
export async function isUnderPrimary({ ring }: RewrapJob, { slots }: Envelope): Promise<boolean> {
  const decoded = decodeSlots(slots) ?? []
  for (const slot of decoded) if (!(await ring.primary.does.writes(slot))) return false
  return decoded.length > 0
}

/** Opens an envelope and verifies its commitment. DECRYPT when key or place are not those of the write. */
export async function openEnvelope(
  { settings, ring, signal }: RewrapJob,
  { key, line }: RecordHead,
  { suite, padded, slots, salt, commitment }: Envelope,
): Promise<OpenedEnvelope> {
  const { namespace } = settings
  const opened = await openBlock(ring, slots, { namespace, key }, signal)
  if (opened === undefined) throw decryptError()
  const engine = await settings.engine()
  const context = { key, header: line }
  const binding = bindingContext({ suite: suite.id, flags: flagsOf({ padded }), namespace, context })
  const keys = deriveKeys(engine, { aead: suite.aead, inputKey: opened.inputKey, context: binding }, salt)
  if (!engine.equal(keys.commitment, commitment)) throw decryptError()
  return { ...opened, slotsBytes: slots.byteLength }
}

/** The first bytes of an envelope, and the slots behind them, with other slots. */
export function replaceSlots(prefix: Uint8Array, slots: Uint8Array): readonly Uint8Array[] {
  const changed = Uint8Array.from(prefix.subarray(0, PREFIX_BYTES))
  new DataView(changed.buffer).setUint16(PREFIX_BYTES - 2, slots.byteLength)
  return [changed, slots]
}
