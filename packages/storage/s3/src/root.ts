import { MAX_KEY_BYTES, type RetryOptions, type StorageCapabilities } from '@resultkit/core'
import type { EtagForm } from './etag-form.ts'
import type { S3Capabilities, S3StorageOptions } from './options.ts'
import { openService, type Service } from './service.ts'
import { wrong } from './wrong.ts'

const MIB = 1024 * 1024
const MIN_PART = 5 * MIB
const MAX_PART = 5 * 1024 * MIB
/** The most parts that one object can have. */
export const MAX_PARTS: number = 10_000

/** The bucket of a storage and how to work with it. */
export interface Root {
  readonly uri: string
  readonly bucket: string
  /** What every object's name starts with: empty, or the prefix with a slash. */
  readonly base: string
  readonly capabilities: StorageCapabilities
  /** Loads the SDK and makes the client, once. */
  readonly service: () => Promise<Service>
  readonly bucketSeen: { value: boolean }
  /** How the server takes ETags in conditional writes, once one has succeeded. */
  readonly etagForm: { known: EtagForm | undefined }
  readonly partSize: number
  readonly concurrency: number
  readonly sizeHint: number | undefined
  readonly retry: RetryOptions | false
  /** What every request carries. */
  readonly every: { readonly RequestPayer?: 'requester'; readonly ExpectedBucketOwner?: string }
  /** What a request carries that begins an object. */
  readonly object: ObjectInput
}

/** Storage class, encryption and tags, as the SDK names them. */
export interface ObjectInput {
  readonly StorageClass?: S3StorageOptions['storageClass']
  readonly ServerSideEncryption?: S3StorageOptions['serverSideEncryption']
  readonly SSEKMSKeyId?: string
  readonly SSEKMSEncryptionContext?: string
  readonly BucketKeyEnabled?: boolean
  readonly Tagging?: string
}

const ALL: S3Capabilities = {
  ifAbsent: true,
  ifMatch: true,
  ifAbsentStream: true,
  ifMatchStream: true,
  deleteIfMatch: true,
  readConditions: true,
  list: true,
  ranges: true,
  nestedKeys: true,
  writeId: true,
}

/** Checks the options: CONFIG when one is wrong. No I/O. */
export function openRoot(options: S3StorageOptions, operation: string): Root {
  if (typeof options !== 'object' || options === null) throw wrong(operation, 'no options')
  const { bucket, partSize = 8 * MIB, concurrency = 4, sizeHint, client } = options
  if (typeof bucket !== 'string' || bucket === '' || bucket.includes('/'))
    throw wrong(operation, "a bucket that is no bucket's name: a text that is not empty and has no slash")
  const prefix = withoutSlash(options.prefix)
  if (prefix !== '' && !isPrefix(prefix)) {
    throw wrong(
      operation,
      'a prefix that is not made of segments with a "/" between them, none of them empty, "." or ".."',
    )
  }
  if (!isWhole(partSize, MIN_PART, MAX_PART)) throw wrong(operation, 'a partSize that is not 5 MiB to 5 GiB in bytes')
  if (!isWhole(concurrency, 1, 1000)) throw wrong(operation, 'a concurrency that is not a whole number from 1 to 1,000')
  if (sizeHint !== undefined && !isWhole(sizeHint, 0, MAX_PART * MAX_PARTS))
    throw wrong(operation, 'a sizeHint that is not a number of bytes')
  const base = prefix === '' ? '' : `${prefix}/`
  const maxKeyBytes = MAX_KEY_BYTES - new TextEncoder().encode(base).length
  if (maxKeyBytes < 1) throw wrong(operation, 'a prefix that leaves no room for keys: names have at most 1,024 bytes')
  return {
    uri: prefix === '' ? `s3://${bucket}` : `s3://${bucket}/${prefix}`,
    bucket,
    base,
    capabilities: { ...ALL, ...given(options.capabilities, operation), maxKeyBytes },
    service: openService(options, operation),
    bucketSeen: { value: false },
    etagForm: { known: undefined },
    partSize,
    concurrency,
    sizeHint,
    retry: options.retry ?? (client === undefined ? {} : false),
    every: everyInput(options),
    object: objectInput(options),
  }
}

function given(capabilities: Partial<S3Capabilities> | undefined, operation: string): Partial<S3Capabilities> {
  for (const [name, value] of Object.entries(capabilities ?? {})) {
    if (!Object.hasOwn(ALL, name) || typeof value !== 'boolean')
      throw wrong(operation, 'capabilities that are not booleans by the names of StorageCapabilities')
  }
  return capabilities ?? {}
}

function everyInput({ requesterPays, expectedBucketOwner }: S3StorageOptions): Root['every'] {
  return {
    ...(requesterPays === true && { RequestPayer: 'requester' as const }),
    ...(expectedBucketOwner !== undefined && { ExpectedBucketOwner: expectedBucketOwner }),
  }
}

function objectInput(options: S3StorageOptions): ObjectInput {
  const { storageClass, serverSideEncryption, sseKmsKeyId, sseKmsEncryptionContext, bucketKeyEnabled, tags } = options
  const context = sseKmsEncryptionContext && Buffer.from(JSON.stringify(sseKmsEncryptionContext)).toString('base64')
  return {
    ...(storageClass !== undefined && { StorageClass: storageClass }),
    ...(serverSideEncryption !== undefined && { ServerSideEncryption: serverSideEncryption }),
    ...(sseKmsKeyId !== undefined && { SSEKMSKeyId: sseKmsKeyId }),
    ...(context !== undefined && { SSEKMSEncryptionContext: context }),
    ...(bucketKeyEnabled !== undefined && { BucketKeyEnabled: bucketKeyEnabled }),
    ...(tags !== undefined && { Tagging: new URLSearchParams(tags).toString().replaceAll('+', '%20') }),
  }
}

/** A slash at the end says nothing more. */
function withoutSlash(prefix: string = ''): string {
  return typeof prefix === 'string' && prefix !== '/' && prefix.endsWith('/') ? prefix.slice(0, -1) : prefix
}

function isPrefix(prefix: unknown): boolean {
  if (typeof prefix !== 'string' || !prefix.isWellFormed() || prefix.includes('\0')) return false
  return prefix.split('/').every((segment) => segment !== '' && segment !== '.' && segment !== '..')
}

function isWhole(value: number, from: number, to: number): boolean {
  return Number.isSafeInteger(value) && value >= from && value <= to
}
