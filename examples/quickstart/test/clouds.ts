import { type AzureStorageOptions, azureStorage } from '@resultkit/azure'
import type { ResultStorage } from '@resultkit/core'
import { type GcsStorageOptions, gcsStorage } from '@resultkit/gcs'
import { type S3StorageOptions, s3Storage } from '@resultkit/s3'

/** A cloud storage as plain JSON: what one process can tell another. */
export type CloudConfiguration =
  | { readonly cloud: 's3'; readonly options: S3StorageOptions }
  | { readonly cloud: 'gcs'; readonly options: GcsStorageOptions }
  | { readonly cloud: 'azure'; readonly options: AzureStorageOptions }

/** The one line that changes from cloud to cloud. */
export function openCloud(configuration: CloudConfiguration): ResultStorage {
  switch (configuration.cloud) {
    case 's3':
      return s3Storage(configuration.options)
    case 'gcs':
      return gcsStorage(configuration.options)
    case 'azure':
      return azureStorage(configuration.options)
  }
}
