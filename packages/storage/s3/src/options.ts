import type { S3Client, S3ClientConfig, ServerSideEncryption, StorageClass } from '@aws-sdk/client-s3'
import type { RetryOptions, StorageCapabilities } from '@resultkit/core'

/** What a server that speaks S3 may lack; the rest of `StorageCapabilities` follows from this package. */
export type S3Capabilities = Omit<StorageCapabilities, 'maxKeyBytes'>

/** How the client is made, when none is passed in. */
export interface S3ConnectionOptions {
  /**
   * A client of your own, used as it is: its retries, checksums and timeouts stay, and the other options of this group
   * are refused (CONFIG). It is never destroyed by the storage.
   * @default one that is made at the first call
   */
  readonly client?: S3Client | undefined
  /** @default the SDK's: AWS_REGION, then the shared configuration; with `endpoint`, `us-east-1` after AWS_REGION */
  readonly region?: string | undefined
  /** The server, such as `http://127.0.0.1:9000`. @default AWS, or AWS_ENDPOINT_URL_S3 */
  readonly endpoint?: string | undefined
  /** Static ones, or a function that gives them. @default the SDK's chain: environment, SSO, shared files, container, instance */
  readonly credentials?: S3ClientConfig['credentials']
  /** `http://host/bucket/key` instead of `http://bucket.host/key`. @default true with `endpoint`, else false */
  readonly forcePathStyle?: boolean | undefined
  /**
   * Whether the SDK adds a CRC32 to every write, which S3 compares and keeps. Some servers that speak S3 refuse it.
   * @default 'WHEN_SUPPORTED' on AWS, 'WHEN_REQUIRED' with an endpoint
   */
  readonly requestChecksumCalculation?: 'WHEN_SUPPORTED' | 'WHEN_REQUIRED' | undefined
  /**
   * Whether the signature covers the body of a write by its SHA-256, which costs as much as the record's own. TLS protects
   * it anyway.
   * @default true where the endpoint is plain HTTP and not on this machine, else false
   */
  readonly signPayload?: boolean | undefined
  /** How long a connection may take to be made, in milliseconds. @default 5_000 */
  readonly connectTimeout?: number | undefined
  /**
   * How long the server may be silent while an answer is awaited, in milliseconds: TIMEOUT (retryable) then. The time that
   * a consumer of a stream takes does not count.
   * @default 60_000
   */
  readonly idleTimeout?: number | undefined
  /** Connections at a time. @default 50 */
  readonly maxConnections?: number | undefined
}

/** How objects are stored. */
export interface S3WriteOptions {
  /** @default the bucket's (STANDARD) */
  readonly storageClass?: StorageClass | undefined
  /** `AES256`, `aws:kms`, `aws:kms:dsse`. @default the bucket's */
  readonly serverSideEncryption?: ServerSideEncryption | undefined
  /** The KMS key's id or ARN. @default the account's key */
  readonly sseKmsKeyId?: string | undefined
  /** The KMS encryption context; it is not secret, and appears in CloudTrail. @default none */
  readonly sseKmsEncryptionContext?: Readonly<Record<string, string>> | undefined
  /** Whether KMS is asked per bucket instead of per object. @default the bucket's */
  readonly bucketKeyEnabled?: boolean | undefined
  /** At most 10; needs the permission `s3:PutObjectTagging`. @default none */
  readonly tags?: Readonly<Record<string, string>> | undefined
}

/** How {@link s3Storage} keeps its objects. */
export interface S3StorageOptions extends S3ConnectionOptions, S3WriteOptions {
  /** It has to exist. */
  readonly bucket: string
  /** All keys lie below it, as `prefix/key`; a slash at its end may be left out. @default the whole bucket */
  readonly prefix?: string | undefined
  /** Bytes of one part of a stream: 5 MiB to 5 GiB. A stream that is not longer is one PUT. @default 8 MiB */
  readonly partSize?: number | undefined
  /**
   * Parts of one stream that are in memory at a time, being filled or sent: `partSize * concurrency` bytes for each write
   * of a stream.
   * @default 4
   */
  readonly concurrency?: number | undefined
  /** How long streams of unknown length may get, in bytes: parts become so large that 10,000 are enough. @default none */
  readonly sizeHint?: number | undefined
  /**
   * `false` for no second attempts.
   * @default {} with a client that is made here (its own retries are off); false with one that is passed in
   */
  readonly retry?: RetryOptions | false | undefined
  /** What the server cannot do, where that is known; see the README for some servers. @default everything */
  readonly capabilities?: Partial<S3Capabilities> | undefined
  /** `true` when the caller pays instead of the bucket's owner. @default false */
  readonly requesterPays?: boolean | undefined
  /** The account that owns the bucket; ACCESS_DENIED when another one does. @default not checked */
  readonly expectedBucketOwner?: string | undefined
}
