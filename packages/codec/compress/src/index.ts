export { type BrotliOptions, brotli } from './brotli.ts'
export type { CompressionOptions } from './compression.ts'
export { type GzipOptions, gzip } from './gzip.ts'
export { type ZstdOptions, zstd } from './zstd.ts'
