import {
  abortedError,
  collectBytes,
  type Key,
  memoryStorage,
  ResultError,
  type ResultErrorCode,
  type ResultStorage,
  type StorageCapabilities,
} from '@resultkit/core'

/** A storage that keeps every promise: memory, with streams read piece by piece under the signal. */
export function faithfulStorage(): ResultStorage {
  const inner = memoryStorage()
  return {
    uri: inner.uri,
    capabilities: inner.capabilities,
    read: inner.read,
    stat: inner.stat,
    delete: inner.delete,
    list: inner.list,
    async write(key, body, options) {
      if (options.signal?.aborted || typeof body !== 'function') return inner.write(key, body, options)
      return inner.write(key, await collectUnder(options.signal, body()), options)
    },
  }
}

async function collectUnder(signal: AbortSignal | undefined, stream: AsyncIterable<Uint8Array>): Promise<Uint8Array> {
  const { promise: aborted, reject } = Promise.withResolvers<never>()
  aborted.catch(() => {})
  const iterator = stream[Symbol.asyncIterator]()
  const abort = (): void => {
    if (signal) reject(abortedError('write', signal))
    void iterator.return?.()
  }
  signal?.addEventListener('abort', abort)
  try {
    const next = (): Promise<IteratorResult<Uint8Array>> => Promise.race([aborted, iterator.next()])
    return (await collectBytes({ [Symbol.asyncIterator]: () => ({ next }) })).slice()
  } finally {
    signal?.removeEventListener('abort', abort)
  }
}

const NOTHING: StorageCapabilities = {
  ifAbsent: false,
  ifMatch: false,
  ifAbsentStream: false,
  ifMatchStream: false,
  deleteIfMatch: false,
  readConditions: false,
  list: false,
  ranges: false,
  nestedKeys: false,
  writeId: false,
  maxKeyBytes: 900,
}

/** A faithful storage that can do no more than `capabilities` says, and refuses the rest. */
export function limitedStorage(capabilities: Partial<StorageCapabilities> = {}): ResultStorage {
  const inner = faithfulStorage()
  const able = { ...NOTHING, ...capabilities }
  const names = new Set<string>()
  const fail = (code: ResultErrorCode, operation: string, key?: string): ResultError =>
    new ResultError({ code, operation, key, storage: inner.uri, message: `${operation} is refused.` })
  const check = (operation: string, key: string | undefined, allowed: boolean): void => {
    if (!allowed) throw fail('UNSUPPORTED', operation, key)
  }
  return {
    uri: inner.uri,
    capabilities: able,
    async read(key, options) {
      check('read', key, able.ranges || options.range === undefined)
      check('read', key, able.readConditions || (options.ifMatch ?? options.ifNoneMatch) === undefined)
      return inner.read(key, options)
    },
    async write(key, body, options) {
      const streamed = typeof body === 'function'
      check('write', key, !options.ifAbsent || (streamed ? able.ifAbsentStream : able.ifAbsent))
      check('write', key, options.ifMatch === undefined || (streamed ? able.ifMatchStream : able.ifMatch))
      if (new TextEncoder().encode(key).length > able.maxKeyBytes) throw fail('INVALID_KEY', 'write', key)
      if (able.nestedKeys) return inner.write(key, body, options)
      const isNew = !names.has(key)
      if (isNested(names, key)) throw fail('INVALID_KEY', 'write', key)
      names.add(key)
      try {
        return await inner.write(key, body, options)
      } catch (error) {
        if (isNew) names.delete(key)
        throw error
      }
    },
    async stat(key, options) {
      const stat = await inner.stat(key, options)
      return stat && (able.writeId ? stat : { ...stat, writeId: undefined })
    },
    async delete(key, options) {
      check('delete', key, able.deleteIfMatch || options.ifMatch === undefined)
      await inner.delete(key, options)
      names.delete(key)
    },
    async *list(prefix, options) {
      check('list', undefined, able.list)
      yield* inner.list(prefix, options)
    },
  }
}

function isNested(names: ReadonlySet<string>, key: Key): boolean {
  for (const name of names) if (name.startsWith(`${key}/`) || key.startsWith(`${name}/`)) return true
  return false
}
