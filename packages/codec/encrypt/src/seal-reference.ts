import { parseReference, type ReferenceSealer, type ResultReference, type SealedReference } from '@resultkit/core'
import { configError, failure } from './failure.ts'
import { checkOptions } from './options.ts'

/** Options of {@link sealReference} and {@link openReference}. */
export interface ReferenceContext {
  /** Binds a sealed reference to its use, such as a tenant: it opens only with the same text. Not stored. @default undefined */
  readonly context?: string | undefined
}

/**
 * A reference as a string that reveals only the format's version and the key's id: `sealed:` and a PASETO v4.local token,
 * padded so that references of up to 384 bytes of JSON have one length. Sealing the same reference twice gives different strings.
 *
 * Errors: CONFIG for what is not a reference, and for a context that is not well-formed text; UNSUPPORTED when the keyring has no key that can seal.
 */
export async function sealReference<T>(
  reference: ResultReference<T>,
  keyring: ReferenceSealer,
  options: ReferenceContext = {},
): Promise<SealedReference<T>> {
  checkSealer(keyring, options, 'sealReference')
  return keyring.seal(JSON.stringify(parseReference(reference)), options.context)
}

/**
 * The reference that was sealed. DECRYPT, without saying why, for another key, another context, a changed token and
 * whatever is not a token; CONFIG when the keyring sealed something else than a reference.
 */
export async function openReference<T = unknown>(
  token: SealedReference<T>,
  keyring: ReferenceSealer,
  options: ReferenceContext = {},
): Promise<ResultReference<T>> {
  checkSealer(keyring, options, 'openReference')
  return parseReference<T>(parse(await keyring.open(token, options.context)))
}

/** CONFIG also for a context that is not in an object: left out in silence, it would bind nothing. */
function checkSealer(keyring: Partial<ReferenceSealer> | undefined, options: object, operation: string): void {
  checkOptions(options, operation, ['context'])
  if (typeof keyring?.seal === 'function' && typeof keyring.open === 'function') return
  throw configError(operation, `${operation} needs a keyring, the value of keyring({...}), as its second argument.`)
}

function parse(json: string): unknown {
  try {
    return JSON.parse(json)
  } catch {
    throw failure('CONFIG', 'openReference', 'What was sealed is not a reference.')
  }
}
