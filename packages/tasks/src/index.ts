export {
  type CacheKey,
  type CacheKeyFunction,
  type CachePolicies,
  type CachePolicy,
  flowParameters,
  inputs,
  runId,
  source,
} from './cache-policy.ts'
export {
  allInputs,
  allParameters,
  type DigestValidator,
  durationOnly,
  neverUse,
  partialInputsOnly,
  partialParametersOnly,
  type TaskCacheValidator,
} from './cache-validators.ts'
export { type CanonicalHashOptions, canonicalHash, type HashableClass } from './canonical-hash.ts'
export { defaultStore } from './default-store.ts'
export type { Explanation } from './explain.ts'
export type { LookupExplanation } from './explain-lookup.ts'
export { type Flow, flow } from './flow.ts'
export { map } from './map.ts'
export type { DecidedBy, Feature, PersistenceDecision, PersistenceFacts } from './resolve-persistence.ts'
export { resolvePersistence } from './resolve-persistence.ts'
export {
  constantResult,
  fromHandler,
  type InlineResultOptions,
  inlineResult,
  type NoSerializer,
  type ResultAdapter,
  type ResultHandler,
  secretResult,
} from './result-adapter.ts'
export { type ConsoleSinkOptions, type ConsoleTarget, consoleSink } from './sinks/console-sink.ts'
export { jsonlSink } from './sinks/jsonl-sink.ts'
export { type MemorySink, memorySink } from './sinks/memory-sink.ts'
export type { StateSink } from './sinks/state-sink.ts'
export { reviveState, type StateGetOptions, type StateJson, type TaskState } from './state.ts'
export type {
  LogEvent,
  LookupReason,
  PublishedResult,
  ResultLocation,
  RunEvent,
  StateEvent,
  StateReason,
  StateType,
} from './state-types.ts'
export { explain, type Task, type TaskArguments, type TaskFunction, type TaskInput, task } from './task.ts'
export type {
  AnyResult,
  Concurrency,
  FlowOptions,
  LocationContext,
  OnTrouble,
  RedactKind,
  RunContext,
  RuntimeDefaults,
  RuntimeOptions,
  Target,
  TaskOptions,
} from './task-options.ts'
export type { TaskPromise } from './task-promise.ts'
export { withRuntime } from './with-runtime.ts'
