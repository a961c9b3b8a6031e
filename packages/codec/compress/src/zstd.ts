import { promisify } from 'node:util'
import {
  constants,
  createZstdCompress,
  createZstdDecompress,
  zstdCompress,
  zstdCompressSync,
  zstdDecompressSync,
} from 'node:zlib'
import type { Codec } from '@resultkit/core'
import { type CompressionOptions, compressionCodec, type Inflated } from './compression.ts'
import { requireOptions, wholeNumber } from './errors.ts'
import { onlyFrame, zstdFrame } from './zstd-frame.ts'

/** What {@link zstd} takes. */
export interface ZstdOptions extends CompressionOptions {
  /** 1 (fast) to 22 (small; above 19 it needs hundreds of MB). @default 3 */
  readonly level?: number | undefined
}

const CHUNK = 64 * 1024

/**
 * Zstandard (RFC 8878) with its content checksum, which node:zlib leaves out by default: with it a flipped bit is found
 * by the codec itself, also in plain files. The best choice for most results. One frame; bytes behind it are CORRUPT.
 *
 * Errors: CORRUPT, TOO_LARGE; CONFIG for options that are none.
 */
export function zstd(options: ZstdOptions = {}): Codec {
  requireOptions('zstd', options, ['level', 'minBytes', 'maxDecodedBytes'])
  const level = wholeNumber('zstd', 'level', options.level, { standard: 3, least: 1, most: 22 })
  const params = { [constants.ZSTD_c_compressionLevel]: level, [constants.ZSTD_c_checksumFlag]: 1 }
  const compress = promisify<Uint8Array, { params: Record<number, number> }, Buffer>(zstdCompress)
  return compressionCodec(
    {
      name: 'zstd',
      encode: (bytes) => compress(bytes, { params }),
      encodeSync: (bytes) => zstdCompressSync(bytes, { params }),
      encoder: () => createZstdCompress({ params, chunkSize: CHUNK }),
      stored: onlyFrame,
      decodeSync: (framed, maxOutputLength) =>
        zstdDecompressSync(framed, { maxOutputLength, info: true }) as unknown as Inflated,
      decoder: () => createZstdDecompress({ chunkSize: CHUNK }),
      frame: zstdFrame,
    },
    options,
  )
}
