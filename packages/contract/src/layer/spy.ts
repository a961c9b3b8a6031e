import { memoryStorage, type ResultStorage } from '@resultkit/core'

/** One call that reached the storage below a layer. */
export interface SeenCall {
  readonly operation: 'read' | 'write' | 'stat' | 'delete' | 'list'
  readonly key: string
  readonly options: Readonly<Record<string, unknown>>
  readonly body: unknown
}

/** A memory storage that notes the calls that reach it; `change` replaces members. */
export function spiedStorage(change: Partial<ResultStorage> = {}): {
  readonly storage: ResultStorage
  readonly calls: SeenCall[]
} {
  const inner = { ...memoryStorage({ name: 'spied' }), ...change }
  const calls: SeenCall[] = []
  const note = (operation: SeenCall['operation'], key: string, options: object, body?: unknown): void => {
    calls.push({ operation, key, options: options as SeenCall['options'], body })
  }
  const storage: ResultStorage = {
    uri: inner.uri,
    capabilities: inner.capabilities,
    read(key, options) {
      note('read', key, options)
      return inner.read(key, options)
    },
    write(key, body, options) {
      note('write', key, options, body)
      return inner.write(key, body, options)
    },
    stat(key, options) {
      note('stat', key, options)
      return inner.stat(key, options)
    },
    delete(key, options) {
      note('delete', key, options)
      return inner.delete(key, options)
    },
    list(prefix, options) {
      note('list', prefix, options)
      return inner.list(prefix, options)
    },
  }
  return { storage, calls }
}
