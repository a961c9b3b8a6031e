export { type GcsResultOptions, gcsResult } from './gcs-result.ts'
export { gcsStorage } from './gcs-storage.ts'
export type { GcsStorageOptions } from './options.ts'
