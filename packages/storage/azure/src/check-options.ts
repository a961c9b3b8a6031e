import { configError } from './config-error.ts'
import type { AzureStorageOptions, AzureTokenCredential } from './options.ts'

const TEXTS = [
  'container',
  'prefix',
  'connectionString',
  'sasUrl',
  'accountName',
  'accountKey',
  'endpoint',
  'encryptionScope',
] as const

/** Checks what the types say, for callers without them: CONFIG, and never the value. */
export function checkOptions(options: AzureStorageOptions): void {
  if (!isObject(options)) throw configError('no options')
  const { client, credential, sasToken, retry, tags, customerProvidedKey } = options
  for (const option of TEXTS) {
    if (options[option] !== undefined && typeof options[option] !== 'string')
      throw configError(`${option}, but not as text`)
  }
  if (client !== undefined && !(isObject(client) && typeof client.url === 'string')) {
    throw configError('a client that is not a ContainerClient or BlobServiceClient')
  }
  if (credential !== undefined && !(isObject(credential) && (givesTokens(credential) || 'accountName' in credential))) {
    throw configError('a credential that is no StorageSharedKeyCredential and has no getToken')
  }
  if (sasToken !== undefined && !['string', 'function'].includes(typeof sasToken)) {
    throw configError('a sasToken that is neither text nor a function')
  }
  if (retry !== undefined && retry !== false && !isObject(retry)) {
    throw configError('a retry that is neither options of retry() nor false')
  }
  if (tags !== undefined && !(isObject(tags) && Object.values(tags).every((value) => typeof value === 'string'))) {
    throw configError('tags that are not an object of texts')
  }
  if (customerProvidedKey !== undefined && typeof customerProvidedKey?.encryptionKey !== 'string') {
    throw configError('a customerProvidedKey without an encryptionKey')
  }
}

/** Whether a credential gives tokens; the other kind is a shared key. */
export function givesTokens(
  credential: NonNullable<AzureStorageOptions['credential']>,
): credential is AzureTokenCredential {
  return 'getToken' in credential && typeof credential.getToken === 'function'
}

function isObject(value: object): boolean {
  return typeof value === 'object' && value !== null
}
