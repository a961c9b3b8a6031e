import { isResultError, resultError } from './errors.ts'
import { isJsonObject } from './json-value.ts'
import { locationError } from './location.ts'
import type { Seal, SealOptions, Settings } from './options.ts'
import { parseReference, type ResultReference } from './reference.ts'

/** A reference out of what an operation was given, if it is one. An object that owns `sha256` is. */
export async function openReference(settings: Settings, at: unknown): Promise<ResultReference | undefined> {
  if (isSealed(at)) return parseReference(await unseal(at, settings))
  return isJsonObject(at) && Object.hasOwn(at, 'sha256') ? parseReference(at) : undefined
}

/** Whether this is a sealed reference; keys may not look like one. */
export function isSealed(at: unknown): at is string {
  return typeof at === 'string' && at.startsWith('sealed:')
}

/** What was sealed. */
export async function unseal(
  token: string,
  { keyring, seal }: { readonly keyring?: SealOptions['keyring']; readonly seal?: Seal },
): Promise<unknown> {
  const { keyring: sealer = keyring, context } = typeof seal === 'object' ? seal : {}
  if (sealer !== undefined) return parseJson(await sealer.open(token, context), 'What was sealed is not a reference.')
  const message = 'The reference is sealed. Give the keyring that it was sealed with.'
  throw resultError('CONFIG', 'openReference', message)
}

/** Parsed JSON; CONFIG with this message when it is none. */
export function parseJson(text: string, message: string): unknown {
  try {
    return JSON.parse(text)
  } catch (cause) {
    throw resultError('CONFIG', 'openReference', message, { cause })
  }
}

/** The key that a location function gives. INVALID_LOCATION with its error as the cause when it throws. */
export function callLocation(location: (context: never) => string, parameters: object): string {
  try {
    const rendered: unknown = location(parameters as never)
    if (typeof rendered === 'string') return rendered
    throw locationError(`The location function gave no string, but ${typeof rendered}. Return the key.`)
  } catch (cause) {
    if (isResultError(cause)) throw cause
    throw locationError('The location function threw. Mend it, or its parameters.', cause)
  }
}
