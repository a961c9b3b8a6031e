import { type ByteSource, bufferedParts, type Key, type ObjectStat, sizeOf, type WriteOptions } from '@resultkit/core'
import { type Call, failure, guard } from './failure.ts'
import { wrongSize } from './parts.ts'
import { putBytes, type Writing } from './put.ts'
import type { Root } from './root.ts'
import { writeStream } from './write-stream.ts'

/** `ResultStorage.write`. Bytes at hand are one PUT; a stream that is longer than a part is a multipart upload. */
export async function writeObject(root: Root, key: Key, body: ByteSource, options: WriteOptions): Promise<ObjectStat> {
  const call: Call = { root, operation: 'write', key, signal: options.signal }
  const writing = { call, key, options }
  const outcome = await guard(call, async () => {
    const parts = bufferedParts(body)
    admit(writing, parts === undefined)
    if (typeof body === 'function') return writeStream(writing, body)
    return putBytes(writing, announced(writing, parts ?? []), false)
  })
  if ('thrown' in outcome) throw outcome.thrown
  return outcome
}

/** Refuses conditions that the server does not keep, before any I/O. */
function admit({ call, options }: Writing, streams: boolean): void {
  const { ifAbsent, ifAbsentStream, ifMatch, ifMatchStream } = call.root.capabilities
  const refuse = (condition: string): never => {
    const what = `this server does not keep ${condition} for ${streams ? 'streams. Write bytes, or' : 'bytes. Write'} without it`
    throw failure(call, 'UNSUPPORTED', what)
  }
  if (options.ifAbsent && !(streams ? ifAbsentStream : ifAbsent)) refuse('ifAbsent')
  if (options.ifMatch !== undefined && !(streams ? ifMatchStream : ifMatch)) refuse('ifMatch')
}

function announced({ call, options }: Writing, parts: readonly Uint8Array[]): readonly Uint8Array[] {
  const size = sizeOf(parts)
  if (options.size !== undefined && options.size !== size)
    throw wrongSize(call, options.size, size > options.size ? 'more' : 'fewer')
  return parts
}
