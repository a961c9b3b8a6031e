import { type Codec, type CodecContext, collectBytes, throwIfAborted } from '@resultkit/core'
import { corrupt, tooLarge, tooLargeToRead, wholeNumber } from './errors.ts'
import { type Decompressor, decodeThrough, encodeThrough, type Frame, type ZlibStream } from './through.ts'

/** What every compression codec takes. */
export interface CompressionOptions {
  /**
   * Buffered payloads below this many bytes are stored as they are: compressing them costs more than it saves. Streams
   * are always compressed. @default 1024
   */
  readonly minBytes?: number | undefined
  /**
   * The most bytes that a payload decoded as a whole may have, against decompression bombs: more are TOO_LARGE before
   * they are allocated, and encoding a larger one is TOO_LARGE too, because it could not be read again. Streams take any
   * size in constant memory. A caller's own `maxBytes` can only lower it. @default 1 GiB
   */
  readonly maxDecodedBytes?: number | undefined
}

/** What a call of node:zlib says beside its output. */
export interface Inflated {
  readonly buffer: Uint8Array
  readonly engine: { readonly bytesWritten: number }
}

/** What differs between one compression and another. */
export interface Compression {
  readonly name: string
  /** Compresses in another thread. */
  encode(bytes: Uint8Array): Promise<Uint8Array>
  /** Compresses at once, for small payloads. */
  encodeSync(bytes: Uint8Array): Uint8Array
  encoder(): ZlibStream
  /** Sees each piece of what one compression wrote, and gives what is to be stored of it. */
  stored(): (piece: Uint8Array) => Uint8Array
  /** Decompresses at once what is within the frame. */
  decodeSync(framed: Uint8Array, maxOutputLength: number): Inflated
  decoder(): ZlibStream
  frame(): Frame
}

const GIB = 1024 ** 3
const NUMBERS = { least: 0, most: Number.MAX_SAFE_INTEGER }

/** Up to here this thread does the work itself; above, another one does while this one goes on. */
const AT_ONCE = { encode: 64 * 1024, decode: 1024 * 1024 }

/** A {@link Codec} from a compression. Errors: CORRUPT, TOO_LARGE; CONFIG for options that are none. */
export function compressionCodec(compression: Compression, options: CompressionOptions): Codec {
  const { name } = compression
  const minBytes = wholeNumber(name, 'minBytes', options.minBytes, { standard: 1024, ...NUMBERS })
  const most = wholeNumber(name, 'maxDecodedBytes', options.maxDecodedBytes, { standard: GIB, ...NUMBERS })
  const decompressor = (): Decompressor => ({ name, stream: compression.decoder(), frame: compression.frame() })
  return {
    name,
    kind: 'compression',
    minBytes,
    encode(bytes, { signal }) {
      throwIfAborted('write', signal)
      if (bytes.byteLength > most) throw tooLargeToRead(name, most)
      const stored = compression.stored()
      return bytes.byteLength > AT_ONCE.encode
        ? compression.encode(bytes).then(stored)
        : stored(compression.encodeSync(bytes))
    },
    decode(bytes, context) {
      throwIfAborted('read', context.signal)
      const limit = wholeLimit(context, most)
      const decoded = bytes.byteLength > AT_ONCE.encode ? undefined : decodeAtOnce(compression, bytes, limit)
      return decoded ?? collectBytes(decodeThrough(decompressor, once(bytes), limit, context.signal))
    },
    encodeStream: (source, { signal }) => encodeThrough(compression, source, signal),
    decodeStream: (source, { maxBytes = Number.POSITIVE_INFINITY, signal }) =>
      decodeThrough(decompressor, source, maxBytes, signal),
    range: undefined,
    pin: () => undefined,
  }
}

function wholeLimit({ maxBytes = Number.POSITIVE_INFINITY }: CodecContext, most: number): number {
  return Math.min(maxBytes, most)
}

/** What a small payload decodes to, or `undefined` when that is more than should be done at once. */
function decodeAtOnce(compression: Compression, bytes: Uint8Array, limit: number): Uint8Array | undefined {
  const { name } = compression
  const frame = compression.frame()
  const framed = frame.feed(bytes)
  const inflated = inflate(compression, framed, Math.min(limit, AT_ONCE.decode))
  if (inflated === undefined && limit > AT_ONCE.decode) return undefined
  if (inflated === undefined || inflated.buffer.byteLength > limit) throw tooLarge(name, limit)
  if (inflated.engine.bytesWritten !== framed.byteLength) throw corrupt(name, 'there are bytes behind its end')
  frame.decoded(inflated.buffer)
  frame.finish()
  return inflated.buffer
}

function inflate(compression: Compression, framed: Uint8Array, most: number): Inflated | undefined {
  try {
    return compression.decodeSync(framed, Math.max(1, most))
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE') return undefined
    throw corrupt(compression.name, 'its bytes are no valid stream', error)
  }
}

/** Everything is stored. */
export const UNCHANGED =
  () =>
  (piece: Uint8Array): Uint8Array =>
    piece

async function* once(bytes: Uint8Array): AsyncGenerator<Uint8Array, void, undefined> {
  yield bytes
}
