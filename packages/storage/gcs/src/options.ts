import type { Bucket, Storage, StorageOptions } from '@google-cloud/storage'
import { type Duration, parseDuration, parseKey, ResultError, type RetryOptions } from '@resultkit/core'
import { encodeName } from './names.ts'

/** A chunk of a resumable upload is a multiple of this many bytes. */
export const CHUNK_UNIT: number = 256 * 1024

const DEFAULT_CHUNK = 8 * 1024 * 1024
const encoder = new TextEncoder()

/** Options of `gcsStorage`. Those that say how to connect are the SDK's, and are not used with a `client`. */
export interface GcsStorageOptions {
  /** The bucket's name, or a `Bucket` of the SDK, whose client and `userProject` are used then. It has to exist. */
  readonly bucket: string | Bucket
  /** Where in the bucket: `results` gives objects `results/<key>`. @default the whole bucket */
  readonly prefix?: string | undefined
  /** A client of the SDK, which stays the caller's. @default one that is made at first use from the options below */
  readonly client?: Storage | undefined
  /** @default the one that the credentials name */
  readonly projectId?: string | undefined
  /** A service account key or another credentials object. @default Application Default Credentials */
  readonly credentials?: StorageOptions['credentials'] | undefined
  /** A file with credentials. @default Application Default Credentials */
  readonly keyFilename?: string | undefined
  /** An auth client of google-auth-library. @default Application Default Credentials */
  readonly authClient?: StorageOptions['authClient'] | undefined
  /** Another endpoint than `https://storage.googleapis.com`, such as a regional one or a test server. @default `STORAGE_EMULATOR_HOST`, else that */
  readonly apiEndpoint?: string | undefined
  /** The same as `apiEndpoint`, by the name that other storages have for it. One of them is given, not both. */
  readonly endpoint?: string | undefined
  /** Whether requests to `apiEndpoint` carry credentials. @default only if credentials are among these options */
  readonly useAuthWithCustomEndpoint?: boolean | undefined
  /** @default googleapis.com */
  readonly universeDomain?: string | undefined
  /** The project that pays for requests to a requester-pays bucket. @default the bucket's owner */
  readonly userProject?: string | undefined
  /** `STANDARD`, `NEARLINE`, `COLDLINE`, `ARCHIVE`. @default the bucket's */
  readonly storageClass?: string | undefined
  /** `projects/.../cryptoKeys/...`, a Cloud KMS key to encrypt new objects with. @default the bucket's */
  readonly kmsKeyName?: string | undefined
  /** Bytes that are sent with one request and kept until they are acknowledged: a multiple of 256 KiB. @default 8 MiB */
  readonly chunkSize?: number | undefined
  /** The same as `chunkSize`, by the name that other storages have for it. One of them is given, not both. */
  readonly partSize?: number | undefined
  /** How long the service may be silent, neither taking nor giving bytes, before TIMEOUT. @default '60s' */
  readonly requestTimeout?: Duration | undefined
  /**
   * How failed requests are repeated; `false` for not at all.
   * @default the `retryOptions` of a client that was passed in, else those of core's `retry()`
   */
  readonly retry?: RetryOptions | false | undefined
}

/** Options that have been checked once. */
export interface Settings {
  readonly uri: string
  readonly bucket: string
  /** What all object names start with, not yet encoded: `''` or `results/`. */
  readonly prefix: string
  readonly maxKeyBytes: number
  readonly client: Storage | undefined
  /** `apiEndpoint` of the client that is made here. */
  readonly endpoint: string | undefined
  readonly userProject: string | undefined
  readonly storageClass: string | undefined
  readonly kmsKeyName: string | undefined
  readonly chunkSize: number
  readonly silenceMs: number
  readonly retry: RetryOptions | undefined
}

/** Checks options; CONFIG says which one is wrong. */
export function parseOptions(options: GcsStorageOptions): Settings {
  if (typeof options !== 'object' || options === null) throw wrong('there are no options')
  const { userProject, storageClass, kmsKeyName } = options
  const endpoint = oneOf(options, 'apiEndpoint', 'endpoint')
  const chunkSize = oneOf(options, 'chunkSize', 'partSize') ?? DEFAULT_CHUNK
  const given = typeof options.bucket === 'object' ? options.bucket : undefined
  const bucket = given?.name ?? options.bucket
  if (typeof bucket !== 'string' || !/^[a-z0-9][a-z0-9._-]{1,220}[a-z0-9]$/.test(bucket))
    throw wrong('bucket is not the name of a bucket: 3 to 222 lower-case letters, digits, dots, dashes, underscores')
  if (!Number.isSafeInteger(chunkSize) || chunkSize < CHUNK_UNIT || chunkSize % CHUNK_UNIT !== 0)
    throw wrong(`chunkSize (partSize) is not a positive multiple of ${CHUNK_UNIT} bytes (256 KiB)`)
  // The SDK would take it for none, and go to the real service.
  if (endpoint === '') throw wrong('apiEndpoint is empty. Leave it out for https://storage.googleapis.com')
  const prefix = parsePrefix(options.prefix)
  const client = options.client ?? given?.storage
  // From callers without types.
  if ((client !== undefined || given !== undefined) && typeof client?.apiEndpoint !== 'string')
    throw wrong('client is no Storage, or bucket no Bucket, of @google-cloud/storage')
  const silenceMs = parseDuration(options.requestTimeout ?? '60s')
  if (silenceMs <= 0) throw wrong('requestTimeout is not above zero')
  return {
    uri: `gs://${bucket}${prefix === '' ? '' : `/${prefix.slice(0, -1)}`}`,
    bucket,
    prefix,
    maxKeyBytes: 1024 - encoder.encode(encodeName(prefix)).byteLength,
    client,
    endpoint,
    userProject: userProject ?? given?.userProject,
    storageClass,
    kmsKeyName,
    chunkSize,
    silenceMs: Math.min(silenceMs, 2 ** 31 - 1),
    retry: retryOf(options.retry, client),
  }
}

function oneOf<A extends keyof GcsStorageOptions, B extends keyof GcsStorageOptions>(
  options: GcsStorageOptions,
  name: A,
  other: B,
): GcsStorageOptions[A] | GcsStorageOptions[B] {
  if (options[name] !== undefined && options[other] !== undefined)
    throw wrong(`${name} and ${other} are the same option. Give one of them`)
  return options[name] ?? options[other]
}

function parsePrefix(prefix: string = ''): string {
  if (typeof prefix !== 'string') throw wrong('prefix is no text')
  const text = prefix.endsWith('/') ? prefix.slice(0, -1) : prefix
  if (text === '') return ''
  try {
    parseKey(text, 'gcsStorage')
  } catch (cause) {
    throw wrong('prefix is not segments joined by "/", such as "team/results"', cause)
  }
  if (encoder.encode(encodeName(text)).byteLength > 1000)
    throw wrong('prefix leaves no room for keys: 1,000 bytes at most')
  return `${text}/`
}

function retryOf(retry: RetryOptions | false | undefined, client: Storage | undefined): RetryOptions | undefined {
  if (retry === false) return undefined
  if (retry !== undefined) return retry
  if (client === undefined) return {}
  const { autoRetry = true, maxRetries = 3, maxRetryDelay = 64 } = client.retryOptions ?? {}
  return autoRetry ? { attempts: maxRetries + 1, maxDelay: maxRetryDelay * 1000 } : undefined
}

function wrong(what: string, cause?: unknown): ResultError {
  return new ResultError({ code: 'CONFIG', operation: 'gcsStorage', message: `gcsStorage: ${what}.`, cause })
}
