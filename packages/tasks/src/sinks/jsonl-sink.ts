import type { FileHandle } from 'node:fs/promises'
import { ResultError } from '@resultkit/core'
import type { RunEvent } from '../state-types.ts'
import type { StateSink } from './state-sink.ts'

/**
 * A sink that appends each event to a file as a line of JSON; several processes may share it. The directory has to exist.
 * Lines are written in order, as fast as the disk takes them; `flush` resolves when all are with the operating system. Errors of
 * `flush`: UNAVAILABLE when the file cannot be written.
 */
export function jsonlSink(path: string | URL): StateSink {
  let waiting: string[] = []
  let writing: Promise<void> | undefined

  const writeAll = async (): Promise<void> => {
    const { open } = process.getBuiltinModule('node:fs/promises')
    const file = await open(path, 'a')
    try {
      while (waiting.length > 0) await append(file)
    } finally {
      await file.close()
    }
  }
  const append = async (file: FileHandle): Promise<void> => {
    const lines = waiting
    waiting = []
    try {
      await file.appendFile(lines.join(''))
    } catch (error) {
      waiting = [...lines, ...waiting]
      throw error
    }
  }
  const start = (): Promise<void> => {
    writing ??= writeAll().finally(() => {
      writing = undefined
    })
    return writing
  }

  return {
    publish(event: RunEvent): void {
      waiting.push(`${JSON.stringify(event)}\n`)
      // What fails here is told by flush, which tries again.
      start().then(
        () => {
          if (waiting.length > 0) start().catch(() => {})
        },
        () => {},
      )
    },
    async flush(): Promise<void> {
      try {
        await writing?.catch(() => {})
        if (waiting.length > 0) await start()
      } catch (cause) {
        const message =
          'The events could not be appended to the file of jsonlSink. Check that its directory exists and can be written.'
        throw new ResultError({ code: 'UNAVAILABLE', operation: 'jsonlSink', message, cause, key: String(path) })
      }
    },
  }
}
