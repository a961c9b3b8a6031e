import { checkOptions, checkStorage, config } from './check-options.ts'
import { type Clock, nowMs } from './clock.ts'
import type { Codec, ReferenceSealer } from './codec.ts'
import { asDecrypt } from './decrypt.ts'
import { type ResultError, resultError } from './errors.ts'
import { isJsonObject } from './json-value.ts'
import type { Location } from './location.ts'
import type { ResultMode, ResultOptions, Seal } from './options.ts'
import type { RecordInfo, ResultReadOptions } from './outcome.ts'
import { isEncrypting, isSameSerializer, type Pipeline } from './pipeline.ts'
import {
  isLiteralValue,
  parseReference,
  type ResultLiteral,
  type ResultReference,
  type SerializerName,
} from './reference.ts'
import { isSealed, parseJson, unseal } from './resolve-at.ts'
import { Result } from './result.ts'
import type { SealedReference } from './result-types.ts'
import type { Serializer } from './serializer.ts'
import {
  builtIn,
  defaultSerializerName,
  environment,
  resolveSerializer,
  unknownSerializer,
} from './serializer-names.ts'
import { applyLayers, type Layer, type ResultStorage } from './storage.ts'
import { valueCache } from './value-cache.ts'

/** What a store gives a Result where the Result's own options do not say. */
export interface StoreDefaults {
  /** A slug. @default RESULTKIT_DEFAULT_STORAGE, else the only storage there is */
  readonly storage?: string | undefined
  /** An instance, or a name such as `json` or `compressed/json`. @default RESULTKIT_DEFAULT_SERIALIZER, else json */
  readonly serializer?: Serializer | string | undefined
  /** @default the store's `codecs` when one of them encrypts, else [] */
  readonly codecs?: readonly Codec[] | undefined
}

/** Everything that is needed to resolve references in a process. */
export interface ResultStoreOptions<S extends Seal = Seal> {
  /** Storages by slug: `{'s3/prod': s3Storage(...)}`. References made here name the slug. */
  readonly storages: Readonly<Record<string, ResultStorage>>
  /** Serializers beside the built-in json, bytes, text and ndjson. @default [] */
  readonly serializers?: readonly Serializer[] | undefined
  /** Codecs that references may name. Where one encrypts, references to unencrypted results are refused. @default [] */
  readonly codecs?: readonly Codec[] | undefined
  /** Opens sealed references. @default undefined */
  readonly keyring?: ReferenceSealer | undefined
  /** Makes Results of this store seal what `write` returns. @default undefined */
  readonly seal?: S
  readonly defaults?: StoreDefaults | undefined
  /** Wrap every storage; the first is the innermost. @default [] */
  readonly layers?: readonly Layer[] | undefined
  /** Values kept for `open(...).get()`, counted as stored. @default 64 MiB */
  readonly cacheBytes?: number | undefined
  /** @default Date.now */
  readonly clock?: Clock | undefined
}

/** What a store resolves: a reference, a literal, their JSON text, or a sealed reference. */
export type Resolvable<T = unknown> = ResultReference<T> | ResultLiteral | SealedReference<T>

/** A result that was opened: its reference, and its value when asked for. */
export interface ResultHandle<T = unknown> {
  readonly reference: ResultReference<T> | ResultLiteral
  /** Reads once, then gives the same value again, as long as it fits into the store's cache and has not expired. */
  get(): Promise<T>
  /** The record's header and stat; `undefined` for a literal, or when absent. */
  describe(): Promise<RecordInfo | undefined>
}

/** Resolves references from configuration alone. */
export interface ResultStore<D extends Seal = undefined> {
  /**
   * The value of a reference or literal. Text is parsed as JSON; values are never inspected for references.
   * Errors: CONFIG for an unknown storage or a malformed reference, UNSUPPORTED for an unknown serializer, codec or version,
   * and everything that `Result.read` says.
   */
  get<T = unknown>(at: Resolvable<T>, options?: ResultReadOptions): Promise<T>
  /** A handle whose `get()` is cached, with concurrent reads of one result shared. Its value is shared as well. */
  open<T = unknown>(at: Resolvable<T>): Promise<ResultHandle<T>>
  /** A Result on one of the storages; without a slug, on the default one. */
  result<T = unknown, const L extends Location = undefined, M extends ResultMode = 'value', S extends Seal = D>(
    slug?: string,
    options?: ResultOptions<T, L, M, S>,
  ): Result<T, L, M, S>
}

/** Makes a store. No I/O. Errors: CONFIG for defaults that name what is not there. */
export function createResultStore<const D extends Seal = undefined>(options: ResultStoreOptions<D>): ResultStore<D> {
  checkOptions(options)
  const { cacheBytes = 64 * 1024 * 1024, clock = Date.now } = options
  const storages = layered(options)
  const cache = valueCache(cacheBytes)
  const flights = new Map<string, Promise<unknown>>()
  const encrypted = { encrypted: isEncrypting(options.codecs ?? []) }

  const resultFor = (reference: ResultReference): Result<unknown, undefined, ResultMode> => {
    const { slug, storage } = findStorage(storages, reference.storage)
    const { serializer, codecs } = pipelineFor(options, reference)
    const { format } = reference
    return new Result<unknown, undefined, ResultMode>({ storage, name: slug, format, serializer, codecs, clock })
  }

  const cached = async (reference: ResultReference): Promise<unknown> => {
    const id = JSON.stringify(reference)
    const kept = cache.get(id, nowMs(clock))
    if (kept !== undefined) return kept.value
    const shared = flights.get(id)
    if (shared !== undefined) return shared
    const running = readOnce(reference, id).finally(() => flights.delete(id))
    flights.set(id, running)
    return running
  }

  const readOnce = async (reference: ResultReference, id: string): Promise<unknown> => {
    const result = resultFor(reference)
    const found = await result.find(reference)
    // find tells the record's expiry along with the value; read tells why there is none.
    if (found.status !== 'hit') return result.read(reference)
    // What the reference claims is not what was read, and even nothing takes a place.
    const bytes = (found.record.size ?? reference.size) + 2 * id.length
    cache.set(id, found.value, bytes, found.record.expiresAt?.getTime())
    return found.value
  }

  return {
    async get<T>(at: Resolvable<T>, readOptions?: ResultReadOptions): Promise<T> {
      const parsed = await parseResolvable(options, at)
      if (parsed.type === 'literal') return parsed.value as T
      return (await resultFor(parsed).read(parsed, readOptions)) as T
    },

    async open<T>(at: Resolvable<T>): Promise<ResultHandle<T>> {
      const reference = (await parseResolvable(options, at)) as ResultReference<T> | ResultLiteral
      if (reference.type === 'literal') {
        return { reference, get: async () => reference.value as T, describe: async () => undefined }
      }
      return {
        reference,
        get: async () => {
          const { kind } = serializerFor(options, reference.serializer)
          return (kind === 'stream' ? resultFor(reference).read(reference) : cached(reference)) as Promise<T>
        },
        describe: () => asDecrypt(encrypted, () => describeAny(storages, reference, clock)),
      }
    },

    result<T, const L extends Location, M extends ResultMode, S extends Seal>(
      slug: string | undefined = defaultSlug(options),
      given: ResultOptions<T, L, M, S> = {},
    ): Result<T, L, M, S> {
      const { storage } = findStorage(storages, slug)
      return new Result<T, L, M, S>({
        ...configured(options, given),
        storage,
        name: slug,
      } as unknown as ResultOptions<T, L, M, S>)
    },
  }
}

function layered({ storages, layers = [] }: ResultStoreOptions): ReadonlyMap<string, ResultStorage> {
  const entries = Object.entries(storages)
  for (const [, storage] of entries) checkStorage(storage)
  return new Map(entries.map(([slug, storage]) => [slug, applyLayers(storage, layers)]))
}

/** A storage by slug, then by uri. CONFIG names the known slugs. */
function findStorage(
  storages: ReadonlyMap<string, ResultStorage>,
  name: string,
): { slug: string; storage: ResultStorage } {
  const bySlug = storages.get(name)
  if (bySlug !== undefined) return { slug: name, storage: bySlug }
  for (const [slug, storage] of storages) if (storage.uri === name) return { slug, storage }
  const known = [...storages.keys()].sort().join(', ') || 'none'
  const message = `This storage is not configured here; known are: ${known}. Give it in storages, under the name that references have.`
  throw resultError('CONFIG', 'resolve', message, { storage: name })
}

function defaultSlug({ storages, defaults }: ResultStoreOptions): string {
  const slugs = Object.keys(storages)
  const slug =
    defaults?.storage ?? environment('RESULTKIT_DEFAULT_STORAGE') ?? (slugs.length === 1 ? slugs[0] : undefined)
  if (slug !== undefined) return slug
  const message = `This store has ${slugs.length} storages and no default. Name one: store.result('${slugs[0] ?? 'slug'}'), or give defaults: { storage }.`
  throw config(message)
}

/** What a Result of a store is made of: its own options first, then the store's. */
function configured(
  store: ResultStoreOptions,
  given: ResultOptions<never, Location, ResultMode, Seal> | object,
): object {
  const own = given as ResultOptions<never, Location, ResultMode, Seal>
  const { serializers = [], keyring, seal, clock, defaults } = store
  const codecs = own.codecs ?? defaults?.codecs ?? impliedCodecs(store)
  const wanted = own.serializer ?? defaults?.serializer ?? defaultSerializerName()
  const resolved = resolveSerializer(wanted, serializers, [...codecs, ...(store.codecs ?? [])])
  const added = resolved.codecs.filter(({ name }) => !codecs.some((codec) => codec.name === name))
  return {
    ...own,
    keyring: own.keyring ?? keyring,
    seal: own.seal ?? seal,
    clock: own.clock ?? clock,
    serializer: resolved.serializer,
    codecs: [...added, ...codecs],
  }
}

/** A store that reads nothing but encrypted results writes nothing else, unless it is told to. */
function impliedCodecs({ codecs = [] }: ResultStoreOptions): readonly Codec[] {
  return isEncrypting(codecs) ? codecs : []
}

async function parseResolvable(options: ResultStoreOptions, at: Resolvable): Promise<ResultReference | ResultLiteral> {
  if (typeof at !== 'string') return parseParsed(at)
  if (isSealed(at)) return parseParsed(await unseal(at, options))
  return parseParsed(
    parseJson(at, 'The text to be resolved is not JSON. A storage key is read through store.result(slug).'),
  )
}

function parseParsed(at: unknown): ResultReference | ResultLiteral {
  if (!isJsonObject(at) || at['type'] !== 'literal') return parseReference(at)
  const { value } = at
  if (Object.keys(at).length === 2 && value !== undefined && isLiteralValue(value)) return { type: 'literal', value }
  throw resultError('CONFIG', 'resolve', 'A literal is {type: "literal", value} with true, false or null.')
}

/** The pipeline that a reference names, out of what the store knows. */
function pipelineFor(options: ResultStoreOptions, { serializer, codecs = [] }: ResultReference): Pipeline {
  const known = options.codecs ?? []
  const resolved = codecs.map((name) => known.find((codec) => codec.name === name) ?? unknownCodec(name, known))
  if (isEncrypting(known) && !isEncrypting(resolved)) {
    const message = 'The reference is to a result that is not encrypted, and this store reads encrypted ones.'
    throw resultError('DECRYPT', 'resolve', message)
  }
  return { serializer: serializerFor(options, serializer), codecs: resolved }
}

function serializerFor({ serializers = [] }: ResultStoreOptions, name: SerializerName): Serializer {
  const found = serializers.find((serializer) => isSameSerializer(name, serializer)) ?? builtIn(name)
  if (found !== undefined) return found
  throw unsupported(unknownSerializer(name, serializers))
}

function unknownCodec(name: string, known: readonly Codec[]): never {
  const names = known.map((codec) => codec.name).join(', ') || 'none'
  throw unsupported(`The result went through the codec "${name}", and this store knows: ${names}. Give it in codecs.`)
}

function unsupported(message: string): ResultError {
  return resultError('UNSUPPORTED', 'resolve', message)
}

/** Describes a result also where its serializer or codecs are not known. */
function describeAny(
  storages: ReadonlyMap<string, ResultStorage>,
  reference: ResultReference,
  clock: Clock,
): Promise<RecordInfo | undefined> {
  const { slug, storage } = findStorage(storages, reference.storage)
  return new Result({ storage, name: slug, format: reference.format, serializer: 'json', clock }).describe(reference)
}
