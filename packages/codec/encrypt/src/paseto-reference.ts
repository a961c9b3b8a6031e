import { configError, failure } from './failure.ts'
import type { ReferenceKey } from './key.ts'
import type { KeyringEntry, KeyringParts } from './keyring-parts.ts'
import { pae } from './pae.ts'
import { decodeToken, decryptToken, encryptToken } from './paseto.ts'
import { loadSodium } from './sodium.ts'

const PREFIX = 'sealed:'
const PURPOSE = 'resultkit.reference.v1'
const FOOTER = /^\{"kid":"(k4\.lid\.[A-Za-z0-9_-]{44})"\}$/
const FOOTER_BYTES = 61
/** References of usual length all get the first of these lengths. */
const MIN_PADDED_BYTES = 384
const PADDED_STEP = 128
const SPACE = 32

const encoder = new TextEncoder()
const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/** A sealed reference. Errors: UNSUPPORTED when the ring has no key that can seal. */
export async function sealJson({ sealing }: KeyringParts, json: string, context: string | undefined): Promise<string> {
  const { references } = sealing.does
  if (references === undefined) throw cannotSeal(sealing)
  const assertion = assertionOf(context, 'sealReference')
  const footer = encoder.encode(`{"kid":"${references.id}"}`)
  const key = await references.key()
  return PREFIX + encryptToken(await loadSodium(), key, padded(json), { footer, assertion })
}

/** The JSON that was sealed. DECRYPT, and always the same one, for whatever is wrong. */
export async function openSealed(parts: KeyringParts, token: string, context: string | undefined): Promise<string> {
  const assertion = assertionOf(context, 'openReference')
  const decoded =
    typeof token === 'string' && token.startsWith(PREFIX) ? decodeToken(token.slice(PREFIX.length)) : undefined
  const references = decoded && referenceKey(parts, decoded.footer)
  if (decoded === undefined || references === undefined) throw cannotOpen()
  const key = await references.key()
  const message = decryptToken(await loadSodium(), key, decoded, assertion)
  if (message === undefined) throw cannotOpen()
  try {
    return decoder.decode(message).replace(/ +$/, '')
  } catch {
    throw cannotOpen()
  }
}

/** The key that a footer names, unless it is disabled. */
function referenceKey({ entries, sealing }: KeyringParts, footer: Uint8Array): ReferenceKey | undefined {
  const [, id] = footer.byteLength === FOOTER_BYTES ? (FOOTER.exec(String.fromCharCode(...footer)) ?? []) : []
  const usable = [sealing, ...entries].filter(({ state }) => state !== 'disabled')
  return usable.map(({ does }) => does.references).find((references) => id !== undefined && references?.id === id)
}

/** What has to be the same when the token is opened; without a context it is not the empty one. CONFIG for what is no text. */
function assertionOf(context: string | undefined, operation: string): Uint8Array {
  if (context !== undefined && (typeof context !== 'string' || !context.isWellFormed()))
    throw configError(
      operation,
      `${operation}: context is a text, without lone surrogates, which UTF-8 cannot hold apart.`,
    )
  return pae(context === undefined ? [PURPOSE] : [PURPOSE, context])
}

function padded(json: string): Uint8Array {
  const bytes = encoder.encode(json)
  const length = Math.max(MIN_PADDED_BYTES, Math.ceil(bytes.byteLength / PADDED_STEP) * PADDED_STEP)
  const message = new Uint8Array(length).fill(SPACE)
  message.set(bytes)
  return message
}

function cannotSeal({ kind }: KeyringEntry): Error {
  const message = `A ${kind} key cannot seal references, which takes a symmetric key. Give keyring({ references: generateKey() }), the same one wherever they are opened.`
  return failure('UNSUPPORTED', 'sealReference', message)
}

function cannotOpen(): Error {
  const message =
    'The sealed reference cannot be opened here: the key, the context or the token is not that of the sealing.'
  return failure('DECRYPT', 'openReference', message)
}
