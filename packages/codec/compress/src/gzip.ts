import { promisify } from 'node:util'
import { createGzip, createInflateRaw, gzip as gzipBytes, gzipSync, inflateRawSync } from 'node:zlib'
import type { Codec } from '@resultkit/core'
import { type CompressionOptions, compressionCodec, type Inflated, UNCHANGED } from './compression.ts'
import { requireOptions, wholeNumber } from './errors.ts'
import { gzipFrame } from './gzip-frame.ts'

/** What {@link gzip} takes. */
export interface GzipOptions extends CompressionOptions {
  /** 0 (none) to 9 (small). @default 6 */
  readonly level?: number | undefined
}

const CHUNK = 64 * 1024

/**
 * Gzip (RFC 1952), which every tool reads. One member, whose CRC-32 and length are checked; several in a row, or bytes
 * behind it, are CORRUPT.
 *
 * Errors: CORRUPT, TOO_LARGE; CONFIG for options that are none.
 */
export function gzip(options: GzipOptions = {}): Codec {
  requireOptions('gzip', options, ['level', 'minBytes', 'maxDecodedBytes'])
  const level = wholeNumber('gzip', 'level', options.level, { standard: 6, least: 0, most: 9 })
  const compress = promisify<Uint8Array, { level: number }, Buffer>(gzipBytes)
  return compressionCodec(
    {
      name: 'gzip',
      encode: (bytes) => compress(bytes, { level }),
      encodeSync: (bytes) => gzipSync(bytes, { level }),
      encoder: () => createGzip({ level, chunkSize: CHUNK }),
      stored: UNCHANGED,
      decodeSync: (framed, maxOutputLength) =>
        inflateRawSync(framed, { maxOutputLength, info: true }) as unknown as Inflated,
      decoder: () => createInflateRaw({ chunkSize: CHUNK }),
      frame: gzipFrame,
    },
    options,
  )
}
