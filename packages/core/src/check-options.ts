import { type ResultError, resultError } from './errors.ts'
import type { Location } from './location.ts'
import type { ResultMode, ResultOptions, Seal } from './options.ts'
import type { ResultStorage } from './storage.ts'

type AnyOptions = ResultOptions<never, Location, ResultMode, Seal>

const LISTS = ['codecs', 'serializers', 'validators', 'layers', 'accepts', 'cacheValidators'] as const

/** CONFIG for what the types refuse as well: for callers that have none. */
export function checkOptions(options: AnyOptions & { readonly serializers?: readonly unknown[] | undefined }): void {
  for (const name of LISTS) {
    if (options[name] !== undefined && !Array.isArray(options[name])) throw config(`${name} is not a list.`)
  }
  const { storage, serializer = 'json', serializers = [], codecs = [], validators = [], layers = [] } = options
  const { clock = Date.now, location } = options
  if (storage !== undefined) checkStorage(storage)
  if (
    ![serializer, ...serializers].every((each) => typeof each === 'string' || Object(each).kind in KINDS) ||
    !codecs.every((each) => Object(each).encodeStream)
  )
    throw config('a serializer or codec is none. Give its name, or what a factory such as json() returned.')
  if (!validators.every((each) => typeof each === 'function' || '~standard' in Object(each)))
    throw config('a validator is neither a function nor a Standard Schema.')
  if (![...layers, clock].every((each) => typeof each === 'function'))
    throw config('a layer or the clock is not a function.')
  if (location !== undefined && typeof location !== 'string' && typeof location !== 'function')
    throw config('location is neither a template nor a function.')
}

/** CONFIG for what is no storage, such as a Result. */
export function checkStorage(storage: ResultStorage): void {
  if (!storage?.capabilities) throw config('storage is none. Give what a factory such as fileStorage returned.')
}

const KINDS: Readonly<Record<ResultMode, true>> = { value: true, stream: true }

/** CONFIG. */
export function config(message: string): ResultError {
  return resultError('CONFIG', 'configure', message)
}
