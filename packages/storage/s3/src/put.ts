import { type Key, type ObjectStat, sizeOf, type WriteOptions } from '@resultkit/core'
import { sendIfMatch } from './etag-form.ts'
import { type Call, failure, notS3, sdkFailure } from './failure.ts'
import { etagText, objectName, writeIdMetadata } from './names.ts'
import type { Root } from './root.ts'
import { headObject } from './stat.ts'

/** One write and what it was told. */
export interface Writing {
  readonly call: Call
  readonly key: Key
  readonly options: WriteOptions
}

/** One PUT. `repeated` says that it was sent before, and may have been stored then. */
export async function putBytes(writing: Writing, body: readonly Uint8Array[], repeated: boolean): Promise<ObjectStat> {
  const { call, key, options } = writing
  const { root, signal } = call
  const { sdk, send } = await root.service()
  const object = newObject(writing)
  try {
    return await publish(writing, repeated, async (conditions) => {
      const { ETag } = await send(new sdk.PutObjectCommand({ ...object, ...conditions }), signal, body)
      if (ETag === undefined) throw notS3(call)
      root.bucketSeen.value = true
      return writtenStat(root, key, sizeOf(body), etagText(ETag), options)
    })
  } catch (error) {
    return await ownOrConflict(writing, error, repeated || sdkFailure(error).attempts > 1)
  }
}

/** What every request carries that begins an object. */
export function newObject({ call, key, options }: Writing): object & { Bucket: string; Key: string } {
  const { root } = call
  const metadata = writeIdMetadata(root, options.writeId)
  return {
    Bucket: root.bucket,
    Key: objectName(root, key),
    ...root.every,
    ...root.object,
    ...(isMediaType(options.contentType) && { ContentType: options.contentType }),
    ...(metadata !== undefined && { Metadata: metadata }),
  }
}

/** Whether it can stand in a header; what cannot is bytes. */
function isMediaType(text: string | undefined): text is string {
  return text !== undefined && /^[\x21-\x7e][\x20-\x7e]*$/.test(text)
}

/** The conditions, as the request that publishes carries them. */
export interface Conditions {
  readonly IfNoneMatch?: string
  readonly IfMatch?: string
}

/** Sends the request that publishes an object, with its condition in the form that the server takes. */
export function publish<T>(
  { call, key, options }: Writing,
  repeated: boolean,
  send: (conditions: Conditions) => Promise<T>,
): Promise<T> {
  const { ifAbsent, ifMatch, writeId } = options
  if (ifMatch === undefined) return send(ifAbsent ? { IfNoneMatch: '*' } : {})
  const match = { key, ifMatch, before: repeated ? writeId : undefined }
  return sendIfMatch(call, match, (IfMatch) => send({ IfMatch }))
}

/** The stat of what was just written; S3 does not say when that was. */
export function writtenStat(
  root: Root,
  key: string,
  size: number,
  etag: string,
  { writeId }: WriteOptions,
): ObjectStat {
  return { key, size, lastModified: undefined, etag, writeId: root.capabilities.writeId ? writeId : undefined }
}

/**
 * The error of a condition that did not hold; every other error as it is. When an earlier request may have been ours and
 * stored (`repeated`), one HEAD tells by the writeId.
 */
export async function ownOrConflict(writing: Writing, error: unknown, repeated: boolean): Promise<ObjectStat> {
  const { call, options } = writing
  const conflict = conflictOf(writing, error)
  if (conflict === undefined) throw error
  const own = repeated ? await ownObject(writing) : undefined
  if (own !== undefined) return own
  call.root.bucketSeen.value = true
  const [code, what] = options.ifAbsent
    ? (['ALREADY_EXISTS', 'there is an object already'] as const)
    : (['PRECONDITION_FAILED', 'the stored object is not the version that ifMatch names'] as const)
  throw failure(call, code, what, { cause: error })
}

/** Whether the answer says that a condition did not hold. S3 answers 404 to `If-Match` on a missing key. */
export function conflictOf({ options }: Writing, error: unknown): unknown {
  const { ifAbsent, ifMatch } = options
  const { status, code } = sdkFailure(error)
  if (ifAbsent || ifMatch !== undefined) {
    if (status === 412) return error
    if (ifMatch !== undefined && code === 'NoSuchKey') return error
  }
  return undefined
}

/** The object, if it is this very write that stored it. */
export async function ownObject({ call, key, options }: Writing): Promise<ObjectStat | undefined> {
  if (!call.root.capabilities.writeId) return undefined
  const stat = await headObject(call, key, undefined)
  return stat?.writeId === options.writeId ? stat : undefined
}
