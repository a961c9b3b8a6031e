import type { CodecContext } from '@resultkit/core'
import { pae } from './pae.ts'
import { sha256 } from './sha256.ts'

/** What the encryption of a payload depends on beside the key; it is not stored, and a reader must know it. */
export interface Binding {
  readonly suite: number
  readonly flags: number
  readonly namespace: string
  readonly context: Pick<CodecContext, 'key' | 'header'>
}

// "rse1"
const PURPOSE: Uint8Array = Uint8Array.of(0x72, 0x73, 0x65, 0x31)

/** The context of the chunked encryption: `PAE("rse1", suite, flags, namespace, key, SHA-256(header line))`. */
export function bindingContext({ suite, flags, namespace, context: { key, header } }: Binding): Uint8Array {
  return pae([PURPOSE, Uint8Array.of(suite), Uint8Array.of(flags), namespace, key, sha256(header)])
}
