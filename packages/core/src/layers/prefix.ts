import { isResultError, resultError, withDetails } from '../errors.ts'
import { type Key, MAX_KEY_BYTES, parseKey, RESERVED_SEGMENT } from '../key.ts'
import type { Layer, ResultStorage } from '../storage.ts'
import { encodeUtf8 } from '../utf8.ts'
import { eachStep, type StorageOperation } from './operation.ts'

/**
 * Puts `text/` in front of every key, and takes it off again from stats, entries and errors; what is stored beside it
 * cannot be reached or listed. The uri gets `/text`, percent-encoded.
 *
 * A key that is too long with the prefix is INVALID_KEY before any I/O; `capabilities.maxKeyBytes` says what is left.
 *
 * @param text - a key itself; INVALID_KEY otherwise
 */
export function prefix(text: string): Layer {
  const root = `${parseKey(text, 'prefix')}/`
  const path = text.split('/').map(encodeURIComponent).join('/')
  return (inner) => {
    const { uri, maxKeyBytes, at, translated } = makeNames(inner, root, `${inner.uri}/${path}`)
    return {
      uri,
      capabilities: { ...inner.capabilities, maxKeyBytes },
      async read(key, options) {
        const object = await at('read', key, (full) => inner.read(full, options))
        return (
          object && {
            stat: { ...object.stat, key },
            bytes: () => translated(() => object.bytes()),
            stream: () => eachStep(object.stream(), translated),
          }
        )
      },
      async write(key, body, options) {
        return { ...(await at('write', key, (full) => inner.write(full, body, options))), key }
      },
      async stat(key, options) {
        const stat = await at('stat', key, (full) => inner.stat(full, options))
        return stat && { ...stat, key }
      },
      delete: (key, options) => at('delete', key, (full) => inner.delete(full, options)),
      async *list(prefix, options) {
        const startAfter = options.startAfter === undefined ? undefined : root + options.startAfter
        const entries = inner.list(root + prefix, { ...options, startAfter })
        for await (const entry of eachStep(entries, translated)) {
          const key = entry.key.slice(root.length)
          // Written without this layer; below the prefix it is a key that nobody can read.
          if (!`${key}/`.startsWith(`${RESERVED_SEGMENT}/`)) yield { ...entry, key }
        }
      },
    }
  }
}

/** Keys and errors as they are inside and outside. */
interface Names {
  readonly uri: string
  readonly maxKeyBytes: number
  /** Calls with the key as it is inside. */
  at<T>(operation: StorageOperation, key: Key, call: (full: Key) => Promise<T>): Promise<T>
  translated<T>(call: () => Promise<T>): Promise<T>
}

function makeNames(inner: ResultStorage, root: string, uri: string): Names {
  const left = Math.min(inner.capabilities.maxKeyBytes, MAX_KEY_BYTES) - encodeUtf8(root).length
  const maxKeyBytes = Math.max(0, left)
  // A write also throws what its body throws, which may be another storage's error with a key of its own.
  const fromInner = (error: unknown): unknown => {
    if (!isResultError(error)) return error
    const { key, storage = inner.uri, cause } = error
    if (storage !== inner.uri || (key !== undefined && !key.startsWith(root))) return error
    return withDetails(error, { storage: uri, key: key?.slice(root.length), cause })
  }
  const translated = async <T>(call: () => Promise<T>): Promise<T> => {
    try {
      return await call()
    } catch (error) {
      throw fromInner(error)
    }
  }
  return {
    uri,
    maxKeyBytes,
    translated,
    async at(operation, key, call) {
      const bytes = encodeUtf8(key).length
      if (bytes <= maxKeyBytes) return translated(() => call(`${root}${key}` as Key))
      const message = `${operation} was given a key that has ${bytes} bytes of UTF-8; the limit is ${maxKeyBytes}.`
      throw resultError('INVALID_KEY', operation, message, { key, storage: uri })
    },
  }
}
