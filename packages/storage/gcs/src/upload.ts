import type { Key, WriteOptions } from '@resultkit/core'
import { type Call, failure } from './failure.ts'
import type { Service } from './service.ts'

/** What the service is told about an object, beside its checksum. */
export interface ObjectMetadata {
  /** The part with the bytes has to name the same one, or the service refuses the upload. */
  readonly contentType: string
  readonly storageClass: string | undefined
  readonly metadata: Readonly<Record<string, string>>
}

/** What is to be written, and where to. */
export interface Upload {
  readonly service: Service
  readonly call: Call
  readonly key: Key
  readonly name: string
  readonly options: WriteOptions
  /** `0`: only if there is none. */
  readonly ifGenerationMatch: string | undefined
  readonly metadata: ObjectMetadata
}

/** ALREADY_EXISTS or PRECONDITION_FAILED. */
export function conditionFailed(call: Call, { ifAbsent }: WriteOptions, cause?: unknown): Error {
  return ifAbsent
    ? failure(call, 'ALREADY_EXISTS', 'there is an object already, and ifAbsent leaves it as it is', { cause })
    : failure(call, 'PRECONDITION_FAILED', 'the stored object is not the version that ifMatch names', { cause })
}
