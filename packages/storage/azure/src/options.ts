import type { BlobServiceClient, ContainerClient, newPipeline, StorageSharedKeyCredential } from '@azure/storage-blob'
import type { RetryOptions } from '@resultkit/core'

/** Gives OAuth tokens: a credential of `@azure/identity`, or any object with its `getToken`. */
export type AzureTokenCredential = Extract<Parameters<typeof newPipeline>[0], { getToken: unknown }>

/** An encryption key of your own (`EncryptionAlgorithm` AES256), which Azure uses and forgets; without it nothing can be read. */
export interface AzureEncryptionKey {
  /** 32 bytes, in base64. */
  readonly encryptionKey: string
  /** The SHA-256 of the key, in base64. */
  readonly encryptionKeySha256: string
}

/** Where an {@link azureStorage} keeps its objects, who it is there, and how it writes. */
export interface AzureStorageOptions {
  /** The container, which must exist. @default the one that `client` or `sasUrl` names */
  readonly container?: string | undefined
  /** What the names of all blobs start with, without the slash at its end. @default none */
  readonly prefix?: string | undefined

  /** A client of yours, of any credential. Its own retries and pipeline stay, and ours are not applied. */
  readonly client?: ContainerClient | BlobServiceClient | undefined
  /**
   * Of the account. One without a key or a signature uses the default credential chain.
   * @default the environment's AZURE_STORAGE_CONNECTION_STRING, when no other way is given
   */
  readonly connectionString?: string | undefined
  /** The URL of a container or an account with its shared access signature. */
  readonly sasUrl?: string | undefined
  /** The account; for `accountKey`, `sasToken`, `credential` or, with none of them, the default credential chain. */
  readonly accountName?: string | undefined
  readonly accountKey?: string | undefined
  /** A shared access signature. A function is asked when it is first needed, a minute before `se` and when Azure refuses the one at hand. */
  readonly sasToken?: string | (() => string | Promise<string>) | undefined
  /**
   * Gives tokens, which the SDK asks for again before they end; or a shared key as the SDK has it.
   * @default DefaultAzureCredential, when nothing else is given
   */
  readonly credential?: AzureTokenCredential | StorageSharedKeyCredential | undefined
  /** The account's blob endpoint. @default `https://{accountName}.blob.core.windows.net` */
  readonly endpoint?: string | undefined

  /** Retries of the clients made here, as in core's `retry()`; `false` for none. @default 3 attempts */
  readonly retry?: RetryOptions | false | undefined
  /** Bytes of a block. What is not longer is written with one request. @default 8 MiB (8_388_608) */
  readonly partSize?: number | undefined
  /** Blocks of one write that are sent at the same time. @default 4 */
  readonly concurrency?: number | undefined
  /** How long streams of unknown length may get, in bytes: blocks become so large that 50,000 are enough. @default none */
  readonly sizeHint?: number | undefined
  /** Keys that `list` asks for at a time, 1 to 5,000. @default 5_000 */
  readonly pageSize?: number | undefined

  /** The access tier of what is written. @default the account's */
  readonly accessTier?: 'Hot' | 'Cool' | 'Cold' | undefined
  /** Index tags of what is written: at most ten. They need a permission of their own. @default none */
  readonly tags?: Readonly<Record<string, string>> | undefined
  /** The encryption scope of what is written. @default the container's */
  readonly encryptionScope?: string | undefined
  /** Encrypts what is written and is needed to read it. Needs HTTPS. @default none */
  readonly customerProvidedKey?: AzureEncryptionKey | undefined
}
