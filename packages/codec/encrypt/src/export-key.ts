import { argon2id } from './argon2.ts'
import { decodeBase64url, encodeBase64url } from './base64url.ts'
import { configError, failure } from './failure.ts'
import { COSTS, isWithin, type PassphraseCost, parseCost, passphraseBytes } from './key-passphrase.ts'
import { checkOptions } from './options.ts'
import { encodeKey, parseKeyString } from './paserk.ts'
import { newParameters, PASSWORD_HEADER, passwordParameters, unwrapPassword, wrapPassword } from './paserk-password.ts'
import { PIE_HEADER, SEAL_HEADER, sealKey, unsealKey, unwrapPie, wrapPie } from './paserk-wrap.ts'
import { loadSodium, type Sodium } from './sodium.ts'

/** What protects an exported key. */
export type ExportProtection =
  /** `k4.local-pw.…`: a passphrase, through argon2id. */
  | ({ readonly passphrase: string | Uint8Array } & PassphraseCost)
  /** `k4.local-wrap.pie.…`: another symmetric key, `k4.local.…`. */
  | { readonly wrappingKey: string }
  /** `k4.seal.…`: the recipient's `k4.public.…`. */
  | { readonly publicKey: string }

/** What opens an exported key. */
export type ImportProtection =
  | ({ readonly passphrase: string | Uint8Array } & PassphraseCost)
  | { readonly wrappingKey: string }
  /** The recipient's `k4.secret.…`. */
  | { readonly secretKey: string }

/**
 * A symmetric key in a form that can be stored or sent (PASERK): protected by a passphrase, by another key, or for
 * the owner of a secret key. {@link importKey} turns it back.
 *
 * Errors: CONFIG; UNSUPPORTED for a passphrase where argon2id is missing.
 */
export async function exportKey(key: string, protection: ExportProtection): Promise<string> {
  const { bytes } = parseKeyString(key, 'exportKey', ['k4.local.'])
  checkProtection(protection, 'exportKey', 'publicKey')
  const sodium = await loadSodium()
  if ('passphrase' in protection) {
    const parameters = newParameters(parseCost(protection, 'exportKey').cost)
    const secret = passphraseBytes(protection.passphrase, 'exportKey')
    const derived = await argon2id(secret, parameters.salt, parameters)
    return PASSWORD_HEADER + encodeBase64url(wrapPassword(sodium, parameters, derived, bytes))
  }
  if ('wrappingKey' in protection) {
    const { bytes: wrapping } = parseKeyString(protection.wrappingKey, 'exportKey', ['k4.local.'])
    return PIE_HEADER + encodeBase64url(wrapPie(sodium, wrapping, bytes))
  }
  const { bytes: recipient } = parseKeyString(protection.publicKey, 'exportKey', ['k4.public.'])
  return SEAL_HEADER + encodeBase64url(sealKey(sodium, recipient, bytes))
}

/**
 * The key that was exported, as `k4.local.…`.
 *
 * Errors: DECRYPT when it does not open, whatever the reason, also when it asks a passphrase for more work than `maxMemory`
 * and `maxPasses` allow; CONFIG for a malformed wrapping or secret key.
 */
export async function importKey(exported: string, protection: ImportProtection): Promise<string> {
  checkProtection(protection, 'importKey', 'secretKey')
  const sodium = await loadSodium()
  const bytes = await openExported(sodium, exported, protection)
  if (bytes !== undefined) return encodeKey({ header: 'k4.local.', bytes })
  const message =
    'importKey: the key does not open: the text, the passphrase or the key beside it is not that of the export.'
  throw failure('DECRYPT', 'importKey', message)
}

/** CONFIG unless it is one of the ways. */
function checkProtection(protection: object, operation: string, asymmetric: 'publicKey' | 'secretKey'): void {
  const ways = ['passphrase', 'wrappingKey', asymmetric]
  checkOptions(protection, operation, [...ways, ...COSTS])
  if (ways.filter((way) => Object.hasOwn(protection, way)).length === 1) return
  throw configError(operation, `${operation}: give one of ${ways.join(', ')}.`)
}

async function openExported(
  sodium: Sodium,
  exported: string,
  protection: ImportProtection,
): Promise<Uint8Array | undefined> {
  if ('passphrase' in protection) return openPassphrase(sodium, bodyOf(exported, PASSWORD_HEADER), protection)
  if ('wrappingKey' in protection) {
    const { bytes } = parseKeyString(protection.wrappingKey, 'importKey', ['k4.local.'])
    const body = bodyOf(exported, PIE_HEADER)
    return body && unwrapPie(sodium, bytes, body)
  }
  const { bytes } = parseKeyString(protection.secretKey, 'importKey', ['k4.secret.'])
  const body = bodyOf(exported, SEAL_HEADER)
  return body && unsealKey(sodium, bytes, body)
}

async function openPassphrase(
  sodium: Sodium,
  body: Uint8Array | undefined,
  { passphrase, ...cost }: { readonly passphrase: string | Uint8Array } & PassphraseCost,
): Promise<Uint8Array | undefined> {
  const { max } = parseCost(cost, 'importKey')
  const secret = passphraseBytes(passphrase, 'importKey')
  const parameters = body && passwordParameters(body)
  if (body === undefined || parameters === undefined || !isWithin(parameters, max)) return undefined
  return unwrapPassword(sodium, await argon2id(secret, parameters.salt, parameters), body)
}

function bodyOf(exported: string, header: string): Uint8Array | undefined {
  return typeof exported === 'string' && exported.startsWith(header)
    ? decodeBase64url(exported.slice(header.length))
    : undefined
}
