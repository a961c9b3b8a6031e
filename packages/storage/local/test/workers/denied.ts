import { inspect } from 'node:util'
import { isResultError, type JsonValue } from '@resultkit/core'
import { localResult } from '../../src/index.ts'
import { serve } from './worker.ts'

const [directory] = process.argv.slice(2)
const result = localResult({ directory })

/** What each operation fails with for a user who may nothing, as plain data. */
await serve(async (message) => {
  const { key, value } = message as { key: string; value: JsonValue }
  if (process.getuid?.() === 0) process.setuid?.(65534)
  const attempts: Record<string, () => Promise<unknown>> = {
    write: () => result.write(value, key),
    read: () => result.read(key),
    find: () => result.find(key),
    exists: () => result.exists(key),
    stat: () => result.stat(key),
    describe: () => result.describe(key),
    delete: () => result.delete(key),
    stream: () => Array.fromAsync(result.stream(key)),
    list: () => Array.fromAsync(result.list()),
  }
  const errors: Record<string, unknown> = {}
  for (const [operation, attempt] of Object.entries(attempts)) {
    try {
      await attempt()
      errors[operation] = { code: 'it succeeded' }
    } catch (error) {
      if (!isResultError(error)) throw error
      const { code, key: at, storage } = error
      errors[operation] = { code, key: at, storage, printed: inspect(error, { depth: 9, showHidden: true }) }
    }
  }
  return errors
})
