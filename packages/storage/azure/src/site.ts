import { createHash } from 'node:crypto'
import type { BlockBlobClient, ContainerClient } from '@azure/storage-blob'
import {
  isResultError,
  type Key,
  MAX_KEY_BYTES,
  parseKey,
  type RetryOptions,
  underSignal,
  withDetails,
} from '@resultkit/core'
import { checkOptions } from './check-options.ts'
import { configError } from './config-error.ts'
import { type Connection, openConnection } from './connection.ts'
import { type Call, failure } from './failure.ts'
import { serviceCode, statusOf } from './meaning.ts'
import { encodeName } from './name.ts'
import type { AzureEncryptionKey, AzureStorageOptions } from './options.ts'

const MIB = 1024 * 1024
/** Azure's limit for the name of a blob, in UTF-16 code units. */
const MAX_NAME_LENGTH = 1024
/** Azure's limit for one block. */
export const MAX_BLOCK_BYTES: number = 4000 * MIB
/** Azure's limit for the blocks of one blob. */
export const MAX_BLOCKS = 50_000

/** A container, a prefix in it, and how to work there. */
export interface Site {
  /** The container's URL without its query, and the prefix. */
  readonly uri: string
  /** Empty, or with a slash at its end. */
  readonly prefix: string
  readonly maxKeyBytes: number
  readonly connection: Connection
  /** How requests are tried again; `undefined` for not at all, and for a client that was passed in. */
  readonly retry: RetryOptions | undefined
  readonly partSize: number
  readonly concurrency: number
  readonly sizeHint: number | undefined
  readonly pageSize: number
  readonly accessTier: 'Hot' | 'Cool' | 'Cold' | undefined
  readonly tags: Record<string, string> | undefined
  readonly encryption: Encryption
}

/** What goes into every request that reads or writes bytes. */
export interface Encryption {
  readonly encryptionScope?: string
  readonly customerProvidedKey?: AzureEncryptionKey & { readonly encryptionAlgorithm: 'AES256' }
}

/** Checks the options: CONFIG when one is wrong or the way to Azure is not clear. No I/O. */
export function openSite(options: AzureStorageOptions): Site {
  checkOptions(options)
  const connection = openConnection(options)
  const prefix = parsePrefix(options.prefix)
  const { partSize = 8 * MIB, concurrency = 4, sizeHint, pageSize = 5000, retry = {} } = options
  const { accessTier, tags } = options
  checkNumber('partSize', partSize, 1, MAX_BLOCK_BYTES)
  checkNumber('concurrency', concurrency, 1, 1000)
  if (sizeHint !== undefined) checkNumber('sizeHint', sizeHint, 0, MAX_BLOCK_BYTES * MAX_BLOCKS)
  checkNumber('pageSize', pageSize, 1, 5000)
  if (accessTier !== undefined && !['Hot', 'Cool', 'Cold'].includes(accessTier)) {
    throw configError("an accessTier that is not 'Hot', 'Cool' or 'Cold'; what is in the archive cannot be read")
  }
  return {
    uri: prefix === '' ? connection.uri : `${connection.uri}/${prefix.slice(0, -1)}`,
    prefix,
    maxKeyBytes: Math.min(MAX_KEY_BYTES, MAX_NAME_LENGTH - encodeName(prefix).length),
    connection,
    retry: connection.ours && retry !== false ? retry : undefined,
    partSize,
    concurrency,
    sizeHint,
    pageSize,
    accessTier,
    tags: tags === undefined ? undefined : { ...tags },
    encryption: encryptionOf(options, connection.uri),
  }
}

/** Works with the blob of the call's key. A refused signature is renewed once, where it can be. */
export function withBlob<T>(call: Call, name: string, work: (blob: BlockBlobClient) => Promise<T>): Promise<T> {
  return withContainer(call, (container) => work(container.getBlockBlobClient(name)))
}

/** Works with the container. A refused signature is renewed once, where it can be. */
export function withContainer<T>(call: Call, work: (container: ContainerClient) => Promise<T>): Promise<T> {
  // Whoever gives credentials may stall, and takes no signal.
  return underSignal(call.signal, call.operation, () => workIn(call, work))
}

async function workIn<T>(call: Call, work: (container: ContainerClient) => Promise<T>): Promise<T> {
  const { connection } = call.site
  const container = await connection.container().catch((error: unknown) => {
    // Calls at the same time share the failure, but each error has its own key.
    throw isResultError(error) ? withDetails(error, { cause: error.cause }) : error
  })
  try {
    return await work(container)
  } catch (error) {
    const refused = statusOf(error) === 403 && /^Authenti|^AuthorizationFailure$/.test(serviceCode(error) ?? '')
    const renewed = refused && !call.signal?.aborted ? await connection.renew(container) : undefined
    if (renewed === undefined) throw error
    return work(renewed)
  }
}

/** The name of a key's blob. INVALID_KEY when it is longer than Azure allows. */
export function nameOf(call: Call, key: Key): string {
  const name = encodeName(call.site.prefix + key)
  if (name.length <= MAX_NAME_LENGTH) return name
  const what = `with the prefix, the key makes a blob name of ${name.length} characters; Azure allows ${MAX_NAME_LENGTH}. Use a shorter key`
  throw failure(call, 'INVALID_KEY', what)
}

function parsePrefix(prefix: string = ''): string {
  if (prefix === '') return ''
  try {
    const parsed = `${parseKey(prefix.replace(/\/$/, ''))}/`
    if (encodeName(parsed).length <= MAX_NAME_LENGTH / 2) return parsed
  } catch (cause) {
    throw configError('a prefix that could not be a key: no empty, "." or ".." segments, no slash at its start', cause)
  }
  throw configError(`a prefix that takes more than ${MAX_NAME_LENGTH / 2} characters of the name of a blob`)
}

function encryptionOf({ encryptionScope, customerProvidedKey }: AzureStorageOptions, uri: string): Encryption {
  if (customerProvidedKey !== undefined) checkKey(customerProvidedKey, uri)
  if (encryptionScope !== undefined && customerProvidedKey !== undefined) {
    throw configError('both an encryptionScope and a customerProvidedKey; Azure takes one of them')
  }
  return {
    ...(encryptionScope !== undefined && { encryptionScope }),
    ...(customerProvidedKey !== undefined && {
      customerProvidedKey: { ...customerProvidedKey, encryptionAlgorithm: 'AES256' },
    }),
  }
}

function checkKey({ encryptionKey, encryptionKeySha256 }: AzureEncryptionKey, uri: string): void {
  if (!uri.startsWith('https:'))
    throw configError('a customerProvidedKey and an http: endpoint; it is sent to https: alone')
  const key = Buffer.from(encryptionKey, 'base64')
  const sha256 = createHash('sha256').update(key).digest('base64')
  if (key.byteLength !== 32 || sha256 !== encryptionKeySha256) {
    throw configError('a customerProvidedKey that is not 32 bytes in base64 with their SHA-256 in base64')
  }
}

function checkNumber(option: string, value: number, least: number, most: number): void {
  if (Number.isSafeInteger(value) && value >= least && value <= most) return
  throw configError(`a ${option} that is not a whole number from ${least} to ${most}`)
}
