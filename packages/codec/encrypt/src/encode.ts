import { type CodecContext, throwIfAborted } from '@resultkit/core'
import { bindingContext } from './binding.ts'
import { type ChunkedKeys, deriveKeys } from './chunked.ts'
import { chunkSealer } from './chunked-stream.ts'
import { sealWhole } from './chunked-whole.ts'
import { encodeEnvelope, flagsOf } from './envelope.ts'
import { pad, padder } from './padding.ts'
import type { PayloadSettings } from './payload-settings.ts'
import { prefixReader } from './prefix-reader.ts'
import { freshSalt } from './salt.ts'
import { sticky } from './sticky.ts'
import { chain } from './transform.ts'

/** Encrypts a payload at hand. */
export async function encodeWhole(
  settings: PayloadSettings,
  bytes: Uint8Array,
  context: CodecContext,
): Promise<Uint8Array> {
  const { keys, head } = await startMessage(settings, context)
  return sealWhole(keys, head, settings.padded ? pad(bytes) : bytes, () => throwIfAborted('write', context.signal))
}

/** Encrypts a payload that comes as a stream. */
export function encodeStream(
  settings: PayloadSettings,
  bytes: AsyncIterable<Uint8Array>,
  context: CodecContext,
): AsyncIterable<Uint8Array> {
  return sticky(encodePieces(settings, bytes, context), bytes)
}

async function* encodePieces(
  settings: PayloadSettings,
  bytes: AsyncIterable<Uint8Array>,
  context: CodecContext,
): AsyncGenerator<Uint8Array, void, undefined> {
  const source = prefixReader(bytes)
  try {
    const { keys, head } = await startMessage(settings, context)
    yield head
    const sealer = chunkSealer(keys, () => throwIfAborted('write', context.signal))
    const transform = settings.padded ? chain(padder(), sealer) : sealer
    for (let piece = await source.next(); piece !== undefined; piece = await source.next()) {
      for (const sealed of transform.push(piece)) yield sealed
    }
    for (const sealed of transform.end()) yield sealed
  } finally {
    await source.release()
  }
}

/** A new salt for every message, also for each attempt at the same one: never other bytes under the same salt. */
async function startMessage(
  { keyring, suite, padded, namespace, engine }: PayloadSettings,
  context: CodecContext,
): Promise<{ readonly keys: ChunkedKeys; readonly head: Uint8Array }> {
  const { key, signal } = context
  const { slots, inputKey } = await keyring.keyForWriting({ namespace, key }, signal)
  throwIfAborted('write', signal)
  const salt = freshSalt()
  const binding = bindingContext({ suite: suite.id, flags: flagsOf({ padded }), namespace, context })
  const keys = deriveKeys(await engine(), { aead: suite.aead, inputKey, context: binding }, salt)
  return { keys, head: encodeEnvelope({ suite, padded, slots, salt, commitment: keys.commitment }) }
}
