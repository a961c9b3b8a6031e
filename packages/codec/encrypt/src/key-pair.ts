import { equalBytes } from '@resultkit/core'
import { configError } from './failure.ts'
import { type EncryptionKey, type KeyOperations, makeKey } from './key.ts'
import { withNewKey } from './key-root.ts'
import { encodeKey, idBytes, idOf, parseKeyString } from './paserk.ts'
import { sealKey, unsealKey } from './paserk-wrap.ts'
import { SLOT, type Slot } from './slots.ts'
import { loadSodium, type Sodium } from './sodium.ts'

/** A public key and its secret, as PASERK. */
export interface KeyPair {
  /** `k4.public.…`, for those who write. */
  readonly publicKey: string
  /** `k4.secret.…`, for those who read. Keep it like a password. */
  readonly secretKey: string
}

/** A new pair for {@link sealingKey} and {@link unsealingKey}: Ed25519 as PASERK keeps it, used as X25519. */
export async function generateKeyPair(): Promise<KeyPair> {
  const { publicKey, privateKey } = (await loadSodium()).crypto_sign_keypair()
  return {
    publicKey: encodeKey({ header: 'k4.public.', bytes: publicKey }),
    secretKey: encodeKey({ header: 'k4.secret.', bytes: privateKey }),
  }
}

/**
 * A public key: what is written with it, the writer cannot read. Objects have keys of their own, sealed for the owner of
 * the secret key (PASERK `k4.seal`). It does not tell who wrote: whoever has the public key can.
 *
 * @param paserk - `k4.public.…`. CONFIG for anything else
 */
export function sealingKey(paserk: string): EncryptionKey {
  const { bytes } = parseKeyString(paserk, 'sealingKey', ['k4.public.'])
  return pairKey('sealing', { publicKey: bytes })
}

/**
 * A secret key: reads what was written with its public key, and writes like it.
 *
 * @param paserk - `k4.secret.…`. CONFIG for anything else
 */
export function unsealingKey(paserk: string): EncryptionKey {
  const { bytes } = parseKeyString(paserk, 'unsealingKey', ['k4.secret.'])
  return pairKey('unsealing', { publicKey: bytes.slice(32), secretKey: bytes })
}

interface Halves {
  readonly publicKey: Uint8Array
  readonly secretKey?: Uint8Array
}

function pairKey(kind: 'sealing' | 'unsealing', { publicKey, secretKey }: Halves): EncryptionKey {
  const decoded = { header: 'k4.public.', bytes: publicKey } as const
  const kid = idBytes(decoded).slice(0, 8)
  const isOwn = (slot: Slot): boolean => slot.type === SLOT.sealed && equalBytes(slot.kid, kid)
  let loading: Promise<Sodium> | undefined
  const checked = (): Promise<Sodium> => {
    loading ??= checkPair(kind, { publicKey, ...(secretKey && { secretKey }) })
    return loading
  }
  const wrap: NonNullable<KeyOperations['wrap']> = async (inputKey) => {
    return { type: SLOT.sealed, kid, data: sealKey(await checked(), publicKey, inputKey) }
  }
  return makeKey(kind, idOf(decoded), {
    create: withNewKey(wrap),
    wrap,
    open: async (slot) =>
      secretKey !== undefined && isOwn(slot) ? unsealKey(await checked(), secretKey, slot.data) : undefined,
    writes: async (slot) => isOwn(slot),
    references: undefined,
  })
}

/** CONFIG for halves that do not belong together, with which nobody could read what is written. */
async function checkPair(kind: string, { publicKey, secretKey }: Halves): Promise<Sodium> {
  const sodium = await loadSodium()
  const own = secretKey && sodium.crypto_sign_seed_keypair(secretKey.subarray(0, 32)).publicKey
  if ((own === undefined || equalBytes(own, publicKey)) && isPoint(sodium, publicKey)) return sodium
  throw configError(
    `${kind}Key`,
    `${kind}Key: the key has the form of PASERK, but it is not one of a pair. Make a pair with generateKeyPair().`,
  )
}

function isPoint(sodium: Sodium, publicKey: Uint8Array): boolean {
  try {
    return sodium.crypto_sign_ed25519_pk_to_curve25519(publicKey).byteLength === 32
  } catch {
    return false
  }
}
