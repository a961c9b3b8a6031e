import type { ObjectStat, StoredObject } from '@resultkit/core'
import { type Call, checkSignal, failure, guard } from './failure.ts'
import { readAhead } from './read-ahead.ts'
import { allocate, readFully } from './transfer.ts'

/** An object whose bytes are here. */
export function smallObject(call: Call, stat: ObjectStat, bytes: Uint8Array): StoredObject {
  return {
    stat,
    async bytes() {
      checkSignal(call)
      return bytes
    },
    stream: () => singleChunk(call, bytes),
  }
}

/** An object that keeps its file open until its bytes are taken, its stream ends, or that is returned. */
export function openObject(call: Call, stat: ObjectStat, fd: number, start: number, end: number): StoredObject {
  let taken = false
  const take = (): void => {
    if (taken) throw failure(call, 'CONFIG', 'bytes() or stream() was called twice. Read the object again')
    taken = true
  }
  return {
    stat,
    async bytes() {
      take()
      return guard(call, async () => {
        try {
          checkSignal(call)
          const bytes = allocate(end - start)
          await readFully(call, call.root.bulk, fd, bytes, start)
          return bytes
        } finally {
          await call.root.disk.close(fd)
        }
      })
    },
    stream: () => {
      take()
      return { [Symbol.asyncIterator]: () => readAhead(call, fd, start, end) }
    },
  }
}

async function* singleChunk(call: Call, bytes: Uint8Array): AsyncGenerator<Uint8Array, void, undefined> {
  checkSignal(call)
  if (bytes.byteLength > 0) yield bytes
  checkSignal(call)
}
