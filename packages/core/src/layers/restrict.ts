import { resultError } from '../errors.ts'
import type { Layer, ObjectStat, StorageCapabilities } from '../storage.ts'
import type { StorageOperation } from './operation.ts'

/** What {@link restrict} can take away. */
export type RestrictedCapabilities = {
  readonly [Name in Exclude<keyof StorageCapabilities, 'nestedKeys' | 'maxKeyBytes'>]?: false | undefined
}

/**
 * Takes capabilities away: for a service that claims a condition and ignores it. What is taken is refused as UNSUPPORTED
 * before any I/O. `restrict({ ifAbsentStream: false, ifMatchStream: false })`.
 */
export function restrict(taken: RestrictedCapabilities): Layer {
  return (inner) => {
    const given = Object.fromEntries(Object.entries(taken).filter(([, value]) => value === false))
    const capabilities: StorageCapabilities = { ...inner.capabilities, ...given }
    const need = (
      operation: StorageOperation,
      name: keyof StorageCapabilities,
      needed: boolean,
      key?: string,
    ): void => {
      if (!needed || capabilities[name]) return
      const message = `${operation}: this storage lacks the capability ${name}. Do without it, or use a storage that has it.`
      throw resultError('UNSUPPORTED', operation, message, { key, storage: inner.uri })
    }
    const shown = <S extends ObjectStat | undefined>(stat: S): S =>
      stat === undefined || capabilities.writeId ? stat : { ...stat, writeId: undefined }
    return {
      uri: inner.uri,
      capabilities,
      async read(key, options) {
        need('read', 'ranges', options.range !== undefined, key)
        need('read', 'readConditions', (options.ifMatch ?? options.ifNoneMatch) !== undefined, key)
        const object = await inner.read(key, options)
        return object && { stat: shown(object.stat), bytes: () => object.bytes(), stream: () => object.stream() }
      },
      async write(key, body, options) {
        const stream = typeof body === 'function'
        need('write', stream ? 'ifAbsentStream' : 'ifAbsent', options.ifAbsent, key)
        need('write', stream ? 'ifMatchStream' : 'ifMatch', options.ifMatch !== undefined, key)
        return shown(await inner.write(key, body, options))
      },
      async stat(key, options) {
        return shown(await inner.stat(key, options))
      },
      async delete(key, options) {
        need('delete', 'deleteIfMatch', options.ifMatch !== undefined, key)
        await inner.delete(key, options)
      },
      list(prefix, options) {
        need('list', 'list', true)
        return inner.list(prefix, options)
      },
    }
  }
}
