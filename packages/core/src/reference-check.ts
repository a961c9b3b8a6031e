import { resultError } from './errors.ts'
import type { RecordHeader } from './record/header.ts'
import { corrupt } from './record/trailer.ts'
import type { ResultReference } from './reference.ts'

/** Whether another result than the referenced one is accepted. */
export interface ReplacedOption {
  readonly allowReplaced?: boolean | undefined
}

/** What a stored payload is known by. */
export interface PayloadIdentity {
  /** What its encryption pins, verified by its commitment. */
  readonly pin: string | undefined
  readonly sha256: string
}

/** REPLACED, or CORRUPT where there is no record to be intact, unless these are the bytes that the reference means. */
export function checkReference(
  reference: ResultReference | undefined,
  { pin, sha256 }: PayloadIdentity,
  header: RecordHeader | undefined,
  { allowReplaced }: ReplacedOption,
): void {
  if (reference === undefined || allowReplaced || reference.sha256 === (pin ?? sha256)) return
  // Only encryption authenticates the header; in clear, anybody could claim to supersede anything.
  if (pin !== undefined && header?.supersedes.includes(reference.sha256)) return
  if (header === undefined) throw corrupt('its bytes are not those that the reference was given for')
  const message =
    'read: another result was written there since the reference was given. Read it by key, or with allowReplaced: true.'
  throw resultError('REPLACED', 'read', message)
}
