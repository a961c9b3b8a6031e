import { checkOptions, config } from './check-options.ts'
import type { Clock } from './clock.ts'
import type { Codec, ReferenceSealer } from './codec.ts'
import { type Duration, parseDuration } from './duration.ts'
import { type Location, type LocationFunction, type LocationPart, parseTemplate } from './location.ts'
import type { CacheValidator } from './outcome.ts'
import { isEncrypting, type Pipeline } from './pipeline.ts'
import type { ResultFormat } from './reference.ts'
import type { Serializer } from './serializer.ts'
import { defaultSerializerName, resolveSerializer } from './serializer-names.ts'
import { applyLayers, type Layer, type ResultStorage } from './storage.ts'
import type { Validator } from './validator.ts'

/** Whether a Result holds values, or streams of items. */
export type ResultMode = Serializer['kind']

/** How `write` seals its references: `true` with the keyring at hand, or with these. */
export type Seal = boolean | undefined | SealOptions

/** How references are sealed. */
export interface SealOptions {
  /** @default the Result's or store's `keyring` */
  readonly keyring?: ReferenceSealer | undefined
  /** Must be given again to open the reference. @default undefined */
  readonly context?: string | undefined
}

/** An older way in which results were written, that may still be read. What is left out is as configured now. */
export interface AcceptedPipeline {
  readonly serializer?: Serializer | string | undefined
  /** `[]` also accepts what is not encrypted. */
  readonly codecs?: readonly Codec[] | undefined
}

/** What a Result is made of. */
export interface ResultOptions<
  T = unknown,
  L extends Location = undefined,
  M extends ResultMode = 'value',
  S extends Seal = undefined,
> {
  /** Where bytes go. Without one, operations say UNSUPPORTED. @default undefined */
  readonly storage?: ResultStorage | undefined
  /** What references call the storage. @default the storage's uri */
  readonly name?: string | undefined
  /** A template, a function, or nothing for a dated default that never collides. @default undefined */
  readonly location?: L
  /** An instance, or the name of a built-in one. @default RESULTKIT_DEFAULT_SERIALIZER, else json() */
  readonly serializer?: (Serializer & { readonly kind: M }) | string | undefined
  /** Applied in order: compression before encryption. @default [] */
  readonly codecs?: readonly Codec[] | undefined
  /** Checked before a write and after a read; with a stream serializer, each item. @default [] */
  readonly validators?: readonly Validator<T>[] | undefined
  /** `record` keeps header, payload and digests in one object; `plain` is the payload alone. @default 'record' */
  readonly format?: ResultFormat | undefined
  /** Older pipelines that may be read as well; of values where the serializer is of values, else of streams. @default [] */
  readonly accepts?: readonly AcceptedPipeline[] | undefined
  /** How old a value may be for `find`, counted from its creation. @default no limit */
  readonly cacheFor?: Duration | undefined
  /** All must agree, or `find` says invalid. @default [] */
  readonly cacheValidators?: readonly CacheValidator<T>[] | undefined
  /** Wrap the storage; the first is the innermost. @default [] */
  readonly layers?: readonly Layer[] | undefined
  /** @default Date.now */
  readonly clock?: Clock | undefined
  /** Makes `write` return sealed references. @default undefined */
  readonly seal?: S
  /** Opens sealed references, and seals with `seal: true`. @default undefined */
  readonly keyring?: ReferenceSealer | undefined
  /** Written into records as `writer`. @default undefined */
  readonly writer?: string | undefined
}

/** A location in the form that operations use. */
export type ParsedLocation = readonly LocationPart[] | LocationFunction | undefined

/** What a Result keeps records with. */
export interface ResultParts {
  /** With its layers. */
  readonly storage: ResultStorage | undefined
  readonly format: ResultFormat
  /** The configured serializer and codecs, then the older ones that may be read as well. */
  readonly accepted: readonly { readonly serializer: Serializer; readonly codecs: readonly Codec[] }[]
  readonly validators: readonly Validator<never>[]
  /** Milliseconds. */
  readonly cacheFor: number | undefined
  readonly cacheValidators: readonly CacheValidator<never>[]
  /** What seals the references that it gives, if it does. */
  readonly seal: object | undefined
  readonly clock: Clock
}

/** Options after they were checked. Types of values are erased: they serve the compiler only. */
export interface Settings extends Pipeline {
  readonly storage: ResultStorage | undefined
  readonly name: string | undefined
  readonly location: ParsedLocation
  readonly encrypted: boolean
  /** The configured pipeline, then the older ones; all serializers are of one kind. */
  readonly accepted: readonly Pipeline[]
  readonly validators: readonly Validator<never>[]
  readonly format: ResultFormat
  /** Milliseconds. */
  readonly cacheFor: number | undefined
  readonly cacheValidators: readonly CacheValidator<never>[]
  readonly clock: Clock
  readonly seal: { readonly keyring: ReferenceSealer; readonly context: string | undefined } | undefined
  readonly keyring: ReferenceSealer | undefined
  readonly writer: string | undefined
}

type AnyOptions = ResultOptions<never, Location, ResultMode, Seal>

/** Checks options once, without any I/O. Errors: CONFIG, INVALID_LOCATION. */
export function parseOptions(options: AnyOptions): Settings {
  const { storage, name, location, layers = [], validators = [], format = 'record', accepts = [] } = options
  const { cacheFor, cacheValidators = [], clock = Date.now, writer } = options
  const pipeline = parsePipeline(options)
  const encrypted = isEncrypting(pipeline.codecs)
  if (name === '' || [name ?? '', writer ?? ''].some((each) => typeof each !== 'string'))
    throw config('name or writer is not a text, or name is empty.')
  // Not spread: a member that is undefined is left out, and must not turn encryption off.
  const accepted = [pipeline, ...accepts.map((older) => parsePipeline(older, pipeline))]
  if (accepted.some(({ serializer }) => serializer.kind !== pipeline.serializer.kind))
    throw config('accepts mixes serializers of values and of streams. Read them with Results of their own.')
  if (format !== 'record' && format !== 'plain') throw config(`format is not 'record' or 'plain'.`)
  if (format === 'plain' && encrypted) {
    throw config(`format: 'plain' cannot be encrypted. Use format: 'record'.`)
  }
  return {
    storage: storage && layered(storage, layers),
    name,
    location: typeof location === 'string' ? parseTemplate(location) : location,
    ...pipeline,
    encrypted,
    accepted,
    validators,
    format,
    cacheFor: cacheFor === undefined ? undefined : parseDuration(cacheFor),
    cacheValidators,
    clock,
    ...parseSeal(options),
    writer,
  }
}

const applied = new WeakMap<readonly Layer[], WeakMap<ResultStorage, ResultStorage>>()

/** The same storage with the same layers is the same object, so that Results made by `with` share a `limit`. */
function layered(storage: ResultStorage, layers: readonly Layer[]): ResultStorage {
  if (layers.length === 0) return storage
  const known = applied.get(layers) ?? new WeakMap<ResultStorage, ResultStorage>()
  applied.set(layers, known)
  const found = known.get(storage) ?? applyLayers(storage, layers)
  known.set(storage, found)
  return found
}

function parsePipeline(given: AcceptedPipeline, usual?: Pipeline): Pipeline {
  checkOptions(given)
  const { serializer = usual?.serializer ?? defaultSerializerName(), codecs = usual?.codecs ?? [] } = given
  const resolved = resolveSerializer(serializer, [], codecs)
  const firstEncryption = codecs.findIndex(({ kind }) => kind === 'encryption')
  const lastCompression = codecs.findLastIndex(({ kind }) => kind === 'compression')
  if (firstEncryption >= 0 && firstEncryption < lastCompression) {
    throw config('codecs encrypt before they compress. Put compression first.')
  }
  if ([resolved.serializer, ...codecs].some(({ name }) => name === ''))
    throw config('a serializer or codec has no name.')
  if (new Set(codecs.map(({ name }) => name)).size < codecs.length) throw config('codecs has one name twice.')
  return { serializer: resolved.serializer, codecs }
}

function parseSeal({ seal, keyring }: AnyOptions): Pick<Settings, 'seal' | 'keyring'> {
  if (!seal) return { seal: undefined, keyring }
  const given = seal === true ? {} : seal
  const sealer = given.keyring ?? keyring
  if (typeof sealer?.seal !== 'function') throw config('seal needs a keyring. Give keyring, or seal: { keyring }.')
  return { seal: { keyring: sealer, context: given.context }, keyring: keyring ?? sealer }
}
