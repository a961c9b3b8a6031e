import type { ReferenceSealer } from '@resultkit/core'
import { configError } from './failure.ts'
import { type EncryptionKey, operationsOf, printedAs } from './key.ts'
import { sealingKey, unsealingKey } from './key-pair.ts'
import { localKey } from './key-root.ts'
import { isCurrent, type KeyringEntry, type KeyringParts, openBlock, registerParts } from './keyring-parts.ts'
import { checkOptions } from './options.ts'
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
  /** Older keys. A key without a state is decrypt-only, or what it is already: the primary may be among them. @default [] */
  readonly keys?: readonly (KeyLike | { readonly key: KeyLike; readonly state?: KeyState | undefined })[] | undefined
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
 * Errors: CONFIG for what is not a key, which is not quoted, and for a key that is given two states.
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

function parseParts(options: KeyringOptions): KeyringParts {
  checkOptions(options, 'keyring', ['primary', 'keys', 'references'])
  const { primary, keys = [], references } = options
  if (!Array.isArray(keys)) throw invalid('keys is an array.')
  const first = entryOf(primary, 'primary')
  const entries = [first]
  for (const given of keys) addEntry(entries, given)
  const others = entries.slice(1)
  const sealing = references === undefined ? first : entryOf(references, 'primary')
  if (references !== undefined && others.some(({ id, state }) => id === sealing.id && state === 'disabled'))
    throw invalid('references is a key that keys disables.')
  if (references !== undefined && sealing.does.references === undefined)
    throw invalid('references is neither a local nor an envelope key, and others cannot seal references.')
  return { primary: first, entries, sealing }
}

/** A key once more, without a state, is no other one. Names of passphrases need not differ. */
function addEntry(entries: KeyringEntry[], given: NonNullable<KeyringOptions['keys']>[number]): void {
  const { key, state } = typeof given === 'object' && given !== null && 'key' in given ? stated(given) : { key: given }
  const entry = entryOf(key, state ?? 'decrypt-only')
  const same = entry.kind === 'passphrase' ? undefined : entries.find(({ id }) => id === entry.id)
  if (same === undefined) entries.push(entry)
  else if (same.kind !== entry.kind || (state !== undefined && state !== same.state))
    throw invalid('keys lists a key twice, or the primary once more, as another kind or with a state. Each key is one.')
}

function stated(given: { readonly key: KeyLike; readonly state?: KeyState | undefined }) {
  checkOptions(given, 'keyring: an entry of keys', ['key', 'state'])
  return { key: given.key, state: given.state === undefined ? undefined : stateOf(given.state) }
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
  if (paserk.startsWith('k4.secret.')) return unsealingKey(paserk)
  if (paserk.startsWith('k4.local.')) return localKey(paserk)
  throw invalid(
    'the text of a key starts with k4.local., k4.public. or k4.secret.; importKey() opens an exported key, and an id is none.',
  )
}

function invalid(problem: string): Error {
  return configError('keyring', `keyring: ${problem}`)
}
