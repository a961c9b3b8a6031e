import type { Codec } from './codec.ts'
import { resultError } from './errors.ts'
import { pinOf } from './pipeline.ts'
import { MAX_HEADER_BYTES, type RecordHeader } from './record/header.ts'
import { corrupt } from './record/trailer.ts'
import type { ResultReference } from './reference.ts'

/** Whether another result than the referenced one is accepted. */
export interface ReplacedOption {
  readonly allowReplaced: boolean
}

/** REPLACED, or CORRUPT where there is no record to be intact, unless these are the bytes that the reference means. */
export function checkReference(
  reference: ResultReference | undefined,
  identity: string | undefined,
  header: RecordHeader | undefined,
  { allowReplaced }: ReplacedOption,
): void {
  if (reference === undefined || allowReplaced || reference.sha256 === identity) return
  if (header?.supersedes.includes(reference.sha256)) return
  if (header === undefined) throw corrupt('its bytes are not those that the reference was given for')
  const message =
    'The result at this key is intact, but another one was written there since the reference was given. Read it by key, or with allowReplaced: true.'
  throw resultError('REPLACED', 'read', message)
}

/** Passes a payload on, and checks at its end what its codecs pin in the first bytes. */
export async function* checkedAtEnd(
  payload: AsyncIterable<Uint8Array>,
  codecs: readonly Codec[],
  check: (pin: string | undefined) => void,
): AsyncGenerator<Uint8Array, void, undefined> {
  let prefix: Uint8Array = new Uint8Array()
  for await (const piece of payload) {
    if (prefix.byteLength < MAX_HEADER_BYTES && codecs.length > 0) prefix = joined(prefix, piece)
    yield piece
  }
  check(pinOf(codecs, prefix))
}

function joined(prefix: Uint8Array, piece: Uint8Array): Uint8Array {
  const both = new Uint8Array(Math.min(MAX_HEADER_BYTES, prefix.byteLength + piece.byteLength))
  both.set(prefix)
  both.set(piece.subarray(0, both.byteLength - prefix.byteLength), prefix.byteLength)
  return both
}
