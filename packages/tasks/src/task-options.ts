import type {
  Clock,
  Duration,
  JsonObject,
  Location,
  Result,
  ResultFormat,
  ResultMode,
  ResultStorage,
  ResultStore,
  ResultStoreOptions,
  Seal,
  Serializer,
  StandardSchemaV1,
} from '@resultkit/core'
import type { CacheKey } from './cache-policy.ts'
import type { TaskCacheValidator } from './cache-validators.ts'
import type { HashableClass } from './canonical-hash.ts'
import type { ResultAdapter } from './result-adapter.ts'
import type { StateSink } from './sinks/state-sink.ts'
import type { PublishedResult } from './state-types.ts'

/** A Result whatever its location, mode and seal. */
export type AnyResult = Pick<
  Result<never, Location, ResultMode, Seal>,
  'location' | 'uri' | 'with' | 'validate' | 'delete' | 'stat'
>

/** What a location or target function, and a key function, is told of a run. */
export interface LocationContext<I = unknown> {
  /** With every `TaskPromise` in it resolved. */
  readonly input: I
  /** Of the flow around the task; of the flow itself for a flow's own location. */
  readonly parameters: unknown
  readonly taskName: string
  readonly flowName: string | undefined
  /** The run of the flow around; outside a flow, the task's own. */
  readonly runId: string
  /** The place among the inputs of `map`. */
  readonly index: number | undefined
  /** When the run was called. */
  readonly date: Date
}

/**
 * Where a target lies: a template whose fields are input names, flow parameters, `task_name`, `flow_name`, `run_id`, `index`
 * or `{date:yyyy-MM-dd}`, or a function. A text is `format: 'plain'`, so that other tools can read and write the file.
 */
export type Target<I = unknown> =
  | string
  | ((context: LocationContext<I>) => string)
  | {
      readonly location: string | ((context: LocationContext<I>) => string)
      readonly format?: ResultFormat | undefined
    }

/** What is done about a stored value that is invalid or unreadable: fail, or run the body and replace it. */
export type OnTrouble = 'fail' | 'run'

/** How many runs may be in their bodies at once in this process. Those of one `name` share the limit. */
export type Concurrency = number | { readonly name: string; readonly limit: number }

/** Compared as loosely as methods are: a `Task<I, T>` is a `Task<I, unknown>` then, and `TaskOptions` alone fit every task. */
export type AsMethod<F extends (...given: never) => unknown> = { call(...given: Parameters<F>): ReturnType<F> }['call']

/** How a task or flow is run and what is kept of its result. Everything is optional. */
export interface TaskOptions<I = unknown, T = never> {
  /**
   * `true` stores the result, `false` stores nothing ever: MISSING_RESULT when a value that was not stored is needed.
   * @default stored when an option needs it, when the flow says so, or by the defaults
   */
  readonly persistResult?: boolean | undefined
  /** A storage, or the slug of one in the store. @default the flow's, else the store's default */
  readonly resultStorage?: ResultStorage | string | undefined
  /** @default the flow's, else the store's default, else pickle */
  readonly resultSerializer?: Serializer | string | undefined
  /** A Result to store with; the other options override it one by one, validators are appended. @default undefined */
  readonly result?: AnyResult | ResultAdapter<T> | undefined
  /** A location whose existence replaces the run. @default undefined */
  readonly target?: Target<I> | undefined
  /** Checked before a value is stored or passed on, and after it was read. @default [] */
  readonly validators?:
    | readonly (StandardSchemaV1<T, T> | AsMethod<(value: T) => boolean | Promise<boolean>>)[]
    | undefined
  /** For a stored value that fails the validators. @default 'fail' */
  readonly onInvalid?: OnTrouble | undefined
  /** For a stored value that is corrupt, or of another pipeline. An outage always fails. @default 'fail' */
  readonly onUnreadable?: OnTrouble | undefined
  /** How long a stored result is used, counted from its creation. @default no limit */
  readonly cacheFor?: Duration | undefined
  /** What makes two runs the same. @default `[inputs(), source()]` with cacheFor alone, else no caching */
  readonly cacheKey?: CacheKey<I> | undefined
  /** All must agree before a stored result is used. @default [durationOnly] */
  readonly cacheValidators?: readonly TaskCacheValidator<T>[] | undefined
  /** `true` stores the output; `false` keeps it out of `defaults.checkpointing`. @default undefined */
  readonly checkpoint?: boolean | undefined
  /** Further attempts after the first. @default 0 */
  readonly retries?: number | undefined
  /** Before each further attempt; a list is for the first, second, ... and its last for the rest. @default 0 */
  readonly retryDelay?:
    | Duration
    | readonly Duration[]
    | ((attempt: number, error: unknown) => Duration | Promise<Duration>)
    | undefined
  /** Whether a failure is worth another attempt. @default every one but MISSING_RESULT and CONFIG */
  readonly retryIf?: ((error: unknown, attempt: number) => boolean | Promise<boolean>) | undefined
  /** Of one attempt's body, not of waiting for who computes the same; TIMEOUT, and `run.signal` fires. @default no limit */
  readonly timeout?: Duration | undefined
  /** @default no limit */
  readonly concurrency?: Concurrency | undefined
  /** Keyed runs are computed once among the callers in this process, or among all who use the storage. @default 'process' */
  readonly once?: 'process' | 'storage' | undefined
  /** Whether keyed look-ups may be served from memory, which gives every caller the same object. Never targets. @default true */
  readonly cacheInMemory?: boolean | undefined
  /** Refuses at definition what otherwise fails when it is needed. @default false */
  readonly strict?: boolean | undefined
  /** Ignores what is stored, and replaces it. @default `defaults.refresh`, else false */
  readonly refresh?: boolean | undefined
  /** Cancels the run. @default undefined */
  readonly signal?: AbortSignal | undefined
}

/** What applies where neither task nor flow says anything. */
export interface RuntimeDefaults {
  /** For tasks alone; before the flow's. @default undefined */
  readonly taskPersistResult?: boolean | undefined
  /** After the flow's. @default RESULTKIT_PERSIST_BY_DEFAULT, else false */
  readonly persistResult?: boolean | undefined
  /** The slug of a storage. @default the store's, else RESULTKIT_DEFAULT_STORAGE */
  readonly resultStorage?: string | undefined
  /** @default RESULTKIT_DEFAULT_SERIALIZER, else the store's, else pickle */
  readonly resultSerializer?: Serializer | string | undefined
  /** `true` stores every output whose task does not say `checkpoint: false`; `false` stores and looks up nothing, except with `persistResult: true`. @default undefined */
  readonly checkpointing?: boolean | undefined
  /** @default false */
  readonly refresh?: boolean | undefined
}

/** What kind of text `redact` is shown. */
export type RedactKind = 'parameters' | 'message' | 'log' | 'stack'

/** Where runs keep results and report to. */
export interface RuntimeOptions {
  /** A store, or what one is made of. @default `.resultkit/results` below the working directory, pickle */
  readonly store?: ResultStore<Seal> | ResultStoreOptions | undefined
  /** @default no sink */
  readonly sink?: StateSink | readonly StateSink[] | undefined
  /** @default Date.now */
  readonly clock?: Clock | undefined
  /** Sees every text before it leaves, and gives what leaves in its place. @default as it is */
  readonly redact?: ((text: string, kind: RedactKind) => string) | undefined
  readonly defaults?: RuntimeDefaults | undefined
  /** Classes whose instances may be part of keys. @default [] */
  readonly classes?: readonly HashableClass[] | undefined
  /** What copies for keyed look-ups may take, counted as stored, each at least 256 bytes; for all who use the store, as said last. @default 64 MiB */
  readonly cacheBytes?: number | undefined
  /** With `once: 'storage'`: after how long without a sign of life from who computes somebody else does. @default '30s' */
  readonly leaseFor?: Duration | undefined
}

/** Options of a flow: those of a task, and the runtime that its tasks inherit. */
export interface FlowOptions<I = unknown, T = never> extends TaskOptions<I, T>, RuntimeOptions {
  /** Resumes the run of this id: results that it has stored are found, everything else runs again. @default a new run */
  readonly runId?: string | undefined
}

/** What a body is given beside its input. */
export interface RunContext {
  /** Of the flow around; a flow's own; outside a flow, the task's own. */
  readonly runId: string
  /** 1 for the first. */
  readonly attempt: number
  /** The place among the inputs of `map`. */
  readonly index: number | undefined
  /** Fires when the run is cancelled, timed out, or the flow around it ends early. */
  readonly signal: AbortSignal
  /** A line for the sinks, through `redact`; `RESULTKIT_LOGS=off` turns them off. Details are put after it as JSON. */
  log(message: string, details?: JsonObject): void
  /** Names a result that the body reads on its own, so that the final state tells of it. */
  track(result: PublishedResult): void
}
