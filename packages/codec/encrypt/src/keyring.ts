import type { ReferenceSealer } from '@resultkit/core'
import { configError } from './failure.ts'
import { type EncryptionKey, operationsOf, printedAs } from './key.ts'
import { sealingKey, unsealingKey } from './key-pair.ts'
import { localKey } from './key-root.ts'
import { isCurrent, type KeyringEntry, type KeyringParts, openBlock, registerParts } from './keyring-parts.ts'
import { openSealed, sealJson } from './paseto-reference.ts'
import type { PayloadKeys } from './payload-keys.ts'

/** What a key of a ring may be used for, beside the primary: `decrypt-only` reads, `disabled` does nothing. */
export type KeyState = 'decrypt-only' | 'disabled'

/** A key, or the PASERK text of one: `k4.local.…` is a {@link localKey}, `k4.public.…` a {@link sealingKey}, `k4.secret.…` an {@link unsealingKey}. */
export type KeyLike = EncryptionKey | string

/** Options of {@link keyring}. */
export interface KeyringOptions {
  /** Encrypts what is written. */
  readonly primary: KeyLike
  /** Older keys. A key without a state is decrypt-only. @default [] */
  readonly keys?: readonly (KeyLike | { readonly key: KeyLike; readonly state: KeyState })[] | undefined
  /** Seals references, where the primary is neither a local nor an envelope key. @default the primary */
  readonly references?: KeyLike | undefined
}

/** The keys of {@link encrypt}, and the sealer of references. Prints as the ids of its keys. */
export interface Keyring extends PayloadKeys, ReferenceSealer {
  /** The id of the key that encrypts what is written. */
  readonly primary: string
  /** Every key's id with its state, the primary first. */
  readonly keys: readonly { readonly id: string; readonly state: 'primary' | KeyState }[]
  /** The id of the primary. */
  toJSON(): string
  toString(): string
}

/**
 * The keys that results are encrypted with. Synchronous and without I/O: crypto is loaded, and providers are asked, at
 * first use. To rotate, make a new key the primary and list the old one in `keys`: what it wrote stays readable, `find` says
 * `stale: true`, and {@link rewrap} moves it on.
 *
 * Errors: CONFIG for what is not a key, which is not quoted, and for a key that is listed twice.
 */
export function keyring(options: KeyringOptions): Keyring {
  const parts = parseParts(options)
  const { primary, entries } = parts
  const keys = entries.map(({ id, state }) => ({ id, state }))
  const ring: Keyring = {
    primary: primary.id,
    keys,
    keyForWriting: (context, signal) => primary.does.create(context, signal),
    keyForReading: async (block, context, signal) => {
      const opened = await openBlock(parts, block, context, signal)
      return opened && { inputKey: opened.inputKey, stale: !(await isCurrent(opened)) }
    },
    seal: (json, context) => sealJson(parts, json, context),
    open: (token, context) => openSealed(parts, token, context),
    ...printedAs(`keyring ${keys.map(({ id, state }) => `${id} (${state})`).join(', ')}`, primary.id),
  }
  registerParts(ring, parts)
  return Object.freeze(ring)
}

function parseParts({ primary, keys = [], references }: KeyringOptions): KeyringParts {
  const first = entryOf(primary, 'primary')
  const others = keys.map((given) =>
    typeof given === 'object' && given !== null && 'key' in given
      ? entryOf(given.key, stateOf(given.state))
      : entryOf(given, 'decrypt-only'),
  )
  const entries = [first, ...others]
  const named = entries.filter(({ kind }) => kind !== 'passphrase').map(({ id }) => id)
  if (new Set(named).size < named.length)
    throw invalid('keys lists a key twice, or the primary once more. Each key has one state.')
  const sealing = references === undefined ? first : entryOf(references, 'primary')
  if (references !== undefined && others.some(({ id, state }) => id === sealing.id && state === 'disabled'))
    throw invalid('references is a key that keys disables.')
  if (references !== undefined && sealing.does.references === undefined)
    throw invalid('references is neither a local nor an envelope key, and others cannot seal references.')
  return { primary: first, entries, sealing }
}

function stateOf(state: KeyState): KeyState {
  if (state === 'decrypt-only' || state === 'disabled') return state
  throw invalid(`the state of a key in keys is 'decrypt-only' or 'disabled'; the one that writes is the primary.`)
}

function entryOf(given: KeyLike, state: KeyringEntry['state']): KeyringEntry {
  const key = typeof given === 'string' ? keyOf(given) : given
  const does = operationsOf(key)
  if (does !== undefined) return { kind: key.kind, id: key.id, state, does }
  throw invalid('one of its keys is neither a key object nor text. Make keys with localKey, envelopeKey and the like.')
}

function keyOf(paserk: string): EncryptionKey {
  if (paserk.startsWith('k4.public.')) return sealingKey(paserk)
  return paserk.startsWith('k4.secret.') ? unsealingKey(paserk) : localKey(paserk)
}

function invalid(problem: string): Error {
  return configError('keyring', `keyring: ${problem}`)
}
