import { isResultError, type ObjectStat, type ResultError } from '@resultkit/core'
import { failure } from './failure.ts'
import { serviceCode } from './meaning.ts'
import type { Write } from './publishing.ts'
import { headObject } from './stat.ts'
import { etagHeader } from './version.ts'

/**
 * Publishes; a conflict that may be with this very write (its answer was lost and it was sent again) is settled by one
 * look at the writeId.
 */
export async function settled(
  write: Write,
  publish: () => Promise<ObjectStat>,
  ambiguous: () => boolean,
): Promise<ObjectStat> {
  try {
    return await publish()
  } catch (error) {
    if (!isResultError(error)) throw error
    const conflict = error.code === 'ALREADY_EXISTS' || error.code === 'PRECONDITION_FAILED'
    const lostBlocks = serviceCode(error.cause) === 'InvalidBlockList'
    if (!lostBlocks && !(conflict && ambiguous())) throw error
    return await look(write, error)
  }
}

async function look(write: Write, error: ResultError): Promise<ObjectStat> {
  const { call, name, asked, options } = write
  const stat = await headObject(call, name)
  if (stat?.writeId === options.writeId) return stat
  // Another write of this key was published, which took the blocks of this one away.
  if (asked === 'ifAbsent' && stat !== undefined) {
    throw failure(call, 'ALREADY_EXISTS', 'there is an object already', { cause: error.cause })
  }
  if (asked === 'ifMatch' && stat?.etag !== etagHeader(options.ifMatch ?? '')) {
    const what = 'the stored object is not the version that ifMatch names'
    throw failure(call, 'PRECONDITION_FAILED', what, { cause: error.cause })
  }
  throw error
}
