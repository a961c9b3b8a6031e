import { promisify } from 'node:util'
import {
  brotliCompress,
  brotliCompressSync,
  brotliDecompressSync,
  constants,
  createBrotliCompress,
  createBrotliDecompress,
} from 'node:zlib'
import type { Codec } from '@resultkit/core'
import { type CompressionOptions, compressionCodec, type Inflated, UNCHANGED } from './compression.ts'
import { requireOptions, wholeNumber } from './errors.ts'
import { BARE } from './through.ts'

/** What {@link brotli} takes. */
export interface BrotliOptions extends CompressionOptions {
  /** 0 (fast) to 11 (small, and a hundred times slower). @default 5 */
  readonly quality?: number | undefined
}

const CHUNK = 64 * 1024

/**
 * Brotli (RFC 7932). Small for text, slow to write. The format has no checksum of its own: the digest of the record or
 * reference around it is what finds damage, and a plain file read by key alone has none.
 *
 * Errors: CORRUPT, TOO_LARGE; CONFIG for options that are none.
 */
export function brotli(options: BrotliOptions = {}): Codec {
  requireOptions('brotli', options, ['quality', 'minBytes', 'maxDecodedBytes'])
  const quality = wholeNumber('brotli', 'quality', options.quality, { standard: 5, least: 0, most: 11 })
  const settings = { params: { [constants.BROTLI_PARAM_QUALITY]: quality } }
  const compress = promisify(brotliCompress)
  return compressionCodec(
    {
      name: 'brotli',
      encode: (bytes) => compress(bytes, settings),
      encodeSync: (bytes) => brotliCompressSync(bytes, settings),
      encoder: () => createBrotliCompress({ ...settings, chunkSize: CHUNK }),
      stored: UNCHANGED,
      decodeSync: (framed, maxOutputLength) =>
        brotliDecompressSync(framed, { maxOutputLength, info: true }) as unknown as Inflated,
      decoder: () => createBrotliDecompress({ chunkSize: CHUNK }),
      frame: () => BARE,
    },
    options,
  )
}
