export { type AzureResultOptions, azureResult } from './azure-result.ts'
export { azureStorage } from './azure-storage.ts'
export type { AzureEncryptionKey, AzureStorageOptions, AzureTokenCredential } from './options.ts'
