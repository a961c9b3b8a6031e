import { isResultError, ResultError, resultError } from './errors.ts'
import { interruptible } from './items.ts'
import type { Settings } from './options.ts'
import type { Source } from './source.ts'

/** With encryption, whatever is wrong with the stored bytes is DECRYPT, which does not tell what it was. */
export async function asDecrypt<R>({ encrypted }: Pick<Settings, 'encrypted'>, run: () => Promise<R>): Promise<R> {
  try {
    return await run()
  } catch (error) {
    throw encrypted ? toDecrypt(error) : error
  }
}

/** {@link asDecrypt} for a stream, whose errors come long after the call that gave it, and say where they belong. */
export async function* asDecryptStream<R>(
  { settings, storage, key }: Source,
  items: AsyncIterable<R>,
  signal: AbortSignal | undefined,
): AsyncGenerator<R, void, undefined> {
  try {
    yield* interruptible(items, signal, 'read')
  } catch (error) {
    const code = settings.encrypted ? 'DECRYPT' : 'CORRUPT'
    const typed = isResultError(error)
      ? error
      : resultError(code, 'codec', 'The serializer or a codec failed.', { cause: error })
    throw ResultError.locate(settings.encrypted ? toDecrypt(typed) : typed, key, storage.uri)
  }
}

function toDecrypt(error: unknown): unknown {
  if (!isResultError(error) || (error.code !== 'CORRUPT' && error.code !== 'UNSUPPORTED')) return error
  // What is said of the storage, or of what was asked for, names the storage; it tells nothing of the bytes.
  if (error.code === 'UNSUPPORTED' && error.storage !== undefined) return error
  // What is unsupported, its header says to anyone; what is damaged, nobody is told.
  return undecryptable(error, error.code === 'UNSUPPORTED' ? error : undefined)
}

/** DECRYPT, in the words of every such error. */
export function undecryptable(
  { operation, key, storage }: Pick<ResultError, 'operation' | 'key' | 'storage'>,
  cause?: unknown,
): ResultError {
  const message = 'The stored result cannot be decrypted: the key, the place or the bytes are not those of the write.'
  return resultError('DECRYPT', operation, message, { key, storage, cause })
}
