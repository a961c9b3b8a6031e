import type { ObjectStat } from '@resultkit/core'
import { failure, refusedCause } from './failure.ts'
import { statOf } from './object.ts'
import { type Answered, bucketError, jsonOf, queryText, refusedOf } from './service.ts'
import { conditionFailed, type Upload } from './upload.ts'

/** The members that are read of the answer to an upload. */
const FIELDS = 'size,generation,timeCreated,metadata,crc32c'

/** The query of a request that makes an object. The name goes there, as the SDK sends it: some servers look nowhere else. */
export function uploadQuery(
  { service, name, ifGenerationMatch }: Upload,
  uploadType: 'multipart' | 'resumable',
): string {
  const { kmsKeyName } = service.settings
  return queryText(service.settings, { uploadType, name, ifGenerationMatch, kmsKeyName, fields: FIELDS })
}

/**
 * The stat of what was uploaded. The checksum has been compared by the service, which publishes nothing that differs;
 * it is compared again here, and whatever comes of it, nothing is deleted: the object may be another writer's by now.
 */
export function receiptOf({ call, key, options }: Upload, answer: Answered, size: number, crc: string): ObjectStat {
  const resource = jsonOf(call, answer)
  const stat = statOf(call, key, resource)
  const { crc32c } = resource
  if (stat.size === size && (crc32c === undefined || crc32c === crc)) return { ...stat, writeId: options.writeId }
  const what = 'the service stored other bytes than it was sent. Do not read the object; write it again'
  const cause = new Error(`size ${stat.size} instead of ${size}, or another CRC-32C`)
  throw failure(call, 'CORRUPT', what, { cause })
}

/** The error of an upload that was refused. */
export function uploadError({ call, options, ifGenerationMatch }: Upload, answer: Answered): Error {
  const refused = refusedOf(answer)
  const { status } = refused
  if (status === 412 && ifGenerationMatch !== undefined) return conditionFailed(call, options, refusedCause(refused))
  if (status === 400 && /match calculated (?:CRC32C|MD5)/i.test(refused.message)) {
    const what = 'bytes were damaged on the way, and the service refused them. Try again'
    return failure(call, 'UNAVAILABLE', what, { retryable: true, cause: refusedCause(refused) })
  }
  return bucketError(call, refused)
}
