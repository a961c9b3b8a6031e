import { abortedError, equalBytes, isResultError, throwIfAborted } from '@resultkit/core'
import { encodeBase64url } from './base64url.ts'
import { blake2bOf } from './blake2b.ts'
import { isBytes } from './bytes.ts'
import { configError, failure } from './failure.ts'
import { type EncryptionKey, type KeyOperations, makeKey } from './key.ts'
import { checkOptions } from './options.ts'
import { pae } from './pae.ts'
import { parseKeyString } from './paserk.ts'
import { blake2b, randomBytes, SUBKEY, subkey } from './primitives.ts'
import type { KeyProvider, ProviderContext } from './provider.ts'
import { type ProviderCacheOptions, providerCache } from './provider-cache.ts'
import { encodeSlots, SLOT, type Slot } from './slots.ts'
import { loadSodium } from './sodium.ts'

const MAX_WRAPPED_BYTES = 8000
const encoder = new TextEncoder()

/** Options of {@link providerKey}. */
export interface ProviderKeyOptions {
  /** @default { entries: 1000, maxAge: '5m', uses: 1 } */
  readonly cache?: ProviderCacheOptions | undefined
  /**
   * `k4.local.…`: keys the hash that the provider is given of the namespace. Without it, somebody who reads the service's
   * logs can find out a namespace by guessing it. @default undefined
   */
  readonly contextKey?: string | undefined
}

/**
 * A key that a provider keeps: each object has a random key, wrapped by the provider and stored with it. The provider learns
 * no names and no values. Unwrapped keys are cached in this object, apart for each namespace.
 *
 * Errors: CONFIG. In use: the provider's own, UNAVAILABLE, ABORTED.
 */
export function providerKey(provider: KeyProvider, options: ProviderKeyOptions = {}): EncryptionKey {
  checkProvider(provider)
  checkOptions(options, 'providerKey', ['cache', 'contextKey'])
  const cache = providerCache(options.cache)
  const { isOwn, wrapBound, unwrapBound } = slotsOf(provider)
  const binding = bindings(options.contextKey)

  const create: KeyOperations['create'] = async ({ namespace }, signal) => {
    const bound = await binding(namespace)
    const scope = encodeBase64url(bound)
    const kept = cache.writing(scope)
    if (kept !== undefined) return kept
    const inputKey = randomBytes(32)
    const writing = { inputKey, slots: encodeSlots([await wrapBound(inputKey, { binding: bound, signal })]) }
    cache.keepWriting(scope, writing)
    return writing
  }
  const open: KeyOperations['open'] = async (slot, { namespace }, signal) => {
    if (!isOwn(slot)) return undefined
    const bound = await binding(namespace)
    const scope = encodeBase64url(bound)
    const wrapped = encodeBase64url(slot.data)
    const kept = cache.reading(scope, wrapped)
    if (kept !== undefined) return kept
    const inputKey = await unwrapBound(slot, { binding: bound, signal })
    if (inputKey !== undefined) cache.keepReading(scope, wrapped, inputKey)
    return inputKey
  }
  return makeKey('provider', provider.id, {
    create,
    wrap: async (inputKey, { namespace }, signal) => wrapBound(inputKey, { binding: await binding(namespace), signal }),
    open,
    writes: async (slot) => isOwn(slot),
    references: undefined,
  })
}

/** What a provider wraps, as slots. It gets copies, so that it may do with them what it likes. */
function slotsOf(provider: KeyProvider) {
  const type = provider.slotType
  const kid = blake2bOf(32, pae(['resultkit.provider.v1', provider.id])).slice(0, 8)
  return {
    isOwn: (slot: Slot): boolean => slot.type === type && equalBytes(slot.kid, kid),
    async wrapBound(inputKey: Uint8Array, context: ProviderContext): Promise<Slot> {
      const data = await ask('wrap', context.signal, () => provider.wrap(Uint8Array.from(inputKey), context))
      if (!isBytes(data) || data.byteLength === 0 || data.byteLength > MAX_WRAPPED_BYTES) throw unusable()
      return { type, kid, data: Uint8Array.from(data) }
    },
    async unwrapBound({ data }: Slot, context: ProviderContext): Promise<Uint8Array | undefined> {
      const found = await ask('unwrap', context.signal, () => provider.unwrap(Uint8Array.from(data), context))
      return isBytes(found) && found.byteLength === 32 ? Uint8Array.from(found) : undefined
    },
  }
}

function checkProvider(provider: Partial<KeyProvider> | undefined): void {
  const { id, slotType = Number.NaN, wrap, unwrap } = provider ?? {}
  const known = [SLOT.awsKms, SLOT.gcpKms, SLOT.azureKeyVault] as readonly number[]
  const typed = Number.isInteger(slotType) && (known.includes(slotType) || (slotType >= 128 && slotType <= 255))
  if (typeof id === 'string' && id !== '' && typed && typeof wrap === 'function' && typeof unwrap === 'function') return
  throw configError(
    'providerKey',
    'providerKey: a provider has an id that is not empty, a slotType of 2, 3, 4 or 128 to 255, and the functions wrap and unwrap.',
  )
}

/** What stands for a namespace towards the provider. */
function bindings(contextKey: string | undefined): (namespace: string) => Promise<Uint8Array> {
  const root = contextKey === undefined ? undefined : parseKeyString(contextKey, 'providerKey', ['k4.local.']).bytes
  return async (namespace) => {
    const sodium = await loadSodium()
    const key = root === undefined ? null : subkey(sodium, root, SUBKEY.providers)
    return blake2b(sodium, 32, key, pae(['resultkit.namespace.v1', encoder.encode(namespace)]))
  }
}

/** What the provider answers, or ABORTED as soon as the signal fires; its own errors stay out of sight. */
async function ask<R>(what: string, signal: AbortSignal | undefined, call: () => Promise<R>): Promise<R> {
  throwIfAborted(what, signal)
  const { promise: aborted, reject } = Promise.withResolvers<never>()
  const abort = (): void => {
    if (signal !== undefined) reject(abortedError(what, signal))
  }
  signal?.addEventListener('abort', abort, { once: true })
  try {
    return await Promise.race([aborted, (async () => call())()])
  } catch (cause) {
    throw isResultError(cause) ? cause : unavailable(what, cause)
  } finally {
    signal?.removeEventListener('abort', abort)
  }
}

function unavailable(what: string, cause: unknown): Error {
  const message = `The key provider failed to ${what} a key. Its own error is the cause, which is not printed because it may hold names or credentials.`
  return failure('UNAVAILABLE', what, message, cause, true)
}

function unusable(): Error {
  const message = `The key provider wrapped a key into something else than 1 to ${MAX_WRAPPED_BYTES} bytes, which a record cannot keep.`
  return failure('UNSUPPORTED', 'wrap', message)
}
