export type { ByteSource } from './bytes.ts'
export { bufferedParts, collectBytes, concatBytes, equalBytes, requireBytes, sizeOf, streamOf } from './bytes.ts'
export { type Clock, nowMs } from './clock.ts'
export type { Codec, CodecContext, RangeReader, RangeSource, ReferenceSealer } from './codec.ts'
export { type Duration, parseDuration } from './duration.ts'
export type { ErrorPlace, IssuePath, ResultErrorCode, ResultErrorOptions, ResultIssue } from './errors.ts'
export { abortedError, isResultError, ResultError, throwIfAborted, withDetails } from './errors.ts'
export type { ItemSource } from './items.ts'
export type { JsonObject, JsonValue } from './json-value.ts'
export { canonicalJson } from './json-value.ts'
export type { Key } from './key.ts'
export { MAX_KEY_BYTES, parseKey, RESERVED_SEGMENT, reservedKey } from './key.ts'
export { type LimitOptions, limit } from './layers/limit.ts'
export type { StorageOperation } from './layers/operation.ts'
export { prefix } from './layers/prefix.ts'
export { readOnly } from './layers/read-only.ts'
export { type RestrictedCapabilities, restrict } from './layers/restrict.ts'
export { type RetryEvent, type RetryOptions, retry } from './layers/retry.ts'
export { type TimeoutOptions, timeout } from './layers/timeout.ts'
export { type TraceEvent, type TraceOptions, type TraceOutcome, trace } from './layers/trace.ts'
export type {
  Location,
  LocationFunction,
  LocationParameters,
  LocationValue,
  ParametersOf,
} from './location.ts'
export { compareUtf8, type MemoryStorageOptions, memoryStorage } from './memory.ts'
export { type MemoryResultOptions, memoryResult } from './memory-result.ts'
export type { AcceptedPipeline, ResultMode, ResultOptions, ResultParts, Seal, SealOptions } from './options.ts'
export type {
  CacheCandidate,
  CacheValidator,
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
export { type ProbeOptions, probeCapabilities } from './probe-capabilities.ts'
export type { ByteRange } from './range.ts'
export { parseRange, resolveRange } from './range.ts'
export { decodeHeader, encodeHeader, type RecordHeader } from './record/header.ts'
export {
  type DecodedHeader,
  type DecodedRecord,
  decodeRecord,
  decodeRecordStream,
  encodeRecord,
  encodeRecordStream,
  type RecordStream,
} from './record/record.ts'
export { decodeTrailer, encodeTrailer, type RecordTrailer, TRAILER_BYTES } from './record/trailer.ts'
export type { ResultFormat, ResultLiteral, ResultReference, SerializerName } from './reference.ts'
export { isLiteralValue, literal, parseReference } from './reference.ts'
export { Result } from './result.ts'
export type { At, InputOf, ReferenceOf, SealedReference, ValueOf } from './result-types.ts'
export type { Serializer, SerializerInfo, StreamSerializer, ValueSerializer } from './serializer.ts'
export { bytes } from './serializers/bytes.ts'
export { json } from './serializers/json.ts'
export type { JsonLibrary, JsonOptions } from './serializers/json-format.ts'
export type { JsonLoss } from './serializers/json-rules.ts'
export { type JsonType, type JsonTypeDefinition, jsonType, jsonTypes } from './serializers/json-types.ts'
export { type NdjsonOptions, ndjson } from './serializers/ndjson.ts'
export { text } from './serializers/text.ts'
export type {
  CallOptions,
  DeleteOptions,
  Layer,
  ListOptions,
  ObjectEntry,
  ObjectStat,
  ReadOptions,
  ResultStorage,
  StorageCapabilities,
  StoredObject,
  WriteOptions,
} from './storage.ts'
export { applyLayers, releaseObject } from './storage.ts'
export {
  createResultStore,
  type Resolvable,
  type ResultHandle,
  type ResultStore,
  type ResultStoreOptions,
  type StoreDefaults,
} from './store.ts'
export { underSignal } from './under-signal.ts'
export type { StandardSchemaV1, ValidationOutcome, Validator } from './validator.ts'
export { formatPath, type } from './validator.ts'
