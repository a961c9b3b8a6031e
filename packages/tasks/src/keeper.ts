import {
  type Clock,
  isResultError,
  type Location,
  Result,
  type ResultMode,
  type ResultOptions,
  type ResultStorage,
  type ResultStore,
  type Seal,
  type Serializer,
  withDetails,
} from '@resultkit/core'
import { missing } from './default-store.ts'
import type { Definition } from './definition.ts'
import { taskError } from './failure.ts'
import type { Plan } from './plan.ts'
import { isResultAdapter, type ResultAdapter } from './result-adapter.ts'
import { partsOf } from './result-parts.ts'
import type { StoreState } from './runtime.ts'

/** A Result of values of any kind, at keys that are rendered already. */
export type PlainResult = Result<unknown, undefined, ResultMode, Seal>
type AnyOptions = ResultOptions<unknown, undefined, ResultMode, Seal>

/** What a plan stores with. */
export interface Keeper {
  /** For results without a storage of ours. */
  readonly adapter: ResultAdapter | undefined
  readonly result: PlainResult
  /** Where the Result itself says that results lie; `undefined` where the task decides. */
  readonly location: Location
  /** What the storage is, for what is shared between tasks: its uri. */
  readonly storageId: string
  /** Whether the values are streams of items, as far as it is known. */
  readonly isStream: boolean
  /** What the Result itself says of look-ups. */
  readonly rules: LookupRules
}

/** What a Result says of look-ups, for copies in memory and for what may be told of them. */
export interface LookupRules {
  /** Milliseconds. */
  readonly cacheFor?: number | undefined
  readonly cacheValidators?: readonly unknown[]
  readonly validators?: readonly unknown[]
  /** With it, keys of the storage are not told. */
  readonly seal?: object | undefined
  /** What the age of its records is counted by. */
  readonly clock?: Clock
}

/** Opens the storage and serializer of a plan. Errors: CONFIG. */
export async function openKeeper(definition: Definition, plan: Plan): Promise<Keeper> {
  const { keeping, settings } = plan
  const { result } = keeping
  if (result !== undefined && isResultAdapter(result)) {
    return {
      adapter: result,
      result: new Result(),
      location: undefined,
      storageId: result.kind,
      isStream: false,
      rules: {},
    }
  }
  const state = settings.runtime.store
  const own = definition.options.result !== undefined
  const serializer = serializerOf(definition, plan, own)
  const base =
    result === undefined
      ? await fromStore(state, plan, serializer)
      : await overridden(inherited(result as unknown as PlainResult, own), plan, serializer)
  const location = result === undefined ? undefined : inheritable(result.location, own)
  const kept = definition.target?.format === 'plain' ? plainUnlessEncrypted(base) : base
  const isStream = serializer === 'ndjson' || (typeof serializer === 'object' && serializer.kind === 'stream')
  const rules = partsOf(kept)
  if (definition.digests.length > 0 && rules.accepted[0]?.codecs.some(({ kind }) => kind === 'encryption')) {
    const message = `allInputs and the like keep digests in clear, which encryption refuses. Use cacheKey: [inputs()].`
    throw taskError('CONFIG', 'configure', message)
  }
  return { adapter: undefined, result: withoutLocation(kept), location, storageId: kept.uri ?? '', isStream, rules }
}

/** A flow's validators are for the flow's own value. */
function inherited(result: PlainResult, own: boolean): PlainResult {
  return own ? result : (result.with({ validators: [], cacheValidators: [] }) as PlainResult)
}

/** The storage behind a Result: a layer is shown it. Layers of the Result itself are left out. */
export function storageOf({ result }: Pick<Keeper, 'result'>): ResultStorage {
  let found: ResultStorage | undefined
  const show = (inner: ResultStorage): ResultStorage => {
    found = inner
    return inner
  }
  result.with({ layers: [show] })
  if (found !== undefined) return found
  throw taskError(
    'UNSUPPORTED',
    'configure',
    'The result has no storage. Choose a Result type such as localResult or s3Result.',
  )
}

function withoutLocation(result: PlainResult): PlainResult {
  return result.location === undefined ? result : (result.with({ location: undefined }) as PlainResult)
}

/** A flow's location is for its tasks only where it tells them apart. */
function inheritable(location: Location, own: boolean): Location {
  if (own || typeof location === 'function') return location
  return location !== undefined && /\{\+?(?:task_name|taskName)\}/.test(location) ? location : undefined
}

const BY_EXTENSION: ReadonlyMap<string | undefined, string> = new Map([
  ['json', 'json'],
  ['ndjson', 'ndjson'],
  ['txt', 'text'],
  ['csv', 'text'],
])

/** The serializer that is asked for by an option, or by a target's extension. `undefined` leaves it to the result or store. */
function serializerOf(
  { options, target }: Definition,
  { keeping }: Plan,
  own: boolean,
): Serializer | string | undefined {
  if (options.resultSerializer !== undefined) return options.resultSerializer
  return (own ? undefined : byExtension(target?.location)) ?? keeping.serializer
}

function byExtension(location: unknown): string | undefined {
  return typeof location === 'string' ? BY_EXTENSION.get(/\.(\w+)$/.exec(location)?.[1]) : undefined
}

/** A keeper for a target whose extension is known now that it is rendered: it chooses the serializer. */
export function keeperAt({ options, target }: Definition, keeper: Keeper, at: string): Keeper {
  const known = options.resultSerializer ?? options.result ?? byExtension(target?.location)
  const serializer = known === undefined ? byExtension(at) : undefined
  if (serializer === undefined) return keeper
  return { ...keeper, result: keeper.result.with({ serializer }) as PlainResult, isStream: serializer === 'ndjson' }
}

async function overridden(
  result: PlainResult,
  { keeping: { storage }, settings: { runtime } }: Plan,
  serializer: Serializer | string | undefined,
): Promise<PlainResult> {
  const options: { -readonly [K in 'storage' | 'name' | 'serializer' | 'clock']?: AnyOptions[K] } = {}
  // A clock that was given is everybody's; the machine's leaves the Result its own.
  if (runtime.options.clock !== undefined) options.clock = runtime.options.clock
  if (typeof storage === 'string') {
    const named = bySlug(await runtime.store.open(), storage, {})
    Object.assign(options, { storage: storageOf({ result: named }), name: storage })
  } else if (storage !== undefined) Object.assign(options, { storage, name: undefined })
  const changed = Object.keys(options).length === 0 ? result : (result.with(options as AnyOptions) as PlainResult)
  return serializer === undefined ? changed : withSerializer(changed, serializer, runtime.store)
}

/** A serializer by name is one that the Result itself knows, else one of the store's. */
async function withSerializer(
  result: PlainResult,
  serializer: Serializer | string,
  state: StoreState,
): Promise<PlainResult> {
  try {
    return result.with({ serializer }) as PlainResult
  } catch (error) {
    const known = typeof serializer === 'string' ? await serializerOfStore(state, serializer) : undefined
    if (known === undefined) throw error
    return result.with({ serializer: known }) as PlainResult
  }
}

async function serializerOfStore(state: StoreState, name: string): Promise<Serializer | undefined> {
  const store = await state.open()
  try {
    const [first] = partsOf(store.result(undefined, { serializer: name })).accepted
    return first?.serializer.name === name ? first.serializer : undefined
  } catch {
    // What the Result says about the name is told.
    return undefined
  }
}

async function fromStore(state: StoreState, plan: Plan, asked: Serializer | string | undefined): Promise<PlainResult> {
  const { runtime } = plan.settings
  const { storage } = plan.keeping
  const store = await state.open()
  const slug =
    typeof storage === 'string' ? storage : storage === undefined ? runtime.defaults.resultStorage : undefined
  const wanted =
    asked ?? runtime.defaults.resultSerializer ?? (process.env['RESULTKIT_DEFAULT_SERIALIZER'] || undefined)
  const make = (serializer: Serializer | string | undefined): PlainResult => {
    const options = { clock: runtime.clock, ...(serializer === undefined ? {} : { serializer }) } as AnyOptions
    return bySlug(store, slug, options)
  }
  const result = wanted === undefined ? withDefault(make, state) : make(wanted)
  if (storage === undefined || typeof storage === 'string') return result
  // Of the store stay its codecs, keyring and seal, so that an encrypting store encrypts here too.
  return result.with({ storage, name: undefined }) as PlainResult
}

/** A Result of a store. What is wrong with the slug is said of an option: here it is no part of a reference. */
function bySlug(store: ResultStore<Seal>, slug: string | undefined, options: AnyOptions): PlainResult {
  if (slug !== undefined) checkSlug(store, slug)
  return store.result(slug, options) as PlainResult
}

function checkSlug(store: ResultStore<Seal>, slug: string): void {
  try {
    // Of all that may be wrong, only the slug is left.
    store.result(slug, { serializer: 'json', codecs: [] })
  } catch (error) {
    if (!isResultError(error) || error.code !== 'CONFIG') throw error
    // A uri may be a name as well, and stays here.
    const name = slug.includes('://') ? 'asked for' : JSON.stringify(slug)
    throw withDetails(error, { message: `the storage ${name} is unknown. ${error.message}` })
  }
}

/** pickle, where the store can read it; a store that was given with other serializers only writes what it can read. */
function withDefault(
  make: (serializer: Serializer | string | undefined) => PlainResult,
  state: StoreState,
): PlainResult {
  if (state.options?.defaults?.serializer !== undefined) return make(undefined)
  const plain = make(undefined)
  try {
    return make('pickle')
  } catch (error) {
    if (!isResultError(error) || error.code !== 'CONFIG') throw error
    if (state.isDefault || state.options !== undefined)
      throw missing('@resultkit/pickle', 'Results are stored with pickle unless a serializer is given')
    return plain
  }
}

/** Other tools can read a target, unless it is encrypted: then only a record says so. */
function plainUnlessEncrypted(result: PlainResult): PlainResult {
  try {
    return result.with({ format: 'plain' }) as PlainResult
  } catch (error) {
    if (isResultError(error) && error.code === 'CONFIG') return result
    throw error
  }
}
