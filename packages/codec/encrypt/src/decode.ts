import { type ByteRange, type CodecContext, type RangeSource, ResultError, throwIfAborted } from '@resultkit/core'
import { bindingContext } from './binding.ts'
import { type ChunkedKeys, deriveKeys } from './chunked.ts'
import { layoutOfChunks } from './chunked-layout.ts'
import { openLength, openRange, type StoredChunks } from './chunked-range.ts'
import { chunkOpener } from './chunked-stream.ts'
import { openWhole } from './chunked-whole.ts'
import { decryptError } from './decrypt-error.ts'
import { decodeEnvelope, flagsOf } from './envelope.ts'
import { unpad, unpadder } from './padding.ts'
import type { PayloadSettings } from './payload-settings.ts'
import { prefixReader } from './prefix-reader.ts'
import { sticky } from './sticky.ts'
import { chain, type Transform } from './transform.ts'

/** A range starts with so many bytes, in which most slots end. */
const HEAD_BYTES = 1024

/** A message whose commitment was verified. */
interface OpenedMessage {
  readonly keys: ChunkedKeys
  readonly padded: boolean
  /** Where the chunks start. */
  readonly bytes: number
}

/** Decrypts a payload at hand; it is given out when all of it is verified. */
export async function decodeWhole(
  settings: PayloadSettings,
  bytes: Uint8Array,
  context: CodecContext,
): Promise<Uint8Array> {
  const { maxBytes, signal } = context
  let at = 0
  const take = (count: number): Uint8Array => {
    at += count
    return bytes.subarray(at - count, at)
  }
  const opened = await openMessage(settings, take, context)
  const chunks = bytes.subarray(opened.bytes)
  if (maxBytes !== undefined) {
    const read = async (start: number, end: number): Promise<Uint8Array> => chunks.subarray(start, end)
    const length = await openLength({ ...opened, layout: layoutOfChunks(chunks.byteLength), read })
    if (length > maxBytes) throw tooLarge(maxBytes)
  }
  const message = await openWhole(opened.keys, chunks, () => throwIfAborted('read', signal))
  return opened.padded ? unpad(message) : message
}

/** Decrypts a payload that comes as a stream. */
export function decodeStream(
  settings: PayloadSettings,
  bytes: AsyncIterable<Uint8Array>,
  context: CodecContext,
): AsyncIterable<Uint8Array> {
  return sticky(decodePieces(settings, bytes, context), bytes)
}

async function* decodePieces(
  settings: PayloadSettings,
  bytes: AsyncIterable<Uint8Array>,
  context: CodecContext,
): AsyncGenerator<Uint8Array, void, undefined> {
  const { maxBytes = Number.POSITIVE_INFINITY, signal } = context
  const reader = prefixReader(bytes)
  try {
    const { keys, padded } = await openMessage(settings, reader.take, context)
    const opener = chunkOpener(keys, () => throwIfAborted('read', signal))
    const transform = limit(padded ? chain(opener, unpadder()) : opener, maxBytes)
    for (let piece = await reader.next(); piece !== undefined; piece = await reader.next()) {
      for (const opened of transform.push(piece)) yield opened
    }
    for (const opened of transform.end()) yield opened
  } finally {
    await reader.release()
  }
}

/** Gives out no more than `maxBytes`; TOO_LARGE then. Leaves out empty pieces. */
function limit(transform: Transform, maxBytes: number): Transform {
  let given = 0
  function* limited(pieces: Iterable<Uint8Array>): Generator<Uint8Array, void, undefined> {
    for (const piece of pieces) {
      given += piece.byteLength
      if (given > maxBytes) throw tooLarge(maxBytes)
      if (piece.byteLength > 0) yield piece
    }
  }
  return { push: (piece) => limited(transform.push(piece)), end: () => limited(transform.end()) }
}

/** Decrypts a part of a stored payload. */
export async function* decodeRange(
  settings: PayloadSettings,
  { size, read }: RangeSource,
  range: ByteRange,
  context: CodecContext,
): AsyncGenerator<Uint8Array, void, undefined> {
  const head = await read({ start: 0, end: Math.min(size, HEAD_BYTES) })
  let at = 0
  const take = async (count: number): Promise<Uint8Array> => {
    const start = at
    at = Math.min(size, at + count)
    return at <= head.byteLength ? head.subarray(start, at) : read({ start, end: at })
  }
  const { keys, padded, bytes } = await openMessage(settings, take, context)
  const chunks: StoredChunks = {
    keys,
    padded,
    layout: layoutOfChunks(size - bytes),
    read(start, end) {
      throwIfAborted('read', context.signal)
      return read({ start: bytes + start, end: bytes + end })
    },
  }
  yield* openRange(chunks, range)
}

/** Reads the envelope, asks the keyring, and verifies the commitment before any chunk is opened. */
async function openMessage(
  { keyring, namespace, engine: load }: PayloadSettings,
  take: (count: number) => Uint8Array | Promise<Uint8Array>,
  context: CodecContext,
): Promise<OpenedMessage> {
  const { key, signal } = context
  const { suite, padded, slots, salt, commitment, bytes } = await decodeEnvelope(take)
  const found = await keyring.keyForReading(slots, { namespace, key }, signal)
  throwIfAborted('read', signal)
  if (found === undefined) throw decryptError()
  const engine = await load()
  const binding = bindingContext({ suite: suite.id, flags: flagsOf({ padded }), namespace, context })
  const keys = deriveKeys(engine, { aead: suite.aead, inputKey: found.inputKey, context: binding }, salt)
  if (!engine.equal(keys.commitment, commitment)) throw decryptError()
  if (found.stale) context.report({ stale: true })
  return { keys, padded, bytes }
}

function tooLarge(maxBytes: number): ResultError {
  const message = `read: the result has more than ${maxBytes} bytes, which is maxBytes. Raise it, or read a stream or a range.`
  return new ResultError({ code: 'TOO_LARGE', operation: 'read', message })
}
