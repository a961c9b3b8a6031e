import type { FileHandle } from 'node:fs/promises'
import { ResultError } from '@resultkit/core'
import type { RunEvent } from '../state-types.ts'
import type { StateSink } from './state-sink.ts'

/**
 * A sink that appends each event to a file as a line of JSON; several processes may share it. Its directory is made if need be.
 * Lines are written in order, as fast as the disk takes them; `flush` resolves when all are with the operating system. Errors of
 * `flush`: UNAVAILABLE when the file cannot be written.
 */
export function jsonlSink(path: string | URL): StateSink {
  const lines = appender(path)
  return {
    publish(event: RunEvent): void {
      lines.add(`${JSON.stringify(event)}\n`)
    },
    async flush(): Promise<void> {
      try {
        await lines.flush()
      } catch (cause) {
        const message =
          'The file of jsonlSink cannot be appended to. Check that it is no directory, and that this process may write it.'
        throw new ResultError({ code: 'UNAVAILABLE', operation: 'jsonlSink', message, cause, key: String(path) })
      }
    },
  }
}

interface Appender {
  /** What fails here is told by flush, which tries again. */
  add(line: string): void
  flush(): Promise<void>
}

function appender(path: string | URL): Appender {
  let waiting: string[] = []
  // The rest of a line that a full disk has cut.
  let rest: Uint8Array = new Uint8Array()
  let writing: Promise<void> | undefined

  const isWaiting = (): boolean => waiting.length > 0 || rest.byteLength > 0
  const append = async (file: FileHandle): Promise<void> => {
    if (rest.byteLength === 0) {
      rest = new TextEncoder().encode(waiting.join(''))
      waiting = []
    }
    while (rest.byteLength > 0) rest = rest.subarray((await file.write(rest)).bytesWritten)
  }
  const start = (): Promise<void> => {
    writing ??= appendAll(path, isWaiting, append).finally(() => {
      writing = undefined
    })
    return writing
  }
  const startAgain = (): void => {
    if (isWaiting()) start().then(startAgain, () => {})
  }
  return {
    add(line) {
      waiting.push(line)
      if (writing === undefined) startAgain()
    },
    async flush() {
      await writing?.catch(() => {})
      // The last ones may have come while the file was being closed.
      while (isWaiting()) await start()
    },
  }
}

async function appendAll(
  path: string | URL,
  isWaiting: () => boolean,
  append: (file: FileHandle) => Promise<void>,
): Promise<void> {
  const file = await openToAppend(path)
  try {
    while (isWaiting()) await append(file)
  } finally {
    await file.close()
  }
}

async function openToAppend(path: string | URL): Promise<FileHandle> {
  const { open, mkdir } = process.getBuiltinModule('node:fs/promises')
  try {
    return await open(path, 'a')
  } catch (error) {
    if ((error as { readonly code?: unknown }).code !== 'ENOENT') throw error
    const { dirname } = process.getBuiltinModule('node:path')
    await mkdir(typeof path === 'string' ? dirname(path) : new URL('.', path), { recursive: true })
    return open(path, 'a')
  }
}
