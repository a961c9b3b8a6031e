export type { ByteSource } from './bytes.ts'
export { bufferedParts, collectBytes, concatBytes, equalBytes, sizeOf, streamOf } from './bytes.ts'
export type { Clock } from './clock.ts'
export type { Codec, CodecContext, RangeReader, RangeSource, ReferenceSealer } from './codec.ts'
export type { IssuePath, ResultErrorCode, ResultErrorOptions, ResultIssue } from './errors.ts'
export { abortedError, isResultError, ResultError, throwIfAborted, withDetails } from './errors.ts'
export type { JsonObject, JsonValue } from './json-value.ts'
export type { Key } from './key.ts'
export { MAX_KEY_BYTES, parseKey, RESERVED_SEGMENT } from './key.ts'
export { compareUtf8, type MemoryStorageOptions, memoryStorage } from './memory.ts'
export type { ByteRange } from './range.ts'
export { parseRange, resolveRange } from './range.ts'
export type { Serializer, SerializerInfo, StreamSerializer, ValueSerializer } from './serializer.ts'
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
export type { StandardSchemaV1, ValidationOutcome, Validator } from './validator.ts'
export { type } from './validator.ts'
