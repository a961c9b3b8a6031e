import { resultError } from '../errors.ts'
import type { Key } from '../key.ts'
import type { Layer } from '../storage.ts'

/** Refuses `write` and `delete` as UNSUPPORTED, before any I/O and without asking for the body. */
export function readOnly(): Layer {
  return (inner) => {
    const refuse = async (operation: string, key: Key): Promise<never> => {
      const message = `${operation}: this storage is read only. Use it without the readOnly layer.`
      throw resultError('UNSUPPORTED', operation, message, { key, storage: inner.uri })
    }
    return {
      uri: inner.uri,
      capabilities: {
        ...inner.capabilities,
        ifAbsent: false,
        ifMatch: false,
        ifAbsentStream: false,
        ifMatchStream: false,
        deleteIfMatch: false,
      },
      read: (key, options) => inner.read(key, options),
      write: (key) => refuse('write', key),
      stat: (key, options) => inner.stat(key, options),
      delete: (key) => refuse('delete', key),
      list: (prefix, options) => inner.list(prefix, options),
    }
  }
}
