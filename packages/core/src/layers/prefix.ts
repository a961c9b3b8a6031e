import { isResultError, resultError, withDetails } from '../errors.ts'
import { type Key, MAX_KEY_BYTES, parseKey, RESERVED_SEGMENT } from '../key.ts'
import type { Layer, ResultStorage } from '../storage.ts'
import { eachStep, type StorageOperation } from './operation.ts'

const encoder = new TextEncoder()

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
    const { uri, maxKeyBytes, toInner, translated } = makeNames(inner, root, `${inner.uri}/${path}`)
    return {
      uri,
      capabilities: { ...inner.capabilities, maxKeyBytes },
      async read(key, options) {
        const full = toInner('read', key)
        const object = await translated(() => inner.read(full, options))
        return (
          object && {
            stat: { ...object.stat, key },
            bytes: () => translated(() => object.bytes()),
            stream: () => eachStep(object.stream(), translated),
          }
        )
      },
      async write(key, body, options) {
        const full = toInner('write', key)
        return { ...(await translated(() => inner.write(full, body, options))), key }
      },
      async stat(key, options) {
        const full = toInner('stat', key)
        const stat = await translated(() => inner.stat(full, options))
        return stat && { ...stat, key }
      },
      async delete(key, options) {
        const full = toInner('delete', key)
        await translated(() => inner.delete(full, options))
      },
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
  toInner(operation: StorageOperation, key: Key): Key
  translated<T>(call: () => Promise<T>): Promise<T>
}

function makeNames(inner: ResultStorage, root: string, uri: string): Names {
  const left = Math.min(inner.capabilities.maxKeyBytes, MAX_KEY_BYTES) - encoder.encode(root).length
  const maxKeyBytes = Math.max(0, left)
  // A write also throws what its body throws, which may be another storage's error with a key of its own.
  const fromInner = (error: unknown): unknown => {
    if (!isResultError(error)) return error
    const { key, storage = inner.uri, cause } = error
    if (storage !== inner.uri || (key !== undefined && !key.startsWith(root))) return error
    return withDetails(error, { storage: uri, key: key?.slice(root.length), cause })
  }
  return {
    uri,
    maxKeyBytes,
    toInner(operation, key) {
      const bytes = encoder.encode(key).length
      if (bytes <= maxKeyBytes) return `${root}${key}` as Key
      const message = `${operation} was given a key of ${bytes} bytes of UTF-8; with the prefix the limit is ${maxKeyBytes}.`
      throw resultError('INVALID_KEY', operation, message, { key, storage: uri })
    },
    async translated(call) {
      try {
        return await call()
      } catch (error) {
        throw fromInner(error)
      }
    },
  }
}
