import { ownMemory } from './bytes.ts'
import { runCacheValidators } from './cache-validators.ts'
import { nowMs } from './clock.ts'
import { parseDuration } from './duration.ts'
import { ResultError, resultError } from './errors.ts'
import { isJsonObject } from './json-value.ts'
import { type Key, parseKey } from './key.ts'
import {
  defaultLocation,
  type Location,
  type LocationParameters,
  locationError,
  locationKey,
  type ParametersOf,
  renderTemplate,
} from './location.ts'
import {
  parseOptions,
  type ResultMode,
  type ResultOptions,
  type ResultParts,
  type Seal,
  type Settings,
} from './options.ts'
import type {
  FindOutcome,
  RecordInfo,
  ResultCallOptions,
  ResultDeleteOptions,
  ResultFindOptions,
  ResultListOptions,
  ResultReadOptions,
  ResultStreamOptions,
  ResultWriteOptions,
} from './outcome.ts'
import { type Loaded, load } from './read.ts'
import type { ResultReference } from './reference.ts'
import { letGo, releasing } from './releasing.ts'
import { callLocation, openReference } from './resolve-at.ts'
import type { Arguments, At, ExtraValidator, InputOf, ReferenceOf, ValueOf } from './result-types.ts'
import type { Source } from './source.ts'
import type { ObjectEntry, ObjectStat, ResultStorage } from './storage.ts'
import { describeSource, expired, notFound, openStream } from './stream.ts'
import { underSignal } from './under-signal.ts'
import { runValidators, type ValidationOutcome, type Validator, validationFailed } from './validator.ts'
import { writeValue } from './write.ts'

/**
 * Keeps what functions return: validates, serializes, publishes atomically, and gives a small reference. Immutable;
 * it is composed from options, never subclassed, and its construction does no I/O.
 *
 * `T` is inferred from the validators, `L` from a literal location.
 *
 * Every operation may reject with the storage's errors: ACCESS_DENIED, UNAVAILABLE, TIMEOUT, ABORTED; with
 * INVALID_LOCATION and INVALID_KEY for a place that has no name; and with UNSUPPORTED when there is no storage.
 */
export class Result<
  T = unknown,
  L extends Location = undefined,
  M extends ResultMode = 'value',
  S extends Seal = undefined,
> {
  readonly #options: ResultOptions<never, Location, ResultMode, Seal>
  readonly #settings: Settings

  /** Errors: CONFIG, INVALID_LOCATION for a malformed template. */
  constructor(options: ResultOptions<T, L, M, S> = {}) {
    // The types of values serve callers; erased here, they keep Result<number[]> assignable to Result<unknown>.
    this.#options = options as unknown as ResultOptions<never, Location, ResultMode, Seal>
    this.#settings = parseOptions(this.#options)
  }

  /** What a Result keeps records with, for packages that maintain stored records, such as key rotation. */
  static parts<T, L extends Location, M extends ResultMode, S extends Seal>(result: Result<T, L, M, S>): ResultParts {
    return result.#settings
  }

  /** The location as it was given: a template, a function, or `undefined`. */
  get location(): Location {
    return this.#options.location
  }

  /** The storage's identity, such as `s3://bucket/prefix`. */
  get uri(): string | undefined {
    return this.#settings.storage?.uri
  }

  /**
   * Stores a value and returns its reference, after the storage has published it.
   * Errors: VALIDATION_FAILED and SERIALIZE (nothing was written), ALREADY_EXISTS, PRECONDITION_FAILED, CONFIG.
   */
  async write(
    value: InputOf<T, M>,
    ...at: Arguments<L, ParametersOf<L> | string, ResultWriteOptions>
  ): Promise<ReferenceOf<ValueOf<T, M>, S>> {
    return (await this.writeWithStat(value, ...at)).reference
  }

  /** {@link write}, with the object as the storage sees it: its size and its etag, for `ifMatch`. */
  async writeWithStat(
    value: InputOf<T, M>,
    ...[at, options = {}]: Arguments<L, ParametersOf<L> | string, ResultWriteOptions>
  ): Promise<{ readonly reference: ReferenceOf<ValueOf<T, M>, S>; readonly stat: ObjectStat }> {
    return this.#run('write', at, async (place) => {
      const { reference, stat } = await writeValue(place, value, options)
      return { reference: await this.#seal(reference), stat }
    })
  }

  /**
   * Reads a value that has to be there, verified by its digest. Errors: NOT_FOUND, EXPIRED (by `expiresAt` alone), CORRUPT,
   * REPLACED, DECRYPT, DESERIALIZE, VALIDATION_FAILED, TOO_LARGE, UNSUPPORTED (written by another pipeline).
   */
  read(...[at, options = {}]: Arguments<L, At<L>, ResultReadOptions>): Promise<ValueOf<T, M>> {
    return this.#run('read', at, async (source) => {
      const loaded = await load(source, options)
      if (loaded.status === 'absent') throw notFound(source, 'read')
      if (loaded.status === 'expired') throw expired('read', loaded.record.expiresAt)
      if (loaded.issues.length > 0) throw validationFailed('read', loaded.issues)
      return loaded.value as ValueOf<T, M>
    })
  }

  /**
   * Looks for a value that may not be there, or no longer be good: one request, and always a status. What is not an answer
   * throws: CORRUPT, REPLACED, DECRYPT, DESERIALIZE, UNSUPPORTED, an outage.
   */
  find(
    ...[at, options = {}]: Arguments<L, At<L>, ResultFindOptions>
  ): Promise<FindOutcome<ValueOf<T, M>, ReferenceOf<ValueOf<T, M>, S>>> {
    return this.#run('find', at, async (source) => {
      const maxAge = options.maxAge === undefined ? this.#settings.cacheFor : parseDuration(options.maxAge)
      return this.#outcome(await load(source, options, maxAge), options.signal)
    })
  }

  async #outcome(
    loaded: Loaded,
    signal: AbortSignal | undefined,
  ): Promise<FindOutcome<ValueOf<T, M>, ReferenceOf<ValueOf<T, M>, S>>> {
    if (loaded.status === 'absent') return { status: 'miss' }
    if (loaded.status === 'expired') return loaded
    const { record, stale, issues } = loaded
    const value = loaded.value as ValueOf<T, M>
    if (issues.length > 0) return { status: 'invalid', record, reason: 'validators', issues }
    if (!(await this.#mayBeUsed(value, record, signal)))
      return { status: 'invalid', record, reason: 'cacheValidators', issues: [] }
    const reference = loaded.reference && (await this.#seal(loaded.reference))
    return { status: 'hit', value, record, reference, stale }
  }

  async #mayBeUsed(value: ValueOf<T, M>, record: RecordInfo, signal: AbortSignal | undefined): Promise<boolean> {
    const { cacheValidators, clock, serializer } = this.#settings
    let agreed = false
    try {
      const candidate = { value: value as never, record }
      agreed = await underSignal(signal, 'find', () =>
        runCacheValidators(cacheValidators, candidate, new Date(nowMs(clock))),
      )
    } finally {
      // Nobody else will let go of a stream that is not handed out.
      if (!agreed && serializer.kind === 'stream') await letGo(value as AsyncIterable<unknown>)
    }
    return agreed
  }

  /** Whether an object is there; its payload is not read, and an expired one exists. */
  async exists(...at: Arguments<L, At<L>, ResultCallOptions>): Promise<boolean> {
    return (await this.stat(...at)) !== undefined
  }

  /** Size, lastModified and etag of the object, without its payload; `undefined` when absent. */
  stat(...[at, options = {}]: Arguments<L, At<L>, ResultCallOptions>): Promise<ObjectStat | undefined> {
    return this.#run('stat', at, ({ key, storage }) => storage.stat(key, { signal: options.signal }))
  }

  /**
   * The record's header and the object's stat, in one small request and whatever the serializer; `undefined` when absent.
   * The header is not verified: its digest stands at the record's end. Errors: CORRUPT, UNSUPPORTED version.
   */
  describe(...[at, options = {}]: Arguments<L, At<L>, ResultCallOptions>): Promise<RecordInfo | undefined> {
    return this.#run('describe', at, (source) => describeSource(source, options.signal))
  }

  /** Deletes what is there; absent succeeds unless `ifMatch` is given. Errors: PRECONDITION_FAILED. */
  async delete(...[at, options = {}]: Arguments<L, At<L>, ResultDeleteOptions>): Promise<void> {
    const { ifMatch, signal } = options
    return this.#run('delete', at, ({ key, storage }) => storage.delete(key, { ifMatch, signal }))
  }

  /** Every object of the storage whose key starts with `prefix`, in order of their keys. */
  list(prefix: string = '', { startAfter, signal }: ResultListOptions = {}): AsyncIterable<ObjectEntry> {
    const storage = this.#storage('list')
    if (typeof prefix === 'string') return storage.list(prefix, { startAfter, signal })
    throw locationError('list: the prefix is not a text.')
  }

  /** Whether a value passes the Result's validators and these; never throws for an invalid value. */
  async validate(value: unknown, validators: readonly ExtraValidator<T>[] = []): Promise<ValidationOutcome> {
    return runValidators([...this.#settings.validators, ...(validators as readonly Validator<never>[])], value)
  }

  /** The same Result with its location fixed; without a location, at a new dated place. */
  format(...[parameters]: Arguments<L, ParametersOf<L>, never>): Result<T, string, M, S> {
    try {
      const key = this.#key(parameters, 'format')
      return this.with({ location: key.replaceAll(/[{}]/g, '$&$&') }) as unknown as Result<T, string, M, S>
    } catch (error) {
      throw ResultError.locate(error, undefined, this.uri)
    }
  }

  /**
   * The same Result with some options replaced; one that is given as undefined gets its default. `codecs` stay then: only
   * `[]` turns an encryption off.
   */
  with<T2 = T, const L2 extends Location = L, M2 extends ResultMode = M, S2 extends Seal = S>(
    options: ResultOptions<T2, L2, M2, S2>,
  ): Result<T2, L2, M2, S2> {
    const codecs = options.codecs ?? this.#options.codecs
    return new Result<T2, L2, M2, S2>({ ...this.#options, ...options, codecs } as unknown as ResultOptions<
      T2,
      L2,
      M2,
      S2
    >)
  }

  /**
   * The serializer's bytes, after the codecs, in constant memory; ends normally only when the digest matched. A range reads
   * only what it needs where the outermost codec verifies parts; otherwise it is UNSUPPORTED, or unverified with `verify: false`.
   * Each piece has memory of its own, which may be transferred.
   */
  stream(...[at, options = {}]: Arguments<L, At<L>, ResultStreamOptions>): AsyncGenerator<Uint8Array, void, undefined> {
    return releasing(this.#stream(at, options))
  }

  async *#stream(at: At<L> | undefined, options: ResultStreamOptions): AsyncGenerator<Uint8Array, void, undefined> {
    for await (const piece of await this.#run('stream', at, (source) => openStream(source, options)))
      yield ownMemory(piece)
  }

  #storage(operation: string): ResultStorage {
    const { storage } = this.#settings
    if (storage !== undefined) return storage
    const message = `${operation}: this Result has no storage. Choose a Result type such as localResult, or give new Result({ storage }).`
    throw resultError('UNSUPPORTED', operation, message)
  }

  #key(at: unknown, operation: string): Key {
    const { location, clock, format, serializer } = this.#settings
    if (typeof at === 'string') return parseKey(at, operation)
    const parameters = at ?? {}
    const takesNone = typeof location !== 'function' && !location?.some(({ kind }) => kind !== 'text')
    // What goes unheeded may be options in the wrong place, with an `ifAbsent` among them.
    const isLost = takesNone && operation !== 'format' && Object.keys(parameters).length > 0
    if (!isJsonObject(parameters) || isLost)
      throw locationError(
        `${operation}: what stands before the options is no key, and the location has no such parameters.`,
      )
    if (typeof location === 'function') return locationKey(callLocation(location, parameters))
    if (location !== undefined) return renderTemplate(location, parameters as LocationParameters)
    if (operation === 'write' || operation === 'format')
      return defaultLocation(clock, format === 'plain' ? serializer.extension : '')
    throw locationError(`${operation} was not told where: this Result has no location. Give a reference, or a key.`)
  }

  /** Works on what is named; what it throws says where it belongs. */
  async #run<R>(operation: string, at: unknown, work: (source: Source) => Promise<R>): Promise<R> {
    const settings = this.#settings
    const storage = this.#storage(operation)
    let key: Key | undefined
    try {
      // A write starts at once: what the caller changes later is not stored.
      const reference = operation === 'write' ? undefined : await openReference(settings, at)
      key = reference ? (reference.key as Key) : this.#key(at, operation)
      return await work({ settings, storage, key, reference })
    } catch (error) {
      throw ResultError.locate(error, key, storage.uri)
    }
  }

  async #seal(reference: ResultReference): Promise<ReferenceOf<ValueOf<T, M>, S>> {
    const { seal } = this.#settings
    const given = seal ? await seal.keyring.seal(JSON.stringify(reference), seal.context) : reference
    return given as ReferenceOf<ValueOf<T, M>, S>
  }
}
