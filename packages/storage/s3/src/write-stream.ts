import type { ObjectStat } from '@resultkit/core'
import { inAttempts } from './attempts.ts'
import { uploadParts } from './multipart.ts'
import { openParts } from './parts.ts'
import { putBytes, type Writing } from './put.ts'
import { MAX_PARTS, type Root } from './root.ts'

const MIB = 1024 * 1024

/** A stream: one PUT if it ends within the first part, else a multipart upload. What the stream throws is returned. */
export async function writeStream(
  writing: Writing,
  body: () => AsyncIterable<Uint8Array>,
): Promise<ObjectStat | { readonly thrown: unknown }> {
  const { call, options } = writing
  const parts = openParts(call, body, partSizeOf(call.root, options.size), options.size)
  try {
    const first = await parts.next()
    if ('thrown' in first) return first
    if (first.last) return await inAttempts(call, (before) => putBytes(writing, first.pieces, before > 0))
    return await uploadParts(writing, parts, first)
  } finally {
    await parts.close()
  }
}

/** The size of a part for a stream of this length: the usual one, or as much as makes 10,000 parts suffice. */
export function partSizeOf({ partSize, sizeHint = 0 }: Root, size: number | undefined): number {
  const needed = Math.ceil((size ?? sizeHint) / MAX_PARTS)
  return needed <= partSize ? partSize : Math.ceil(needed / MIB) * MIB
}
