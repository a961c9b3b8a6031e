import { type ByteSource, bufferedParts, type Key, type ObjectStat, sizeOf, type WriteOptions } from '@resultkit/core'
import { readBlocks, requestBody } from './block-reader.ts'
import { blockSizeFor, writeBlocks } from './blocks.ts'
import { type Call, guard } from './failure.ts'
import { checkSize, openWrite, publishing, type Write } from './publishing.ts'
import { settled } from './settle.ts'
import { nameOf, type Site, withBlob } from './site.ts'
import { openSource, type Source } from './source.ts'
import { objectStat } from './version.ts'

/** `ResultStorage.write`: one PUT for what fits into a block, else blocks and the list of them. */
export async function writeObject(site: Site, key: Key, body: ByteSource, options: WriteOptions): Promise<ObjectStat> {
  const call: Call = { site, operation: 'write', key, signal: options.signal }
  const opened: { source?: Source } = {}
  const outcome = await guard(call, undefined, async () => {
    const write = openWrite(call, nameOf(call, key), options)
    const parts = bufferedParts(body)
    try {
      if (parts !== undefined) {
        checkSize(write, sizeOf(parts), true)
        if (sizeOf(parts) <= site.partSize) return await putBlob(write, parts)
      }
      opened.source = openSource(call, typeof body === 'function' ? body : () => piecesOf(parts ?? []))
      return await writeSource(write, opened.source)
    } catch (error) {
      if (opened.source?.threw(error)) return { thrown: error }
      throw error
    } finally {
      opened.source?.close()
    }
  })
  // What a body throws is not this storage's error, and passes through as it is.
  if ('thrown' in outcome) throw outcome.thrown
  return outcome
}

async function writeSource(write: Write, source: Source): Promise<ObjectStat> {
  const { site } = write.call
  const { size } = write.options
  const blockSize = blockSizeFor(write.call, size)
  const reader = readBlocks(source, blockSize)
  const first = (await reader.next()) ?? { parts: [], byteLength: 0 }
  checkSize(write, first.byteLength, false)
  if (first.byteLength <= site.partSize && !(await reader.more())) {
    checkSize(write, first.byteLength, true)
    return putBlob(write, first.parts)
  }
  return writeBlocks(write, reader, first)
}

async function putBlob(write: Write, parts: readonly Uint8Array[]): Promise<ObjectStat> {
  const { call, name, asked } = write
  const size = sizeOf(parts)
  const body = requestBody(parts)
  const put = (): Promise<ObjectStat> =>
    guard(call, asked, async () => {
      const facts = await withBlob(call, name, (blob) => blob.upload(body, size, publishing(write)))
      return objectStat(call, size, facts, write.options.writeId)
    })
  // A client that was passed in may have repeated the request by itself.
  return settled(write, put, () => !call.site.connection.ours)
}

async function* piecesOf(parts: readonly Uint8Array[]): AsyncGenerator<Uint8Array, void> {
  yield* parts
}
