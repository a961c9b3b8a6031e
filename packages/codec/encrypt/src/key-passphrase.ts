import { type Argon2Cost, argon2id } from './argon2.ts'
import { isBytes } from './bytes.ts'
import { configError } from './failure.ts'
import { type EncryptionKey, type KeyOperations, makeKey } from './key.ts'
import { withNewKey } from './key-root.ts'
import { checkOptions } from './options.ts'
import {
  newParameters,
  type PasswordParameters,
  passwordParameters,
  unwrapPassword,
  wrapPassword,
} from './paserk-password.ts'
import { SLOT, type Slot } from './slots.ts'
import { loadSodium } from './sodium.ts'

const MIB = 1024 * 1024
const NOTHING = new Uint8Array()
/** Derived keys kept for reading; each stands for one writer's salt. */
const MAX_DERIVED = 64
/** The members of {@link PassphraseCost}. */
export const COSTS: readonly string[] = ['memory', 'passes', 'maxMemory', 'maxPasses']

/** How much work argon2id (RFC 9106) makes of a passphrase. */
export interface PassphraseCost {
  /** Bytes of memory, a multiple of 1,024 from 8,192 on. @default 64 MiB, or maxMemory where that is less */
  readonly memory?: number | undefined
  /** Passes over that memory. @default 3, or maxPasses where that is less */
  readonly passes?: number | undefined
  /** The most memory that a stored key may ask for; at most 1 GiB. More does not open. @default 1 GiB */
  readonly maxMemory?: number | undefined
  /** The most passes that a stored key may ask for; at most 16. @default 16 */
  readonly maxPasses?: number | undefined
}

/** Options of {@link passphraseKey}. */
export interface PassphraseKeyOptions extends PassphraseCost {
  /** Text is taken as UTF-8, exactly as it is: forms of Unicode are not unified. */
  readonly passphrase: string | Uint8Array
  /** What the key prints as. @default 'passphrase' */
  readonly name?: string | undefined
}

/** What a passphrase costs when it protects a key, and what it may cost when a stored key is opened. */
export interface PassphraseLimits {
  readonly cost: Argon2Cost
  readonly max: Argon2Cost
}

/**
 * A passphrase: objects have keys of their own, protected by what argon2id makes of it (PASERK `k4.local-pw`, 120 bytes
 * an object). The first write takes the time of one derivation, and so does the first read of what another process wrote.
 *
 * Errors: CONFIG for an empty passphrase or limits that are none; UNSUPPORTED at first use where neither Node's
 * argon2 nor libsodium-wrappers-sumo is there.
 */
export function passphraseKey(options: PassphraseKeyOptions): EncryptionKey {
  checkOptions(options, 'passphraseKey', ['passphrase', 'name', ...COSTS])
  const { passphrase, name = 'passphrase', ...cost } = options
  const limits = parseCost(cost, 'passphraseKey')
  const secret = passphraseBytes(passphrase, 'passphraseKey')
  const derive = derivations(secret)
  const own = newParameters(limits.cost)
  const wrap: NonNullable<KeyOperations['wrap']> = async (inputKey) => {
    const data = wrapPassword(await loadSodium(), own, await derive(own), inputKey)
    return { type: SLOT.passphrase, kid: NOTHING, data }
  }
  const open = async ({ type, kid, data }: Slot): Promise<Uint8Array | undefined> => {
    const parameters = type === SLOT.passphrase && kid.byteLength === 0 ? passwordParameters(data) : undefined
    if (parameters === undefined || !isWithin(parameters, limits.max)) return undefined
    return unwrapPassword(await loadSodium(), await derive(parameters), data)
  }
  return makeKey('passphrase', name, {
    create: withNewKey(wrap),
    wrap,
    open,
    writes: async (slot) => (await open(slot)) !== undefined,
    references: undefined,
  })
}

/** A passphrase as bytes of its own. CONFIG when it is empty, or text that UTF-8 cannot hold. */
export function passphraseBytes(passphrase: string | Uint8Array, operation: string): Uint8Array {
  if (typeof passphrase === 'string' && passphrase !== '' && passphrase.isWellFormed())
    return new TextEncoder().encode(passphrase)
  if (isBytes(passphrase) && passphrase.byteLength > 0) return Uint8Array.from(passphrase)
  throw configError(
    operation,
    `${operation}: the passphrase is empty, neither text nor bytes, or text with lone surrogates, all of which UTF-8 makes the same. Give one that is hard to guess; random bytes as a Uint8Array.`,
  )
}

/** Checks costs and limits. CONFIG. */
export function parseCost(options: PassphraseCost, operation: string): PassphraseLimits {
  const { maxMemory = 1024 * MIB, maxPasses = 16 } = options
  const { memory = Math.min(64 * MIB, maxMemory), passes = Math.min(3, maxPasses) } = options
  const wholes = [memory, passes, maxMemory, maxPasses].every((number) => Number.isSafeInteger(number) && number > 0)
  const allowed = maxMemory <= 1024 * MIB && maxPasses <= 16 && memory % 1024 === 0 && memory >= 8192
  const limits = { cost: { memory, passes }, max: { memory: maxMemory, passes: maxPasses } }
  if (wholes && allowed && isWithin(limits.cost, limits.max)) return limits
  throw configError(
    operation,
    `${operation}: memory is a multiple of 1,024 bytes from 8,192 to maxMemory (at most 1 GiB), passes is 1 to maxPasses (at most 16).`,
  )
}

/** Whether a stored key asks for no more than is allowed. */
export function isWithin(cost: Argon2Cost, max: Argon2Cost): boolean {
  return cost.memory <= max.memory && cost.passes <= max.passes
}

/** Derives once per salt and cost, also when asked at the same time; keeps the newest. */
function derivations(secret: Uint8Array): (parameters: PasswordParameters) => Promise<Uint8Array> {
  const known = new Map<string, Promise<Uint8Array>>()
  return (parameters) => {
    const id = `${parameters.memory}/${parameters.passes}/${parameters.salt}`
    const found = known.get(id) ?? argon2id(secret, parameters.salt, parameters)
    known.delete(id)
    known.set(id, found)
    found.catch(() => known.delete(id))
    const [oldest] = known.keys()
    if (known.size > MAX_DERIVED && oldest !== undefined) known.delete(oldest)
    return found
  }
}
