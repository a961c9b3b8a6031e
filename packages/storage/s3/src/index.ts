export type { S3Capabilities, S3ConnectionOptions, S3StorageOptions, S3WriteOptions } from './options.ts'
export { type S3ResultOptions, s3Result } from './s3-result.ts'
export { s3Storage } from './s3-storage.ts'
