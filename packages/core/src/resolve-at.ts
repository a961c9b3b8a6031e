import { isResultError, resultError } from './errors.ts'
import { isJsonObject } from './json-value.ts'
import { locationError } from './location.ts'
import type { Settings } from './options.ts'
import { parseReference, type ResultReference } from './reference.ts'

/** A reference out of what an operation was given, if it is one. An object that owns `sha256` is. */
export async function openReference(settings: Settings, at: unknown): Promise<ResultReference | undefined> {
  if (typeof at === 'string' && at.startsWith('sealed:')) {
    return parseReference(parseSealed(await openSealed(settings, at)))
  }
  return isJsonObject(at) && Object.hasOwn(at, 'sha256') ? parseReference(at) : undefined
}

function parseSealed(json: string): unknown {
  try {
    return JSON.parse(json)
  } catch (cause) {
    throw resultError('CONFIG', 'openReference', 'What was sealed is not a reference.', { cause })
  }
}

function openSealed({ keyring, seal }: Settings, token: string): Promise<string> {
  const sealer = seal?.keyring ?? keyring
  if (sealer !== undefined) return sealer.open(token, seal?.context)
  const message =
    'The reference is sealed, and this Result has no keyring to open it. Give the keyring that it was sealed with.'
  throw resultError('CONFIG', 'openReference', message)
}

/** The key that a location function gives. INVALID_LOCATION with its error as the cause when it throws. */
export function callLocation(location: (context: never) => string, parameters: object): string {
  try {
    const rendered: unknown = location(parameters as never)
    if (typeof rendered === 'string') return rendered
    throw locationError(`The location function gave no string, but ${typeof rendered}. It returns the key at once.`)
  } catch (cause) {
    if (isResultError(cause)) throw cause
    throw locationError('The location function threw. Mend it, or the parameters that it was given.', cause)
  }
}
