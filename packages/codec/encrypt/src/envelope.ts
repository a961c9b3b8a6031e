import { concatBytes, ResultError } from '@resultkit/core'
import { COMMITMENT_BYTES, SALT_BYTES } from './chunked.ts'
import { decryptError } from './decrypt-error.ts'
import { sha256 } from './sha256.ts'
import { type SuiteParameters, suiteOf } from './suite.ts'

// What stands before the chunks: "RSE1", suite, flags, length of the slots (16 bits), slots, salt, commitment.

/** Bytes before the slots. */
export const PREFIX_BYTES = 8
/** The longest slot block: with it, all that {@link pinOfEnvelope} needs is in the first 8,192 bytes. */
export const MAX_SLOTS_BYTES: number = 8192 - PREFIX_BYTES - SALT_BYTES - COMMITMENT_BYTES

const MAGIC = [0x52, 0x53, 0x45, 0x31]
const PADDED = 1

/** What the first bytes say. */
export interface EnvelopePrefix {
  readonly suite: SuiteParameters
  readonly padded: boolean
  readonly slotsBytes: number
}

/** All that stands before the chunks. */
export interface Envelope extends Pick<EnvelopePrefix, 'suite' | 'padded'> {
  readonly slots: Uint8Array
  readonly salt: Uint8Array
  readonly commitment: Uint8Array
}

/** The byte of flags. */
export function flagsOf({ padded }: Pick<EnvelopePrefix, 'padded'>): number {
  return padded ? PADDED : 0
}

/** The bytes before the chunks. CONFIG when the slots are too long. */
export function encodeEnvelope({ suite, padded, slots, salt, commitment }: Envelope): Uint8Array {
  if (slots.byteLength > MAX_SLOTS_BYTES) throw tooManySlots()
  const prefix = new Uint8Array(PREFIX_BYTES)
  prefix.set(MAGIC)
  prefix[4] = suite.id
  prefix[5] = flagsOf({ padded })
  prefix[6] = slots.byteLength >> 8
  prefix[7] = slots.byteLength & 0xff
  return concatBytes([prefix, slots, salt, commitment])
}

/** Reads the first {@link PREFIX_BYTES} bytes; DECRYPT when they are not those of an envelope of version 1. */
export function decodePrefix(bytes: Uint8Array): EnvelopePrefix {
  const [suiteId = 0, flags = 0, high = 0, low = 0] = bytes.subarray(MAGIC.length)
  const suite = suiteOf(suiteId)
  const slotsBytes = high * 256 + low
  const known = MAGIC.every((byte, index) => bytes[index] === byte) && bytes.byteLength >= PREFIX_BYTES
  if (!known || suite === undefined || (flags & ~PADDED) !== 0 || slotsBytes > MAX_SLOTS_BYTES) throw decryptError()
  return { suite, padded: flags === PADDED, slotsBytes }
}

/**
 * Reads what stands before the chunks. DECRYPT when it is no envelope, or is cut.
 *
 * @param take - gives the next bytes, fewer only at the end
 */
export async function decodeEnvelope(
  take: (count: number) => Uint8Array | Promise<Uint8Array>,
): Promise<Envelope & { readonly bytes: number }> {
  const { slotsBytes, suite, padded } = decodePrefix(await take(PREFIX_BYTES))
  const rest = await take(slotsBytes + SALT_BYTES + COMMITMENT_BYTES)
  const { slots, salt, commitment } = splitRest(rest, slotsBytes)
  return { suite, padded, slots, salt, commitment, bytes: PREFIX_BYTES + rest.byteLength }
}

function splitRest(rest: Uint8Array, slotsBytes: number): Pick<Envelope, 'slots' | 'salt' | 'commitment'> {
  const saltEnd = slotsBytes + SALT_BYTES
  if (rest.byteLength < saltEnd + COMMITMENT_BYTES) throw decryptError()
  return {
    slots: rest.subarray(0, slotsBytes),
    salt: rest.subarray(slotsBytes, saltEnd),
    commitment: rest.subarray(saltEnd, saltEnd + COMMITMENT_BYTES),
  }
}

/** SHA-256 of suite, flags, salt and commitment: what names a message, whatever its slots are. DECRYPT when cut. */
export function pinOfEnvelope(start: Uint8Array): Uint8Array {
  const { suite, padded, slotsBytes } = decodePrefix(start)
  const { salt, commitment } = splitRest(start.subarray(PREFIX_BYTES), slotsBytes)
  return sha256(concatBytes([Uint8Array.of(suite.id, flagsOf({ padded })), salt, commitment]))
}

function tooManySlots(): ResultError {
  const message = `encrypt: the keyring wrapped the key so often that it takes more than ${MAX_SLOTS_BYTES} bytes. Use fewer providers.`
  return new ResultError({ code: 'CONFIG', operation: 'encrypt', message })
}
