import { requireBytes } from './bytes.ts'
import type { Codec, CodecContext } from './codec.ts'
import { isResultError, type ResultErrorCode, resultError } from './errors.ts'
import type { ValueSerializer } from './serializer.ts'

/** The bytes that a serializer of others gives; whatever it throws is SERIALIZE, with its own error as the cause. */
export function serializeValue(
  serializer: ValueSerializer,
  value: unknown,
): readonly Uint8Array[] | Promise<readonly Uint8Array[]> {
  const parts = (given: Uint8Array | readonly Uint8Array[]): readonly Uint8Array[] => {
    const all = Array.isArray(given) ? given : [given]
    return all.map((part: Uint8Array) => requireBytes(part, 'write'))
  }
  return typed(
    'SERIALIZE',
    'serialize',
    `The serializer "${serializer.name}" failed on the value. Nothing was written.`,
    () => {
      const given = serializer.serialize(value)
      // A promise may be of another realm, which is no instance of ours.
      return 'then' in Object(given)
        ? Promise.resolve(given).then(parts)
        : parts(given as Uint8Array | readonly Uint8Array[])
    },
  )
}

/** What a serializer of others makes of bytes; whatever it throws is DESERIALIZE. */
export function deserializeBytes(serializer: ValueSerializer, bytes: Uint8Array): unknown {
  const message = `The serializer "${serializer.name}" failed on the stored bytes. Another one wrote them, or they are damaged.`
  return typed('DESERIALIZE', 'deserialize', message, () => serializer.deserialize(bytes))
}

/** What a codec of others gives; whatever it throws is CORRUPT, and DECRYPT where it encrypts. */
export function runCodec(
  codec: Codec,
  direction: 'encode' | 'decode',
  bytes: Uint8Array,
  context: CodecContext,
): Promise<Uint8Array> {
  const code = codec.kind === 'encryption' ? 'DECRYPT' : 'CORRUPT'
  return typed(code, 'codec', `The codec "${codec.name}" failed.`, async () =>
    requireBytes(await codec[direction](bytes, context), direction),
  )
}

function typed<R>(code: ResultErrorCode, operation: string, message: string, run: () => R): R {
  const fail = (cause: unknown): never => {
    throw isResultError(cause) ? cause : resultError(code, operation, message, { cause })
  }
  try {
    const outcome = run()
    return outcome instanceof Promise ? (outcome.catch(fail) as R) : outcome
  } catch (cause) {
    return fail(cause)
  }
}
