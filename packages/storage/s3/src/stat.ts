import type { Key, ObjectStat } from '@resultkit/core'
import { type Call, checkSignal, failure, guard, notS3, sdkFailure } from './failure.ts'
import { etagText, objectName, quotedEtag, writeIdOf } from './names.ts'
import type { Root } from './root.ts'

/** What HEAD and GET say of an object. */
export interface Described {
  readonly ETag?: string | undefined
  readonly LastModified?: Date | undefined
  readonly ContentLength?: number | undefined
  readonly Metadata?: Readonly<Record<string, string>> | undefined
}

/** Conditions of a read. */
export interface ReadConditions {
  readonly ifMatch: string | undefined
  readonly ifNoneMatch: string | undefined
}

/** `ResultStorage.stat`: one HEAD. */
export async function statObject(
  root: Root,
  key: Key,
  signal: AbortSignal | undefined,
): Promise<ObjectStat | undefined> {
  const call: Call = { root, operation: 'stat', key, signal }
  return guard(call, () => headObject(call, key, undefined))
}

/** One HEAD; `undefined` when absent. Not guarded: the caller is. */
export async function headObject(
  call: Call,
  key: string,
  conditions: ReadConditions | undefined,
): Promise<ObjectStat | undefined> {
  const { root, signal } = call
  const { sdk, send } = await root.service()
  const input = { Bucket: root.bucket, Key: objectName(root, key), ...root.every, ...conditionInput(conditions) }
  try {
    const described = await send(new sdk.HeadObjectCommand(input), signal)
    root.bucketSeen.value = true
    checkSignal(call)
    return statOf(call, key, described, described.ContentLength)
  } catch (error) {
    const { status } = sdkFailure(error)
    if (status === 404) return absent(call, error)
    throw readConflict(call, error) ?? error
  }
}

/** The stat of an object of `size` bytes. CONFIG when the answer describes none: it came from something else than S3. */
export function statOf(call: Call, key: string, described: Described, size: number | undefined): ObjectStat {
  const { ETag, LastModified, Metadata } = described
  if (ETag === undefined || size === undefined) throw notS3(call)
  return { key, size, lastModified: LastModified, etag: etagText(ETag), writeId: writeIdOf(call.root, Metadata) }
}

/** The members of a request that carry conditions. */
export function conditionInput(conditions: ReadConditions | undefined): { IfMatch?: string; IfNoneMatch?: string } {
  const { ifMatch, ifNoneMatch } = conditions ?? {}
  return {
    ...(ifMatch !== undefined && { IfMatch: quotedEtag(ifMatch) }),
    ...(ifNoneMatch !== undefined && { IfNoneMatch: quotedEtag(ifNoneMatch) }),
  }
}

/** The error of a condition that did not hold. */
export function readConflict(call: Call, cause: unknown): Error | undefined {
  const { status } = sdkFailure(cause)
  if (status === 412) {
    call.root.bucketSeen.value = true
    return failure(call, 'PRECONDITION_FAILED', 'the stored object is not the version that ifMatch names', { cause })
  }
  if (status !== 304) return undefined
  call.root.bucketSeen.value = true
  return failure(call, 'NOT_MODIFIED', 'the stored object is the version that ifNoneMatch names', { cause })
}

/**
 * HEAD answers 404 without a code also when the bucket is missing, and that is not "absent". So the first 404 of a storage
 * that has not had any other answer from its bucket costs one more request.
 */
async function absent(call: Call, cause: unknown): Promise<undefined> {
  const { root, signal } = call
  checkSignal(call)
  if (root.bucketSeen.value) return undefined
  const { sdk, send } = await root.service()
  try {
    await send(new sdk.HeadBucketCommand({ Bucket: root.bucket, ...root.every }), signal)
  } catch (error) {
    const { status } = sdkFailure(error)
    if (status === 404) throw missingBucket(call, cause)
    // Without the right to ask, the bucket is known to be there: S3 says 404 to everybody.
    if (status !== 403) throw error
  }
  root.bucketSeen.value = true
  return undefined
}

function missingBucket(call: Call, cause: unknown): Error {
  const what = 'the bucket does not exist. Create it, or check its name, region and endpoint'
  return failure(call, 'CONFIG', what, { cause })
}
